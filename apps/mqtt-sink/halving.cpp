// SPDX-License-Identifier: MIT
#include "halving.hpp"

#include <iterator>

namespace sink {

Halving::Halving(std::size_t lines) {
    if (lines > 0) ranges_.push_back({0, lines});
}

std::optional<Halving::Range> Halving::next() const {
    return ranges_.empty() ? std::nullopt : std::optional(ranges_.back());
}

void Halving::taken() {
    ranges_.pop_back();
    take_something();
}

void Halving::refused(std::string const& sentence, bool about_lines) {
    if (about_lines) take_something();
    halve(sentence, about_lines);
}

void Halving::too_large(std::string const& sentence) { halve(sentence, true); }

void Halving::halve(std::string const& sentence, bool certain) {
    Range const range = ranges_.back();
    ranges_.pop_back();
    if (range.end - range.begin > 1) {
        auto const middle = range.begin + (range.end - range.begin) / 2;
        ranges_.push_back({middle, range.end});
        ranges_.push_back({range.begin, middle});
    } else {
        (certain || some_taken_ ? lines_refused_ : doubtful_).push_back({range.begin, sentence});
    }
}

void Halving::take_something() {
    some_taken_ = true;
    std::move(doubtful_.begin(), doubtful_.end(), std::back_inserter(lines_refused_));
    doubtful_.clear();
}

std::optional<std::string> Halving::everything_refused() const {
    if (doubtful_.empty()) return std::nullopt;
    return doubtful_.front().sentence;
}

}  // namespace sink
