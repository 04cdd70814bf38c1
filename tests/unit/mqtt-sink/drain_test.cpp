// SPDX-License-Identifier: MIT
#include "mqtt-sink/drain.hpp"

#include "mqtt-sink/device_json.hpp"

#include "old_stores.hpp"
#include "support/damaged_database.hpp"
#include "support/database.hpp"
#include "support/eventually.hpp"
#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

using namespace sink;
using namespace std::chrono_literals;
using test::damage;
using test::Database;
using test::set_aside_files;
using test::TempFolder;

namespace {

bridge::Log const quiet(bridge::LogLevel::error);

/// The sink without broker and web: an inbox, its drain, and a loop that this thread runs.
class Works {
  public:
    explicit Works(TempFolder const& folder, std::chrono::milliseconds commit_interval = 0ms)
        : database_(folder / "store.db") {
        auto inbox = Inbox::open({.directory = folder / "inbox"}, quiet);
        REQUIRE(inbox.has_value());
        inbox_ = std::move(*inbox);
        Drain::Settings const settings{
            .database = database_, .commit_interval = commit_interval, .pace = 1ms};
        drain_ = std::make_unique<Drain>(settings, *inbox_, counts_, quiet, loop_.get_executor());
    }

    void start() {
        drain_->start([this] { opened_ = true; });
    }
    bool run_until_opened() {
        return run_until([this] { return opened_; });
    }
    void stop() {
        bool ended = false;
        drain_->stop(5s, [&ended] { ended = true; });
        REQUIRE(run_until([&ended] { return ended; }));
        drain_.reset();
    }
    template <class Condition>
    bool run_until(Condition condition) {
        return test::eventually([&] {
            loop_.poll();
            loop_.restart();
            return condition();
        });
    }

    void receive(std::string const& topic, std::string const& payload, bool retained = false) {
        REQUIRE(inbox_->append({topic, payload, payload.size(),
                                bridge::Timestamp(std::chrono::milliseconds(1'785'570'000'000)), retained}) ==
                Inbox::Appended::stored);
        drain_->wake();
    }

    ApiAnswer ask_for_devices() {
        return result(drain_->ask([](StoreReader& reader) { return all_devices(reader); }));
    }
    /// Questions one after the other, each cancelled while it is asked.
    void ask_and_go(int times) {
        for (int i = 0; i < times; ++i) {
            boost::asio::cancellation_signal gone;
            bool ended = false;
            auto told = boost::asio::bind_cancellation_slot(
                gone.slot(), [&ended](std::exception_ptr, ApiAnswer) { ended = true; });
            boost::asio::co_spawn(loop_, drain_->ask([](StoreReader& reader) { return all_devices(reader); }),
                                  std::move(told));
            // Begun, and then cancelled at any moment of its way.
            loop_.poll();
            std::this_thread::yield();
            bool cancelled = false;
            boost::asio::post(loop_, [&] {
                gone.emit(boost::asio::cancellation_type::terminal);
                cancelled = true;
            });
            REQUIRE(run_until([&] { return ended && cancelled; }));
        }
    }

