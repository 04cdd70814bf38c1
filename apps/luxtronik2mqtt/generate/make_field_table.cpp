// SPDX-License-Identifier: MIT
// Build tool: fields.csv, choices.csv and named_fields.csv to the C++ of the field table. A row that breaks a
// rule ends the build.
#include "csv_rows.hpp"
#include "table_tool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace {

using namespace generate;

struct Datatype {
    std::string_view name;
    std::string_view form;
    int divisor;
    std::string_view suffix;  ///< how a name of ours must end
    std::string_view least = "std::numeric_limits<std::int32_t>::min()";
    std::string_view most = "std::numeric_limits<std::int32_t>::max()";
};

// Scaling and units: python-luxtronik's datatypes; the hundredths of CentiKwh and CentiVolt are corrections
// that users of several pumps have reported. The bounds are ours: wider than what any pump shows.
constexpr std::array datatypes = {
    Datatype{"Celsius", "scaled", 10, "_c", "-1000", "3000"},
    Datatype{"Kelvin", "scaled", 10, "_k", "-1000", "1000"},
    Datatype{"Pressure", "scaled", 100, "_bar", "-100", "10'000"},
    Datatype{"Voltage", "scaled", 10, "_v", "-1000", "10'000"},
    Datatype{"CentiVolt", "scaled", 100, "_v", "-1000", "10'000"},
    // A sign fault of some firmware shows 2^31 / 10 kWh.
    Datatype{"Energy", "scaled", 10, "_kwh", "0", "999'999'999"},
    Datatype{"CentiKwh", "scaled", 100, "_kwh", "0", "1'999'999'999"},
    Datatype{"Power", "whole", 1, "_w", "-100'000", "1'000'000"},
    Datatype{"TenthKilowatt", "tenth_kilowatts", 1, "_w", "0", "1000"},
    Datatype{"Percent2", "whole", 1, "_pct", "0", "100"},
    Datatype{"Frequency", "whole", 1, "_hz", "0", "1000"},
    // 0 is automatic; 1 to 101 are 20 to 120 Hz (BenPru/luxtronik, pull request 676).
    Datatype{"FrequencyCode", "frequency_code", 1, "_hz", "1", "101"},
    Datatype{"Speed", "whole", 1, "_rpm", "0", "100'000"},
    Datatype{"Flow", "whole", 1, "_l_h", "0", "1'000'000"},
    Datatype{"Seconds", "whole", 1, "_s", "0"},
    Datatype{"Minutes", "whole", 1, "_min", "0"},
    Datatype{"Hours", "scaled", 10, "_h", "0", "100'000"},
    Datatype{"Hours2", "half_hours", 2, "_h", "0", "1000"},
    Datatype{"Count", "whole", 1, "_count", "0"},
    Datatype{"Level", "whole", 1, "_level"},
    Datatype{"Icon", "whole", 1, "_code"},
    Datatype{"Unknown", "whole", 1, "_code"},
    Datatype{"Bool", "flag", 1, "", "0", "1"},
    // Luxtronik 2.0 has the second contact of the smart grid at the input of the room station, whose range of
    // 5 K it drives to an end (BenPru/luxtronik, issue 669).
    Datatype{"ContactRail", "contact_rail", 1, "", "-50", "50"},
    Datatype{"Timestamp", "unix_time", 1, "_s", "1"},
    Datatype{"Version", "version", 1, "_text"},
    Datatype{"MajorMinorVersion", "short_version", 1, "_text", "1", "99'999"},
    Datatype{"IPv4Address", "ip_address", 1, "_text"},
    Datatype{"TimeOfDay", "time_of_day", 1, "_text", "0", "86'400"},
    Datatype{"TimeOfDay2", "time_window", 1, "_text"},
};

constexpr std::string_view choice_form = "choice";

/// `V1|V2` as the bits of the lines.
std::uint32_t lines(std::string_view text) {
    std::uint32_t bits = 0;
    for (auto const& line : split(text, '|')) {
        auto const number =
            line.starts_with('V') ? bridge::to_number<unsigned>(line.substr(1)) : std::nullopt;
        if (!number || *number == 0 || *number > 9)
            throw std::runtime_error(line + " is no line of firmware");
        bits |= 1U << *number;
    }
    return bits;
}

/// `3.90.1` as a release; which line stands there does not matter.
std::string release(std::string_view text) {
    auto const parts = split(text, '.');
    if (parts.size() < 2 || parts.size() > 3) throw std::runtime_error("firmware must be 3.90 or 3.90.1");
    return fmt::format("{{{}, {}}}", number(parts[1]), parts.size() == 3 ? number(parts[2]) : 0);
}

