// SPDX-License-Identifier: MIT
#include "store.hpp"

#include "schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace sink {

namespace {

/// Prepared inserts are dropped when they take more memory than this together: one takes some 20 KiB where a
/// base has a hundred fields, and there is one for each set of fields that comes together.
constexpr std::size_t most_insert_bytes = 4UL << 20U;
/// Known streams are dropped when there are so many.
constexpr std::size_t most_known_streams = 20'000;

struct BindValue {
    Statement& statement;
    int parameter;
    void operator()(double number) const { statement.bind(parameter, number); }
    void operator()(std::int64_t number) const { statement.bind(parameter, number); }
    void operator()(std::string const& text) const { statement.bind(parameter, std::string_view(text)); }
};

/// The parameters are stream, ts, id and the values. What is there already stays as it is.
std::string insert_sql(Catalogue::Place const& place) {
    std::string columns;
    std::string values;
    std::string updates;
    std::string present;
    std::string given;
    for (auto const& column : place.columns) {
        std::string const name = sql_name(column);
        columns += ", " + name;
        values += ", ?";
        updates += fmt::format(", {} = excluded.{}", name, name);
        present += (present.empty() ? "" : ", ") + name;
        given += (given.empty() ? "excluded." : ", excluded.") + name;
    }
    return fmt::format(
        "INSERT INTO {} (stream, ts, id{}) VALUES (?, ?, ?{})"
        " ON CONFLICT (stream, ts) DO UPDATE SET id = excluded.id{} WHERE ({}) IS NOT ({})",
        sql_name(place.table), columns, values, updates, present, given);
}

}  // namespace

Store::Store(Connection connection, Catalogue catalogue, Fixed fixed, std::int64_t last_arrival)
    : connection_(std::move(connection)),
      catalogue_(std::move(catalogue)),
      fixed_(std::move(fixed)),
      last_arrival_(last_arrival),
      noted_arrival_(last_arrival) {}

StoreResult<Store> Store::open(std::string const& path, Durability durability) {
    auto connection = Connection::open(path, Connection::Access::read_write);
    if (!connection) return connection.error();
    // Both count for a new file only. Small pages, because a commit writes each page that a row went to; and
    // a file that can become smaller when much of it is deleted.
    auto const shaped = connection->execute("PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL");
    if (!shaped) return shaped.error();
    auto const settled = settle_schema(*connection);
    if (!settled) return settled.error();
    auto const set = connection->execute(
        fmt::format("PRAGMA journal_mode = WAL; PRAGMA synchronous = {}; PRAGMA wal_autocheckpoint = 8000;"
                    "PRAGMA journal_size_limit = 16777216",
                    durability == Durability::power ? "FULL" : "NORMAL"));
    if (!set) return set.error();
    auto catalogue = Catalogue::load(*connection);
    if (!catalogue) return catalogue.error();
    auto const last_arrival = connection->number("SELECT last FROM arrivals");
    if (!last_arrival) return last_arrival.error();

    Fixed fixed;
    std::array<std::pair<Statement*, char const*>, 8> const wanted = {{
        {&fixed.stream,
         "INSERT INTO streams (base, device, channel) VALUES (?, ?, ?) ON CONFLICT (base, device, channel)"
         " DO UPDATE SET base = excluded.base RETURNING id"},
        {&fixed.event,
         "INSERT INTO events (base, device, id, ts, kind, severity, state, text, json)"
         " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (base, device, id) DO NOTHING"},
        {&fixed.availability,
         "INSERT INTO availability (base, device, ts, state) VALUES (?, ?, ?, ?) ON CONFLICT (base, device)"
         " DO UPDATE SET ts = excluded.ts, state = excluded.state WHERE state <> excluded.state"},
        {&fixed.set_aside,
         "INSERT INTO set_aside (received, topic, payload, payload_bytes, reason, sentence)"
         " VALUES (?, ?, ?, ?, ?, ?)"},
        {&fixed.trim, "DELETE FROM set_aside WHERE id <= (SELECT max(id) FROM set_aside) - ?"},
        {&fixed.committed,
         "INSERT INTO inbox (one, id, committed) VALUES (1, ?, ?) ON CONFLICT (one)"
         " DO UPDATE SET id = excluded.id, committed = excluded.committed"},
        {&fixed.arrivals, "UPDATE arrivals SET last = ?"},
        {&fixed.position,
         "INSERT INTO outputs (name, position) VALUES (?, ?) ON CONFLICT (name)"
         " DO UPDATE SET position = excluded.position"},
    }};
    for (auto const& [statement, sql] : wanted) {
        auto prepared = connection->prepare(sql);
        if (!prepared) return prepared.error();
        *statement = std::move(*prepared);
    }
    return Store(std::move(*connection), std::move(*catalogue), std::move(fixed), *last_arrival);
}

