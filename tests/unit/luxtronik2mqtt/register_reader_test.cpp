// SPDX-License-Identifier: MIT
#include "luxtronik2mqtt/register_reader.hpp"

#include "devsim/luxtronik_modbus.hpp"

#include "wire.hpp"

#include "catch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>

using namespace luxtronik;
using bridge::Errc;
using bridge::Result;
using test::must;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A simulated interface, and a connection to it.
class Bench {
  public:
    explicit Bench(devsim::LuxtronikRelease release = {3, 92, 1}) {
        devsim::LuxtronikModbus::Device device{
            devsim::LuxtronikRegisters(release), [] { return devsim::HouseState(); },
            [] { return devsim::DeviceTime(0); }, [this] { return faults; }};
        auto opened = devsim::LuxtronikModbus::open(loop_.get_executor(), "127.0.0.1", 0, std::move(device),
                                                    bridge::Log(bridge::LogLevel::error));
        REQUIRE(opened.has_value());
        server_ = std::move(*opened);
    }

    template <class T>
    T wait_for(asio::awaitable<T> work) {
        std::optional<T> result;
        asio::co_spawn(loop_, std::move(work), [&result](std::exception_ptr thrown, T got) {
            if (thrown) std::rethrow_exception(thrown);
            result = std::move(got);
        });
        while (!result) loop_.run_one_for(10s);
        return std::move(*result);
    }

    Result<> connect() { return wait_for(modbus.open({"127.0.0.1", server_->port()})); }
    Result<Release> begin() { return wait_for(reader.begin()); }
    Result<Registers> read_all() { return wait_for(reader.read_all()); }
    [[nodiscard]] std::uint64_t requests() const { return server_->requests(); }
    void stop_server() { server_.reset(); }

    devsim::ModbusFaults faults;
    /// The thread of Modbus knows the loop: it ends first.
    ~Bench() { (void)modbus.finished(); }

    Modbus modbus;
    RegisterReader reader{modbus, Selection::named};

  private:
    asio::io_context loop_;
    std::unique_ptr<devsim::LuxtronikModbus> server_;
};

std::size_t size_of(std::vector<RegisterSpan> const& plan) {
    std::size_t size = 0;
    for (auto const& span : plan) size += span.count;
    return size;
}

}  // namespace

TEST_CASE("all registers of a firmware are read by as many requests as it has ranges") {
    auto const release = GENERATE(devsim::LuxtronikRelease{3, 90, 1}, devsim::LuxtronikRelease{3, 92, 0},
                                  devsim::LuxtronikRelease{3, 92, 1});
    INFO(release.minor << '.' << release.patch);
    Bench bench(release);
    REQUIRE(bench.connect().has_value());
    CHECK(must(bench.begin()) == Release{release.minor, release.patch});
    auto const before = bench.requests();
    auto const registers = must(bench.read_all());
    auto const plan = register_plan({release.minor, release.patch}, {}, Selection::named);
    CHECK(registers.size() == size_of(plan));
    CHECK(bench.requests() - before == plan.size());
    CHECK(bench.reader.missing().empty());
}

TEST_CASE("a register that is gone is found, and asked for no more, and the others are there") {
    Bench bench;
    REQUIRE(bench.connect().has_value());
    REQUIRE(bench.begin().has_value());
    auto const whole = must(bench.read_all());
    auto const hidden = GENERATE(105, 106, 112, 201, 311, 329);
    INFO(hidden);
    bench.faults.hidden = hidden;
    auto const fewer = must(bench.read_all());
    REQUIRE(bench.reader.missing().size() == 1);
    auto const missing = *bench.reader.missing().begin();
    CHECK(missing.index == (hidden > 300 ? hidden - 1 : hidden));
    CHECK(whole.size() - fewer.size() == (hidden > 300 ? 2U : 1U));
    CHECK_FALSE(fewer.contains(missing));

    auto const before = bench.requests();
    CHECK(must(bench.read_all()).size() == fewer.size());
    auto const plan = register_plan(bench.reader.release(), bench.reader.missing(), Selection::named);
    CHECK(bench.requests() - before == plan.size());
    // A new connection knows nothing of it.
    bench.faults.hidden.reset();
    REQUIRE(bench.connect().has_value());
    REQUIRE(bench.begin().has_value());
    CHECK(must(bench.read_all()).size() == whole.size());
}

