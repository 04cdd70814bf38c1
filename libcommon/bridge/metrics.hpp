// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

/// A label's value as the exposition format has it, without the quotes.
[[nodiscard]] std::string escaped_label(std::string_view value);

/// Grows only. Any thread may add.
class Counter {
  public:
    void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

/// What it is now. Any thread may set.
class Gauge {
  public:
    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<double> value_{0};
};

/// What a device says of itself, be it a counter of its own or a measurement: shown as last set; not shown
/// before that, nor after `clear`. Any thread may set.
class Observed {
  public:
    enum class Type { counter, gauge };

    void set(double value) { value_.store(value, std::memory_order_relaxed); }
    void clear() { set(std::numeric_limits<double>::quiet_NaN()); }
    [[nodiscard]] std::optional<double> value() const {
        double const value = value_.load(std::memory_order_relaxed);
        return std::isnan(value) ? std::nullopt : std::optional(value);
    }

  private:
    std::atomic<double> value_{std::numeric_limits<double>::quiet_NaN()};
};

/// What one program counts, and its Prometheus text. Counters and gauges live as long as this object and
/// their references stay valid; asking and writing the text belong to one thread (the loop's), adding does
/// not.
class Metrics {
  public:
    using Labels = std::vector<std::pair<std::string, std::string>>;

    /// The counter of this name and labels, made at the first call. `name` ends in `_total`.
    [[nodiscard]] Counter& counter(std::string const& name, std::string const& help, Labels labels = {});
    [[nodiscard]] Gauge& gauge(std::string const& name, std::string const& help, Labels labels = {});

    /// The name is free, the type is what the device means by it.
    [[nodiscard]] Observed& observed(std::string const& name, std::string const& help, Observed::Type type,
                                     Labels labels = {});

    /// Prometheus text exposition format 0.0.4.
    [[nodiscard]] std::string text() const;

  private:
    template <class M>
    struct Family {
        std::string help;
        std::map<Labels, std::unique_ptr<M>> members;
    };
    std::map<std::string, Family<Counter>> counters_;
    std::map<std::string, Family<Gauge>> gauges_;
    std::map<std::string, Family<Observed>> observed_counters_;
    std::map<std::string, Family<Observed>> observed_gauges_;
};

}  // namespace bridge
