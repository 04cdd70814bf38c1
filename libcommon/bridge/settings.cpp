// SPDX-License-Identifier: MIT
#include <bridge/settings.hpp>

#include <bridge/payload.hpp>

#include <fmt/format.h>

#include <toml++/toml.h>
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <variant>

namespace bridge {

namespace {

Error expected(std::string what) { return Error{Errc::config, "must be " + std::move(what)}; }

template <class T>
Result<> read_integer(std::string_view text, T& value) {
    auto const number = to_number<T>(text);
    if (!number) return expected(fmt::format("a whole number from 0 to {}", std::numeric_limits<T>::max()));
    value = *number;
    return {};
}

std::string replaced(std::string text, char from, char to) {
    std::replace(text.begin(), text.end(), from, to);
    return text;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

/// Old .env files quote values and write None for nothing.
std::optional<std::string> cleaned(std::optional<std::string> value) {
    if (!value) return std::nullopt;
    std::string_view text = trimmed(*value);
    if (text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'')) {
        text = text.substr(1, text.size() - 2);
    }
    if (text.empty() || text == "None") return std::nullopt;
    return std::string(text);
}

Result<std::string> read_secret_file(std::string const& path) {
    std::ifstream file(path, std::ios::binary);
    // A folder opens too; the first read tells.
    bool const empty = file.peek() == std::ifstream::traits_type::eof();
    if (!file.is_open() || file.bad()) return Error{Errc::config, fmt::format("cannot read {}", quote(path))};
    std::string text;
    if (!empty) text.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    if (text.empty()) return Error{Errc::config, fmt::format("there is nothing in {}", quote(path))};
    return text;
}

/// Edits needed to make one word of the other; for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t const above = row[j];
            row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            diagonal = above;
        }
    }
    return row[b.size()];
}

std::optional<std::string> toml_text(toml::node const& node) {
    if (auto const* text = node.as_string()) return text->get();
    if (auto const* number = node.as_integer()) return std::to_string(number->get());
    if (auto const* number = node.as_floating_point()) return format_number(number->get());
    if (auto const* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    if (auto const* list = node.as_array()) {
        std::string joined;
        for (auto const& item : *list) {
            auto const text = toml_text(item);
            if (!text) return std::nullopt;
            joined += (joined.empty() ? "" : ",") + *text;
        }
        return joined;
    }
    return std::nullopt;
}

/// The arguments as CLI11 wants them: from the back. For it, `--name=` without a value would take the next
/// flag.
std::vector<std::string> reversed(std::vector<std::string> const& arguments) {
    std::vector<std::string> out;
    for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
        bool const valueless = argument->starts_with("--") && argument->ends_with('=');
        if (valueless) out.emplace_back();
        out.push_back(valueless ? argument->substr(0, argument->size() - 1) : *argument);
    }
    return out;
}

/// A value as one place gave it: the text, and the place for the error sentence.
struct Given {
    std::string text;
    std::string place;
};

}  // namespace

Environment process_environment() {
    return [](std::string const& name) -> std::optional<std::string> {
        char const* value = std::getenv(name.c_str());
        return value ? std::optional<std::string>(value) : std::nullopt;
    };
}

Result<> read_setting(std::string_view text, std::string& value) {
    value = text;
    return {};
}

Result<> read_setting(std::string_view text, bool& value) {
    std::string const word = upper(std::string(text));
    if (word == "TRUE" || word == "YES" || word == "ON" || word == "1") {
        value = true;
    } else if (word == "FALSE" || word == "NO" || word == "OFF" || word == "0") {
        value = false;
    } else {
        return expected("true or false");
    }
    return {};
}

Result<> read_setting(std::string_view text, std::uint16_t& value) { return read_integer(text, value); }
Result<> read_setting(std::string_view text, std::uint32_t& value) { return read_integer(text, value); }
Result<> read_setting(std::string_view text, std::uint64_t& value) { return read_integer(text, value); }

Result<> read_setting(std::string_view text, double& value) {
    auto const number = to_number<double>(text);
    if (!number || !(*number - *number == 0.0)) return expected("a number");
    value = *number;
    return {};
}

