// SPDX-License-Identifier: MIT
#include "outputs_rig.hpp"

#include "support/eventually.hpp"

#include "catch.hpp"
#include "matchers.hpp"

#include <deque>
#include <optional>
#include <string>

using namespace test;

namespace {

/// A member of the group `house`, with a file of its own.
class Member {
  public:
    Member(TempFolder const& folder, Broker const& broker, std::string const& name, std::string const& output)
        : database_(folder / (name + ".db")),
          program_(folder, "mqtt-sink",
                   broker_at(broker.port()) + Arguments{"--database", folder / (name + ".db"), "--influx-url",
                                                        output, "--share-group", "house", "--mqtt-client-id",
                                                        name}) {}

    Program& program() { return program_; }
    [[nodiscard]] std::int64_t rows() const {
        return database_.number("SELECT last FROM arrivals").value_or(0);
    }
    [[nodiscard]] Values values() const { return in_sqlite(database_, Texts::without); }

  private:
    Database database_;
    Program program_;
};

}  // namespace

TEST_CASE(
    "sinks that divide one broker's messages lose nothing when one is killed, one leaves and one joins") {
    constexpr std::size_t count = 15'000;
    TempFolder const folder;
    Broker const broker(folder, {.checked = false});
    VictoriaMetrics const victoria(folder);
    std::deque<Member> members;
    for (auto const* name : {"one", "two", "three", "four"}) {
        members.emplace_back(folder, broker, name, victoria.write_url());
        REQUIRE(eventually([&] { return members.back().program().ready(); }));
    }
    std::int64_t const first_ts = now_ms() - 1'000'000;
    // In two parts: the second begins when all who are to have some of it are there.
    auto const part = [&](std::size_t first, std::size_t messages) {
        Publisher::Plan plan;
        plan.port = broker.port();
        plan.count = messages;
        plan.per_second = 1500;
        plan.message = [first_ts, first](std::size_t number) { return reading(first_ts, first + number); };
        return plan;
    };
    constexpr std::size_t half = count / 2;
    std::optional<Publisher> publisher(std::in_place, part(0, half));
    auto const published = [&](std::size_t number) {
        return eventually([&] { return publisher->acknowledged_count() >= number; }, 40s);
    };

    for (auto& member : members) CHECK(eventually([&] { return member.rows() > 0; }));
    REQUIRE(published(3'000));
    members[1].program().kill();
    REQUIRE(published(5'000));
    members.emplace_back(folder, broker, "five", victoria.write_url());
    REQUIRE(eventually([&] { return members.back().program().ready(); }));
    REQUIRE(eventually([&] { return publisher->finished(); }));
    publisher.emplace(part(half, count - half));
    REQUIRE(published(1'000));
    // It takes in what is on its way, and the others get the rest: it need not come back.
    CHECK(members[2].program().stop() == 0);
    auto const left_with = members[2].rows();
    REQUIRE(published(4'000));
    members[1].program().start();
    REQUIRE(eventually([&] { return publisher->finished(); }, 40s));

    auto const stored = [&] {
        std::int64_t rows = 0;
        for (auto const& member : members) rows += member.rows();
        return rows;
    };
    CHECK(eventually([&] { return stored() >= static_cast<std::int64_t>(count); }, 30s));
    CHECK(members[2].rows() == left_with);
    CHECK(members[4].rows() > 0);
    // A message that was on its way twice is in two files.
    std::set<std::string> everything;
    for (auto const& member : members) {
        for (auto const& found : member.values()) everything.insert(found);
    }
    CHECK(everything.size() == count / 3 * 4);
    // What the one that left had not given yet is in its file, and would be given at its next start.
    members[2].program().start();
    CHECK(eventually([&] { return in_victoria_metrics(victoria).size() >= everything.size(); }, 40s));
    auto const found = in_victoria_metrics(victoria);
    CHECK((std::set<std::string>(found.begin(), found.end()) == everything));
}

TEST_CASE("a share group without what it needs is a wrong setting") {
    TempFolder const folder;
    auto const refused = [&](Arguments const& arguments, std::string const& sentence) {
        auto const finished =
            run(folder, {program_path("mqtt-sink"), Arguments{"--check-config"} + arguments, {}});
        CHECK(finished.exit_code == 2);
        CHECK_THAT(finished.errors, contains_text(sentence));
    };
    Arguments const output = {"--influx-url", "http://127.0.0.1:9/write?db=x"};
    refused(Arguments{"--share-group", "house"} + output, "[sink] share_group needs [mqtt] client_id");
    refused({"--share-group", "house", "--mqtt-client-id", "one"}, "[sink] share_group needs [influx] url");
    refused(Arguments{"--share-group", "a/b", "--mqtt-client-id", "one"} + output,
            "must be a name of letters");
    auto const right = run(
        folder, {program_path("mqtt-sink"),
                 Arguments{"--check-config", "--share-group", "house", "--mqtt-client-id", "one"} + output,
                 {}});
    CHECK(right.exit_code == 0);
}
