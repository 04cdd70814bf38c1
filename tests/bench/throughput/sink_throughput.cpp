// SPDX-License-Identifier: MIT
// How many messages a second mqtt-sink stores, beside a bare subscriber that only counts them, a Python
// script and Node-RED: the same real broker, the same flood (QoS 1, 235 bytes of JSON with 13 numbers), in
// turns within one run. Then a backlog that waits at the broker when the program is started.
//   sink_throughput [MESSAGES] [ROUNDS] [BACKLOG]
#include "contender.hpp"
#include "load.hpp"

#include "support/broker.hpp"
#include "support/eventually.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string_view>

using namespace bench;
using namespace test;
using Clock = std::chrono::steady_clock;

namespace {

struct Figures {
    double rate = 0;            ///< messages a second, while they were taken
    double cpu_per_100000 = 0;  ///< seconds, user and system
    double idle_mib = 0, peak_mib = 0;
    long not_stored = 0;  ///< when it was ended
};

/// How long one of them is given; the slow ones do not come to their end.
constexpr auto patience = 60s;

double mib(std::size_t kib) { return static_cast<double>(kib) / 1024; }
double seconds(Clock::duration time) { return std::chrono::duration<double>(time).count(); }

struct Taken {
    std::size_t messages;
    Clock::time_point last;
};

/// Waits until that many are taken, or patience is at its end.
Taken take(Contender& contender, std::size_t wanted) {
    auto const start = Clock::now();
    Taken taken{contender.taken(), start};
    while (taken.messages < wanted && Clock::now() - start < patience) {
        std::this_thread::sleep_for(20ms);
        // Less: its file could not be read now.
        if (auto const now = contender.taken(); now > taken.messages) taken = {now, Clock::now()};
    }
    return taken;
}

/// Publishes until one message is taken: then it listens. How many were taken so.
std::size_t see_it_listen(Contender& contender, std::uint16_t broker) {
    std::size_t tries = 0;
    bool const listens = eventually(
        [&] {
            auto const probe = flood(broker, 1000 + tries++, 1);
            return eventually([&] { return contender.taken() > 0; }, 500ms);
        },
        60s);
    if (!listens) throw std::runtime_error("it takes nothing: " + contender.process().errors());
    std::this_thread::sleep_for(2s);
    return contender.taken();
}

struct Start {
    std::size_t taken = 0;  ///< before the load
    std::chrono::milliseconds cpu{0};
    Clock::time_point time = Clock::now();
};

Figures measure(Contender& contender, std::size_t messages, Start const& start) {
    auto const taken = take(contender, start.taken + messages);
    auto const count = static_cast<double>(std::max(taken.messages, start.taken) - start.taken);
    Figures figures;
    if (count > 0) figures.rate = count / seconds(taken.last - start.time);
    figures.cpu_per_100000 = seconds(contender.process().cpu_time() - start.cpu) * 1e5 / count;
    figures.peak_mib = mib(contender.process().peak_resident_kib());
    figures.not_stored = static_cast<long>(start.taken + messages) - static_cast<long>(contender.stop());
    return figures;
}

Figures flooded(Entry const& entry, std::size_t messages) {
    TempFolder const folder;
    Broker const broker(folder);
    auto const contender = entry.start(folder, broker.port());
    auto const before = see_it_listen(*contender, broker.port());
    double const idle = mib(contender->process().resident_kib());
    Start const start{before, contender->process().cpu_time()};
    auto const publisher = flood(broker.port(), 0, messages);
    auto figures = measure(*contender, messages, start);
    figures.idle_mib = idle;
    return figures;
}

Figures drained(Entry const& entry, std::size_t messages) {
    TempFolder const folder;
    Broker const broker(folder);
    {
        auto const contender = entry.start(folder, broker.port());
        (void)see_it_listen(*contender, broker.port());
        (void)contender->stop();
    }
    auto const publisher = flood(broker.port(), 0, messages);
    while (!publisher->finished()) std::this_thread::sleep_for(10ms);
    Start const start;
    auto const contender = entry.start(folder, broker.port());
    return measure(*contender, messages, start);
}

void print_head(char const* title) {
    std::printf("\n%s\n%-20s %10s %10s %12s %9s %9s %11s\n", title, "", "msg/s", "of bare", "CPU s/100k",
                "idle MiB", "peak MiB", "not stored");
}

void print(std::string const& name, Figures const& figures, double bare) {
    std::printf("%-20s %10.0f %10.3f %12.2f %9.1f %9.1f %11ld\n", name.c_str(), figures.rate,
                figures.rate / bare, figures.cpu_per_100000, figures.idle_mib, figures.peak_mib,
                figures.not_stored);
    std::fflush(stdout);
}

/// What a message costs at least that is on the disk before it is acknowledged: the median of 200, in
/// microseconds.
double fsync_cost() {
    TempFolder const folder;
    int const file = ::open((folder / "file").c_str(), O_RDWR | O_CREAT, 0600);
    if (file < 0 || ::posix_fallocate(file, 0, 1 << 20) != 0)
        throw std::runtime_error("no file to try fsync with");
    std::string const record(270, 'x');
    std::vector<double> taken;
    for (int i = 0; i < 200; ++i) {
        auto const start = Clock::now();
        if (::pwrite(file, record.data(), record.size(), i * 270) < 0 || ::fdatasync(file) != 0)
            throw std::runtime_error("fsync is refused");
        taken.push_back(1e6 * seconds(Clock::now() - start));
    }
    ::close(file);
    std::sort(taken.begin(), taken.end());
    return taken[taken.size() / 2];
}

/// Each in turn; the ratio is to the bare subscriber of the same round, which is the first.
template <class Measure>
void compare(std::vector<Entry> const& entries, int rounds, Measure const& measured) {
    std::map<std::string, std::vector<double>> ratios;
    for (int round = 0; round < rounds; ++round) {
        double bare = 0;
        for (auto const& entry : entries) {
            try {
                auto const figures = measured(entry);
                if (bare == 0) bare = figures.rate;
                print(entry.name, figures, bare);
                ratios[entry.name].push_back(figures.rate / bare);
            } catch (std::exception const& error) {
                std::printf("%-20s %s\n", entry.name.c_str(), error.what());
            }
        }
    }
    for (auto& [name, all] : ratios) {
        std::sort(all.begin(), all.end());
        std::printf("median of %-18s %7.3f of bare\n", name.c_str(), all[all.size() / 2]);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string_view(argv[1]) == "--bare")
        return count_messages(static_cast<std::uint16_t>(std::atoi(argv[2])));
    std::size_t const messages = argc > 1 ? static_cast<std::size_t>(std::atol(argv[1])) : 100'000;
    int const rounds = argc > 2 ? std::atoi(argv[2]) : 3;
    std::size_t const backlog = argc > 3 ? static_cast<std::size_t>(std::atol(argv[3])) : 300'000;
    std::printf("payload of %zu bytes; one fdatasync costs %.0f us here\n", reading(0, 0).payload.size(),
                fsync_cost());
    print_head((std::to_string(messages) + " messages as fast as the broker takes them").c_str());
    compare({bare_subscriber(), sink("process"), sink("power"), python("each"), python("batched"),
             node_red(false), node_red(true)},
            rounds, [&](Entry const& entry) { return flooded(entry, messages); });
    print_head((std::to_string(backlog) + " messages waiting at the broker").c_str());
    compare({bare_subscriber(), sink("process"), sink("power")}, rounds,
            [&](Entry const& entry) { return drained(entry, backlog); });
    return 0;
}