TEST_CASE("firmware without the interface is told from a fault") {
    Bench bench;
    REQUIRE(bench.connect().has_value());
    SECTION("by its version") {
        bench.faults.old = true;
        auto const begun = bench.begin();
        REQUIRE_FALSE(begun.has_value());
        CHECK(begun.error().code == Errc::unsupported);
        CHECK(begun.error().detail.find("V3.89.0") != std::string::npos);
    }
    SECTION("by having none") {
        bench.faults.hidden = 400;
        auto const begun = bench.begin();
        REQUIRE_FALSE(begun.has_value());
        CHECK(begun.error().code == Errc::malformed);
    }
}

TEST_CASE("each fault of the interface ends the connection or leaves it in order") {
    Bench bench;
    REQUIRE(bench.connect().has_value());
    REQUIRE(bench.begin().has_value());
    auto const error = [&] {
        auto const read = bench.read_all();
        REQUIRE_FALSE(read.has_value());
        return read.error().code;
    };
    SECTION("busy") {
        bench.faults.busy = true;
        CHECK(error() == Errc::unsupported);
        CHECK(bench.modbus.is_open());
        bench.faults.busy = false;
        CHECK(bench.read_all().has_value());
    }
    SECTION("wrong id") {
        bench.faults.wrong_id = true;
        CHECK(error() == Errc::malformed);
        CHECK_FALSE(bench.modbus.is_open());
    }
    SECTION("reset") {
        bench.faults.reset = true;
        CHECK(error() == Errc::closed);
        CHECK_FALSE(bench.modbus.is_open());
    }
    SECTION("stall") {
        bench.faults.stall = true;
        CHECK(error() == Errc::timed_out);
        CHECK_FALSE(bench.modbus.is_open());
    }
    SECTION("end") {
        bench.stop_server();
        CHECK(error() == Errc::closed);
        CHECK_FALSE(bench.modbus.is_open());
    }
}

TEST_CASE("an answer cut at any byte is none") {
    Bench bench;
    for (std::size_t cut = 0; cut < 7 + 2 + 6; ++cut) {
        INFO(cut);
        bench.faults.cut_after.reset();
        REQUIRE(bench.connect().has_value());
        REQUIRE(bench.begin().has_value());
        bench.faults.cut_after = cut;
        auto const cut_short = bench.begin();
        REQUIRE_FALSE(cut_short.has_value());
        CHECK(cut_short.error().code == Errc::closed);
        CHECK_FALSE(bench.modbus.is_open());
    }
}

TEST_CASE("what is written is there, and what cannot be is refused by the controller") {
    Bench bench;
    REQUIRE(bench.connect().has_value());
    REQUIRE(bench.begin().has_value());
    CHECK(bench.wait_for(bench.modbus.write(1, 425)).has_value());
    CHECK(must(bench.read_all()).at({RegisterList::holdings, 1}) == 425);
    CHECK(bench.wait_for(bench.modbus.write(1, 751)).error().code == Errc::out_of_range);
    CHECK(bench.wait_for(bench.modbus.write(4, 1)).error().code == Errc::out_of_range);
    CHECK(bench.modbus.is_open());
}

TEST_CASE("places are told by list") {
    CHECK(places_text({}).empty());
    CHECK(places_text(
              {{RegisterList::holdings, 65}, {RegisterList::inputs, 320}, {RegisterList::holdings, 66}}) ==
          "inputs 320, holdings 65 66");
}
