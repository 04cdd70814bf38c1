// SPDX-License-Identifier: MIT
#pragma once

#include "smart_home.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace luxtronik {

/// What this bridge wants of a controller at the moment: holdings that it has written, and that are other
/// than the usual. A pure value.
class Overrides {
  public:
    [[nodiscard]] bool empty() const { return held_.empty(); }
    [[nodiscard]] std::size_t size() const { return held_.size(); }

    /// A holding is about to be written: unless that is the usual value, it is held from now on.
    void expect(Register const& holding, std::uint16_t value);
    /// A holding has this value now, because it was asked for: it is held, unless that is the usual.
    void set(Register const& holding, std::uint16_t value);
    /// What has to be written when this mode is off, since nothing depends on it any more; then it is held no
    /// longer.
    [[nodiscard]] std::vector<RegisterWrite> end_of_mode(Register const& holding);

    /// To be written again now and then, and when the controller has forgotten it.
    [[nodiscard]] std::vector<RegisterWrite> all() const;
    /// What lets go of everything, modes first.
    [[nodiscard]] std::vector<RegisterWrite> release() const;
    void clear() { held_.clear(); }

    /// What the controller says now. One that has its usual value was forgotten, at a restart, and is to be
    /// written again, but hot water that was wanted once, which is done then; one that has a third value is
    /// somebody else's now, and held no longer.
    struct Compared {
        std::vector<RegisterWrite> forgotten;
        std::vector<std::string> taken_over;  ///< names
    };
    [[nodiscard]] Compared compare(Registers const& registers);

    /// For a file: an index a line. `read` takes what is no holding for nothing.
    [[nodiscard]] std::string to_text() const;
    /// Those of an earlier run, which ended without letting go.
    [[nodiscard]] static Overrides left_behind(std::string const& text);

  private:
    std::map<std::uint16_t, std::uint16_t> held_;  ///< values by index
};

}  // namespace luxtronik
