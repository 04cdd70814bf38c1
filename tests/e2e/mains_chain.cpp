// SPDX-License-Identifier: MIT
#include "mains_chain.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"

#include <algorithm>

namespace test {

namespace {

/// Does not return before it listens.
Program listening_sink(TempFolder const& folder, Arguments const& broker) {
    Program sink(folder, "mqtt-sink", broker + Arguments{"--database", folder / "store.db"});
    REQUIRE(eventually([&] { return sink.ready(); }));
    return sink;
}

}  // namespace

MainsChain::MainsChain(TempFolder const& folder, std::uint16_t broker_port, Arguments const& more)
    : database(folder / "store.db"),
      sink(listening_sink(folder, broker_at(broker_port) + more)),
      board(folder / "board"),
      bridge(folder, "mfm2mqtt",
             broker_at(broker_port) + serial_port(folder / "board") + more +
                 Arguments{"--scrape-interval", "100ms", "--spool-dir", (folder / "state").string()}) {}

std::vector<std::int64_t> MainsChain::stored() const {
    std::vector<std::int64_t> numbers;
    for (auto const& sample : database.samples("device = 'mains' AND channel = '' AND field = 'seq'"))
        numbers.push_back(static_cast<std::int64_t>(*sample.value));
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

bool MainsChain::stores(std::size_t count) const {
    return eventually([&] { return stored().size() >= count; });
}

std::int64_t MainsChain::arrived(std::string const& where) const {
    return database.count("device = 'mains' AND field = 'seq' AND " + where);
}

std::vector<std::int64_t> gaps(std::vector<std::int64_t> const& numbers) {
    std::vector<std::int64_t> before;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        if (numbers[i] != numbers[i - 1] + 1) before.push_back(numbers[i - 1]);
    }
    return before;
}

}  // namespace test
