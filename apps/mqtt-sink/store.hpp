// SPDX-License-Identifier: MIT
#pragma once

#include "catalogue.hpp"
#include "durability.hpp"
#include "message.hpp"
#include "record.hpp"
#include "sqlite.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sink {

/// How far an output is, and which rows its server refused.
struct OutputProgress {
    struct Refused {
        std::string topic;  ///< of the row
        std::string line;
        std::string sentence;
    };
    std::string name;
    std::int64_t position = 0;  ///< the number of arrival up to which the output has everything
    std::vector<Refused> refused = {};
};

/// The SQLite file that everything ends in. Per base a table with a column per field, key (stream, ts), a
/// stream being what is measured together; the view `samples` over all of them. Writing the same again
/// changes nothing, late fields join their row.
///
/// Each row has a number of arrival, `id`: it grows over all bases and starts, and no two rows have the same.
/// A row that is changed gets a new one, so who has read all up to a number finds what is new behind it.
///
///     samples (ts, base, device, channel, field, value, text)   what other programs read
///     streams (id, base, device, channel)      what is measured together; no number is given twice
///     bases, fields                            the catalogue: which table and column hold what
///     events (number, base, device, id, ts, kind, severity, state, text, json)      each once
///     availability (base, device, ts, state)                    the newest state, ts since when
///     set_aside (id, received, topic, payload, payload_bytes, reason, sentence)
///                                           the newest 1,000 refused messages and rows, at most 64 KiB of
///                                           each payload
///     inbox (one, id, committed)            how far the inbox of this number is in here
///     arrivals (one, last)                  the last number of arrival that was given
///     outputs (name, position)              the number of arrival up to which an output has everything
///     rollup_1m, rollup_1h, rollup_1d, dense_hours, upkeep      see `Rollups`
///     kept (base, rows_from, minutes_from, arrival)             see `Retention`
///
/// Belongs to one thread at a time. What is written between `begin` and `commit` is there wholly or not at
/// all; questions asked on `connection` see it at once. After an error: `rollback`, and the same again when
/// the fault is over.
class Store {
  public:
    static constexpr std::int64_t most_set_aside = 1000;

    /// Opens or makes the file; refuses what is no database, another program's, or of a newer version.
    /// What is committed survives what `durability` says.
    [[nodiscard]] static StoreResult<Store> open(std::string const& path,
                                                 Durability durability = Durability::process);

    /// The last sequence of this inbox that was committed; 0 if this store does not know the inbox.
    [[nodiscard]] StoreResult<std::uint64_t> committed(std::uint64_t inbox);

    [[nodiscard]] StoreResult<> begin();
    /// A refusal: the measurement can have no place here, and nothing was written.
    [[nodiscard]] StoreResult<std::optional<Refusal>> write(Measurement const& measurement);
    [[nodiscard]] StoreResult<> write(Availability const& availability);
    /// What is known by its id changes nothing.
    [[nodiscard]] StoreResult<> write(Event const& event);
    [[nodiscard]] StoreResult<> set_aside(Message const& message, Refusal const& refusal);
    /// After what belongs together: what questions go by (views, numbers of arrival) is up to date then.
    [[nodiscard]] StoreResult<> end_batch();
    /// Ends the batch too. The inbox has been written up to this sequence.
    [[nodiscard]] StoreResult<> commit(std::uint64_t inbox, std::uint64_t sequence);
    void rollback();
    [[nodiscard]] bool in_transaction() const { return connection_.in_transaction(); }
    [[nodiscard]] bool met_damage() const { return connection_.met_damage(); }

    /// 0 for an output that is new.
    [[nodiscard]] StoreResult<std::int64_t> position(std::string_view output);
    /// Between `begin` and `commit`.
    [[nodiscard]] StoreResult<> save(OutputProgress const& progress, bridge::Timestamp now);

    /// The number of arrival that was written last; 0: none. After a rollback the numbers go on all the same,
    /// so that who was given a row that is gone finds it again behind what it knows.
    [[nodiscard]] std::int64_t last_arrival() const { return last_arrival_; }

    /// The numbers of arrival to come lie above this one: for a file that takes another's place.
    void number_above(std::int64_t arrival) { last_arrival_ = std::max(last_arrival_, arrival); }

    [[nodiscard]] Connection const& connection() const { return connection_; }

  private:
    struct Fixed {
        Statement stream, event, availability, set_aside, trim, committed, arrivals, position;
    };
    using Inserts = std::unordered_map<std::string, Statement>;
    using Streams = std::unordered_map<std::string, std::int64_t>;

    Store(Connection connection, Catalogue catalogue, Fixed fixed, std::int64_t last_arrival);
    StoreResult<> trim_set_aside();
    StoreResult<std::int64_t> stream_of(Measurement const& measurement);
    StoreResult<std::variant<Inserts::iterator, Refusal>> insert_for(Measurement const& measurement);

    Connection connection_;
    Catalogue catalogue_;
    Fixed fixed_;
    Inserts inserts_;  ///< by base and fields
    std::size_t insert_bytes_ = 0;
    Streams streams_;  ///< known numbers, by base, device and channel
    std::string key_;  ///< reused
    std::int64_t last_arrival_ = 0;
    std::int64_t noted_arrival_ = 0;  ///< what the table `arrivals` says
    bool catalogue_is_old_ = false;   ///< after a rollback
    bool something_set_aside_ = false;
};

}  // namespace sink