/// `V1|V2`, `>=3.88`, `<3.90.1`, or several of these with a blank between them.
std::string firmware(std::string_view text) {
    std::uint32_t of_lines = 0;
    std::string since = "{}";
    std::string before = "any_release";
    for (auto const& part : split(text, ' ')) {
        if (part.empty()) continue;
        if (part.starts_with(">=")) {
            since = release(std::string_view(part).substr(2));
        } else if (part.starts_with('<')) {
            before = release(std::string_view(part).substr(1));
        } else {
            of_lines = lines(part);
        }
    }
    return fmt::format("{{{}, {}, {}}}", of_lines, since, before);
}

/// `151`: calculation 151 is not 0; `p1032`: parameter 1032 is not; `p33=0`: parameter 33 is 0.
std::string condition(std::string_view text) {
    if (text.empty()) return "{}";
    bool const is_parameter = text.starts_with('p');
    if (is_parameter) text.remove_prefix(1);
    bool const is_zero = text.ends_with("=0");
    if (is_zero) text.remove_suffix(2);
    return fmt::format("{{Block::{}, {}, {}}}", is_parameter ? "parameters" : "calculations", number(text),
                       is_zero);
}

/// The JSON type and unit of a datatype, which a name keeps wherever a firmware has it.
std::string type_of(Datatype const& type) {
    bool const is_flag = type.form == "contact_rail";
    return fmt::format("{}{}", is_flag ? "flag" : type.form, type.suffix);
}

/// The C++ of the whole table.
class Writer {
  public:
    void add_choices(std::vector<Row> const& rows) {
        for (auto const& row : rows) choices_[row[0]][number(row[1])] = row[2];
        for (auto const& [datatype, texts] : choices_) {
            lists_ += fmt::format("constexpr Choice choices_of_{}[] = {{\n", datatype);
            for (auto const& [code, text] : texts) lists_ += fmt::format("    {{{}, \"{}\"}},\n", code, text);
            lists_ += "};\n";
        }
    }

    /// What is told of a name; `add_field` asks for it.
    void add_named(Row const& row) {
        auto const& [name, course, entity, category, english, german, meaning] =
            std::tie(row[0], row[1], row[2], row[3], row[4], row[5], row[6]);
        if (!names_.insert(name).second) throw std::runtime_error(name + " is there twice");
        if (english.empty() || german.empty() || !meaning.ends_with('.'))
            throw std::runtime_error("a name needs an English and a German word and a sentence");
        named_ += fmt::format(
            "    {{\"{}\", bridge::Field::Course::{}, bridge::Field::Entity::{}, {}, \"{}\", \"{}\", "
            "\"{}\"}},\n",
            name,
            one_of(course, {{"measured", "measured"},
                            {"total", "total"},
                            {"total_increasing", "total_increasing"},
                            {"fixed", "fixed"}}),
            one_of(entity, {{"on", "on"}, {"off", "off"}, {"none", "none"}}),
            one_of(category, {{"", "false"}, {"diagnostic", "true"}}), english, german, meaning);
    }

    void add_field(Row const& row) {
        auto const& [block, index, identifier, datatype, name, channel, absent, needs] =
            std::tie(row[0], row[1], row[2], row[3], row[4], row[5], row[6], row[7]);
        auto const known =
            std::find_if(datatypes.begin(), datatypes.end(),
                         [&wanted = datatype](Datatype const& type) { return type.name == wanted; });
        bool const is_choice = choices_.count(datatype) > 0;
        if (known == datatypes.end() && !is_choice) throw std::runtime_error("unknown datatype " + datatype);
        Datatype const type = is_choice ? Datatype{datatype, choice_form, 1, ""} : *known;
        check_name(name, channel, type);
        if (!name.empty() && !names_.contains(name))
            throw std::runtime_error(name + " is not in named_fields.csv");
        if (!name.empty()) used_[name].insert((is_choice ? datatype : type_of(type)) + " " + channel);
        check_order(block, number(index), row[8]);
        rows_ += fmt::format(
            "    {{{}, {}, \"{}\", \"{}\", {}, Form::{}, {}, {}, {}, {}, {}, {}, {}, \"{}\", {}}},\n",
            one_of(block, {{"calculation", "Block::calculations"},
                           {"parameter", "Block::parameters"},
                           {"visibility", "Block::visibilities"}}),
            number(index), identifier, name,
            one_of(channel, {{"", "Channel::on_request"},
                             {"reading", "Channel::reading"},
                             {"parameters", "Channel::parameters"},
                             {"withheld", "Channel::withheld"}}),
            type.form, type.divisor, type.least, type.most,
            is_choice ? "choices_of_" + datatype : std::string("{}"), absent_list(absent), condition(needs),
            firmware(row[8]), row[9],
            one_of(row[10], {{"", "false"}, {"gauge", "false"}, {"counter", "true"}}));
    }

