// SPDX-License-Identifier: MIT
#include "mqtt-sink/inbox.hpp"

#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

using namespace sink;
using test::TempFolder;

namespace {

bridge::Log const quiet(bridge::LogLevel::error);

struct Quiet {
    /// Sends what the inbox logs to nowhere, for tests in which it has reason to.
    Quiet() : kept_(::dup(STDERR_FILENO)) {
        int const nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDERR_FILENO);
        ::close(nowhere);
    }
    ~Quiet() {
        ::dup2(kept_, STDERR_FILENO);
        ::close(kept_);
    }
    Quiet(Quiet const&) = delete;
    Quiet& operator=(Quiet const&) = delete;

  private:
    int kept_;
};

std::unique_ptr<Inbox> open_inbox(std::filesystem::path const& directory,
                                  std::uint64_t segment_bytes = 16ULL << 20U) {
    auto inbox = Inbox::open({.directory = directory.string(), .segment_bytes = segment_bytes}, quiet);
    REQUIRE(inbox.has_value());
    return std::move(*inbox);
}

std::string topic_of(std::uint64_t number) { return fmt::format("mfm/device/{}", number); }
std::string payload_of(std::uint64_t number) {
    return fmt::format("{{\"number\":{},\"filler\":\"{}\"}}", number, std::string(number % 50, 'x'));
}

Inbox::Appended append(Inbox& inbox, std::uint64_t number) {
    std::string const topic = topic_of(number);
    std::string const payload = payload_of(number);
    return inbox.append({.topic = topic,
                         .payload = payload,
                         .payload_size = payload.size(),
                         .received = bridge::Timestamp(std::chrono::milliseconds(1000 + number)),
                         .retained = number % 2 == 1});
}

bool is_message(Message const& message, std::uint64_t number) {
    return message.topic == topic_of(number) && message.payload == payload_of(number) &&
           message.payload_size == payload_of(number).size() && message.retained == (number % 2 == 1) &&
           message.received.time_since_epoch().count() == static_cast<std::int64_t>(1000 + number);
}

struct Contents {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> damaged;
    bool whole = true;  ///< every message is the one of its sequence
};

Contents read_all(Inbox& inbox, bool release = false) {
    Contents contents;
    for (;;) {
        auto const records = inbox.read();
        REQUIRE(records.has_value());
        if ((*records)->messages.empty() && (*records)->damaged.empty()) return contents;
        for (auto const& stored : (*records)->messages) {
            contents.sequences.push_back(stored.sequence);
            contents.whole = contents.whole && is_message(stored.message, stored.sequence);
        }
        auto const& damaged = (*records)->damaged;
        contents.damaged.insert(contents.damaged.end(), damaged.begin(), damaged.end());
        if (release) inbox.release();
    }
}

std::vector<std::uint64_t> range(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> numbers;
    for (auto number = first; number <= last; ++number) numbers.push_back(number);
    return numbers;
}

std::vector<std::filesystem::path> segments(std::filesystem::path const& directory) {
    std::vector<std::filesystem::path> found;
    for (auto const& entry : std::filesystem::directory_iterator(directory)) {
        if (entry.path().filename().string().starts_with("inbox.")) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
}

std::uint64_t size_of_all(std::filesystem::path const& directory) {
    std::uint64_t size = 0;
    for (auto const& entry : std::filesystem::directory_iterator(directory)) size += entry.file_size();
    return size;
}

/// Of a segment that was not used before.
std::size_t end_of_records(std::filesystem::path const& directory) {
    return std::filesystem::file_size(segments(directory).front()) - end_mark.size();
}

void write_file(std::filesystem::path const& path, std::string const& content) {
    std::ofstream(path, std::ios::binary) << content;
}

}  // namespace

TEST_CASE("messages come out of the inbox as they went in and in order") {
    TempFolder const folder;
    auto inbox = open_inbox(folder / "inbox");
    CHECK(read_all(*inbox).sequences.empty());
    for (std::uint64_t number = 1; number <= 1000; ++number) {
        REQUIRE(append(*inbox, number) == Inbox::Appended::stored);
        if (number == 300) {
            CHECK(read_all(*inbox).sequences == range(1, 300));
        }
    }
    auto const rest = read_all(*inbox);
    CHECK(rest.sequences == range(301, 1000));
    CHECK(rest.whole);
    CHECK(rest.damaged.empty());
    CHECK(inbox->depth() == 1000);
    inbox->release();
    CHECK(inbox->depth() == 0);
}

