// SPDX-License-Identifier: MIT
#include "mastertronic2mqtt/publication.hpp"
#include "mastertronic2mqtt/ledger.hpp"

#include "catch.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>

using namespace mastertronic;

namespace {

TestResult result(std::string const& key, std::int64_t second, double value) {
    return {bridge::Timestamp(std::chrono::seconds(1'767'000'000 + second)), find_parameter(key), value};
}

struct Sent {
    TestResult result;
    bool past;
    bool operator==(Sent const&) const = default;
};

std::vector<Sent> next(Publication& publication) {
    std::vector<Sent> sent;
    for (auto const& [what, past] : publication.next()) sent.push_back({what, past});
    return sent;
}

/// A file that goes away with the test.
struct StateFile {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("ledger-test-" + std::to_string(::getpid()));
    StateFile() { std::filesystem::remove(path); }
    ~StateFile() { std::filesystem::remove(path); }
};

std::size_t count(Published const& published) {
    std::size_t all = 0;
    for (auto const& [channel, times] : published) all += times.size();
    return all;
}

}  // namespace

TEST_CASE("a result is published when a second dump says the same") {
    Publication publication({});
    publication.take({result("kh", 1, 8.2)});
    CHECK(publication.unconfirmed());
    CHECK(publication.next().empty());
    publication.take({result("kh", 1, 8.3)});
    CHECK(publication.unconfirmed());
    CHECK(publication.next().empty());
    publication.take({result("kh", 1, 8.3)});
    CHECK_FALSE(publication.unconfirmed());
    CHECK(next(publication) == std::vector<Sent>{{result("kh", 1, 8.3), false}});
}

TEST_CASE("the same bytes again confirm all") {
    Publication publication({});
    publication.take({result("kh", 1, 8.2)});
    publication.take_again();
    CHECK_FALSE(publication.unconfirmed());
    CHECK(publication.next().size() == 1);
}

TEST_CASE("the newest of each channel goes first, the others follow as past, oldest first") {
    Publication publication({});
    publication.take(
        {result("ca", 1, 430), result("kh", 1, 8.1), result("kh", 2, 8.2), result("kh", 3, 8.3)});
    publication.take_again();
    CHECK(next(publication) == std::vector<Sent>{{result("ca", 1, 430), false},
                                                 {result("kh", 3, 8.3), false},
                                                 {result("kh", 1, 8.1), true},
                                                 {result("kh", 2, 8.2), true}});
}

TEST_CASE("nothing more is given until what was given is delivered") {
    Publication publication({});
    publication.take({result("kh", 1, 8.1)});
    publication.take_again();
    REQUIRE(publication.next().size() == 1);
    publication.take({result("kh", 1, 8.1), result("kh", 2, 8.2)});
    publication.take_again();
    CHECK(publication.next().empty());
    CHECK(publication.delivered() == std::vector{result("kh", 1, 8.1)});
    CHECK(next(publication) == std::vector<Sent>{{result("kh", 2, 8.2), false}});
}

TEST_CASE("after a restart what is older than the channel has shown is past") {
    Publication publication({{"kh", {result("kh", 5, 0).time}}});
    publication.take({result("kh", 4, 8.1), result("kh", 5, 8.2)});
    publication.take_again();
    CHECK(next(publication) == std::vector<Sent>{{result("kh", 4, 8.1), true}});
}

TEST_CASE("a result that is changed after it was published is not published again") {
    Publication publication({});
    publication.take({result("kh", 1, 8.1)});
    publication.take_again();
    (void)publication.next();
    (void)publication.delivered();
    publication.take({result("kh", 1, 8.4)});
    CHECK_FALSE(publication.unconfirmed());
    publication.take_again();
    CHECK(publication.next().empty());
}

TEST_CASE("a line of the ledger that is torn is left out and harms no other") {
    StateFile const state;
    Ledger const ledger(state.path);
    REQUIRE(ledger.append(std::vector{result("kh", 1, 8.1), result("ca", 2, 430)}).has_value());
    std::filesystem::resize_file(state.path, std::filesystem::file_size(state.path) - 4);
    REQUIRE(ledger.append(std::vector{result("kh", 3, 8.1)}).has_value());
    auto const published = ledger.read();
    REQUIRE(published.has_value());
    CHECK(published->at("kh") == std::set{result("kh", 1, 0).time, result("kh", 3, 0).time});
    CHECK(published->count("ca") == 0);
}

TEST_CASE("without a file the ledger is empty and keeps nothing") {
    Ledger const nowhere("");
    CHECK(nowhere.append(std::vector{result("kh", 1, 8.1)}).has_value());
    REQUIRE(nowhere.read().has_value());
    CHECK(nowhere.read()->empty());
    CHECK_FALSE(Ledger("/proc/none/file").append(std::vector{result("kh", 1, 8.1)}).has_value());
}

TEST_CASE("each result is published once over appends, edits, losses, resets and restarts") {
    StateFile const state;
    Ledger const ledger(state.path);
    std::mt19937 random(7);
    auto const chance = [&](unsigned percent) { return random() % 100 < percent; };
    std::vector<TestResult> device;
    std::map<std::pair<std::string_view, std::int64_t>, int> given;
    std::int64_t second = 0;
    auto publication = std::make_unique<Publication>(Published());
    for (int step = 0; step < 2000; ++step) {
        if (chance(30)) {
            ++second;
            for (auto const* key : {"ca", "kh", "mg"}) {
                if (chance(60)) device.push_back(result(key, second, static_cast<double>(random() % 50)));
            }
        }
        if (!device.empty() && chance(10)) device[random() % device.size()].value += 1;
        if (!device.empty() && chance(3))
            device.erase(device.begin() + static_cast<std::ptrdiff_t>(random() % device.size()));
        if (chance(1)) device.clear();
        // A restart is at any moment, but not between the broker's word and the ledger.
        if (chance(5)) publication = std::make_unique<Publication>(*ledger.read());
        publication->take(device);
        if (chance(50)) publication->take_again();
        for (auto batch = publication->next(); !batch.empty(); batch = publication->next()) {
            auto const delivered = publication->delivered();
            REQUIRE(delivered.size() == batch.size());
            for (auto const& one : delivered) {
                ++given[{one.parameter->channel, one.time.time_since_epoch().count()}];
            }
            REQUIRE(ledger.append(delivered).has_value());
        }
    }
    for (auto const& [test, times] : given) {
        INFO(test.first << " " << test.second);
        CHECK(times == 1);
    }
    publication->take(device);
    publication->take_again();
    while (!publication->next().empty()) (void)ledger.append(publication->delivered());
    auto const published = *ledger.read();
    CHECK(count(published) >= given.size());
    for (auto const& one : device)
        CHECK(published.at(std::string(one.parameter->channel)).contains(one.time));
}
