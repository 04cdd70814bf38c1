// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace sink {

/// A number as it was measured, shortest form that reads back the same: `49.99`, also where calculating has
/// made 49.989999999999995 of it. Always with a fraction or an exponent; empty for NaN and infinities. Pure.
[[nodiscard]] std::string number_text(double number);

/// A mean of numbers that lie between these two, with two digits more than they have; between them it stays.
[[nodiscard]] std::string mean_text(double mean, double least, double most);

}  // namespace sink
