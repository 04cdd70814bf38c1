// SPDX-License-Identifier: MIT
#include "known_lines.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace isems {

using bridge::Sample;
using bridge::Timestamp;

bool KnownLines::learn(std::string const& node, Timestamp time) {
    auto known = times_.find(node);
    if (known == times_.end()) {
        if (times_.size() == most_nodes) {
            ++refused_;
            return false;
        }
        known = times_.emplace(node, std::vector<Timestamp>()).first;
    }
    auto& times = known->second;
    auto const place = std::lower_bound(times.begin(), times.end(), time);
    if (place != times.end() && *place == time) return false;
    times.insert(place, time);
    if (times.size() > most_lines) times.erase(times.begin());
    return true;
}

std::vector<Sample> KnownLines::take_new(std::vector<Sample> samples) {
    std::stable_sort(samples.begin(), samples.end(),
                     [](Sample const& a, Sample const& b) { return a.time > b.time; });
    std::map<std::string, std::size_t> taken;
    std::vector<Sample> newest;
    std::vector<Sample> others;
    for (auto& sample : samples) {
        auto& of_node = taken[sample.device];
        if (of_node == most_at_once || !learn(sample.device, sample.time)) continue;
        (++of_node == 1 ? newest : others).push_back(std::move(sample));
    }
    std::move(others.rbegin(), others.rend(), std::back_inserter(newest));
    return newest;
}

}  // namespace isems
