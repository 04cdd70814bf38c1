// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace bridge {

/// A foreign name (a solar node's id) as one level of our topics, `[A-Za-z0-9_-]+`. Such a name stays as it
/// is. In any other each foreign character becomes `_`; what was so changed, is empty or is a word that our
/// topics use themselves (`bridge`) ends in `-` and eight hex digits of its hash (FNV-1a of the bytes), so
/// that two names do not become one: `Süd` is `S_d-867ab47b`.
[[nodiscard]] std::string topic_name(std::string_view name);

}  // namespace bridge
