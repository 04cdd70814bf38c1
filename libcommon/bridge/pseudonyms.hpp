// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace bridge {

/// Stand-ins for names in a recording that is given away: `node-1`, `node-2` in the order in which they are
/// first asked for, the same name the same stand-in. Nothing of a name can be found out from its stand-in. A
/// value.
class Pseudonyms {
  public:
    /// `kind`: what is named, one word.
    [[nodiscard]] std::string of(std::string_view kind, std::string_view name);

  private:
    std::map<std::string, std::map<std::string, std::size_t, std::less<>>, std::less<>> numbers_;
};

}  // namespace bridge
