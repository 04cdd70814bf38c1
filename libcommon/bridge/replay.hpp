// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/delivery.hpp>
#include <bridge/recording_file.hpp>
#include <bridge/run_bridge.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace bridge {

/// Gives the sources of a recording its frames, each when the broker has what the one before gave: so that
/// every reading goes where it went, and none is too many.
class Replay {
  public:
    struct Way {
        std::string name;  ///< of the recording
        std::function<SourceContext(Target const&)> context;
        std::function<void(Sample)> take;  ///< is given the readings
    };

    /// What is referred to outlives it.
    Replay(boost::asio::any_io_executor loop, Log const& log, BridgeProgram const& program,
           RecordingFile& recording, Delivery& delivery, Way way);

    /// Once. False: the recording is broken, which is in the log.
    [[nodiscard]] boost::asio::awaitable<bool> run();
    /// It ends soon, wherever it is.
    void stop();

  private:
    void give(RecordedFrame const& frame);
    [[nodiscard]] Emit emit_for(std::string const& device);
    [[nodiscard]] boost::asio::awaitable<void> until_delivered();

    Log const& log_;
    BridgeProgram const& program_;
    RecordingFile& recording_;
    Delivery& delivery_;
    Way way_;
    boost::asio::steady_timer pause_;
    std::map<std::string, MadeSource> sources_;  ///< by device
    std::uint64_t frames_ = 0;
    std::uint64_t refused_ = 0;
    std::uint64_t readings_ = 0;
    bool stopping_ = false;
};

}  // namespace bridge
