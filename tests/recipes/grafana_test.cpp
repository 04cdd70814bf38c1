// SPDX-License-Identifier: MIT
#include "document.hpp"
#include "suite.hpp"

#include "support/database.hpp"
#include "support/eventually.hpp"

#include "catch.hpp"

#include <limits>

using namespace test;

namespace {

std::string replaced(std::string text, std::string const& part, std::string const& by) {
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + by.size()))
        text.replace(at, part.size(), by);
    return text;
}

}  // namespace

TEST_CASE("Grafana's questions are answered by the store") {
    TempFolder const folder;
    Suite const suite(folder);
    Database const store(suite.database());
    auto const questions = shown_code("recipes/grafana.md", "sql");
    CHECK(questions.size() == 4);
    for (auto question : questions) {
        // What Grafana puts there: the panel's time in unix milliseconds.
        question = replaced(replaced(question, "$__from", "0"), "$__to",
                            std::to_string(std::numeric_limits<std::int64_t>::max()));
        INFO(question);
        // Every field that it names has a curve.
        auto const fields = matches(question, "'([a-z0-9]+_[a-z0-9_]+)'");
        CHECK(eventually([&] {
            auto const rows = store.rows(question);
            if (rows.empty()) return false;
            for (auto const& field : fields)
                if (store.count("field = '" + field.at(1) + "'") == 0) return false;
            return true;
        }));
        // The column that Grafana takes for the time is in unix seconds.
        auto const shown = store.rows("SELECT count(*) FROM (" + question +
                                      ") WHERE time BETWEEN 1500000000 AND 4000000000");
        CHECK(shown.at(0).at(0) != "0");
    }
    // The same names in InfluxDB: base, field, tag.
    auto const influx = matches(shown_code("recipes/grafana.md", "influxql").front(),
                                R"x(mean\("(\w+)"\) FROM "(\w+)" .*"device" fill\(null\))x");
    REQUIRE(influx.size() == 1);
    CHECK(store.count("base = '" + influx.front().at(2) + "' AND field = '" + influx.front().at(1) + "'") >
          0);
}
