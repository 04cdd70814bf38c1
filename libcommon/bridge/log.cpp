// SPDX-License-Identifier: MIT
#include <bridge/log.hpp>

#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>

namespace bridge {

namespace {

constexpr std::array<std::string_view, 4> level_names = {"error", "warn", "info", "debug"};
constexpr std::array<int, 4> syslog_priorities = {3, 4, 6, 7};

std::string iso_time(std::int64_t unix_ms) {
    auto const seconds = static_cast<std::time_t>(unix_ms / 1000);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(seconds), unix_ms % 1000);
}

/// As it stands where that cannot be misread, else quoted.
std::string logfmt_text(std::string_view text) {
    constexpr std::string_view plain =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+./:%@";
    bool const bare = !text.empty() && text.find_first_not_of(plain) == std::string_view::npos;
    return bare ? std::string(text) : quote(text, 1000);
}

struct LogfmtValue {
    std::string operator()(std::string_view text) const { return logfmt_text(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return fmt::format("{}", number); }
};

struct JsonValue {
    std::string operator()(std::string_view text) const { return json_string(text); }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const {
        std::string const text = format_number(number);
        return text.empty() ? "null" : text;
    }
};

}  // namespace

std::string format_log_line(LogFormat format, LogLevel level, std::int64_t time, std::string_view at,
                            std::string_view event, std::initializer_list<LogField> fields) {
    auto const index = static_cast<std::size_t>(level);
    std::string line;
    if (format == LogFormat::json) {
        line = fmt::format(R"({{"time":"{}","level":"{}","at":{},"event":{})", iso_time(time),
                           level_names[index], json_string(at), json_string(event));
        for (auto const& field : fields) {
            line += fmt::format(",{}:{}", json_string(field.name), std::visit(JsonValue{}, field.value));
        }
        return line + "}\n";
    }
    line =
        format == LogFormat::journald ? fmt::format("<{}>", syslog_priorities[index]) : iso_time(time) + " ";
    line += fmt::format("level={} at={} event={}", level_names[index], at, logfmt_text(event));
    for (auto const& field : fields) {
        line += fmt::format(" {}={}", field.name, std::visit(LogfmtValue{}, field.value));
    }
    return line + "\n";
}

std::optional<LogLevel> log_level(std::string_view word) {
    auto const found = std::ranges::find(level_names, word);
    if (found == level_names.end()) return std::nullopt;
    return static_cast<LogLevel>(found - level_names.begin());
}

void Log::write(LogLevel level, std::string_view at, std::string_view event,
                std::initializer_list<LogField> fields) const {
    if (level > level_->load(std::memory_order_relaxed)) return;
    auto const now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    std::string const line = format_log_line(format_, level, now.count(), at, event, fields);
    // A full or closed standard error must not stop the program, and there is nobody left to tell.
    (void)!::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace bridge
