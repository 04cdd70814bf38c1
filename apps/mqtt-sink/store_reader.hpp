// SPDX-License-Identifier: MIT
#pragma once

#include "measurements.hpp"
#include "sqlite.hpp"

#include <bridge/sample.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sink {

/// The newest reading of one channel.
struct ChannelState {
    std::string channel;
    std::int64_t ts = 0;  ///< unix ms
    std::vector<bridge::Reading> fields;
};

struct DeviceState {
    std::optional<std::string> availability;  ///< `online`, `offline`; offline too if its bridge is
    std::vector<ChannelState> channels;
};

/// Base and device.
using DeviceName = std::pair<std::string, std::string>;
using Devices = std::map<DeviceName, DeviceState>;

/// What was measured together, as it is stored.
struct StoredRow {
    std::int64_t id = 0;  ///< number of arrival
    std::string base;
    std::string device;
    std::string channel;
    std::int64_t ts = 0;  ///< unix ms
    std::vector<bridge::Reading> fields;
};

/// Rows in the order of their numbers of arrival.
struct Slice {
    std::vector<StoredRow> rows;
    std::int64_t up_to = 0;  ///< there is none before this number that is not in `rows`
    bool whole = true;       ///< there are no more now
};

/// Unix ms, both ends in it.
struct TimeRange {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

/// A place in the order of bases, streams and times; before all of them at first.
struct RowPlace {
    std::string base;
    std::int64_t stream = 0;
    std::int64_t next_ts = 0;  ///< in that stream
};

struct SeriesQuestion {
    std::string base;
    std::string device;
    std::string channel;
    std::string field;
    std::int64_t from = 0;  ///< unix ms, inclusive
    std::int64_t to = 0;    ///< unix ms, inclusive, not before `from`
};

struct EventQuestion {
    std::optional<std::string> base, device;  ///< nothing: of all
    std::int64_t from = 0;                    ///< unix ms, inclusive
    std::int64_t to = 0;                      ///< unix ms, inclusive
    /// For the next page: only what stands behind this one, by `ts` and `number` of the last that is known.
    std::optional<std::pair<std::int64_t, std::int64_t>> behind;
    std::size_t most = 0;
};

struct StoredEvent {
    std::int64_t number = 0;  ///< grows with each that arrives
    std::string base, device, id;
    std::int64_t ts = 0;  ///< unix ms
    std::string kind, severity, state, text;
    std::string json;  ///< the whole message
};

/// What was measured within a piece of time; a mean of numbers, for texts there is none.
struct Bucket {
    std::int64_t start = 0;  ///< unix ms
    double mean = 0;
    double least = 0;
    double most = 0;
};

/// Asks the store's file: on a connection of its own, or on that of the `Store` that writes it, and then it
/// sees what is not committed yet. Belongs to one thread at a time. Every question ends within `patience`,
/// with `interrupted` if it must. No statement stays open between questions, so that the writer can commit.
class StoreReader {
  public:
    static constexpr std::chrono::seconds patience{5};

    [[nodiscard]] static StoreResult<StoreReader> open(std::string const& path);
    explicit StoreReader(Connection connection) : connection_(std::move(connection)) {}

    /// What is left of `patience` is no longer for the statements of who writes on the same connection.
    void end_question() { connection_.clear_deadline(); }

    /// What others ask on, within the same `patience`.
    [[nodiscard]] Connection& connection();

    [[nodiscard]] StoreResult<Devices> devices();

    /// For `/measurements`: the newest row of each device of a base, without those of channels.
    [[nodiscard]] StoreResult<std::vector<NodeRow>> newest_of_each(std::string_view base);
    /// The newest `most` rows of a node, newest first, by the node's own id or by its device's name.
    [[nodiscard]] StoreResult<std::vector<NodeRow>> newest_of(std::string_view base, std::string_view node,
                                                              std::size_t most);

    /// Newest first.
    [[nodiscard]] StoreResult<std::vector<StoredEvent>> events(EventQuestion const& question);

    /// For an output: the rows with numbers of arrival above this, oldest first, at most `most_rows` and
    /// hardly more than `most_bytes` of names and values.
    [[nodiscard]] StoreResult<Slice> rows_after(std::int64_t number, std::size_t most_rows,
                                                std::size_t most_bytes);

    /// When the first and the last row was measured; nothing if there is none.
    [[nodiscard]] StoreResult<std::optional<TimeRange>> measured_range();
    /// Rows measured in that time, base by base and stream by stream, from `place` on, which then is behind
    /// the last of them. `up_to` says nothing.
    [[nodiscard]] StoreResult<Slice> rows_measured(TimeRange range, RowPlace& place, std::size_t most_rows,
                                                   std::size_t most_bytes);

    /// A series in pieces of `width` milliseconds, see `read_buckets`.
    [[nodiscard]] StoreResult<std::vector<Bucket>> buckets(SeriesQuestion const& question,
                                                           std::int64_t width);

  private:
    struct Base {
        std::string name;
        std::string table;
    };
    /// The rows of one base, one after the other.
    struct Rows {
        std::string base;
        Statement statement;
        std::vector<std::string> names;
    };
    StoreResult<std::vector<Base>> bases();
    StoreResult<std::optional<Base>> base(std::string_view name);
    StoreResult<std::vector<std::string>> field_names(std::string_view base);
    StoreResult<> add_rows(Statement& select, Base const& base, std::vector<NodeRow>& rows);
    StoreResult<std::vector<Rows>> rows_of_each_base_after(std::int64_t number);
    StoreResult<> add_measured(Base const& base, TimeRange range, RowPlace& place, std::size_t most_rows,
                               std::size_t most_bytes, Slice& slice);
    StoreResult<> add_channels(Base const& base, Devices& devices);
    StoreResult<> add_availability(Devices& devices);

    Connection connection_;
};

}  // namespace sink
