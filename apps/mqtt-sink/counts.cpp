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
                        "Messages in the tables that are not committed, and so in the inbox too.")),
      rollups_waiting(
          metrics.gauge("mqtt_sink_rollups_waiting",
                        "Numbers of arrival that the rollups do not have yet; questions take these rows"
                        " from the raw ones.")),
      upkeep_seconds(metrics.gauge("mqtt_sink_upkeep_seconds",
                                   "The longest step of rollups and retention since the start.")),
      clock_doubted(
          metrics.gauge("mqtt_sink_clock_doubted",
                        "1 while nothing is deleted because the host's clock is not set or has jumped.")),
      too_old(
          metrics.counter("mqtt_sink_readings_too_old_total",
                          "Readings that came when they were older than what is kept; they are not stored.")),
      rows_deleted(
          metrics.counter("mqtt_sink_rows_deleted_total", "Rows deleted when they were old enough.")),
      rows_deleted_not_given(metrics.counter(
          "mqtt_sink_rows_deleted_not_given_total",
          "Of the deleted rows those that an output did not have: it was down for too long.")),
      minutes_deleted(metrics.counter("mqtt_sink_rollup_minutes_deleted_total",
                                      "Rollups of minutes deleted when they were old enough.")) {
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
