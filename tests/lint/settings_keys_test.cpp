// SPDX-License-Identifier: MIT
// Every key of every program by every way. The keys, their flags and their variables are what the program
// itself says in --print-config and --help; a value that a key takes is found by trying, and by what the
// refusals say is expected. So a new key is tried without an edit here.
#include "catch.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <cctype>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

using namespace test;

namespace {

/// Section and key.
using Name = std::pair<std::string, std::string>;
/// What --print-config shows: keys with their values as TOML.
using Shown = std::map<Name, std::string>;

/// What --help says of a key.
struct Ways {
    std::string flag;
    std::vector<std::string> variables;  ///< its own, then the aliases
};

/// One start: what each way gives.
struct Given {
    std::vector<std::string> arguments = {};
    std::map<std::string, std::string> variables = {};
    std::map<Name, std::string> file = {};  ///< as TOML
};

struct Outcome {
    int exit_code;
    Shown shown;
    std::string errors;
};

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

bool is_text(std::string const& toml) { return toml.starts_with('"'); }
/// As a flag or a variable gives it.
std::string plain(std::string const& toml) { return is_text(toml) ? toml.substr(1, toml.size() - 2) : toml; }
std::string as_toml(std::string const& text) { return '"' + text + '"'; }

/// A program under test.
class Tried {
  public:
    explicit Tried(std::string name)
        : program_(std::filesystem::path(TEST_PROGRAM_FOLDER) / name), defaults_(start({}).shown) {
        read_help(run(folder_, {program_, {"--help"}, {}}).output);
    }

    [[nodiscard]] TempFolder const& folder() const { return folder_; }
    [[nodiscard]] Shown const& defaults() const { return defaults_; }
    /// By the key's own variable.
    [[nodiscard]] std::map<std::string, Ways> const& ways() const { return ways_; }
    [[nodiscard]] Ways const* ways_of(Name const& key) const {
        auto const found = ways_.find(upper(key.first + "_" + key.second));
        return found == ways_.end() ? nullptr : &found->second;
    }

    [[nodiscard]] Outcome start(Given given) const {
        if (!given.file.empty()) {
            given.arguments.emplace_back("--config");
            given.arguments.push_back(folder_.write("settings.toml", joined(given.file)));
        }
        given.arguments.emplace_back("--print-config");
        auto const ran = run(folder_, {program_, given.arguments, given.variables});
        return {ran.exit_code, parsed(ran.output), ran.errors};
    }

  private:
    /// `  --flag TEXT   sentence [VARIABLE, ALIAS; default 1]`; a long flag has its sentence on the next
    /// line.
    void read_help(std::string const& help) {
        static std::regex const entry(R"(^  (--[a-z0-9-]+).*\[([A-Z][A-Z0-9_, ]*)(; default .*)?\]$)");
        std::istringstream lines(help);
        std::string whole;
        for (std::string line; std::getline(lines, line);) {
            whole = line.starts_with("  --") ? line : whole + line;
            std::smatch found;
            if (!std::regex_match(whole, found, entry)) continue;
            Ways ways{found[1], {}};
            std::istringstream variables(found[2]);
            for (std::string one; variables >> one;) ways.variables.push_back(one.substr(0, one.find(',')));
            if (ways.flag != "--config") ways_[ways.variables.front()] = ways;
        }
    }

    static std::string joined(std::map<Name, std::string> const& file) {
        std::string text, section;
        for (auto const& [key, value] : file) {
            if (std::exchange(section, key.first) != key.first) text += "[" + key.first + "]\n";
            text += key.second + " = " + value + "\n";
        }
        return text;
    }

    static Shown parsed(std::string const& toml) {
        Shown shown;
        std::istringstream lines(toml);
        std::string section;
        for (std::string line; std::getline(lines, line);) {
            auto const equals = line.find(" = ");
            if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
            if (equals != std::string::npos)
                shown[{section, line.substr(0, equals)}] = line.substr(equals + 3);
        }
        return shown;
    }

    TempFolder folder_;
    std::filesystem::path program_;
    Shown defaults_;
    std::map<std::string, Ways> ways_;
};

/// Looks for values of a key that the program takes, in a file.
class Search {
  public:
    Search(Tried const& tried, Name key) : tried_(tried), key_(std::move(key)) {
        auto const& usual = tried.defaults().at(key_);
        if (usual == "true" || usual == "false") {
            add(usual == "true" ? "false" : "true");
        } else if (!is_text(usual)) {
            auto const number = std::stoll(usual);
            for (auto const step : {1, 2, -1}) add(std::to_string(number + step));
        } else if (usual == "\"\"") {
            // What takes name=target shows an unnamed one with the name that it gives it.
            for (auto const* const text : {"spare=x", "other=y"}) add(as_toml(text));
        } else {
            auto const text = plain(usual);
            add(as_toml(text + "x"));
            auto next = text;
            if (std::isdigit(static_cast<unsigned char>(next.back())) != 0)
                next.back() = next.back() == '9' ? '1' : static_cast<char>(next.back() + 1);
            add(as_toml(next));
            add(as_toml(text.substr(0, text.find(','))));
        }
    }