TEST_CASE("an inbox opened again goes on after the highest sequence of files and store") {
    TempFolder const folder;
    std::uint64_t id = 0;
    {
        auto inbox = open_inbox(folder / "inbox");
        id = inbox->id();
        for (std::uint64_t number = 1; number <= 10; ++number) (void)append(*inbox, number);
    }
    SECTION("the files know more") {
        auto inbox = open_inbox(folder / "inbox");
        CHECK(inbox->id() == id);
        inbox->resume(4);
        (void)append(*inbox, 11);
        CHECK(inbox->depth() == 7);
        auto const contents = read_all(*inbox);
        CHECK(contents.sequences == range(5, 11));
        CHECK(contents.whole);
    }
    SECTION("the store knows more") {
        auto inbox = open_inbox(folder / "inbox");
        inbox->resume(20);
        (void)append(*inbox, 21);
        CHECK(read_all(*inbox).sequences == range(21, 21));
    }
    SECTION("a second process is kept out") {
        auto const inbox = open_inbox(folder / "inbox");
        auto const second = Inbox::open({.directory = (folder / "inbox").string()}, quiet);
        REQUIRE_FALSE(second.has_value());
        CHECK(second.error().code == bridge::Errc::config);
    }
}

TEST_CASE("segments follow each other and go when they are released") {
    TempFolder const folder;
    auto inbox = open_inbox(folder / "inbox", 1000);
    for (std::uint64_t number = 1; number <= 50; ++number) (void)append(*inbox, number);
    CHECK(segments(folder / "inbox").size() > 5);
    CHECK(read_all(*inbox).sequences == range(1, 50));
    for (std::uint64_t number = 51; number <= 100; ++number) (void)append(*inbox, number);
    inbox->release();
    CHECK(segments(folder / "inbox").size() > 5);
    CHECK(read_all(*inbox, true).sequences == range(51, 100));
    // One of them is kept for the next segment.
    CHECK(segments(folder / "inbox").size() == 1);
    CHECK(inbox->bytes() == size_of_all(folder / "inbox"));
    for (std::uint64_t number = 101; number <= 110; ++number) (void)append(*inbox, number);
    CHECK(size_of_all(folder / "inbox") < 2 * 1200);
    CHECK(inbox->bytes() == size_of_all(folder / "inbox"));
    CHECK(read_all(*inbox, true).sequences == range(101, 110));

    (void)append(*inbox, 111);
    inbox.reset();
    inbox = open_inbox(folder / "inbox", 1000);
    inbox->resume(110);
    CHECK(inbox->bytes() == size_of_all(folder / "inbox"));
    CHECK(read_all(*inbox).sequences == range(111, 111));
}

TEST_CASE("a file is used again from its beginning when all in it is released") {
    TempFolder const folder;
    auto const durability = GENERATE(Durability::process, Durability::power);
    auto opened = Inbox::open({.directory = (folder / "inbox").string(), .durability = durability}, quiet);
    REQUIRE(opened.has_value());
    auto& inbox = **opened;
    // Twenty records, or what is made ready at once where they are synced.
    std::uint64_t const most = durability == Durability::process ? 20 * 150 : 257 * 1024;
    std::uint64_t next = 1;
    for (std::uint64_t lap = 0; lap < 200; ++lap) {
        INFO("lap " << lap);
        // The records of a lap end somewhere in those of the laps before.
        auto const last = next + lap * 7 % 20;
        auto const all = range(next, last);
        for (; next <= last; ++next) (void)append(inbox, next);
        if (lap % 3 == 0) {
            CHECK(read_all(inbox).sequences == all);
            inbox.rewind();
        }
        auto const contents = read_all(inbox, true);
        CHECK(contents.sequences == all);
        CHECK(contents.whole);
        CHECK(contents.damaged.empty());
        CHECK(inbox.bytes() == size_of_all(folder / "inbox"));
        CHECK(inbox.bytes() <= most);
    }
    CHECK(segments(folder / "inbox").size() == 1);
}

