// SPDX-License-Identifier: MIT
#include "mqtt-sink/line_protocol.hpp"

#include "catch.hpp"

#include <cmath>
#include <limits>

using namespace sink;
using bridge::Reading;

namespace {

StoredRow row(std::vector<Reading> fields) {
    return {.id = 7,
            .base = "mfm",
            .device = "mains",
            .channel = "",
            .ts = 1'785'570'000'123,
            .fields = std::move(fields)};
}

std::string line(StoredRow const& stored, Texts texts = Texts::send) {
    auto const made = to_line(stored, texts);
    if (auto const* refusal = std::get_if<Refusal>(&made)) return "refused: " + refusal->sentence;
    return std::get<std::string>(made);
}

}  // namespace

TEST_CASE("a row is one line with every number as a float") {
    CHECK(line(row({{"frequency_hz", 50.013},
                    {"seq", std::int64_t{48213}},
                    {"mode_text", std::string("a \"b\" \\")}})) ==
          "mfm,device=mains frequency_hz=50.013,seq=48213,mode_text=\"a \\\"b\\\" \\\\\" 1785570000123\n");
    auto stored = row({{"a", 50.0}});
    stored.channel = "parameters";
    CHECK(line(stored) == "mfm,device=mains,channel=parameters a=50.0 1785570000123\n");
    stored.device.clear();
    stored.channel.clear();
    CHECK(line(stored) == "mfm a=50.0 1785570000123\n");
}

TEST_CASE("commas and blanks and equals signs of names are escaped") {
    auto stored = row({{"a b,c=d", 1.5}});
    stored.base = "my,base=x y";
    stored.device =
        "S\xc3\xbc"
        "d 1,2=3";
    stored.channel = "a/b c";
    CHECK(line(stored) ==
          "my\\,base=x\\ y,device=S\xc3\xbc"
          "d\\ 1\\,2\\=3,channel=a/b\\ c a\\ b\\,c\\=d=1.5 1785570000123\n");
}

TEST_CASE("texts are left out for who would make numbers of them") {
    CHECK(line(row({{"a", 1.5}, {"state_text", std::string("on")}}), Texts::leave_out) ==
          "mfm,device=mains a=1.5 1785570000123\n");
    CHECK(line(row({{"state_text", std::string("on")}}), Texts::leave_out).empty());
}

TEST_CASE("what is no number never becomes one") {
    CHECK(line(row({{"a", std::nan("")}, {"b", std::numeric_limits<double>::infinity()}, {"c", 2.5}})) ==
          "mfm,device=mains c=2.5 1785570000123\n");
    CHECK(line(row({{"a", std::nan("")}})).empty());
}

TEST_CASE("a field called as something of the line gets a number behind its name") {
    CHECK(line(row({{"time", std::string("now")}, {"channel", std::int64_t{3}}, {"device", 1.5}})) ==
          "mfm,device=mains time_2=\"now\",channel_2=3,device_2=1.5 1785570000123\n");
    CHECK(line(row({{"time", 1.5}, {"time_2", 2.5}})) ==
          "mfm,device=mains time_3=1.5,time_2=2.5 1785570000123\n");
}

TEST_CASE("names that readers do not agree on how to write are refused") {
    for (auto const* name : {"a\\", "a\\b", "say \"a\"", "a\nb", "a\tb"}) {
        INFO(name);
        auto stored = row({{"a", 1.5}});
        stored.device = name;
        CHECK(line(stored).starts_with("refused: "));
        auto const made = to_line(stored, Texts::send);
        REQUIRE(std::holds_alternative<Refusal>(made));
        CHECK(std::get<Refusal>(made).reason == Reason::output);
        CHECK(line(row({{name, 1.5}})).starts_with("refused: "));
    }
    // What is not sent cannot be in the way.
    CHECK(line(row({{"a\\", std::string("x")}, {"b", 1.5}}), Texts::leave_out) ==
          "mfm,device=mains b=1.5 1785570000123\n");
}