    /// The next one that is taken and is not the default, as TOML.
    std::optional<std::string> next() {
        while (!candidates_.empty()) {
            auto const value = candidates_.front();
            candidates_.pop_front();
            Given given;
            given.file = companions_;
            given.file[key_] = value;
            auto const outcome = tried_.start(given);
            if (outcome.exit_code == 0) {
                Shown expected = tried_.defaults();
                for (auto const& [key, other] : given.file) expected[key] = other;
                INFO(key_.first << " " << key_.second << " = " << value);
                CHECK(outcome.shown == expected);
                return value;
            }
            refusal_ = outcome.errors;
            CHECK(refusal_.find(key_.second) != std::string::npos);
            learn(value);
        }
        return std::nullopt;
    }

    /// What must be set with it.
    [[nodiscard]] std::map<Name, std::string> const& companions() const { return companions_; }
    [[nodiscard]] std::string const& refusal() const { return refusal_; }

  private:
    void add(std::string value) {
        if (value != tried_.defaults().at(key_) && known_.insert(value).second)
            candidates_.push_back(std::move(value));
    }

    /// A refusal says what is expected.
    void learn(std::string const& refused) {
        bool const text = is_text(tried_.defaults().at(key_));
        std::smatch found;
        if (std::regex_search(refusal_, found, std::regex("must be one of ([^\n]*)"))) {
            std::istringstream words(found[1]);
            for (std::string word; words >> word;) add(as_toml(word.substr(0, word.find(','))));
        }
        if (std::regex_search(refusal_, found, std::regex("from ([0-9.e+]+) to ([0-9.e+]+)"))) {
            for (int const end : {1, 2}) add(text ? as_toml(found[end]) : found[end].str());
        }
        if (std::regex_search(refusal_, found, std::regex("https?://[^ ,\"]+"))) {
            add(as_toml(found[0]));
            add(as_toml(found[0].str() + "x"));
        }
        if (refusal_.find("must be times in days") != std::string::npos) {
            for (auto const* const time : {"400d", "500d"}) add(as_toml(time));
        }
        if (refusal_.find("must be a name") != std::string::npos) {
            for (auto const* const name : {"spare", "other"}) add(as_toml(name));
        }
        if (std::regex_search(refusal_, found, std::regex(R"(\[\w+\] \w+ needs \[(\w+)\] (\w+))"))) {
            auto const* const other = found[2] == "url"    ? "http://127.0.0.1:9/write?db=x"
                                      : found[2] == "keep" ? "300d"
                                                           : "x";
            if (companions_.emplace(Name{found[1], found[2]}, as_toml(other)).second)
                candidates_.push_front(refused);
        }
        if (refusal_.find("file") != std::string::npos) {
            for (auto const* const file : {"one.txt", "two.txt"})
                add(as_toml(tried_.folder().write(file, "something\n").string()));
        }
        if (refusal_.find("metrics: is missing") != std::string::npos) {
            for (auto const* const file : {"one.yml", "two.yml"})
                add(as_toml(tried_.folder().write(file, "metrics: []\n").string()));
        }
        if (std::regex_search(refusal_, found, std::regex(R"(\[(\w+)\] (\w+) and (\w+) go together)"))) {
            Name const both[] = {{found[1], found[2]}, {found[1], found[3]}};
            auto const& other = both[0] == key_ ? both[1] : both[0];
            if (companions_.emplace(other, refused).second) candidates_.push_front(refused);
        }
    }

