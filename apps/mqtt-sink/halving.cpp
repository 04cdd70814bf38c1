// SPDX-License-Identifier: MIT
#include "halving.hpp"

#include <iterator>
#include <map>

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

void Halving::refused(std::vector<Refused> const& lines) {
    Range const range = ranges_.back();
    std::map<std::size_t, std::string> named;
    for (auto const& [line, sentence] : lines) {
        if (line < range.end - range.begin) named.emplace(range.begin + line, sentence);
    }
    // A server that counts otherwise names nothing.
    if (named.empty()) return refused(lines.empty() ? std::string() : lines.front().sentence, true);
    take_something();
    ranges_.pop_back();
    std::size_t end = range.end;
    for (auto at = named.rbegin(); at != named.rend(); ++at) {
        if (at->first + 1 < end) ranges_.push_back({at->first + 1, end});
        end = at->first;
    }
    if (range.begin < end) ranges_.push_back({range.begin, end});
    for (auto const& [line, sentence] : named) lines_refused_.push_back({line, sentence});
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
