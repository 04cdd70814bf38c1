// SPDX-License-Identifier: MIT
#include "metric_file.hpp"

#include "field_table.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

namespace luxtronik {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

constexpr std::array keys = {"name", "key", "type"};

/// Counted from 1; an empty file has no line.
int line_of(YAML::Mark const& mark) { return std::max(mark.line, 0) + 1; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_metric_name(std::string_view name) {
    return !name.empty() && is_letter(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
        return is_letter(c) || (c >= '0' && c <= '9');
    });
}

bool is_number(Field const& field) {
    switch (field.form) {
        case Form::version:
        case Form::short_version:
        case Form::ip_address:
        case Form::time_of_day:
        case Form::time_window:
            return false;
        default:
            return field.channel != Channel::withheld;
    }
}

/// What is wrong with a value of an entry; empty: nothing.
std::string fault_of(std::string_view key, std::string const& value) {
    if (key == "name") {
        if (!is_metric_name(value)) return "is no name of a metric: letters, digits and _, no digit first";
        // Ours, whose types and labels are not to be mixed with others.
        if (value.starts_with("luxtronik")) return "must not begin with luxtronik, as this program's own do";
        return {};
    }
    if (key == "type") return value == "gauge" || value == "counter" ? "" : "must be gauge or counter";
    auto const table = field_table();
    auto const field =
        std::find_if(table.begin(), table.end(), [&](Field const& one) { return one.identifier == value; });
    if (field == table.end())
        return "is no identifier of the controller (apps/luxtronik2mqtt/fields.csv has all)";
    return is_number(*field) ? "" : "is no number";
}

/// Reads one file; what is wrong is told of the line where it stands.
class Reader {
  public:
    explicit Reader(std::string const& path) : path_(path) {}

    Result<std::vector<ChosenMetric>> read(YAML::Node const& root) {
        if (!root.IsMap() || !root["metrics"]) return wrong(root, "metrics", "is missing");
        for (auto const& entry : root) {
            if (entry.first.Scalar() != "metrics")
                return wrong(entry.first, entry.first.Scalar(), "is not known here");
        }
        auto const list = root["metrics"];
        if (!list.IsSequence()) return wrong(list, "metrics", "must be a list");
        std::vector<ChosenMetric> metrics;
        for (auto const& entry : list) {
            auto metric = read_entry(entry);
            if (!metric) return metric.error();
            metrics.push_back(std::move(*metric));
        }
        return metrics;
    }

  private:
    Result<ChosenMetric> read_entry(YAML::Node const& entry) {
        if (!entry.IsMap())
            return wrong(entry, "metrics", "must be a list of entries with name, key and type");
        for (auto const& pair : entry) {
            auto const key = pair.first.Scalar();
            if (std::find(keys.begin(), keys.end(), key) == keys.end())
                return wrong(pair.first, key, "is not known here");
            auto const fault =
                pair.second.IsScalar() ? fault_of(key, pair.second.Scalar()) : "must be a word";
            if (!fault.empty()) return wrong(pair.second, key, fault);
        }
        for (auto const* key : keys) {
            if (!entry[key]) return wrong(entry, key, "is missing");
        }
        auto const name = entry["name"].Scalar();
        if (!names_.insert(name).second) return wrong(entry["name"], "name", name + " is there twice");
        return ChosenMetric{name, entry["key"].Scalar(), entry["type"].Scalar() == "counter"};
    }

    [[nodiscard]] Error wrong(YAML::Node const& where, std::string_view key, std::string_view what) const {
        return Error{Errc::config, fmt::format("{}:{}: {}: {}", path_, line_of(where.Mark()), key, what)};
    }

    std::string const& path_;
    std::set<std::string> names_;
};

}  // namespace

std::vector<ChosenMetric> usual_metrics() {
    std::vector<ChosenMetric> metrics;
    for (auto const& field : field_table()) {
        if (!field.metric.empty())
            metrics.push_back(
                {std::string(field.metric), std::string(field.identifier), field.metric_is_counter});
    }
    return metrics;
}

Result<std::vector<ChosenMetric>> read_metric_file(std::string const& path) {
    std::ifstream file(path);
    if (!file) return Error{Errc::config, path + ": cannot be read"};
    return parse_metric_file(std::string(std::istreambuf_iterator<char>(file), {}), path);
}

Result<std::vector<ChosenMetric>> parse_metric_file(std::string_view text, std::string const& path) {
    try {
        return Reader(path).read(YAML::Load(std::string(text)));
    } catch (YAML::Exception const& broken) {
        return Error{Errc::config, fmt::format("{}:{}: {}", path, line_of(broken.mark), broken.msg)};
    }
}

}  // namespace luxtronik