    Tried const& tried_;
    Name key_;
    std::deque<std::string> candidates_;
    std::set<std::string> known_;
    std::map<Name, std::string> companions_;
    std::string refusal_;
};

/// The value that wins is `value`; `other` is what a way of less right says.
void try_ways(Tried const& tried, Name const& key, Ways const& ways, Search const& search,
              std::string const& value, std::string const& other) {
    Shown expected = tried.defaults();
    for (auto const& [name, set] : search.companions()) expected[name] = set;
    expected[key] = value;
    auto const arrives = [&](Given given) {
        for (auto const& [name, set] : search.companions()) given.file[name] = set;
        auto const outcome = tried.start(std::move(given));
        INFO(outcome.errors);
        CHECK(outcome.exit_code == 0);
        CHECK(outcome.shown == expected);
    };
    std::string const flag = ways.flag + "=" + plain(value);
    auto const& variables = ways.variables;
    {
        INFO("flag before variable and file");
        arrives({{flag}, {{variables.front(), plain(other)}}, {{key, other}}});
    }
    {
        INFO("variable before file");
        arrives({{}, {{variables.front(), plain(value)}}, {{key, other}}});
    }
    for (auto alias = variables.begin() + 1; alias != variables.end(); ++alias) {
        INFO("the alias " << *alias << " before the file, and after the key's own variable");
        arrives({{}, {{*alias, plain(value)}}, {{key, other}}});
        arrives({{}, {{*alias, plain(other)}, {variables.front(), plain(value)}}, {}});
    }
}

void try_key(Tried const& tried, Name const& key) {
    INFO("[" << key.first << "] " << key.second);
    auto const* const ways = tried.ways_of(key);
    REQUIRE(ways);  // --help knows each key that --print-config shows
    Search search(tried, key);
    auto const value = search.next();
    INFO("no value is taken, and the refusal helps no further: " << search.refusal());
    REQUIRE(value);
    // An empty variable says nothing, so the default cannot stand for the way of less right.
    auto const& usual = tried.defaults().at(key);
    auto const other = usual == "\"\"" ? search.next() : usual;
    REQUIRE(other);
    try_ways(tried, key, *ways, search, *value, *other);
}

/// It is shown nowhere, so what is seen here is that each way is taken or refused.
void try_secret(Tried const& tried, Ways const& ways) {
    INFO(ways.flag);
    constexpr auto canary = "c4n4ry";
    REQUIRE(ways.flag.ends_with("-file"));
    auto const flag = ways.flag.substr(0, ways.flag.size() - 5);
    for (auto const& arguments : {std::vector<std::string>{flag + "=" + canary}, {flag, canary}}) {
        auto const by_flag = tried.start({arguments, {}, {}});
        CHECK(by_flag.exit_code == 2);
        CHECK(by_flag.errors.find(flag) != std::string::npos);
        CHECK(by_flag.errors.find(canary) == std::string::npos);
    }
    std::string const file = tried.folder().write("secret", canary);
    CHECK(tried.start({{ways.flag, file}, {}, {}}).shown == tried.defaults());
    CHECK(tried.start({{ways.flag, file + ".none"}, {}, {}}).exit_code == 2);
    CHECK(tried.start({{}, {{ways.variables.front(), canary}}, {}}).shown == tried.defaults());
    CHECK(tried.start({{}, {{ways.variables.front() + "_FILE", file}}, {}}).shown == tried.defaults());
    CHECK(tried.start({{}, {{ways.variables.front() + "_FILE", file + ".none"}}, {}}).exit_code == 2);
}

void try_all(std::string const& program) {
    Tried const tried(program);
    REQUIRE(tried.defaults().size() > 15);
    std::size_t secrets = 0;
    for (auto const& [variable, ways] : tried.ways()) {
        bool const shown = std::any_of(
            tried.defaults().begin(), tried.defaults().end(),
            [&](auto const& key) { return upper(key.first.first + "_" + key.first.second) == variable; });
        if (shown) continue;
        ++secrets;
        try_secret(tried, ways);
    }
    CHECK(secrets >= 2);  // at the broker, and of the key
    for (auto const& [key, value] : tried.defaults()) try_key(tried, key);
}

}  // namespace

// One case for each, as that takes its time.
TEST_CASE("every setting of mfm2mqtt comes by flag, variable and file, in this order of precedence") {
    try_all("mfm2mqtt");
}
TEST_CASE("every setting of luxtronik2mqtt comes by flag, variable and file, in this order of precedence") {
    try_all("luxtronik2mqtt");
}
TEST_CASE(
    "every setting of mastertronic2mqtt comes by flag, variable and file, in this order of precedence") {
    try_all("mastertronic2mqtt");
}
TEST_CASE("every setting of isems2mqtt comes by flag, variable and file, in this order of precedence") {
    try_all("isems2mqtt");
}
TEST_CASE("every setting of mqtt-sink comes by flag, variable and file, in this order of precedence") {
    try_all("mqtt-sink");
}
TEST_CASE("no program with settings is left out of the cases that try every setting") {
    CHECK(std::string(PROGRAMS_WITH_SETTINGS).find(',') != std::string::npos);
    std::istringstream names(PROGRAMS_WITH_SETTINGS);
    std::string const cases =
        read_file(std::filesystem::path(SOURCE_FOLDER) / "tests/lint/settings_keys_test.cpp");
    for (std::string name; std::getline(names, name, ',');) {
        INFO(name);
        CHECK(cases.find("try_all(\"" + name + "\")") != std::string::npos);
    }
}
