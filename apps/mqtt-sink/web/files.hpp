// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace sink {

/// The files of this folder, as they are (`parts.cmake`).
extern std::string_view const overview_html;
extern std::string_view const login_html;

}  // namespace sink
