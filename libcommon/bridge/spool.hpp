// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/file.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>
#include <bridge/spooled.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace bridge {

/// Readings that wait on disk while the broker is away, in files of lines that a person can read,
/// `spool.<number of the first, 20 digits>` (`spooled.hpp`). Each line stands for itself, so that a damaged
/// file costs the lines that are hit and no others. Files are only appended to; one goes when all in it is
/// released, or to make room for newer readings. A reading may be handed out again after a crash, never twice
/// in one life.
class Spool {
  public:
    struct Settings {
        std::string directory;
        std::uint64_t most_bytes = 100ULL << 20U;  ///< on disk; the oldest file goes first
        std::chrono::milliseconds most_age = std::chrono::hours(7 * 24);  ///< older readings are dropped
    };

    /// Looks at what an earlier run left. `config`: another process uses the folder.
    [[nodiscard]] static Result<Spool> open(Settings settings);

    /// Puts readings on disk, durably, and returns the number of the first. All or none of them: on an error
    /// they are not there. The numbers of `readings` have no meaning.
    [[nodiscard]] Result<std::uint64_t> append(std::vector<Spooled> const& readings);

    /// The next readings, oldest first, at most so many; those that are too old are dropped.
    [[nodiscard]] std::vector<Spooled> read(std::size_t most, Timestamp now);
    /// True if `read` would find more, too old ones included.
    [[nodiscard]] bool has_more() const { return last_read_ < last_; }
    [[nodiscard]] std::uint64_t last_read() const { return last_read_; }
    /// Everything up to this number has reached its place.
    void release(std::uint64_t number);

    /// Readings that `read` has not handed out.
    [[nodiscard]] std::uint64_t depth() const { return unread_; }
    [[nodiscard]] std::uint64_t bytes() const;
    /// Readings lost to the limits.
    [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
    /// Bytes that are no readings any more: torn by a power cut, or a disk's fault.
    [[nodiscard]] std::uint64_t damaged_bytes() const { return damaged_; }

  private:
    struct Segment {
        std::uint64_t first = 0;
        std::uint64_t last = 0;  ///< 0: nothing in it
        std::uint64_t size = 0;
        std::uint64_t readings = 0;  ///< not yet read
    };

    Spool(Settings settings, File lock) : settings_(std::move(settings)), lock_(std::move(lock)) {}

    [[nodiscard]] std::string path_of(std::uint64_t first) const;
    [[nodiscard]] Result<> look();
    [[nodiscard]] Result<> look_at(std::uint64_t first);
    [[nodiscard]] Result<> begin_segment();
    void make_room();
    void remove_oldest();

    Settings settings_;
    File lock_;
    std::deque<Segment> segments_;  ///< oldest first
    File tail_;                     ///< of the newest, open to append; only of this life
    std::uint64_t last_ = 0;        ///< highest number given
    std::uint64_t last_read_ = 0;
    std::uint64_t unread_ = 0;
    std::uint64_t dropped_ = 0;
    std::uint64_t damaged_ = 0;
    std::deque<Spooled> loaded_;  ///< of the segment that is being read
};

}  // namespace bridge