StoreResult<std::uint64_t> Store::committed(std::uint64_t inbox) {
    auto statement = connection_.prepare("SELECT committed FROM inbox WHERE id = ?");
    if (!statement) return statement.error();
    statement->bind(1, static_cast<std::int64_t>(inbox));
    auto const row = statement->step();
    if (!row) return row.error();
    return *row ? static_cast<std::uint64_t>(statement->integer(0)) : 0;
}

StoreResult<> Store::begin() {
    if (catalogue_is_old_) {
        auto catalogue = Catalogue::load(connection_);
        if (!catalogue) return catalogue.error();
        catalogue_ = std::move(*catalogue);
        catalogue_is_old_ = false;
    }
    return connection_.execute("BEGIN IMMEDIATE");
}

StoreResult<std::variant<Store::Inserts::iterator, Refusal>> Store::insert_for(
    Measurement const& measurement) {
    key_.assign(measurement.base);
    for (auto const& reading : measurement.readings) {
        key_ += '\0';  // in no field name
        key_ += reading.name;
    }
    if (auto const known = inserts_.find(key_); known != inserts_.end()) return known;
    auto placed = catalogue_.place(connection_, measurement.base, measurement.readings);
    if (!placed) return placed.error();
    if (auto* refusal = std::get_if<Refusal>(&*placed)) return std::move(*refusal);
    auto const& place = std::get<Catalogue::Place>(*placed);
    auto prepared = connection_.prepare(insert_sql(place));
    if (!prepared) return prepared.error();
    if (insert_bytes_ > most_insert_bytes) {
        inserts_.clear();
        insert_bytes_ = 0;
    }
    insert_bytes_ += prepared->memory();
    return inserts_.emplace(key_, std::move(*prepared)).first;
}

StoreResult<std::int64_t> Store::stream_of(Measurement const& measurement) {
    key_.assign(measurement.base);
    key_ += '\0';  // in no topic
    key_ += measurement.device;
    key_ += '\0';
    key_ += measurement.channel;
    if (auto const known = streams_.find(key_); known != streams_.end()) return known->second;
    if (streams_.size() == most_known_streams) streams_.clear();
    fixed_.stream.bind(1, measurement.base);
    fixed_.stream.bind(2, measurement.device);
    fixed_.stream.bind(3, measurement.channel);
    auto const row = fixed_.stream.step();
    if (!row) return row.error();
    std::int64_t const id = fixed_.stream.integer(0);
    fixed_.stream.reset();
    return streams_.emplace(key_, id).first->second;
}

StoreResult<std::optional<Refusal>> Store::write(Measurement const& measurement) {
    auto found = insert_for(measurement);
    if (!found) {
        if (found.error().fault == Fault::refused) {
            return std::optional(Refusal{Reason::store, found.error().detail});
        }
        return found.error();
    }
    if (auto* refusal = std::get_if<Refusal>(&*found)) return std::optional(std::move(*refusal));
    Statement& insert = std::get<Inserts::iterator>(*found)->second;
    auto const stream = stream_of(measurement);
    if (!stream) return stream.error();
    insert.bind(1, *stream);
    insert.bind(2, static_cast<std::int64_t>(measurement.time.time_since_epoch().count()));
    insert.bind(3, last_arrival_ + 1);
    int parameter = 4;
    for (auto const& reading : measurement.readings) {
        std::visit(BindValue{insert, parameter++}, reading.value);
    }
    auto const done = insert.run();
    if (done) {
        if (connection_.changed_rows() > 0) ++last_arrival_;
        return std::optional<Refusal>();
    }
    // What SQLite will never take must not stand in the way of the next message.
    if (done.error().fault == Fault::refused)
        return std::optional(Refusal{Reason::store, done.error().detail});
    return done.error();
}