TEST_CASE("a file that is used again may be torn at any byte") {
    TempFolder const folder;
    std::string before;
    std::string after;
    {
        auto inbox = open_inbox(folder / "whole");
        for (std::uint64_t number = 1; number <= 10; ++number) (void)append(*inbox, number);
        CHECK(read_all(*inbox, true).sequences == range(1, 10));
        for (std::uint64_t number = 11; number <= 14; ++number) (void)append(*inbox, number);
        before = test::read_file(segments(folder / "whole").front());
        (void)append(*inbox, 15);
        after = test::read_file(segments(folder / "whole").front());
    }
    REQUIRE(before.size() == after.size());
    auto const different = [&](auto begin, auto end, auto other) {
        return static_cast<std::size_t>(std::mismatch(begin, end, other).first - begin);
    };
    auto const first = different(before.begin(), before.end(), after.begin());
    auto const last = before.size() - different(before.rbegin(), before.rend(), after.rbegin());
    REQUIRE(last > first);
    for (std::size_t torn = first; torn <= last; ++torn) {
        INFO("torn at " << torn);
        auto const directory = folder / fmt::format("torn{}", torn);
        std::filesystem::create_directory(directory);
        write_file(directory / "inbox.00000000000000000001", after.substr(0, torn) + before.substr(torn));
        auto inbox = open_inbox(directory);
        // Whatever the store knows, nothing comes twice and nothing of before as new.
        auto const released = torn % 2 == 0 ? std::uint64_t{10} : std::uint64_t{12};
        inbox->resume(released);
        auto const depth = inbox->depth();
        CHECK((depth == 14 - released || depth == 15 - released));
        (void)append(*inbox, released + depth + 1);
        auto const contents = read_all(*inbox);
        CHECK(contents.sequences == range(released + 1, released + depth + 1));
        CHECK(contents.whole);
        CHECK(contents.damaged.size() <= 1);
        if (torn == first || torn == last) CHECK(contents.damaged.empty());
    }
}

TEST_CASE("what was read and not released is read again") {
    TempFolder const folder;
    auto inbox = open_inbox(folder / "inbox", 1000);
    inbox->rewind();
    for (std::uint64_t number = 1; number <= 50; ++number) (void)append(*inbox, number);
    CHECK(read_all(*inbox).sequences == range(1, 50));
    inbox->rewind();
    CHECK(read_all(*inbox, true).sequences == range(1, 50));
    inbox->rewind();
    CHECK(read_all(*inbox).sequences.empty());
    for (std::uint64_t number = 51; number <= 100; ++number) (void)append(*inbox, number);
    for (int time = 0; time < 3; ++time) {
        auto const contents = read_all(*inbox);
        CHECK(contents.sequences == range(51, 100));
        CHECK(contents.whole);
        CHECK(contents.damaged.empty());
        inbox->rewind();
    }
    (void)append(*inbox, 101);
    CHECK(read_all(*inbox, true).sequences == range(51, 101));
    CHECK(segments(folder / "inbox").size() == 1);
}

TEST_CASE("segments wholly released before a start go with the first release after it") {
    TempFolder const folder;
    {
        auto inbox = open_inbox(folder / "inbox", 1000);
        for (std::uint64_t number = 1; number <= 100; ++number) (void)append(*inbox, number);
    }
    auto inbox = open_inbox(folder / "inbox", 1000);
    inbox->resume(100);
    (void)append(*inbox, 101);
    CHECK(read_all(*inbox, true).sequences == range(101, 101));
    CHECK(segments(folder / "inbox").size() == 1);
}

