// SPDX-License-Identifier: MIT
#pragma once

#include "durability.hpp"
#include "segment.hpp"

#include <bridge/file.hpp>
#include <bridge/log.hpp>
#include <bridge/result.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sink {

/// A durable queue of messages in files: what `append` has taken survives what its durability says. It costs
/// one write(2) to the page cache, with `power` an fdatasync(2) too, and memory does not grow with its depth.
///
/// Segments `inbox.<sequence of their first record, or a lower one>` (`segment.hpp`) are overwritten from
/// their beginning once all their records are released: the newest in its place; of the others one is kept as
/// `spare` for the next segment, and the rest are removed. So in the long run nothing of the file system
/// changes but the bytes in its files. A start begins a new segment, so no file needs repair: what a kill
/// tore or a disk damaged is handed out as damaged bytes on reading, and never in the way.
///
/// Two threads: `append` belongs to one, `read` and `release` to another; they share atomics and the files.
/// The others are for any thread. The directory is locked against a second process.
class Inbox {
  public:
    struct Settings {
        std::string directory;
        Durability durability = Durability::process;
        std::uint64_t most_bytes = 1ULL << 30U;      ///< of all files together; at least 1 MiB
        std::uint64_t segment_bytes = 16ULL << 20U;  ///< at most a quarter of `most_bytes` is used
        std::size_t batch_bytes = 2UL << 20U;        ///< of one `read`; at least twice `largest_record`
        std::size_t batch_messages = 4096;
    };

    /// Makes the directory if need be, locks it and looks at what it holds. `config`: another process has it.
    [[nodiscard]] static bridge::Result<std::unique_ptr<Inbox>> open(Settings settings, bridge::Log log);
    ~Inbox();
    Inbox(Inbox const&) = delete;
    Inbox& operator=(Inbox const&) = delete;

    /// A random number of this inbox: sequences of different inboxes have nothing to do with each other.
    [[nodiscard]] std::uint64_t id() const { return id_; }

    /// Before the first `append` and `read`: what was released before. 0 hands out everything again.
    void resume(std::uint64_t released);

    enum class Appended {
        stored,
        stopped,  ///< not stored, and must not be acknowledged
    };
    /// Stores a message under the next sequence number. Without room (the disk's or `most_bytes`) or on a
    /// disk error it waits, however long, trying again every 200 ms and when room is made, until it is stored
    /// or `stop` was called.
    [[nodiscard]] Appended append(Message const& message);

    /// The next messages in order; empty when all are read. They view this object's memory until the next
    /// call.
    [[nodiscard]] bridge::Result<Records const*> read();
    /// The last sequence number that `read` has gone past.
    [[nodiscard]] std::uint64_t read_up_to() const { return head_.place.next - 1; }
    /// All that was read is safe elsewhere.
    void release();
    /// What was read and not released is read again.
    void rewind();

    /// Ends a wait in `append`, for good.
    void stop();

    /// True from a try of `append` that failed until the message is stored; stays so if it never is.
    [[nodiscard]] bool waiting() const { return waiting_.load(std::memory_order_relaxed); }
    /// Messages appended and not yet released.
    [[nodiscard]] std::uint64_t depth() const;
    /// Of all files.
    [[nodiscard]] std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  private:
    Inbox(Settings settings, bridge::Log log, bridge::File lock);

    /// Where the next record goes.
    struct Tail {
        bridge::File file;
        std::uint64_t offset = 0;
        std::uint64_t file_size = 0;
        std::uint64_t next = 1;  ///< sequence
        bool again = false;      ///< the next record is the first at the beginning of a file used before
        bool named = false;      ///< its name is as durable as is asked for
    };
    /// A segment that was read to its end.
    struct Finished {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
    };
    struct Place {
        std::uint64_t first = 0;  ///< of the segment
        std::uint64_t offset = 0;
        std::uint64_t next = 1;   ///< sequence
        std::uint64_t again = 0;  ///< as `again_` when the segment was last begun again
    };
    /// Where the next record comes from.
    struct Head {
        bridge::File file;
        Place place;
        Place released;  ///< where it comes from after a `rewind`
        std::unique_ptr<std::byte[]> buffer;
        Records records;
        std::deque<Finished> finished;
    };

    [[nodiscard]] std::string path_of(std::uint64_t first) const;
    [[nodiscard]] std::string spare_path() const;
    [[nodiscard]] std::vector<std::uint64_t> segments() const;
    bridge::Result<> look();
    bridge::Result<std::uint64_t> highest_in(std::uint64_t first);
    int try_append(Message const& message, std::uint64_t sequence);
    int begin_segment(std::uint64_t first, std::uint64_t record_size);
    [[nodiscard]] bool has_room_for(std::uint64_t wanted, std::uint64_t there) const;
    int grow(std::uint64_t size);
    int write(Message const& message, std::uint64_t sequence);
    int sync_directory();
    void note_size(std::uint64_t size);
    void wait_for_room();
    [[nodiscard]] Wanted wanted_now() const;
    bridge::Result<bridge::Bytes> read_piece(std::uint64_t offset);
    void take_records(bridge::Bytes piece, Wanted const& wanted);
    bridge::Result<std::optional<std::uint64_t>> find(Wanted const& wanted);
    bool has_later_segment() const;
    bool open_next_segment();
    void finish_segment(std::string_view rest);
    void remove_segment(std::uint64_t first);

    Settings settings_;
    bridge::Log log_;
    bridge::File lock_;
    bridge::File room_;  ///< an eventfd: room was made, or stop
    std::uint64_t id_ = 0;
    Tail tail_;
    Head head_;
    std::atomic<std::uint64_t> appended_{0};  ///< the highest sequence whose record is whole
    std::atomic<std::uint64_t> again_{0};     ///< the sequence with which the newest segment began again
    std::atomic<std::uint64_t> released_{0};
    std::atomic<std::uint64_t> bytes_{0};
    std::atomic<bool> waiting_{false};
    std::atomic<bool> stopping_{false};
};

}  // namespace sink
