// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/run_bridge.hpp>

#include "day_channel.hpp"
#include "decode.hpp"
#include "field_metrics.hpp"
#include "performance.hpp"
#include "settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace luxtronik {

/// What one pump's polls become: readings, events and metrics. On the loop; the context outlives it.
class Publication {
  public:
    Publication(bridge::SourceContext const& context, Settings const& settings);

    /// One poll's blocks, or one frame of smart_home.hpp. Errors as `decode`; out_of_range: it holds nothing.
    [[nodiscard]] bridge::Result<> take(bridge::Bytes frame, bridge::Timestamp measured,
                                        bridge::Emit const& emit);
    /// The session with the controller is over: nothing of it is known now.
    void lose_controller();
    /// The same of the Smart Home Interface.
    void lose_smart_home();

  private:
    struct Published {
        std::vector<bridge::Reading> readings;
        bridge::Timestamp when;
    };

    void take_poll(bridge::Bytes blocks, std::vector<bridge::Sample> samples, bridge::Emit const& emit);
    bool is_due(bridge::Sample const& sample);
    void note_lengths(bridge::Bytes blocks);

    bridge::SourceContext const& context_;
    Selection selection_;
    Equipment equipment_;
    FieldMetrics metrics_;
    std::map<std::string, Published> published_;  ///< by channel
    Lengths lengths_;
    Performance performance_;
    DayChannel day_;
};

}  // namespace luxtronik