    std::string news() { return to_json(result(drain_->news())); }
    Slice rows_after(std::int64_t number) { return *result(drain_->rows_after(number, 10'000, 1'000'000)); }
    bool save(OutputProgress progress) { return result(drain_->save(std::move(progress))).has_value(); }
    std::int64_t position(std::string output) { return *result(drain_->position(std::move(output))); }

    Inbox& inbox() { return *inbox_; }
    Drain& drain() { return *drain_; }
    Counts& counts() { return counts_; }
    Database database() const { return Database(database_); }

  private:
    template <class Answer>
    Answer result(boost::asio::awaitable<Answer> question) {
        std::optional<Answer> answered;
        boost::asio::co_spawn(loop_, std::move(question), [&answered](std::exception_ptr, Answer answer) {
            answered.emplace(std::move(answer));
        });
        REQUIRE(run_until([&answered] { return answered.has_value(); }));
        return std::move(*answered);
    }

    std::string database_;
    boost::asio::io_context loop_{1};
    bridge::Metrics metrics_;
    Counts counts_{metrics_};
    std::unique_ptr<Inbox> inbox_;
    std::unique_ptr<Drain> drain_;
    bool opened_ = false;
};

/// While it lives no file of this process grows beyond so many bytes.
class LargestFile {
  public:
    explicit LargestFile(rlim_t bytes) {
        ::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &before_);
        rlimit const limit{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~LargestFile() { ::setrlimit(RLIMIT_FSIZE, &before_); }
    LargestFile(LargestFile const&) = delete;
    LargestFile& operator=(LargestFile const&) = delete;

  private:
    rlimit before_{};
};

std::string reading(int number) {
    return fmt::format(R"({{"ts":{},"number":{}}})", 1'785'570'000'000 + number, number);
}

}  // namespace

TEST_CASE("what is received is stored and set aside and ignored and counted") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    CHECK(works.drain().state() == Drain::State::working);
    for (int number = 0; number < 100; ++number) works.receive("mfm/mains", reading(number));
    works.receive("mfm/mains", "[]");
    works.receive("mfm/mains/availability", "online");
    works.receive("mfm/bridge/info", "{}");
    works.receive("mfm/mains", reading(100));
    works.stop();
    CHECK(works.database().count("field = 'number'") == 101);
    CHECK(works.database().number("SELECT count(*) FROM set_aside WHERE reason = 'array'") == 1);
    CHECK(works.counts().stored.value() == 102);
    CHECK(works.counts().ignored.value() == 1);
    CHECK(works.counts().set_aside(Reason::array).value() == 1);
    CHECK(works.inbox().depth() == 0);
}

TEST_CASE("what the broker keeps and sends at each start is stored once") {
    TempFolder const folder;
    for (int start = 0; start < 3; ++start) {
        Works works(folder);
        works.start();
        REQUIRE(works.run_until_opened());
        works.receive("mastertronic/tank/kh", reading(7), true);
        works.receive("mastertronic/tank/kh", R"({"kh_dkh":7.5})", true);  // nobody knows of when
        works.stop();
        CHECK(works.database().count() == 1);
        CHECK(works.database().number("SELECT last FROM arrivals") == 1);
    }
}

TEST_CASE("who asks may go before the answer is there") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    works.ask_and_go(1500);
    CHECK(works.ask_for_devices().status == 200);
    works.stop();
}

TEST_CASE("questions are answered beside the work") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    works.receive("mfm/mains", reading(1));
    REQUIRE(test::eventually([&] { return works.inbox().depth() == 0; }));
    auto const answered = works.ask_for_devices();
    CHECK(answered.status == 200);
    CHECK(answered.body.find("\"number\":1") != std::string::npos);
    works.stop();
}

TEST_CASE("what is not committed yet is in every answer and in the inbox and a stop commits it") {
    TempFolder const folder;
    Works works(folder, 1h);
    works.start();
    REQUIRE(works.run_until_opened());
    for (int number = 0; number < 10; ++number) works.receive("mfm/mains", reading(number));
    REQUIRE(works.run_until([&] { return works.counts().uncommitted_messages.value() == 10; }));
    auto const answered = works.ask_for_devices();
    CHECK(answered.body.find("\"number\":9") != std::string::npos);
    auto const slice = works.rows_after(0);
    CHECK(slice.rows.size() == 10);
    CHECK(slice.up_to == works.drain().last_arrival());
    CHECK(works.database().count() == 0);
    CHECK(works.inbox().depth() == 10);
    CHECK(works.counts().stored.value() == 0);
    works.stop();
    CHECK(works.database().count() == 10);
    CHECK(works.inbox().depth() == 0);
    CHECK(works.counts().stored.value() == 10);
    CHECK(works.counts().commits.value() == 1);
}

TEST_CASE("a quiet house is committed once in a while and a flood when there is much") {
    TempFolder const folder;
    SECTION("after the interval") {
        Works works(folder, 200ms);
        works.start();
        REQUIRE(works.run_until_opened());
        for (int number = 0; number < 10; ++number) works.receive("mfm/mains", reading(number));
        REQUIRE(works.run_until([&] { return works.database().count() == 10; }));
        CHECK(works.counts().commits.value() < 10);
        works.stop();
    }
    SECTION("when there is much") {
        Works works(folder, 1h);
        works.start();
        REQUIRE(works.run_until_opened());
        std::string const filler(10'000, 'x');
        for (int number = 0; number < 300; ++number) {
            works.receive("mfm/mains",
                          fmt::format(R"({{"ts":{},"text":"{}"}})", 1'785'570'000'000 + number, filler));
        }
        REQUIRE(works.run_until([&] { return works.database().count() > 0; }));
        works.stop();
        CHECK(works.database().count() == 300);
    }
}

TEST_CASE("what an output is said to have lasts with the commit") {
    TempFolder const folder;
    {
        Works works(folder, 1h);
        works.start();
        REQUIRE(works.run_until_opened());
        works.receive("mfm/mains", reading(1));
        CHECK(works.save({"influx", 1, {{"mfm/mains", "mfm a=1 7", "status 400: no"}}}));
        CHECK(works.position("influx") == 1);
        CHECK(works.database().number("SELECT count(*) FROM outputs") == 0);
        works.stop();
        CHECK(works.counts().set_aside(Reason::output).value() == 1);
    }
    Database const database(folder / "store.db");
    CHECK(database.number("SELECT position FROM outputs") == 1);
    CHECK(database.number("SELECT count(*) FROM set_aside") == 1);
}

TEST_CASE("after a fault all that was not committed comes from the inbox again") {
    TempFolder const folder;
    Works works(folder, 500ms);
    works.start();
    REQUIRE(works.run_until_opened());
    works.receive("mfm/mains", "[]");
    for (int number = 0; number < 2000; ++number) works.receive("mfm/mains", reading(number));
    {
        // No file may grow beyond this: the disk is full for the database's log.
        LargestFile const limit(4096);
        REQUIRE(works.run_until([&] { return works.drain().state() == Drain::State::failing; }));
        CHECK(works.inbox().depth() == 2001);
        CHECK(works.counts().stored.value() == 0);
    }
    REQUIRE(works.run_until([&] { return works.inbox().depth() == 0; }));
    CHECK(works.drain().state() == Drain::State::working);
    CHECK(works.database().count() == 2000);
    CHECK(works.database().number("SELECT count(*) FROM set_aside") == 1);
    CHECK(works.counts().stored.value() == 2000);
    CHECK(works.counts().set_aside(Reason::array).value() == 1);
    works.stop();
}

TEST_CASE("what was written is told to those who watch") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    auto const store = [&](std::string const& topic, std::string const& payload) {
        works.receive(topic, payload);
        REQUIRE(test::eventually([&] { return works.inbox().depth() == 0; }));
    };
    store("mfm/mains", reading(1));
    CHECK(works.news() == "[]");
    works.drain().watch(true);
    CHECK(works.news() == "[]");
    store("mfm/mains", reading(2));
    store("mfm/mains", reading(3));
    store("mfm/mains", "no JSON");
    store("mfm/mains/availability", "online");
    CHECK(works.news() == R"([{"base":"mfm","device":"mains","availability":"online","ts":1785570000003,)"
                          R"("channels":[{"channel":"","ts":1785570000003,"fields":{"number":3}}]}])");
    CHECK(works.news() == "[]");
    store("mfm/mains", reading(4));
    works.drain().watch(false);
    CHECK(works.news() == "[]");
    works.stop();
}

TEST_CASE("a store that cannot be opened is tried again until it can") {
    TempFolder const folder;
    {
        auto other = Connection::open(folder / "store.db", Connection::Access::read_write);
        REQUIRE(other.has_value());
        REQUIRE(other->execute("CREATE TABLE theirs (a)").has_value());
    }
    Works works(folder);
    works.start();
    REQUIRE(works.run_until([&] { return works.drain().state() == Drain::State::failing; }));
    CHECK(works.drain().fault() == Fault::foreign);
    CHECK(works.ask_for_devices().status == 503);
    std::filesystem::remove(folder / "store.db");
    REQUIRE(works.run_until_opened());
    works.receive("mfm/mains", reading(1));
    works.stop();
    CHECK(works.database().count() == 1);
    CHECK(set_aside_files(folder).empty());
}

TEST_CASE("a file that is no database is set aside at the start and a new one begun") {
    TempFolder const folder;
    std::ofstream(folder / "store.db") << std::string(10'000, 'x');
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    works.receive("mfm/mains", reading(1));
    works.stop();
    CHECK(works.database().count() == 1);
    CHECK(works.counts().files_set_aside.value() == 1);
    auto const aside = set_aside_files(folder);
    REQUIRE(aside.size() == 1);
    CHECK(std::filesystem::file_size(aside[0]) == 10'000);
}

TEST_CASE("a database that is damaged is set aside and nothing that was not in it is lost") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    constexpr int before = 3000;
    constexpr int all = 4000;
    for (int number = 0; number < before; ++number) works.receive("mfm/mains", reading(number));
    REQUIRE(works.run_until([&] { return works.inbox().depth() == 0; }));
    auto const numbered = works.drain().last_arrival();
    damage(folder / "store.db");
    SECTION("noticed by what is written") {}
    SECTION("noticed by a question") { (void)works.ask_for_devices(); }
    for (int number = before; number < all; ++number) works.receive("mfm/mains", reading(number));
    REQUIRE(works.run_until([&] { return works.inbox().depth() == 0; }));
    CHECK(works.drain().state() == Drain::State::working);
    works.stop();
    CHECK(works.counts().files_set_aside.value() == 1);
    CHECK(set_aside_files(folder).size() == 1);
    // What was on its way as the damage was met may be in both.
    CHECK(works.database().count("field = 'number' AND value >= 3000") == all - before);
    // Outputs, which know how far they are, find the new rows behind it.
    CHECK(works.database().number("SELECT min(id) FROM mfm").value_or(0) > numbered);
    CHECK(works.database().number("SELECT last FROM arrivals").value_or(0) >= numbered + all - before);
}

TEST_CASE("messages are taken while a store of an older version is brought up to date") {
    TempFolder const folder;
    test::make_file(folder / "store.db", test::version_2(10));
    auto other = Connection::open(folder / "store.db", Connection::Access::read_write);
    REQUIRE(other.has_value());
    // It cannot begin, so it takes as long as this case likes.
    REQUIRE(other->execute("BEGIN IMMEDIATE").has_value());
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    for (int number = 0; number < 100; ++number) works.receive("mfm/mains", reading(number));
    CHECK(works.inbox().depth() == 100);
    CHECK(works.drain().state() != Drain::State::working);
    REQUIRE(other->execute("COMMIT").has_value());
    REQUIRE(works.run_until([&] { return works.inbox().depth() == 0; }));
    works.stop();
    CHECK(works.database().count("field = 'number'") == 100);
    CHECK(works.database().count("field = 'hz'") == 10);
}

TEST_CASE("while another program writes messages wait in the inbox") {
    TempFolder const folder;
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    auto other = Connection::open(folder / "store.db", Connection::Access::read_write);
    REQUIRE(other.has_value());
    REQUIRE(other->execute("BEGIN IMMEDIATE").has_value());
    for (int number = 0; number < 100; ++number) works.receive("mfm/mains", reading(number));
    REQUIRE(works.run_until([&] { return works.drain().state() == Drain::State::failing; }));
    CHECK(works.drain().fault() == Fault::busy);
    CHECK(works.inbox().depth() == 100);
    REQUIRE(other->execute("COMMIT").has_value());
    REQUIRE(works.run_until([&] { return works.inbox().depth() == 0; }));
    CHECK(works.drain().state() == Drain::State::working);
    CHECK(works.database().count() == 100);
    works.stop();
}

TEST_CASE("whatever was appended is stored once however often the process is killed") {
    TempFolder const folder;
    void* const shared =
        ::mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    auto& appended = *new (shared) std::atomic<int>(0);
    constexpr unsigned seed = 11;
    std::mt19937 random(seed);
    INFO("seed " << seed);
    constexpr int kills = 10;
    for (int kill = 0; kill < kills; ++kill) {
        int const goal = appended.load() + 1 + static_cast<int>(random() % 1500);
        pid_t const process = ::fork();
        REQUIRE(process >= 0);
        if (process == 0) {
            Works works(folder);
            works.start();
            if (!works.run_until_opened()) ::_exit(1);
            for (int number = appended.load();; ++number) {
                works.receive("mfm/mains", reading(number));
                appended.store(number + 1);
            }
        }
        while (appended.load() < goal && ::waitpid(process, nullptr, WNOHANG) == 0) ::sched_yield();
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
    }
    Works works(folder);
    works.start();
    REQUIRE(works.run_until_opened());
    works.stop();
    auto const database = works.database();
    auto const stored = database.count("field = 'number'");
    // The last may have been on its way when the kill came.
    CHECK(stored >= appended.load());
    CHECK(stored <= appended.load() + 1);
    CHECK(database.number("SELECT count(DISTINCT value) FROM samples") == stored);
    CHECK(database.number("SELECT max(value) + 1 FROM samples") == stored);
    // A kill may tear what is on its way, of which nobody was told that it is safe.
    CHECK(database.number("SELECT count(*) FROM set_aside WHERE reason <> 'damaged'") == 0);
    CHECK(*database.number("SELECT count(*) FROM set_aside") <= kills);
    ::munmap(shared, sizeof(std::atomic<int>));
}
