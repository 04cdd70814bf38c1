// SPDX-License-Identifier: MIT
#include "dump.hpp"

#include "record_time.hpp"
#include "sandbox.hpp"

#include <bridge/text.hpp>

#include <algorithm>
#include <tuple>

namespace mastertronic {

namespace {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using bridge::Timestamp;
using Kind = Question::Kind;

constexpr std::size_t most_tables = 500;
constexpr std::uint64_t most_rows = 500'000;
constexpr double most_factor = 1'000'000;

/// What a row says: a result, or why it is none.
struct Row {
    std::optional<TestResult> result;
    LeftOut reason = LeftOut::failed;
};

std::optional<double> number(Question const& row, std::size_t column) {
    auto const kind = row.kind(column);
    if (kind != Kind::integer && kind != Kind::real) return std::nullopt;
    return row.real(column);
}

std::optional<Timestamp> time(Question const& row, std::size_t column, Timestamp received) {
    switch (row.kind(column)) {
        case Kind::integer:
            return read_time(row.integer(column), received);
        case Kind::real:
            return read_time(row.real(column), received);
        case Kind::text:
            return read_time(row.text(column), received);
        default:
            return std::nullopt;
    }
}

/// The device's rule: the baselined value if there is one (above -1), else the value itself unless it is
/// negative, over the factor. (As a client of the cloud computes it.)
Row read_row(Question const& row, Roles const& roles, Timestamp received) {
    if (roles.hidden && row.kind(*roles.hidden) != Kind::nothing && row.integer(*roles.hidden) != 0)
        return {{}, LeftOut::hidden};
    if (row.kind(roles.parameter) != Kind::text) return {{}, LeftOut::unknown_parameter};
    Parameter const* const parameter = find_parameter(row.text(roles.parameter));
    if (!parameter) return {{}, LeftOut::unknown_parameter};
    auto const measured = time(row, roles.time, received);
    if (!measured) return {{}, LeftOut::no_time};

    bool const has_baselined = roles.baselined && row.kind(*roles.baselined) != Kind::nothing;
    auto const baselined = has_baselined ? number(row, *roles.baselined) : std::optional(-1.0);
    auto const value = number(row, roles.value);
    if (!baselined || !value) return {{}, LeftOut::no_number};
    if (!(*baselined > -1) && *value < 0) return {{}, LeftOut::failed};
    double const raw = *baselined > -1 ? *baselined : *value;

    auto const factor = roles.factor ? number(row, *roles.factor) : std::nullopt;
    if (!factor || !(*factor > 0)) return {{}, LeftOut::unscaled};
    double const scaled = raw / *factor;
    bool const plausible = *factor <= most_factor && scaled >= 0 && scaled <= parameter->most;
    if (!plausible) return {{}, LeftOut::implausible};
    return {TestResult{*measured, parameter, scaled}};
}

Result<std::vector<std::string>> table_names(Sandbox const& sandbox) {
    auto question = sandbox.ask("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
    if (!question) return question.error();
    std::vector<std::string> names;
    for (;;) {
        auto const row = question->next();
        if (!row) return row.error();
        if (!*row) return names;
        std::string name(question->text(0));
        if (name.starts_with("sqlite_")) continue;
        if (names.size() == most_tables) return Error{Errc::out_of_range, "the dump has too many tables"};
        names.push_back(std::move(name));
    }
}

/// None for a virtual table: those are not opened.
Result<std::vector<std::string>> column_names(Sandbox const& sandbox, std::string const& table) {
    constexpr std::int64_t first_generated = 2;
    auto question = sandbox.ask("PRAGMA table_xinfo(" + sql_name(table) + ")");
    std::vector<std::string> names;
    if (!question) return names;
    for (;;) {
        auto const row = question->next();
        if (!row) return row.error();
        if (!*row) return names;
        if (question->integer(6) >= first_generated) {
            return Error{Errc::unsupported, "table " + bridge::quote(table, 60) +
                                                " has generated columns: a foreign schema's programs are "
                                                "not run"};
        }
        names.emplace_back(question->text(1));
    }
}

/// SQLite 3.40 sees NULLs in the key of a table without a rowid when the key's columns are not its first.
bool false_alarm(Sandbox const& sandbox, std::string_view said, std::vector<FoundTable> const& tables) {
    return std::any_of(tables.begin(), tables.end(), [&](FoundTable const& table) {
        return said.starts_with("NULL value in " + table.name + ".") &&
               !sandbox.ask("SELECT _rowid_ FROM " + sql_name(table.name));
    });
}

Result<> check_structure(Sandbox const& sandbox, std::vector<FoundTable> const& tables) {
    auto question = sandbox.ask("PRAGMA quick_check(1000000000)");
    if (!question) return question.error();
    for (;;) {
        auto const row = question->next();
        if (!row) return row.error();
        if (!*row) return {};
        std::string_view said = question->text(0);
        if (said == "ok" || false_alarm(sandbox, said, tables)) continue;
        // Without the headline `*** in database main ***`.
        said.remove_prefix(said.starts_with("***") ? std::min(said.find('\n') + 1, said.size()) : 0);
        return Error{Errc::malformed, "the dump is damaged: " + bridge::quote(said, 100)};
    }
}

/// Not by an index: the check has not compared those with their tables.
std::string rows_sql(FoundTable const& table) {
    std::string columns;
    for (auto const& column : table.columns) columns += (columns.empty() ? "" : ",") + sql_name(column);
    return "SELECT " + columns + " FROM " + sql_name(table.name) + " NOT INDEXED";
}

Result<> read_rows(Sandbox const& sandbox, FoundTable& table, Timestamp received, Dump& dump) {
    auto question = sandbox.ask(rows_sql(table));
    if (!question) return question.error();
    for (;;) {
        auto const more = question->next();
        if (!more) return more.error();
        if (!*more) return {};
        if (++table.rows > most_rows) return Error{Errc::out_of_range, "the dump has too many rows"};
        Row const row = read_row(*question, *table.roles, received);
        if (row.result) {
            dump.results.push_back(*row.result);
        } else {
            ++dump.left_out[static_cast<std::size_t>(row.reason)];
        }
    }
}

/// Sorts; of what stands twice one is kept if both are alike, else none.
void settle(Dump& dump) {
    auto& results = dump.results;
    std::sort(results.begin(), results.end());
    results.erase(std::unique(results.begin(), results.end()), results.end());
    std::vector<TestResult> kept;
    for (auto first = results.begin(); first != results.end();) {
        auto const last =
            std::find_if(first, results.end(), [&](auto const& r) { return !r.same_test(*first); });
        if (last - first == 1) {
            kept.push_back(*first);
        } else {
            dump.left_out[static_cast<std::size_t>(LeftOut::contradicted)] +=
                static_cast<std::uint64_t>(last - first);
        }
        first = last;
    }
    results = std::move(kept);
}

}  // namespace

std::string_view to_string(LeftOut reason) {
    switch (reason) {
        case LeftOut::failed:
            return "failed";
        case LeftOut::hidden:
            return "hidden";
        case LeftOut::unknown_parameter:
            return "unknown_parameter";
        case LeftOut::no_time:
            return "no_time";
        case LeftOut::no_number:
            return "no_number";
        case LeftOut::unscaled:
            return "unscaled";
        case LeftOut::implausible:
            return "implausible";
        case LeftOut::contradicted:
            return "contradicted";
    }
    return "unknown";
}

bool TestResult::operator<(TestResult const& other) const {
    return std::tie(time, parameter->channel, value) <
           std::tie(other.time, other.parameter->channel, other.value);
}

Result<> Dump::understood() const {
    bool const any =
        std::any_of(tables.begin(), tables.end(), [](FoundTable const& table) { return table.roles; });
    if (any) return {};
    return Error{Errc::unsupported, "no table of the dump has a time, a parameter and a value"};
}

Result<Dump> read_dump(bridge::Bytes file, Timestamp received) {
    auto const sandbox = Sandbox::open(file);
    if (!sandbox) return sandbox.error();
    auto const names = table_names(*sandbox);
    if (!names) return names.error();
    Dump dump;
    dump.bytes = file.size();
    for (auto const& name : *names) {
        auto columns = column_names(*sandbox, name);
        if (!columns) return columns.error();
        auto roles = recognise(*columns);
        dump.tables.push_back({name, std::move(*columns), roles});
    }
    auto const whole = check_structure(*sandbox, dump.tables);
    if (!whole) return whole.error();
    for (auto& table : dump.tables) {
        if (!table.roles) continue;
        auto const read = read_rows(*sandbox, table, received, dump);
        if (!read) return read.error();
    }
    settle(dump);
    return dump;
}

}  // namespace mastertronic
