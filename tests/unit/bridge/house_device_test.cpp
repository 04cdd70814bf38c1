// SPDX-License-Identifier: MIT
#include <bridge/house_device.hpp>

#include "catch.hpp"

#include <algorithm>
#include <set>

using namespace bridge;

namespace {

HouseDevice device(std::string base, std::string name) {
    return {"mfm2mqtt", "1.2.3", std::move(base), std::move(name), {"Meter", "Messgerät", "mains"}};
}

}  // namespace

TEST_CASE("a device's id is made of its topics and of nothing else") {
    CHECK(device("mfm", "mains").id() == "mfm_mains");
    CHECK(device("mfm", "a_b-c").id() == "mfm_a_b-c");
}

TEST_CASE("no two devices have one id, and an id has only letters, digits, underscores and dashes") {
    std::set<std::string> ids;
    std::size_t devices = 0;
    for (auto const* base : {"a", "a_b", "a/b", "a/b_c", "a_b/c", "häuser/mfm", "b", "bridge"}) {
        for (auto const* name : {"c", "b_c", "b", "c_d", "b-c", "d"}) {
            auto const id = device(base, name).id();
            INFO(id);
            CHECK(std::all_of(id.begin(), id.end(), [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
            }));
            ids.insert(id);
            ++devices;
        }
    }
    CHECK(ids.size() == devices);
}

TEST_CASE("a device is called as its product, with its own name where the user gave one") {
    CHECK(device("mfm", "mains").title(Language::english) == "Meter");
    CHECK(device("mfm", "attic").title(Language::german) == "Messgerät attic");
    HouseDevice const nameless{"new2mqtt", "1", "new", "one", {}};
    CHECK(nameless.title(Language::german) == "one");
}
