// SPDX-License-Identifier: MIT
#pragma once

#include "mqtt_probe.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace test {

/// What a program makes of a message that is not as docs/schemas say: catch_main.cpp fails the case. Where it
/// is empty, as in benchmarks, nothing is checked.
inline std::function<void(std::string const&)> on_violation;

/// Listens to all bridges at a broker, and tells at the end of its life which of their messages are not as
/// docs/schemas say. Of a topic with many messages it looks at the first fifty and then at every tenth.
class PayloadCheck {
  public:
    explicit PayloadCheck(std::uint16_t port);
    ~PayloadCheck();
    PayloadCheck(PayloadCheck const&) = delete;
    PayloadCheck& operator=(PayloadCheck const&) = delete;

  private:
    MqttProbe probe_;
};

}  // namespace test
