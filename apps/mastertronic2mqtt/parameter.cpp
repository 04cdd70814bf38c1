// SPDX-License-Identifier: MIT
#include "parameter.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace mastertronic {

namespace {

constexpr Parameter kh{"kh", "kh_dkh", 50};
constexpr Parameter ca{"ca", "ca_mg_l", 1500};
constexpr Parameter mg{"mg", "mg_mg_l", 4000};
constexpr Parameter no3{"no3", "no3_mg_l", 1000};
constexpr Parameter no2{"no2", "no2_mg_l", 100};
constexpr Parameter po4{"po4", "po4_mg_l", 100};
constexpr Parameter nh4{"nh4", "nh4_mg_l", 100};
constexpr Parameter fe{"fe", "fe_mg_l", 20};
constexpr Parameter iodine{"i", "i_mg_l", 20};
constexpr Parameter oli{"oli", "oli_u", 100'000};

struct Key {
    std::string_view text;
    Parameter const* parameter;
};

constexpr std::array<Key, 20> keys = {
    {{"kh", &kh},       {"dkh", &kh},    {"kh_val", &kh},    {"ca", &ca},      {"ca_val", &ca},
     {"mg", &mg},       {"mg_val", &mg}, {"no3", &no3},      {"ni_val", &no3}, {"no2", &no2},
     {"nit_val", &no2}, {"po4", &po4},   {"po_val", &po4},   {"nh4", &nh4},    {"amm_val", &nh4},
     {"fe", &fe},       {"i", &iodine},  {"i_val", &iodine}, {"oli", &oli},    {"oli_val", &oli}}};

}  // namespace

Parameter const* find_parameter(std::string_view key) {
    std::string lower(key);
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    auto const found =
        std::find_if(keys.begin(), keys.end(), [&](Key const& known) { return known.text == lower; });
    return found == keys.end() ? nullptr : found->parameter;
}

}  // namespace mastertronic
