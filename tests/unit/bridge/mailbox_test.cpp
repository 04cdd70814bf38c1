// SPDX-License-Identifier: MIT
#include <bridge/mailbox.hpp>

#include "catch.hpp"

#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

using bridge::Mailbox;
namespace asio = boost::asio;

namespace {

constexpr std::size_t no_limit = 1'000'000;

}  // namespace

TEST_CASE("what is pushed arrives on the loop, in order, in one batch") {
    asio::io_context loop(1);
    std::vector<std::vector<int>> batches;
    auto const mailbox =
        Mailbox<int>::open(loop.get_executor(), no_limit, [&](std::vector<int> b) { batches.push_back(b); });
    for (int i = 0; i < 3; ++i) CHECK(mailbox->push(i));
    CHECK(batches.empty());
    loop.run();
    CHECK(batches == std::vector<std::vector<int>>{{0, 1, 2}});
}

TEST_CASE("what is pushed while a batch is received comes with the next") {
    asio::io_context loop(1);
    std::vector<std::vector<int>> batches;
    std::shared_ptr<Mailbox<int>> mailbox;
    mailbox = Mailbox<int>::open(loop.get_executor(), no_limit, [&](std::vector<int> batch) {
        batches.push_back(batch);
        if (batches.size() < 3) mailbox->push(static_cast<int>(batches.size()));
    });
    mailbox->push(0);
    loop.run();
    CHECK(batches == std::vector<std::vector<int>>{{0}, {1}, {2}});
}

TEST_CASE("what does not fit is refused and counted, and later there is room again") {
    asio::io_context loop(1);
    std::vector<int> got;
    auto const mailbox = Mailbox<int>::open(loop.get_executor(), 2, [&](std::vector<int> batch) {
        got.insert(got.end(), batch.begin(), batch.end());
    });
    CHECK(mailbox->push(1));
    CHECK(mailbox->push(2));
    CHECK_FALSE(mailbox->push(3));
    CHECK_FALSE(mailbox->push(4));
    CHECK(mailbox->dropped() == 2);
    loop.run();
    loop.restart();
    CHECK(mailbox->push(5));
    loop.run();
    CHECK(got == std::vector<int>{1, 2, 5});
    CHECK(mailbox->dropped() == 2);
}

TEST_CASE("after close nothing is delivered and nothing taken") {
    asio::io_context loop(1);
    int delivered = 0;
    auto const mailbox =
        Mailbox<int>::open(loop.get_executor(), no_limit, [&](std::vector<int> const&) { ++delivered; });
    mailbox->push(1);
    mailbox->close();
    CHECK_FALSE(mailbox->push(2));
    loop.run();
    CHECK(delivered == 0);
    CHECK(mailbox->dropped() == 0);
}

TEST_CASE("a mailbox lives until its last batch, whoever has let go of it") {
    asio::io_context loop(1);
    std::vector<std::string> got;
    auto mailbox = Mailbox<std::string>::open(
        loop.get_executor(), no_limit, [&](std::vector<std::string> batch) { got = std::move(batch); });
    mailbox->push(std::string(1000, 'x'));
    mailbox.reset();
    loop.run();
    CHECK(got == std::vector<std::string>{std::string(1000, 'x')});
}

TEST_CASE("an item may be one that cannot be copied") {
    asio::io_context loop(1);
    int sum = 0;
    auto const mailbox = Mailbox<std::unique_ptr<int>>::open(loop.get_executor(), no_limit,
                                                             [&](std::vector<std::unique_ptr<int>> batch) {
                                                                 for (auto const& item : batch) sum += *item;
                                                             });
    mailbox->push(std::make_unique<int>(2));
    mailbox->push(std::make_unique<int>(3));
    loop.run();
    CHECK(sum == 5);
}

TEST_CASE("many threads push, and each one's items arrive whole and in its order") {
    constexpr int threads = 4;
    constexpr int items = 20'000;
    struct Item {
        int thread;
        int number;
    };
    asio::io_context loop(1);
    auto work = asio::make_work_guard(loop);
    std::vector<int> next(threads, 0);
    int received = 0;
    bool in_order = true;
    auto const mailbox =
        Mailbox<Item>::open(loop.get_executor(), no_limit, [&](std::vector<Item> const& batch) {
            for (auto const& item : batch) {
                in_order = in_order && item.number == next[static_cast<std::size_t>(item.thread)]++;
                if (++received == threads * items) work.reset();
            }
        });
    std::vector<std::jthread> pushing;
    for (int t = 0; t < threads; ++t) {
        pushing.emplace_back([mailbox, t] {
            for (int i = 0; i < items; ++i) mailbox->push({t, i});
        });
    }
    loop.run();
    CHECK(received == threads * items);
    CHECK(in_order);
    CHECK(mailbox->dropped() == 0);
}
