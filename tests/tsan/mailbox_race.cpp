// SPDX-License-Identifier: MIT
// Four threads push, the loop receives, and closes while they still push; the thread sanitizer looks on. Exit
// code 0: no race, each sender's items arrived in order, and none came after the mailbox was closed.
#include <bridge/mailbox.hpp>

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <thread>

namespace {

constexpr int senders = 4;
constexpr int items_before_closing = 40'000;

struct Item {
    int sender;
    int number;
};

bool one_round(std::size_t most) {
    boost::asio::io_context loop(1);
    auto work = boost::asio::make_work_guard(loop);
    std::array<int, senders> newest;
    newest.fill(-1);
    int received = 0;
    bool closed = false;
    bool good = true;
    std::shared_ptr<bridge::Mailbox<Item>> mailbox;
    mailbox = bridge::Mailbox<Item>::open(loop.get_executor(), most, [&](std::vector<Item> batch) {
        good = good && !closed;
        for (auto const& item : batch) {
            auto& last = newest[static_cast<std::size_t>(item.sender)];
            good = good && item.number > last;
            last = item.number;
        }
        received += static_cast<int>(batch.size());
        if (received >= items_before_closing) {
            mailbox->close();
            closed = true;
            work.reset();
        }
    });
    std::atomic<bool> stop{false};
    std::array<std::thread, senders> threads;
    for (int sender = 0; sender < senders; ++sender) {
        threads[static_cast<std::size_t>(sender)] = std::thread([&stop, mailbox, sender] {
            for (int number = 0; !stop.load(); ++number) (void)mailbox->push({sender, number});
        });
    }
    loop.run();
    stop.store(true);
    for (auto& thread : threads) thread.join();
    return good && received >= items_before_closing && !mailbox->push({0, 0});
}

}  // namespace

int main() {
    bool const roomy = one_round(1'000'000);
    bool const tight = one_round(16);
    if (!roomy || !tight) std::puts("items out of order, missing, or late");
    return roomy && tight ? 0 : 1;
}