Result<> read_setting(std::string_view text, std::chrono::milliseconds& value) {
    struct Unit {
        std::string_view name;
        double milliseconds;
    };
    constexpr std::array<Unit, 6> units = {
        {{"ms", 1}, {"min", 60'000}, {"s", 1000}, {"h", 3'600'000}, {"d", 86'400'000}, {"", 1000}}};
    for (auto const& unit : units) {
        if (!text.ends_with(unit.name)) continue;
        auto const number = to_number<double>(trimmed(text.substr(0, text.size() - unit.name.size())));
        if (!number || !(*number >= 0) || *number * unit.milliseconds > 1e14) break;
        value = std::chrono::milliseconds(static_cast<std::int64_t>(*number * unit.milliseconds + 0.5));
        return {};
    }
    return expected("a time in seconds, or with a unit: 500ms, 10s, 5min, 2h, 7d");
}

std::string show_setting(std::string const& value) { return json_string(value); }
std::string show_setting(double value) { return format_number(value); }
std::string show_setting(std::chrono::milliseconds value) {
    if (value.count() % 1000 == 0) return std::to_string(value.count() / 1000);
    return format_number(static_cast<double>(value.count()) / 1000.0);
}

bool is_topic_level(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

std::string_view version() { return BRIDGE_VERSION; }

// Every string-valued place that a value can come from, in order of precedence, and the keys themselves.
struct Options::Table {
    struct Switch {
        std::string name;
        bool* target;
        std::string help;
    };
    struct RunValue {
        std::string name;
        std::variant<std::chrono::milliseconds*, std::string*> target;
        std::string help;
        std::string given;
    };
    std::string program, section, description;
    std::deque<Key> keys;
    std::vector<Switch> switches;
    std::deque<RunValue> run_values;
    std::vector<std::pair<std::string, std::string>> retired;
    std::vector<std::function<Result<>()>> rules;
    std::vector<std::string> warnings;
    std::string config_file;

    // What the command line said, by key.
    std::map<Key const*, std::string> flags;
    std::map<Key const*, std::string> secret_file_flags;
    // What the file said, by "section.name"; the place has file and line.
    std::map<std::string, Given> file;

    void declare_on(CLI::App& app, std::map<std::string, bool>& modes);
    [[nodiscard]] std::string help_for(Key const& key) const;
    Result<> read_file(std::string const& path);
    [[nodiscard]] std::string unknown(std::string const& given, std::vector<std::string> const& known) const;
    [[nodiscard]] Result<> refuse_leftover(std::vector<std::string> const& words) const;
    [[nodiscard]] Result<std::optional<Given>> find(Key const& key, Environment const& environment) const;
    [[nodiscard]] Result<> apply(Key& key, Given const& given) const;
};

Options::Key& Options::Key::alias(std::string older) {
    aliases.push_back(std::move(older));
    return *this;
}

Options::Key& Options::Key::range(double least, double most) {
    return check([least, most](std::string_view text) -> Result<> {
        std::chrono::milliseconds duration{};
        auto number = to_number<double>(text);
        if (!number && read_setting(text, duration)) number = static_cast<double>(duration.count()) / 1000.0;
        if (number && *number >= least && *number <= most) return {};
        return expected(fmt::format("from {} to {}", least, most));
    });
}

Options::Key& Options::Key::readable_file() {
    return check([](std::string_view text) -> Result<> {
        std::error_code unknown;
        bool const folder = std::filesystem::is_directory(text, unknown);
        if (text.empty() || (!folder && std::ifstream(std::string(text)))) return {};
        return Error{Errc::config, "names a file that cannot be read"};
    });
}

Options::Key& Options::Key::check(std::function<Result<>(std::string_view)> rule) {
    rules.push_back(std::move(rule));
    return *this;
}

Options::Key& Options::Key::flag_alone_is_true() {
    is_switch = true;
    return *this;
}

Options::Key& Options::Key::secret() {
    is_secret = true;
    return *this;
}

Options::Options(std::string program, std::string section, std::string description)
    : table_(std::make_unique<Table>()) {
    table_->program = std::move(program);
    table_->section = std::move(section);
    table_->description = std::move(description);
}

Options::~Options() = default;

Options::Key& Options::declare(std::string section, std::string name, std::string help) {
    Key& key = table_->keys.emplace_back();
    key.section = std::move(section);
    key.name = std::move(name);
    key.help = std::move(help);
    bool const own = key.section == table_->section;
    key.flag = "--" + replaced((own ? "" : key.section + "-") + key.name, '_', '-');
    key.variable = upper(key.section + "_" + key.name);
    return key;
}

Options::Key& Options::add_targets(std::string section, std::string name, std::vector<Target>& targets,
                                   std::string default_name, std::string help) {
    Key& key = declare(std::move(section), std::move(name), std::move(help));
    key.assign = [&targets, default_name](std::string_view text) -> Result<> {
        std::vector<Target> found;
        for (std::size_t start = 0; start <= text.size();) {
            auto const comma = std::min(text.find(',', start), text.size());
            auto const item = trimmed(text.substr(start, comma - start));
            start = comma + 1;
            if (item.empty()) continue;
            auto const equals = item.find('=');
            bool const named =
                equals != std::string_view::npos && is_topic_level(trimmed(item.substr(0, equals)));
            Target target{named ? std::string(trimmed(item.substr(0, equals))) : default_name,
                          std::string(trimmed(named ? item.substr(equals + 1) : item))};
            if (target.name.empty()) target.name = target.address;
            if (target.address.empty())
                return expected("name=target,name=target with a target for each name");
            if (target.name == "bridge" && target.name != target.address)
                return Error{Errc::config, "must not name a device bridge: topics use that"};
            bool const taken = std::any_of(found.begin(), found.end(),
                                           [&](Target const& other) { return other.name == target.name; });
            if (taken)
                return expected("a list with a different name for each device; " + target.name +
                                " is there twice");
            found.push_back(std::move(target));
        }
        targets = std::move(found);
        return {};
    };
    key.show = [&targets] {
        std::string joined;
        for (auto const& target : targets)
            joined += (joined.empty() ? "" : ",") + (target.name == target.address ? "" : target.name + "=") +
                      target.address;
        return show_setting(joined);
    };
    return key;
}

void Options::add_switch(std::string name, bool& target, std::string help) {
    table_->switches.push_back({std::move(name), &target, std::move(help)});
}

void Options::add_run_value(std::string name, std::chrono::milliseconds& target, std::string help) {
    table_->run_values.push_back({std::move(name), &target, std::move(help), {}});
}

void Options::add_run_value(std::string name, std::string& target, std::string help) {
    table_->run_values.push_back({std::move(name), &target, std::move(help), {}});
}

void Options::retired(std::string variable, std::string why) {
    table_->retired.emplace_back(std::move(variable), std::move(why));
}

void Options::require(std::function<Result<>()> rule) { table_->rules.push_back(std::move(rule)); }

std::vector<std::string> const& Options::warnings() const { return table_->warnings; }
std::string const& Options::program() const { return table_->program; }

std::string Options::Table::help_for(Key const& key) const {
    std::string text = key.help + " [" + key.variable;
    for (auto const& alias : key.aliases) text += ", " + alias;
    std::string const shown = key.show();
    return text + (shown == "\"\"" ? "]" : "; default " + shown + "]");
}

void Options::Table::declare_on(CLI::App& app, std::map<std::string, bool>& modes) {
    app.set_help_flag("");
    app.add_option("--config", config_file, "settings file (TOML) [CONFIG]")->group("Run");
    for (auto const& [mode, help] : std::initializer_list<std::pair<char const*, char const*>>{
             {"help", "show this and end"},
             {"version", "show the version and end"},
             {"check-config", "check the settings and end"},
             {"check", "try what the settings name once, say what was found, and end"},
             {"print-config", "show the settings in force, without secrets, and end"},
             {"healthcheck", "ask the running program whether it makes progress: 0 or 1"}}) {
        app.add_flag(std::string("--") + mode, modes[mode], help)->group("Run");
    }
    for (auto const& item : switches) app.add_flag("--" + item.name, *item.target, item.help)->group("Run");
    for (auto& item : run_values) {
        auto const* const time = std::get_if<std::chrono::milliseconds*>(&item.target);
        auto const given = time ? " [default " + show_setting(**time) + "]" : "";
        app.add_option("--" + item.name, item.given, item.help + given)->group("Run");
    }
    for (auto const& key : keys) {
        std::string const group = "[" + key.section + "]";
        Key const* const id = &key;
        if (key.is_secret) {
            app.add_option_function<std::string>(
                   key.flag + "-file", [this, id](std::string const& path) { secret_file_flags[id] = path; },
                   "file that holds: " + key.help + " [" + key.variable + ", " + key.variable + "_FILE]")
                ->group(group);
            continue;
        }
        auto* const option = app.add_option_function<std::string>(
            key.flag, [this, id](std::string const& text) { flags[id] = text; }, help_for(key));
        option->group(group);
        if (key.is_switch) option->expected(0, 1)->default_str("true");
    }
}

std::string Options::Table::unknown(std::string const& given, std::vector<std::string> const& known) const {
    auto const nearest = std::min_element(known.begin(), known.end(), [&](auto const& a, auto const& b) {
        return distance(given, a) < distance(given, b);
    });
    if (nearest == known.end() || distance(given, *nearest) > 1 + given.size() / 3) return {};
    return fmt::format("; did you mean {}?", *nearest);
}

Result<> Options::Table::refuse_leftover(std::vector<std::string> const& words) const {
    if (words.empty()) return {};
    std::vector<std::string> known;
    for (auto const& key : keys) {
        known.push_back(key.is_secret ? key.flag + "-file" : key.flag);
        if (key.is_secret && words.front().substr(0, words.front().find('=')) == key.flag) {
            return Error{Errc::config, fmt::format("{} is a secret and has no flag: set {} or {}_FILE",
                                                   key.flag, key.variable, key.variable)};
        }
    }
    auto const flag = words.front().substr(0, words.front().find('='));
    if (!flag.starts_with("-"))
        return Error{Errc::config, "a word that belongs to no flag (--help shows all flags)"};
    return Error{Errc::config,
                 fmt::format("unknown flag {}{} (--help shows all flags)", flag, unknown(flag, known))};
}

Result<> Options::Table::read_file(std::string const& path) {
    toml::table document;
    try {
        document = toml::parse_file(path);
    } catch (toml::parse_error const& error) {
        auto const line = error.source().begin.line;
        if (line == 0) return Error{Errc::config, fmt::format("{}: cannot be read", path)};
        return Error{Errc::config, fmt::format("{}:{}: {}", path, line, error.description())};
    }
    std::vector<std::string> sections;
    for (auto const& key : keys) sections.push_back(key.section);
    for (auto const& [section_key, section_node] : document) {
        std::string const name(section_key.str());
        auto const line = section_node.source().begin.line;
        auto const* const table = section_node.as_table();
        if (!table) {
            return Error{Errc::config,
                         fmt::format("{}:{}: unknown key {} outside any [section]", path, line, name)};
        }
        std::vector<std::string> known;
        for (auto const& key : keys) {
            if (key.section != name) continue;
            known.push_back(key.name);
            if (key.is_secret) known.push_back(key.name + "_file");
        }
        if (known.empty()) {
            return Error{Errc::config, fmt::format("{}:{}: unknown section [{}]{}", path, line, name,
                                                   unknown(name, sections))};
        }
        for (auto const& [value_key, value_node] : *table) {
            std::string const item(value_key.str());
            std::string const place =
                fmt::format("{}:{}: [{}] {}", path, value_node.source().begin.line, name, item);
            if (std::find(known.begin(), known.end(), item) == known.end()) {
                return Error{Errc::config,
                             fmt::format("{}:{}: unknown key {} in [{}]{}", path,
                                         value_node.source().begin.line, item, name, unknown(item, known))};
            }
            auto text = toml_text(value_node);
            if (!text) return Error{Errc::config, place + " must be a text, a number, true or false"};
            file[name + "." + item] = Given{std::move(*text), place};
        }
    }
    return {};
}

Result<std::optional<Given>> Options::Table::find(Key const& key, Environment const& environment) const {
    auto const from_file = [](std::string const& path,
                              std::string const& place) -> Result<std::optional<Given>> {
        auto text = read_secret_file(path);
        if (!text) return Error{Errc::config, place + ": " + text.error().detail};
        return std::optional<Given>(Given{std::move(*text), place});
    };
    if (auto const flag = flags.find(&key); flag != flags.end())
        return std::optional(Given{flag->second, key.flag});
    if (auto const flag = secret_file_flags.find(&key); flag != secret_file_flags.end()) {
        return from_file(flag->second, key.flag + "-file");
    }
    std::vector<std::string> variables = {key.variable};
    variables.insert(variables.end(), key.aliases.begin(), key.aliases.end());
    for (auto const& variable : variables) {
        if (auto const value = cleaned(environment(variable))) return std::optional(Given{*value, variable});
    }
    if (key.is_secret) {
        if (auto const path = cleaned(environment(key.variable + "_FILE"))) {
            return from_file(*path, key.variable + "_FILE");
        }
        if (auto const directory = cleaned(environment("CREDENTIALS_DIRECTORY"))) {
            std::string const path = *directory + "/" + key.section + "_" + key.name;
            if (std::ifstream(path)) return from_file(path, "CREDENTIALS_DIRECTORY");
        }
    }
    std::string const file_key = key.section + "." + key.name;
    if (auto const given = file.find(file_key); given != file.end()) return std::optional(given->second);
    if (auto const given = file.find(file_key + "_file"); key.is_secret && given != file.end()) {
        return from_file(given->second.text, given->second.place);
    }
    return std::optional<Given>();
}

Result<> Options::Table::apply(Key& key, Given const& given) const {
    auto const refused = [&](Error const& error) {
        std::string const shown = key.is_secret ? "" : " = " + quote(given.text);
        return Error{Errc::config, given.place + shown + ": " + error.detail};
    };
    auto const assigned = key.assign(given.text);
    if (!assigned) return refused(assigned.error());
    for (auto const& rule : key.rules) {
        auto const passed = rule(given.text);
        if (!passed) return refused(passed.error());
    }
    return {};
}

Result<Options::Mode> Options::parse(std::vector<std::string> const& arguments,
                                     Environment const& environment) {
    CLI::App app(table_->description, table_->program);
    std::map<std::string, bool> modes;
    table_->declare_on(app, modes);
    // What no key knows is told by us: CLI11 would repeat all of it, a secret in the wrong place too.
    app.allow_extras();
    try {
        app.parse(reversed(arguments));
    } catch (CLI::ParseError const& error) {
        return Error{Errc::config, std::string(error.what()) + " (--help shows all settings)"};
    }
    if (auto const leftover = table_->refuse_leftover(app.remaining()); !leftover) return leftover.error();
    if (modes["help"]) return Mode::help;
    if (modes["version"]) return Mode::version;
    if (table_->config_file.empty()) table_->config_file = cleaned(environment("CONFIG")).value_or("");
    if (!table_->config_file.empty()) {
        auto const read = table_->read_file(table_->config_file);
        if (!read) return read.error();
    }
    for (auto& key : table_->keys) {
        auto const given = table_->find(key, environment);
        if (!given) return given.error();
        if (!*given) continue;
        auto const applied = table_->apply(key, **given);
        if (!applied) return applied.error();
    }
    for (auto const& item : table_->run_values) {
        auto const assign = [&item](auto* target) { return read_setting(item.given, *target); };
        auto const read = item.given.empty() ? Result<>{} : std::visit(assign, item.target);
        if (!read)
            return Error{Errc::config,
                         fmt::format("--{} = {}: {}", item.name, quote(item.given), read.error().detail)};
    }
    for (auto const& rule : table_->rules) {
        auto const passed = rule();
        if (!passed) return passed.error();
    }
    for (auto const& [variable, why] : table_->retired) {
        if (cleaned(environment(variable))) table_->warnings.push_back(variable + " has no effect: " + why);
    }
    if (modes["healthcheck"]) return Mode::healthcheck;
    if (modes["print-config"]) return Mode::print_config;
    if (modes["check-config"]) return Mode::check_config;
    if (modes["check"]) return Mode::check;
    return Mode::run;
}

std::string Options::help() const {
    CLI::App app(table_->description, table_->program);
    std::map<std::string, bool> modes;
    table_->declare_on(app, modes);
    app.get_formatter()->column_width(34);
    return app.help();
}

std::vector<std::pair<std::string, std::vector<Options::Key const*>>> Options::shown_sections() const {
    std::vector<std::pair<std::string, std::vector<Key const*>>> sections;
    for (auto const& key : table_->keys) {
        if (key.is_secret) continue;
        auto found =
            std::ranges::find(sections, key.section, [](auto const& section) { return section.first; });
        if (found == sections.end()) found = sections.insert(found, {key.section, {}});
        found->second.push_back(&key);
    }
    return sections;
}

std::string Options::to_toml() const {
    std::string text;
    for (auto const& [section, keys] : shown_sections()) {
        text += (text.empty() ? "[" : "\n[") + section + "]\n";
        for (auto const* const key : keys) text += key->name + " = " + key->show() + "\n";
    }
    return text;
}

std::string Options::to_json() const {
    std::string text;
    for (auto const& [section, keys] : shown_sections()) {
        text += fmt::format("{}{}:{{", text.empty() ? "" : ",", json_string(section));
        for (auto const* const key : keys) {
            text +=
                fmt::format("{}{}:{}", key == keys.front() ? "" : ",", json_string(key->name), key->show());
        }
        text += "}";
    }
    return "{" + text + "}";
}

}  // namespace bridge
