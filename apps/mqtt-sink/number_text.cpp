// SPDX-License-Identifier: MIT
#include "number_text.hpp"

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace sink {

namespace {

constexpr int finer_digits = 2;
/// So many digits a double always keeps.
constexpr int safe_digits = 15;
/// What is measured has no more.
constexpr std::ptrdiff_t most_measured_digits = 12;

std::ptrdiff_t digits_of(std::string const& text) {
    auto const exponent = std::min(text.find('e'), text.size());
    return std::count_if(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(exponent),
                         [](char c) { return c >= '0' && c <= '9'; });
}

/// Behind the point; nothing for a number with an exponent.
std::size_t decimals_of(std::string const& text) {
    auto const point = text.find('.');
    return point == std::string::npos ? 0 : text.size() - point - 1;
}

}  // namespace

std::string number_text(double number) {
    std::string text = bridge::format_number(number);
    if (digits_of(text) <= safe_digits) return text;
    // A short number beside which this one lies by no more than calculating costs.
    double const near = std::strtod(fmt::format("{:.{}g}", number, safe_digits).c_str(), nullptr);
    std::string shorter = bridge::format_number(near);
    // The largest has none beside it.
    return std::isfinite(near) && digits_of(shorter) <= most_measured_digits ? shorter : text;
}

std::string mean_text(double mean, double least, double most) {
    std::string const lower = number_text(least);
    std::string const upper = number_text(most);
    if (lower == upper) return lower;
    bool const plain = (lower + upper).find('e') == std::string::npos && std::isfinite(mean);
    if (!plain) return number_text(mean);
    std::size_t const decimals = std::max(decimals_of(lower), decimals_of(upper)) + finer_digits;
    if (decimals > safe_digits) return number_text(mean);
    std::string text = fmt::format("{:.{}f}", mean, decimals);
    while (text.ends_with('0') && !text.ends_with(".0")) text.pop_back();
    return text;
}

}  // namespace sink