TEST_CASE("an inbox cut at any byte loses only what was cut") {
    TempFolder const folder;
    std::string whole;
    std::vector<std::size_t> ends;  // of each record
    {
        auto inbox = open_inbox(folder / "whole");
        for (std::uint64_t number = 1; number <= 3; ++number) {
            (void)append(*inbox, number);
            ends.push_back(end_of_records(folder / "whole"));
        }
        whole = test::read_file(segments(folder / "whole").front());
    }
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        INFO("cut at " << cut);
        auto const directory = folder / fmt::format("cut{}", cut);
        std::filesystem::create_directory(directory);
        write_file(directory / "inbox.00000000000000000001", whole.substr(0, cut));
        auto const left = static_cast<std::uint64_t>(
            std::count_if(ends.begin(), ends.end(), [&](std::size_t end) { return end <= cut; }));
        auto inbox = open_inbox(directory);
        inbox->resume(0);
        auto const before = read_all(*inbox);
        CHECK(before.sequences == range(1, left));
        CHECK(before.whole);
        // New records follow, and the damage is told when it is certain that it is one.
        bool const begun = cut > segment_head_size + end_mark.size();
        auto const next = std::max<std::uint64_t>(left, begun ? 1 : 0) + 1;
        (void)append(*inbox, next);
        auto const after = read_all(*inbox);
        CHECK(after.sequences == range(next, next));
        CHECK(after.whole);
        bool const torn = begun && cut < ends.back() && std::ranges::find(ends, cut) == ends.end();
        CHECK(after.damaged.size() == (torn ? 1U : 0U));
    }
}

TEST_CASE("a changed byte anywhere costs one record at most") {
    TempFolder const folder;
    std::string whole;
    std::size_t middle_begin = 0;
    std::size_t middle_end = 0;
    {
        auto inbox = open_inbox(folder / "whole");
        (void)append(*inbox, 1);
        middle_begin = end_of_records(folder / "whole");
        (void)append(*inbox, 2);
        middle_end = end_of_records(folder / "whole");
        (void)append(*inbox, 3);
        whole = test::read_file(segments(folder / "whole").front());
    }
    std::mt19937 random(1);
    for (std::size_t at = middle_begin; at < middle_end; ++at) {
        INFO("changed at " << at);
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ static_cast<char>(1U << random() % 8));
        auto const directory = folder / fmt::format("changed{}", at);
        std::filesystem::create_directory(directory);
        write_file(directory / "inbox.00000000000000000001", changed);
        auto inbox = open_inbox(directory);
        inbox->resume(0);
        auto const contents = read_all(*inbox);
        CHECK(contents.sequences == std::vector<std::uint64_t>{1, 3});
        CHECK(contents.whole);
        REQUIRE(contents.damaged.size() == 1);
        CHECK(contents.damaged.front() == changed.substr(middle_begin, middle_end - middle_begin));
        (void)append(*inbox, 4);
        CHECK(read_all(*inbox).sequences == range(4, 4));
    }
}

TEST_CASE("a large damage does not hide what follows it") {
    TempFolder const folder;
    std::uint64_t const count = 20'000;
    {
        auto inbox = open_inbox(folder / "inbox", 64ULL << 20U);
        for (std::uint64_t number = 1; number <= count; ++number) (void)append(*inbox, number);
    }
    auto const file = segments(folder / "inbox").front();
    auto content = test::read_file(file);
    std::size_t const size = std::size_t{1200} * 1024;
    std::fill_n(content.begin() + 1000, size, 'M');
    write_file(file, content);
    auto inbox =
        Inbox::open({.directory = (folder / "inbox").string(), .batch_bytes = 2 * largest_record}, quiet);
    REQUIRE(inbox.has_value());
    (*inbox)->resume(0);
    auto const contents = read_all(**inbox);
    CHECK(contents.whole);
    CHECK(contents.sequences.back() == count);
    CHECK(std::ranges::is_sorted(contents.sequences));
    CHECK_FALSE(contents.damaged.empty());
}

TEST_CASE("of a message that is too large only the beginning is kept") {
    TempFolder const folder;
    auto inbox = open_inbox(folder / "inbox");
    for (std::size_t const size : {largest_payload, largest_payload + 1, std::size_t{5'000'000}}) {
        std::string const payload(size, 'x');
        CHECK(inbox->append({"mfm/a", payload, size, {}, false}) == Inbox::Appended::stored);
        auto const records = inbox->read();
        REQUIRE(records.has_value());
        REQUIRE((*records)->messages.size() == 1);
        auto const& message = (*records)->messages.front().message;
        CHECK(message.payload_size == size);
        CHECK(message.payload.size() == (size > largest_payload ? kept_of_refused : size));
    }
}

