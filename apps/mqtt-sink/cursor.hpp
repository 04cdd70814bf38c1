// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <set>

namespace sink {

/// How far an output is, in numbers of arrival.
///
/// What a server has taken it may still lose when it is killed (VictoriaMetrics keeps the last seconds in
/// memory). So a row is safe there only once the server has answered again `doubt` after it took the row,
/// with no fault in between. What is saved is what is safe; after a fault and after a start the output goes
/// on from there, and some rows are given twice. Pure.
class Cursor {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::chrono::seconds doubt{10};

    Cursor(std::int64_t saved, Time now)
        : saved_(saved), safe_(saved), taken_before_(saved), taken_(saved), since_(now) {}

    /// Rows after this are to be given next.
    [[nodiscard]] std::int64_t taken() const { return taken_; }
    [[nodiscard]] std::int64_t safe() const { return safe_; }
    [[nodiscard]] bool has_news() const { return safe_ != saved_; }
    /// There are rows that are not safe, or not saved as safe.
    [[nodiscard]] bool in_doubt() const { return saved_ != taken_; }
    /// When an answer of the server makes rows safe.
    [[nodiscard]] Time doubt_ends() const { return since_ + doubt; }

    /// The server took everything up to this number, or refused it for good.
    void take(std::int64_t up_to) { taken_ = up_to; }
    /// The server answers, and there was no fault since the last call.
    void confirm(Time now);
    /// The server was away: what it took lately is given again.
    void go_back(Time now);
    void save() { saved_ = safe_; }

    /// A row that was refused and set aside is not given again.
    void leave_out(std::int64_t row) { refused_.insert(row); }
    [[nodiscard]] bool leaves_out(std::int64_t row) const { return refused_.contains(row); }

  private:
    std::int64_t saved_;
    std::int64_t safe_;
    std::int64_t taken_before_;  ///< was taken at `since_`
    std::int64_t taken_;
    Time since_;
    std::set<std::int64_t> refused_;  ///< above `safe_`
};

}  // namespace sink
