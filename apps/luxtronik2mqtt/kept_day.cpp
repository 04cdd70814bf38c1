// SPDX-License-Identifier: MIT
#include "kept_day.hpp"

#include <nlohmann/json.hpp>

#include <type_traits>
#include <utility>

namespace luxtronik {

namespace {

using bridge::Errc;
using bridge::Error;
using bridge::Result;
using std::chrono::sys_days;
using Json = nlohmann::json;

constexpr int form = 1;  ///< of the kept text

std::int64_t to_ms(bridge::Timestamp time) { return time.time_since_epoch().count(); }

Json kept(DailyGrowth::Seen const& seen) {
    return {seen.value, to_ms(seen.when.time), seen.when.controller_s};
}
Json kept(CompressorWatch::Seen const& seen) {
    return {to_ms(seen.time), seen.runs, seen.defrosts, seen.starts, seen.runtime_s};
}
Json kept(double value) { return value; }
template <class T>
Json kept(std::optional<T> const& value) {
    return value ? kept(*value) : Json();
}

/// Reads what `kept` gave; after the first thing that is wrong all of it is.
class Reader {
  public:
    explicit Reader(Json const& json) : json_(json) {}

    [[nodiscard]] bool good() const { return good_; }

    template <class T>
    T get(char const* key) {
        return value<T>(member(key));
    }

    void read(char const* key, std::optional<DailyGrowth::Seen>& seen) {
        Json const& list = member(key);
        if (!good_ || list.is_null()) return;
        if (!has(list, 3)) return;
        seen = DailyGrowth::Seen{value<double>(list[0]), {time(list[1]), value<std::int64_t>(list[2])}};
    }

    void read(char const* key, std::optional<CompressorWatch::Seen>& seen) {
        Json const& list = member(key);
        if (!good_ || list.is_null()) return;
        if (!has(list, 5)) return;
        seen = CompressorWatch::Seen{time(list[0]), value<bool>(list[1]), value<bool>(list[2]),
                                     value<double>(list[3]), value<double>(list[4])};
    }

    void read(char const* key, std::optional<double>& number) {
        Json const& found = member(key);
        if (good_ && !found.is_null()) number = value<double>(found);
    }

    /// The members of a member, each with a reader of its own.
    template <class Take>
    void each(char const* key, Take const& take) {
        Json const& found = member(key);
        if (!good_ || !found.is_object()) return void(good_ = false);
        for (auto const& [name, json] : found.items()) {
            Reader inner(json);
            take(name, inner);
            good_ = good_ && inner.good_;
        }
    }

  private:
    Json const& member(char const* key) {
        static Json const nothing;
        auto const found = json_.is_object() ? json_.find(key) : json_.end();
        bool const there = json_.is_object() && found != json_.end();
        good_ = good_ && there;
        return there ? *found : nothing;
    }

    bool has(Json const& list, std::size_t size) { return good_ = list.is_array() && list.size() == size; }

    bridge::Timestamp time(Json const& json) {
        return bridge::Timestamp(std::chrono::milliseconds(value<std::int64_t>(json)));
    }

    template <class T>
    T value(Json const& json) {
        bool const fits = std::is_same_v<T, bool>     ? json.is_boolean()
                          : std::is_same_v<T, double> ? json.is_number()
                                                      : json.is_number_integer();
        good_ = good_ && fits;
        return fits ? json.get<T>() : T{};
    }

    Json const& json_;
    bool good_ = true;
};

Json kept(DailyGrowth const& growth) {
    return {{"last", kept(growth.last)}, {"doubtful", kept(growth.doubtful)},
            {"doubts", growth.doubts},   {"grown", growth.grown},
            {"begun", growth.begun},     {"whole", growth.whole},
            {"lost", growth.lost}};
}

DailyGrowth growth_of(Reader& reader) {
    DailyGrowth growth;
    reader.read("last", growth.last);
    reader.read("doubtful", growth.doubtful);
    growth.doubts = reader.get<int>("doubts");
    growth.grown = reader.get<double>("grown");
    growth.begun = reader.get<bool>("begun");
    growth.whole = reader.get<bool>("whole");
    growth.lost = reader.get<bool>("lost");
    return growth;
}

Json kept(SeasonalPerformance const& use) {
    return {{"heat", use.heat_kwh},
            {"electric", use.electric_kwh},
            {"heat_since_step", use.heat_since_step_kwh},
            {"has_step", use.has_step}};
}

SeasonalPerformance performance_of(Reader& reader) {
    return {reader.get<double>("heat"), reader.get<double>("electric"), reader.get<double>("heat_since_step"),
            reader.get<bool>("has_step")};
}

Json kept(CompressorWatch const& watch) {
    return {{"before", kept(watch.before)},
            {"stopped", kept(watch.stopped)},
            {"last_run", kept(watch.last_run_s)},
            {"runs", watch.runs},
            {"runs_s", watch.runs_s},
            {"defrosts", watch.defrosts},
            {"defrosts_missed", watch.defrosts_missed},
            {"seen_today", watch.seen_today}};
}

CompressorWatch watch_of(Reader& reader) {
    CompressorWatch watch;
    reader.read("before", watch.before);
    reader.read("stopped", watch.stopped);
    reader.read("last_run", watch.last_run_s);
    watch.runs = reader.get<int>("runs");
    watch.runs_s = reader.get<double>("runs_s");
    watch.defrosts = reader.get<int>("defrosts");
    watch.defrosts_missed = reader.get<bool>("defrosts_missed");
    watch.seen_today = reader.get<bool>("seen_today");
    return watch;
}

}  // namespace

std::string kept_text(Day const& day) {
    Json counters = Json::object(), performance = Json::object();
    for (auto const& [name, counter] : day.counters) counters[name] = kept(counter);
    for (auto const& [name, use] : day.performance) performance[name] = kept(use);
    Json const all = {{"form", form},
                      {"date", day.date ? Json(day.date->time_since_epoch().count()) : Json()},
                      {"counters", std::move(counters)},
                      {"performance", std::move(performance)},
                      {"compressor", {{"1", kept(day.compressor)}}}};
    return all.dump() + "\n";
}

Result<Day> read_kept_day(std::string_view text) {
    Json const json = Json::parse(text, nullptr, false);
    Reader reader(json);
    if (reader.get<int>("form") != form) return Error{Errc::malformed, "it is no day of a heat pump"};
    Day day;
    if (!json.contains("date") || !json["date"].is_null())
        day.date = sys_days(std::chrono::days(reader.get<int>("date")));
    reader.each("counters", [&](auto const& name, Reader& inner) { day.counters[name] = growth_of(inner); });
    reader.each("performance",
                [&](auto const& name, Reader& inner) { day.performance[name] = performance_of(inner); });
    reader.each("compressor", [&](auto const&, Reader& inner) { day.compressor = watch_of(inner); });
    if (!reader.good()) return Error{Errc::malformed, "a value of the day is missing or of another kind"};
    return day;
}

}  // namespace luxtronik
