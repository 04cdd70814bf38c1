// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/text.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

/// One device that a program reads: its name in topics and where it is (`/dev/ttyUSB0`, `tcp://host:port`).
struct Target {
    std::string name;
    std::string address;
    bool operator==(Target const&) const = default;
};

using Environment = std::function<std::optional<std::string>(std::string const& name)>;

/// The process environment.
[[nodiscard]] Environment process_environment();

/// Text of a setting to its value and back; the error says only what is expected (`must be a number`).
[[nodiscard]] Result<> read_setting(std::string_view text, std::string& value);
[[nodiscard]] Result<> read_setting(std::string_view text, bool& value);
[[nodiscard]] Result<> read_setting(std::string_view text, std::uint16_t& value);
[[nodiscard]] Result<> read_setting(std::string_view text, std::uint32_t& value);
[[nodiscard]] Result<> read_setting(std::string_view text, std::uint64_t& value);
[[nodiscard]] Result<> read_setting(std::string_view text, double& value);
[[nodiscard]] Result<> read_setting(std::string_view text,
                                    std::chrono::milliseconds& value);  ///< `1.5`, `200ms`, `2min`
/// As a TOML value.
[[nodiscard]] std::string show_setting(std::string const& value);
template <std::integral T>
[[nodiscard]] std::string show_setting(T value) {
    if constexpr (std::same_as<T, bool>) return value ? "true" : "false";
    return std::to_string(value);
}
[[nodiscard]] std::string show_setting(double value);
[[nodiscard]] std::string show_setting(std::chrono::milliseconds value);

/// The one table of a program's settings. Every key is declared once and is flag, variable, file key,
/// `--help` and `--print-config`. Precedence: flag, environment, file, default. A key of the program's own
/// section has the short flag (`--serial-port`, `MFM_SERIAL_PORT`, `[mfm] serial_port`), others the long
/// (`--mqtt-host`, `MQTT_HOST`, `[mqtt] host`). Lives through the start of the program, on one thread; the
/// targets it writes to must outlive it.
class Options {
  public:
    /// What the command line asks for besides running.
    enum class Mode { run, help, version, check_config, check, print_config, healthcheck };

    class Key {
      public:
        /// An older name of the variable; the key's own name beats it.
        Key& alias(std::string variable);
        /// Numbers: both ends allowed. Durations: in seconds.
        Key& range(double least, double most);
        /// Not empty: must name a file that this process can read.
        Key& readable_file();
        /// Any other rule, on the text; the error says what is expected.
        Key& check(std::function<Result<>(std::string_view)> rule);
        /// The flag alone means `true`, as with yes and no.
        Key& flag_alone_is_true();
        /// Has no flag and is never shown. Comes also from NAME_FILE, `<name>_file` and systemd's
        /// credentials.
        Key& secret();

      private:
        friend class Options;
        std::string section, name, help, flag, variable;
        std::vector<std::string> aliases;
        bool is_secret = false;
        bool is_switch = false;  ///< the flag alone means `true`
        std::vector<std::function<Result<>(std::string_view)>> rules;
        std::function<Result<>(std::string_view)> assign;
        std::function<std::string()> show;
    };

    /// `section`: the program's own, in files and as prefix of its variables (`mfm`).
    Options(std::string program, std::string section, std::string description);
    ~Options();
    Options(Options const&) = delete;
    Options& operator=(Options const&) = delete;

    template <class T>
    Key& add(std::string section, std::string name, T& target, std::string help) {
        Key& key = declare(std::move(section), std::move(name), std::move(help));
        key.is_switch = std::is_same_v<T, bool>;
        key.assign = [&target](std::string_view text) { return read_setting(text, target); };
        key.show = [&target] { return show_setting(target); };
        return key;
    }

    /// A key with a few words to choose from.
    template <class E>
    Key& add_choice(std::string section, std::string name, E& target, std::string help,
                    std::vector<std::pair<std::string, E>> choices) {
        Key& key = declare(std::move(section), std::move(name), std::move(help));
        key.assign = [&target, choices](std::string_view text) -> Result<> {
            std::string words;
            for (auto const& [word, value] : choices) {
                if (word == text) {
                    target = value;
                    return {};
                }
                words += (words.empty() ? "" : ", ") + word;
            }
            return Error{Errc::config, "must be one of " + words};
        };
        key.show = [&target, choices]() -> std::string {
            for (auto const& [word, value] : choices) {
                if (value == target) return show_setting(word);
            }
            return show_setting(std::string());
        };
        return key;
    }

    /// `name=target,name=target`, or one target without a name. With an empty `default_name` any number may
    /// be without one, and each of these is called as its address.
    Key& add_targets(std::string section, std::string name, std::vector<Target>& targets,
                     std::string default_name, std::string help);

    /// A flag of this run, in no file and no variable: `--once`.
    void add_switch(std::string name, bool& target, std::string help);
    /// The same with a value: `--once-timeout 10s`.
    void add_run_value(std::string name, std::chrono::milliseconds& target, std::string help);
    void add_run_value(std::string name, std::string& target, std::string help);

    /// A variable of an older program that has no use any more: if set, `warnings()` says so.
    void retired(std::string variable, std::string why);

    /// A rule over several keys, tried after all are read; the error is a whole sentence.
    void require(std::function<Result<>()> rule);

    /// Reads flags, environment and file, in this order of precedence. The error is a whole sentence that
    /// names the flag, the variable, or file, line and key; it never shows a secret.
    [[nodiscard]] Result<Mode> parse(std::vector<std::string> const& arguments,
                                     Environment const& environment);

    [[nodiscard]] std::vector<std::string> const& warnings() const;
    [[nodiscard]] std::string help() const;
    /// All settings in force, as a TOML file without secrets.
    [[nodiscard]] std::string to_toml() const;
    /// The same as JSON: `{"mqtt":{"host":"127.0.0.1",...},...}`.
    [[nodiscard]] std::string to_json() const;
    [[nodiscard]] std::string const& program() const;

  private:
    /// `section` of each key without a secret, with the key.
    [[nodiscard]] std::vector<std::pair<std::string, std::vector<Key const*>>> shown_sections() const;
    Key& declare(std::string section, std::string name, std::string help);

    struct Table;
    std::unique_ptr<Table> table_;
};

/// True for what may stand as one level of our topics: `[A-Za-z0-9_-]+`.
[[nodiscard]] bool is_topic_level(std::string_view text);

/// The version that `--version` prints.
[[nodiscard]] std::string_view version();

}  // namespace bridge
