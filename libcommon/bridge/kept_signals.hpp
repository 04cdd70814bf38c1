// SPDX-License-Identifier: MIT
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <set>

namespace bridge {

/// Holds on to signals while nobody answers to them: a program that begins anew in the same process takes
/// down its signal sets, and what comes before the next ones are there would end it or be lost.
class KeptSignals {
  public:
    KeptSignals();

    /// The hangups until now are dealt with. (What asks for the end is never: nothing comes after it.)
    void forget_hangups();
    /// What has come and is not forgotten is raised again, each signal once.
    void raise_again();

  private:
    void collect();
    void wait();

    boost::asio::io_context own_{1};
    boost::asio::signal_set signals_;
    std::set<int> came_;
};

}  // namespace bridge