    [[nodiscard]] std::string text() const {
        check_used();
        return fmt::format(
            "// SPDX-License-Identifier: MIT\n// Made from fields.csv, choices.csv and named_fields.csv: "
            "change those.\n"
            "#include \"luxtronik2mqtt/field_table.hpp\"\n\n#include <limits>\n\nnamespace luxtronik {{\n\n"
            "namespace {{\n\n{}\nconstexpr Field rows[] = {{\n{}}};\n\n"
            "constexpr NamedField named[] = {{\n{}}};\n\n}}  // namespace\n\n"
            "std::span<Field const> field_table() {{ return rows; }}\n"
            "std::span<NamedField const> named_fields() {{ return named; }}\n\n}}  // namespace luxtronik\n",
            lists_, rows_, named_);
    }

  private:
    void check_name(std::string const& name, std::string const& channel, Datatype const& type) {
        bool const published = channel == "reading" || channel == "parameters";
        if (name.empty() == published) throw std::runtime_error("a name and a channel need each other");
        bool const plain = std::all_of(name.begin(), name.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
        });
        if (!plain) throw std::runtime_error("a name has small letters, digits and _");
        if (!name.empty() && !name.ends_with(type.suffix)) {
            throw std::runtime_error(fmt::format("a name of a {} must end in {}", type.name, type.suffix));
        }
    }

    /// A name is one thing, wherever a firmware has it.
    void check_used() const {
        for (auto const& name : names_) {
            auto const used = used_.find(name);
            if (used == used_.end())
                throw std::runtime_error(name + " is in named_fields.csv and not in fields.csv");
            if (used->second.size() > 1) throw std::runtime_error(name + " has two types or two channels");
        }
    }

    /// Of several meanings of one place all but the last say for which firmware they are.
    void check_order(std::string const& block, std::int32_t index, std::string const& firmware) {
        bool const again = index == index_ && !firmware_.empty();
        bool const next = block == block_ ? index > index_ || again : blocks_.insert(block).second;
        if (!next) throw std::runtime_error("rows must be in order of block and index, each once");
        block_ = block;
        index_ = index;
        firmware_ = firmware;
    }

    std::string absent_list(std::string const& absent) {
        if (absent.empty()) return "{}";
        std::string values;
        for (auto const& value : split(absent, '|'))
            values += fmt::format("{}{}", values.empty() ? "" : ", ", number(value));
        auto const [found, added] = absent_.try_emplace(values, fmt::format("absent_{}", absent_.size()));
        if (added) lists_ += fmt::format("constexpr std::int32_t {}[] = {{{}}};\n", found->second, values);
        return found->second;
    }

    std::map<std::string, std::map<std::int32_t, std::string>> choices_;
    std::map<std::string, std::string> absent_;
    std::set<std::string> names_;
    std::map<std::string, std::set<std::string>> used_;  ///< datatypes and channels by name
    std::set<std::string> blocks_;
    std::string block_;
    std::int32_t index_ = -1;
    std::string firmware_;
    std::string lists_, rows_, named_;
};

std::string make_table(std::string const& fields, std::string const& choices, std::string const& named) {
    Writer writer;
    writer.add_choices(read_csv(choices, "datatype,code,text", ','));
    for_each_row(named, "name;course;entity;category;english;german;meaning", ';',
                 [&](Row const& row) { writer.add_named(row); });
    for_each_row(fields,
                 "block,index,identifier,datatype,name,channel,absent,needs,firmware,metric,metric_type", ',',
                 [&](Row const& row) { writer.add_field(row); });
    return writer.text();
}

}  // namespace

int main(int argc, char** argv) {
    return generate::run_table_tool(
        argc, argv, {"FIELDS.csv", "CHOICES.csv", "NAMED_FIELDS.csv"},
        [](auto const& paths) { return make_table(paths[0], paths[1], paths[2]); });
}
