// SPDX-License-Identifier: MIT
#pragma once

#include "random.hpp"

#include <string>
#include <string_view>

namespace devsim {

/// What a serial line does to a text line that ends in CR LF.
enum class Damage {
    cut,     ///< its beginning or its end, line end included, is lost
    glue,    ///< its line end is lost
    noise,   ///< bytes are replaced by such with the top bit set, as at a wrong baud rate; sometimes the line
             ///< end too
    flip,    ///< one bit is flipped: may turn a digit into another, which only a checksum shows
    escape,  ///< BEL, or the escape sequences that clear a terminal, stand before it
    babble,  ///< drowned in 690 random digits without a line end: what fits into 0.36 s at 19200 baud
};

/// What is true of one line as it was sent.
enum class Integrity {
    intact,   ///< it stands alone between line ends, unchanged
    joined,   ///< its text is unchanged, but more stands on its line; it may be read, but only as what it is
    damaged,  ///< it is not to be read
};

struct DamagedLine {
    std::string bytes;
    Integrity integrity;
};

/// `after_line_end`: whether what was sent before ended in a line end. A cut takes the beginning only then:
/// two halves of different lines could make a whole one.
[[nodiscard]] DamagedLine damage(Damage kind, std::string_view line, bool after_line_end, Random& random);

}  // namespace devsim
