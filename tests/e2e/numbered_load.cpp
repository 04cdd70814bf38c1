// SPDX-License-Identifier: MIT
#include "numbered_load.hpp"

#include <chrono>

namespace test {

namespace {

constexpr std::size_t devices = 10;
constexpr auto ours = "base = 'mfm' AND device LIKE 'load%' AND field = 'n'";

}  // namespace

NumberedLoad::NumberedLoad()
    : first_ts_(std::chrono::duration_cast<std::chrono::milliseconds>(
                    std::chrono::system_clock::now().time_since_epoch())
                    .count() -
                1'000'000) {}

Publisher::Text NumberedLoad::message(std::size_t number) const {
    auto const ts = first_ts_ + static_cast<std::int64_t>(number);
    return {"mfm/load" + std::to_string(number % devices),
            "{\"ts\":" + std::to_string(ts) + ",\"seq\":" + std::to_string(number / devices) +
                ",\"n\":" + std::to_string(number) + "}"};
}

std::multiset<std::size_t> NumberedLoad::stored(Database const& database) const {
    std::multiset<std::size_t> numbers;
    for (auto const& sample : database.samples(ours)) {
        auto const number = static_cast<std::size_t>(sample.value.value_or(-1));
        bool const itself = sample.ts == first_ts_ + static_cast<std::int64_t>(number) &&
                            sample.device == "load" + std::to_string(number % devices) &&
                            sample.channel.empty();
        if (itself) numbers.insert(number);
    }
    return numbers;
}

std::int64_t NumberedLoad::stored_count(Database const& database) const { return database.count(ours); }

std::vector<std::size_t> NumberedLoad::missing(Database const& database,
                                               std::vector<bool> const& acknowledged) const {
    auto const numbers = stored(database);
    std::vector<std::size_t> result;
    for (std::size_t number = 0; number < acknowledged.size(); ++number) {
        if (acknowledged[number] && !numbers.contains(number)) result.push_back(number);
    }
    return result;
}

}  // namespace test
