// SPDX-License-Identifier: MIT
#include <bridge/kept_signals.hpp>

#include <csignal>
#include <utility>

namespace bridge {

KeptSignals::KeptSignals() : signals_(own_, SIGTERM, SIGINT, SIGHUP) { wait(); }

void KeptSignals::wait() {
    signals_.async_wait([this](boost::system::error_code failed, int number) {
        if (failed) return;
        came_.insert(number);
        wait();
    });
}

void KeptSignals::collect() {
    own_.restart();
    own_.poll();
}

void KeptSignals::forget_hangups() {
    collect();
    came_.erase(SIGHUP);
}

void KeptSignals::raise_again() {
    collect();
    for (int const number : std::exchange(came_, {})) std::raise(number);
}

}  // namespace bridge
