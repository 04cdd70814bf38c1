// SPDX-License-Identifier: MIT
#include "counts.hpp"

#include <string>

namespace sink {

Counts::Counts(bridge::Metrics& metrics)
    : received(metrics.counter("mqtt_sink_messages_received_total", "Messages safe in the inbox.")),
      stored(metrics.counter("mqtt_sink_messages_stored_total", "Messages committed to the store.")),
      ignored(metrics.counter("mqtt_sink_messages_ignored_total", "Messages that are not for the store.")),
      commits(metrics.counter("mqtt_sink_commits_total", "Transactions of the store.")),
      files_set_aside(metrics.counter("mqtt_sink_databases_set_aside_total",
                                      "Damaged database files that were set aside.")),
      commit_seconds(metrics.gauge("mqtt_sink_commit_seconds", "Time that the last commit took.")),
      commit_messages(metrics.gauge("mqtt_sink_commit_messages", "Messages in the last transaction.")),
      batch_messages(metrics.gauge("mqtt_sink_batch_messages",
                                   "Messages that were written to the tables together last.")),
      uncommitted_messages(
          metrics.gauge("mqtt_sink_uncommitted_messages",
                        "Messages in the tables that are not committed, and so in the inbox too.")) {
    for (std::size_t i = 0; i < set_aside_.size(); ++i) {
        set_aside_[i] = &metrics.counter("mqtt_sink_messages_set_aside_total",
                                         "Messages that cannot be stored, and rows that an output refused.",
                                         {{"reason", std::string(reason_words[i])}});
    }
    for (std::size_t i = 0; i < store_errors_.size(); ++i) {
        store_errors_[i] = &metrics.counter("mqtt_sink_store_errors_total", "Transactions that failed.",
                                            {{"kind", std::string(to_string(static_cast<Fault>(i)))}});
    }
}

}  // namespace sink
