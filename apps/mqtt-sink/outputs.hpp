// SPDX-License-Identifier: MIT
#pragma once

#include "output.hpp"

#include <memory>
#include <string>
#include <vector>

namespace sink {

/// All outputs of the settings; none waits for another. As `Output`.
class Outputs {
  public:
    Outputs(std::vector<OutputTarget> const& targets, Drain& drain, bridge::Metrics& metrics, bridge::Log log,
            boost::asio::any_io_executor const& loop);

    /// When the store is open.
    void start() const;
    void wake() const;
    void stop() const;
    void measure() const;
    /// JSON: `{"influx":"working","other":"10.0.0.5: Connection refused"}`
    [[nodiscard]] std::string states() const;

  private:
    std::vector<std::shared_ptr<Output>> outputs_;
};

}  // namespace sink
