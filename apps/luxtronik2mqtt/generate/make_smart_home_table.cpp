// SPDX-License-Identifier: MIT
// Build tool: smart_home.csv and choices.csv to the C++ of the Smart Home Interface's registers. A row that
// breaks a rule ends the build.
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

namespace {

using namespace generate;

struct Datatype {
    std::string_view name;
    std::string_view form;
    int divisor;
    int words;
    bool is_signed;
    std::string_view suffix;  ///< how a name of ours must end
    int least, most;          ///< raw, where the row says nothing
};

// Types and signs: python-luxtronik's definitions of the Smart Home Interface. The bounds are ours: wider
// than what any pump shows.
constexpr std::array datatypes = {
    Datatype{"CelsiusInt16", "scaled", 10, 1, true, "_c", -1000, 3000},
    Datatype{"CelsiusUInt16", "scaled", 10, 1, false, "_c", 0, 3000},
    Datatype{"KelvinInt16", "scaled", 10, 1, true, "_k", -1000, 1000},
    Datatype{"PowerInt16", "hundred", 1, 1, true, "_w", -1000, 10'000},
    Datatype{"PowerUInt16", "hundred", 1, 1, false, "_w", 0, 10'000},
    Datatype{"Energy", "scaled", 10, 2, true, "_kwh", 0, 999'999'999},
    Datatype{"Minutes", "whole", 1, 1, false, "_min", 0, 10'000},
    Datatype{"Bool", "flag", 1, 1, false, "", 0, 1},
    Datatype{"Bit0", "bit", 1, 1, false, "", 0, 0x7ffe},
    Datatype{"Bit1", "bit", 2, 1, false, "", 0, 0x7ffe},
    Datatype{"Bit2", "bit", 4, 1, false, "", 0, 0x7ffe},
    Datatype{"Bit3", "bit", 8, 1, false, "", 0, 0x7ffe},
    Datatype{"Bit4", "bit", 16, 1, false, "", 0, 0x7ffe},
    Datatype{"FullVersion", "version", 1, 3, false, "_text", 0, 0xffff},
    Datatype{"Unknown", "whole", 1, 1, false, "", 0, 0xffff},
};

/// `3.92.0` as a release; nothing: the first that has the interface.
std::string release(std::string_view text) {
    auto const parts = split(text.empty() ? "3.90.1" : text, '.');
    if (parts.size() != 3) throw std::runtime_error("firmware must be 3.90.1");
    return fmt::format("{{{}, {}}}", number(parts[1]), number(parts[2]));
}

/// The C++ of the whole table.
class Writer {
  public:
    void add_choice(Row const& row) { choices_[row[0]][number(row[1])] = row[2]; }

    void add_register(Row const& row) {
        auto const& [list, index, identifier, datatype, name, since] =
            std::tie(row[0], row[1], row[2], row[3], row[4], row[5]);
        auto const& [course, english, german, meaning] = std::tie(row[10], row[11], row[12], row[13]);
        Datatype const type = type_of(datatype);
        check_place(list, number(index), type);
        if (!name.empty()) {
            if (!names_.insert(list + " " + name).second) throw std::runtime_error(name + " is there twice");
            if (!name.ends_with(type.suffix))
                throw std::runtime_error(fmt::format("a name of a {} must end in {}", datatype, type.suffix));
            if (english.empty() || german.empty() || !meaning.ends_with('.'))
                throw std::runtime_error("a name needs an English and a German word and a sentence");
        }
        bool const settable = list == "holding" && !name.empty();
        if (settable && (row[6].empty() || row[7].empty() || row[8].empty() || row[9].empty()))
            throw std::runtime_error("a holding needs its bounds, its usual value and its mode");
        rows_ += fmt::format(
            "    {{{{{}, {}}}, {}, {}, \"{}\", \"{}\", RegisterForm::{}, {}, {}, {}, {}, {}, {}, {}, "
            "bridge::Field::Course::{}, \"{}\", \"{}\", \"{}\"}},\n",
            one_of(list, {{"input", "RegisterList::inputs"}, {"holding", "RegisterList::holdings"}}),
            number(index), type.words, type.is_signed, identifier, name, type.form, type.divisor,
            row[6].empty() ? type.least : number(row[6]), row[7].empty() ? type.most : number(row[7]),
            type.form == "choice" ? "choices_of_" + datatype : std::string("{}"), release(since),
            settable ? number(row[8]) : 0, settable ? number(row[9]) : -1,
            one_of(course, {{"", "measured"},
                            {"measured", "measured"},
                            {"total_increasing", "total_increasing"},
                            {"fixed", "fixed"}}),
            english, german, meaning);
    }

    [[nodiscard]] std::string text() const {
        std::string lists;
        for (auto const& datatype : used_) {
            lists += fmt::format("constexpr Choice choices_of_{}[] = {{\n", datatype);
            for (auto const& [code, text] : choices_.at(datatype))
                lists += fmt::format("    {{{}, \"{}\"}},\n", code, text);
            lists += "};\n";
        }
        return "// Made from smart_home.csv and choices.csv.\n#include "
               "\"luxtronik2mqtt/smart_home_table.hpp\"\n\n"
               "namespace luxtronik {\n\nnamespace {\n\n" +
               lists + "\nconstexpr Register registers[] = {\n" + rows_ +
               "};\n\n}  // namespace\n\nstd::span<Register const> smart_home_table() { return registers; "
               "}\n\n"
               "}  // namespace luxtronik\n";
    }

  private:
    Datatype type_of(std::string const& datatype) {
        auto const known = std::find_if(datatypes.begin(), datatypes.end(),
                                        [&](Datatype const& type) { return type.name == datatype; });
        if (known != datatypes.end()) return *known;
        auto const choices = choices_.find(datatype);
        if (choices == choices_.end()) throw std::runtime_error("unknown datatype " + datatype);
        used_.insert(datatype);
        return {choices->first, "choice", 1, 1, false, "", 0, 0x7ffe};
    }

    /// Rows in order; only the bits of one register share it.
    void check_place(std::string const& list, int index, Datatype const& type) {
        bool const begins = list != list_;
        if (begins && !lists_.insert(list).second) throw std::runtime_error("rows must be in order of lists");
        bool const shares = !begins && index == index_ && type.form == "bit" && last_form_ == "bit";
        if (!begins && !shares && index < end_) throw std::runtime_error("rows must be in order of index");
        list_ = list;
        index_ = index;
        end_ = index + type.words;
        last_form_ = type.form;
    }

    std::map<std::string, std::map<int, std::string>> choices_;
    std::set<std::string> used_, names_, lists_;
    std::string list_;
    std::string_view last_form_;
    int index_ = -1, end_ = 0;
    std::string rows_;
};

std::string make_table(std::string const& registers, std::string const& choices) {
    Writer writer;
    for_each_row(choices, "datatype,code,text", ',', [&](Row const& row) { writer.add_choice(row); });
    for_each_row(
        registers,
        "list;index;identifier;datatype;name;since;least;most;usual;mode;course;english;german;meaning", ';',
        [&](Row const& row) { writer.add_register(row); });
    return writer.text();
}

}  // namespace

int main(int argc, char** argv) {
    return generate::run_table_tool(argc, argv, {"SMART_HOME.csv", "CHOICES.csv"},
                                    [](auto const& paths) { return make_table(paths[0], paths[1]); });
}
