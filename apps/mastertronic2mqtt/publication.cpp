// SPDX-License-Identifier: MIT
#include "publication.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mastertronic {

bool Publication::is_new(TestResult const& result) const {
    auto const channel = published_.find(result.parameter->channel);
    if (channel != published_.end() && channel->second.contains(result.time)) return false;
    return std::none_of(on_the_way_.begin(), on_the_way_.end(),
                        [&](TestResult const& other) { return other.same_test(result); });
}

void Publication::take(std::vector<TestResult> results) {
    std::vector<TestResult> confirmed;
    std::set_intersection(newest_dump_.begin(), newest_dump_.end(), results.begin(), results.end(),
                          std::back_inserter(confirmed));
    newest_dump_ = std::move(results);
    queue(confirmed);
    unconfirmed_ = std::any_of(newest_dump_.begin(), newest_dump_.end(), [&](TestResult const& result) {
        return is_new(result) && !std::binary_search(confirmed.begin(), confirmed.end(), result);
    });
}

void Publication::take_again() {
    queue(newest_dump_);
    unconfirmed_ = false;
}

void Publication::queue(std::vector<TestResult> const& confirmed) {
    waiting_.clear();
    std::map<std::string_view, bridge::Timestamp> shown;
    for (auto const& [channel, times] : published_) {
        if (!times.empty()) shown[channel] = *times.rbegin();
    }
    for (auto const& result : on_the_way_) {
        auto& newest = shown[result.parameter->channel];
        newest = std::max(newest, result.time);
    }
    std::vector<Outgoing> newest;
    for (auto result = confirmed.rbegin(); result != confirmed.rend(); ++result) {
        if (!is_new(*result)) continue;
        auto const [known, first] = shown.try_emplace(result->parameter->channel, result->time);
        bool const past = !first && result->time <= known->second;
        if (!past) known->second = result->time;
        (past ? waiting_ : newest).push_back({*result, past});
    }
    waiting_.insert(waiting_.end(), newest.begin(), newest.end());
}

std::vector<Publication::Outgoing> Publication::next() {
    std::vector<Outgoing> batch;
    if (!on_the_way_.empty()) return batch;
    while (!waiting_.empty() && batch.size() < most_at_once) {
        batch.push_back(waiting_.back());
        on_the_way_.push_back(waiting_.back().result);
        waiting_.pop_back();
    }
    return batch;
}

std::vector<TestResult> Publication::delivered() {
    for (auto const& result : on_the_way_) {
        published_[std::string(result.parameter->channel)].insert(result.time);
    }
    return std::exchange(on_the_way_, {});
}

}  // namespace mastertronic
