// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace bridge {

enum class LogLevel { error, warn, info, debug };

enum class LogFormat {
    text,      ///< `2026-01-01T12:00:00.123Z level=warn at=session device=mains error=closed`
    json,      ///< one object a line, the same names
    journald,  ///< as text, without the time and with the `<4>` prefix that systemd's journal reads
};

/// One named value of a log line; text from outside is quoted when the line is made.
struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double> value;
};

/// Writes one line an event to standard error, with one write, so that lines of several threads never mix.
/// Copies are cheap and alike, and have one level together. Any thread.
class Log {
  public:
    explicit Log(LogLevel level = LogLevel::info, LogFormat format = LogFormat::text)
        : level_(std::make_shared<std::atomic<LogLevel>>(level)), format_(format) {}

    void set_level(LogLevel level) { level_->store(level, std::memory_order_relaxed); }

    /// `at` names the part of the program that speaks: `session`, `mqtt`, `store`.
    void error(std::string_view at, std::string_view event,
               std::initializer_list<LogField> fields = {}) const {
        write(LogLevel::error, at, event, fields);
    }
    void warn(std::string_view at, std::string_view event,
              std::initializer_list<LogField> fields = {}) const {
        write(LogLevel::warn, at, event, fields);
    }
    void info(std::string_view at, std::string_view event,
              std::initializer_list<LogField> fields = {}) const {
        write(LogLevel::info, at, event, fields);
    }
    void debug(std::string_view at, std::string_view event,
               std::initializer_list<LogField> fields = {}) const {
        write(LogLevel::debug, at, event, fields);
    }

  private:
    void write(LogLevel level, std::string_view at, std::string_view event,
               std::initializer_list<LogField> fields) const;

    std::shared_ptr<std::atomic<LogLevel>> level_;
    LogFormat format_;
};

/// The level that a word like `info` means.
[[nodiscard]] std::optional<LogLevel> log_level(std::string_view word);

/// The line that `Log` writes, line end included. `time` is unix milliseconds.
[[nodiscard]] std::string format_log_line(LogFormat format, LogLevel level, std::int64_t time,
                                          std::string_view at, std::string_view event,
                                          std::initializer_list<LogField> fields);

}  // namespace bridge