TEST_CASE("a full inbox makes append wait until there is room or the end") {
    Quiet const no_log;
    TempFolder const folder;
    auto opened = Inbox::open({.directory = (folder / "inbox").string(), .most_bytes = 1U << 20U}, quiet);
    REQUIRE(opened.has_value());
    auto& inbox = **opened;
    std::atomic<std::uint64_t> appended{0};
    std::atomic<bool> stopped{false};
    std::thread writer([&] {
        for (std::uint64_t number = 1;; ++number) {
            if (append(inbox, number) == Inbox::Appended::stopped) break;
            appended = number;
        }
        stopped = true;
    });
    while (!inbox.waiting()) std::this_thread::yield();
    auto const first = appended.load();
    CHECK(inbox.bytes() <= 1U << 20U);

    std::vector<std::uint64_t> all;
    while (all.size() < 5 * first) {
        auto const records = inbox.read();
        REQUIRE(records.has_value());
        for (auto const& stored : (*records)->messages) all.push_back(stored.sequence);
        inbox.release();
    }
    while (!inbox.waiting()) std::this_thread::yield();
    CHECK_FALSE(stopped);
    inbox.stop();
    writer.join();
    auto const rest = read_all(inbox).sequences;
    all.insert(all.end(), rest.begin(), rest.end());
    CHECK(all == range(1, appended.load()));
}

TEST_CASE("two threads pass messages on through many segments") {
    TempFolder const folder;
    auto inbox = open_inbox(folder / "inbox", 10'000);
    constexpr std::uint64_t count = 20'000;
    std::thread writer([&] {
        for (std::uint64_t number = 1; number <= count; ++number) (void)append(*inbox, number);
    });
    std::vector<std::uint64_t> all;
    bool whole = true;
    while (all.size() < count) {
        auto const contents = read_all(*inbox, true);
        all.insert(all.end(), contents.sequences.begin(), contents.sequences.end());
        whole = whole && contents.whole && contents.damaged.empty();
    }
    writer.join();
    CHECK(whole);
    CHECK(all == range(1, count));
    CHECK(segments(folder / "inbox").size() == 1);
}

TEST_CASE("a writer killed at any moment has lost nothing that it had appended") {
    TempFolder const folder;
    auto const directory = folder / "inbox";
    // What the writer has behind it, seen by both processes.
    void* const shared =
        ::mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(shared != MAP_FAILED);
    auto& appended = *new (shared) std::atomic<std::uint64_t>(0);
    constexpr unsigned seed = 7;
    std::mt19937 random(seed);
    INFO("seed " << seed);
    for (int kill = 0; kill < 20; ++kill) {
        auto const start = appended.load();
        auto const goal = start + 1 + random() % 2000;
        pid_t const writer = ::fork();
        REQUIRE(writer >= 0);
        if (writer == 0) {
            auto inbox = Inbox::open({.directory = directory.string(), .segment_bytes = 20'000}, quiet);
            if (!inbox) ::_exit(1);
            (*inbox)->resume(0);
            // A record that was written when the kill came is there and has its number.
            std::uint64_t number = (*inbox)->depth();
            for (;;) {
                ++number;
                if (append(**inbox, number) != Inbox::Appended::stored) ::_exit(1);
                appended.store(number);
            }
        }
        while (appended.load() < goal && ::waitpid(writer, nullptr, WNOHANG) == 0) ::sched_yield();
        ::kill(writer, SIGKILL);
        ::waitpid(writer, nullptr, 0);
        auto inbox = open_inbox(directory);
        inbox->resume(0);
        auto const contents = read_all(*inbox);
        CHECK(contents.whole);
        REQUIRE_FALSE(contents.sequences.empty());
        CHECK(contents.sequences.back() >= appended.load());
        CHECK(contents.sequences.back() <= appended.load() + 1);
        CHECK(contents.sequences == range(1, contents.sequences.back()));
        appended.store(contents.sequences.back());
    }
    ::munmap(shared, sizeof(std::uint64_t));
}