StoreResult<> Store::write(Availability const& availability) {
    fixed_.availability.bind(1, availability.base);
    fixed_.availability.bind(2, availability.device);
    fixed_.availability.bind(3, static_cast<std::int64_t>(availability.time.time_since_epoch().count()));
    fixed_.availability.bind(4, std::string_view(availability.online ? "online" : "offline"));
    return fixed_.availability.run();
}

StoreResult<> Store::write(Event const& event) {
    fixed_.event.bind(1, event.base);
    fixed_.event.bind(2, event.device);
    fixed_.event.bind(3, std::string_view(event.id));
    fixed_.event.bind(4, static_cast<std::int64_t>(event.time.time_since_epoch().count()));
    fixed_.event.bind(5, std::string_view(event.kind));
    fixed_.event.bind(6, std::string_view(event.severity));
    fixed_.event.bind(7, std::string_view(event.state));
    fixed_.event.bind(8, std::string_view(event.text));
    fixed_.event.bind(9, event.json);
    return fixed_.event.run();
}

StoreResult<> Store::set_aside(Message const& message, Refusal const& refusal) {
    auto& insert = fixed_.set_aside;
    insert.bind(1, static_cast<std::int64_t>(message.received.time_since_epoch().count()));
    insert.bind(2, message.topic);
    insert.bind_blob(3, message.payload.substr(0, kept_of_refused));
    insert.bind(4, static_cast<std::int64_t>(message.payload_size));
    insert.bind(5, to_string(refusal.reason));
    insert.bind(6, std::string_view(refusal.sentence));
    something_set_aside_ = true;
    return insert.run();
}

StoreResult<> Store::trim_set_aside() {
    if (!something_set_aside_) return {};
    fixed_.trim.bind(1, most_set_aside);
    auto const trimmed = fixed_.trim.run();
    if (trimmed) something_set_aside_ = false;
    return trimmed;
}

StoreResult<> Store::end_batch() {
    auto const trimmed = trim_set_aside();
    if (!trimmed) return trimmed.error();
    auto const refreshed = catalogue_.refresh_views(connection_);
    if (!refreshed) return refreshed.error();
    if (noted_arrival_ == last_arrival_) return {};
    fixed_.arrivals.bind(1, last_arrival_);
    auto const noted = fixed_.arrivals.run();
    if (noted) noted_arrival_ = last_arrival_;
    return noted;
}

StoreResult<> Store::commit(std::uint64_t inbox, std::uint64_t sequence) {
    auto const ended = end_batch();
    if (!ended) return ended.error();
    fixed_.committed.bind(1, static_cast<std::int64_t>(inbox));
    fixed_.committed.bind(2, static_cast<std::int64_t>(sequence));
    auto const noted = fixed_.committed.run();
    if (!noted) return noted.error();
    return connection_.execute("COMMIT");
}

StoreResult<std::int64_t> Store::position(std::string_view output) {
    auto statement = connection_.prepare("SELECT position FROM outputs WHERE name = ?");
    if (!statement) return statement.error();
    statement->bind(1, output);
    auto const row = statement->step();
    if (!row) return row.error();
    return *row ? statement->integer(0) : 0;
}

StoreResult<> Store::save(OutputProgress const& progress, bridge::Timestamp now) {
    for (auto const& refused : progress.refused) {
        auto const kept = set_aside({refused.topic, refused.line, refused.line.size(), now, false},
                                    {Reason::output, refused.sentence});
        if (!kept) return kept;
    }
    fixed_.position.bind(1, std::string_view(progress.name));
    fixed_.position.bind(2, progress.position);
    return fixed_.position.run();
}

void Store::rollback() {
    (void)connection_.execute("ROLLBACK");  // after some faults SQLite has done so itself
    streams_.clear();
    inserts_.clear();
    insert_bytes_ = 0;
    something_set_aside_ = false;
    noted_arrival_ = 0;
    catalogue_is_old_ = true;
}

}  // namespace sink
