// SPDX-License-Identifier: MIT
#include "inbox.hpp"

#include <bridge/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <span>
#include <utility>

namespace sink {

namespace {

using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::File;
using bridge::Result;

constexpr std::string_view segment_prefix = "inbox.";
/// By so much a file grows at once where it is synced.
constexpr std::uint64_t growth = 256UL * 1024;
constexpr int retry_ms = 200;
constexpr int no_room = -1;  ///< beside errno values: `most_bytes` is reached

Error io_error(std::string const& what, int reason) {
    return Error{Errc::io, fmt::format("{}: {}", what, std::strerror(reason))};
}

std::string describe(int reason) {
    return reason == no_room ? "the inbox has reached its limit" : std::strerror(reason);
}

std::uint64_t random_number() {
    std::uint64_t number = 0;
    (void)!::getentropy(&number, sizeof number);  // cannot fail for so few bytes
    return number | 1U;
}

/// 0 where there is no such file.
std::uint64_t size_of(std::string const& path) {
    std::error_code failed;
    auto const size = std::filesystem::file_size(path, failed);
    return failed ? 0 : size;
}

}  // namespace

Inbox::Inbox(Settings settings, bridge::Log log, File lock)
    : settings_(std::move(settings)),
      log_(log),
      lock_(std::move(lock)),
      room_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    settings_.segment_bytes = std::min(settings_.segment_bytes, settings_.most_bytes / 4);
    // Not cleared: memory that is never read into is never taken from the system.
    head_.buffer = std::make_unique_for_overwrite<std::byte[]>(settings_.batch_bytes);
}

Inbox::~Inbox() = default;

Result<std::unique_ptr<Inbox>> Inbox::open(Settings settings, bridge::Log log) {
    std::error_code failed;
    std::filesystem::create_directories(settings.directory, failed);
    if (failed) return io_error("cannot make " + bridge::quote(settings.directory), failed.value());
    std::string const lock_path = settings.directory + "/lock";
    File lock = File::open(lock_path, O_RDWR | O_CREAT);
    if (!lock.is_open()) return io_error("cannot open " + bridge::quote(lock_path), errno);
    if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
        return Error{Errc::config, "another mqtt-sink uses " + bridge::quote(settings.directory)};
    }
    std::unique_ptr<Inbox> inbox(new Inbox(std::move(settings), log, std::move(lock)));
    auto const looked = inbox->look();
    if (!looked) return looked.error();
    return inbox;
}

std::string Inbox::path_of(std::uint64_t first) const {
    return fmt::format("{}/{}{:020}", settings_.directory, segment_prefix, first);
}

std::string Inbox::spare_path() const { return settings_.directory + "/spare"; }

/// The first sequences of all segments there are, ascending.
std::vector<std::uint64_t> Inbox::segments() const {
    std::vector<std::uint64_t> found;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(settings_.directory, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::string const name = entry->path().filename().string();
        if (!name.starts_with(segment_prefix)) continue;
        auto const first = bridge::to_number<std::uint64_t>(name.substr(segment_prefix.size()));
        if (first) found.push_back(*first);
    }
    std::ranges::sort(found);
    return found;
}

/// Finds the inbox's number, its size and the highest sequence in it.
Result<> Inbox::look() {
    std::uint64_t highest = 0;
    std::uint64_t size = size_of(spare_path());
    for (std::uint64_t const first : segments()) {
        auto const found = highest_in(first);
        if (!found) return found.error();
        auto const bytes = size_of(path_of(first));
        // The name of a segment must not be given again, even if what is in it cannot be read.
        bool const empty = bytes <= segment_head_size + end_mark.size();
        highest = std::max({highest, *found, empty ? first - 1 : first});
        size += bytes;
    }
    if (id_ == 0) id_ = random_number();
    appended_.store(highest);
    tail_.next = highest + 1;
    bytes_.store(size);
    return {};
}

Result<std::uint64_t> Inbox::highest_in(std::uint64_t first) {
    File const file = File::open(path_of(first), O_RDONLY);
    if (!file.is_open()) return io_error("cannot read " + bridge::quote(path_of(first)), errno);
    SegmentHead head{};
    if (file.read(head, 0) == std::ssize(head)) id_ = decode_segment_head(head).value_or(id_);
    std::uint64_t highest = 0;
    std::uint64_t offset = segment_head_size;
    for (;;) {
        std::span const room(head_.buffer.get(), settings_.batch_bytes);
        auto const got = file.read(room, offset);
        if (got < 0) return io_error("cannot read " + bridge::quote(path_of(first)), errno);
        auto const piece = Bytes(room).first(static_cast<std::size_t>(got));
        Records records;
        std::size_t done = read_records(piece, {std::max(first, highest + 1), UINT64_MAX, SIZE_MAX}, records);
        if (!records.messages.empty()) highest = records.messages.back().sequence;
        if (done == 0 && piece.size() > largest_record) done = piece.size() - largest_record;
        if (done == 0) return highest;
        offset += done;
    }
}

void Inbox::resume(std::uint64_t released) {
    // Sequences that the store knows and the files do not went with a power cut: they are not given again.
    std::uint64_t const highest = std::max(appended_.load(), released);
    appended_.store(highest);
    released_.store(released);
    tail_.next = highest + 1;
}

Inbox::Appended Inbox::append(Message const& message) {
    Message kept = message;
    if (kept.payload.size() > largest_payload) kept.payload = kept.payload.substr(0, kept_of_refused);
    int reason = try_append(kept, tail_.next);
    if (reason == 0) return Appended::stored;
    waiting_.store(true);
    int said = 0;
    while (reason != 0) {
        if (reason != said) {
            log_.error("inbox", "waiting", {{"error", describe(reason)}, {"directory", settings_.directory}});
        }
        said = reason;
        if (stopping_.load()) return Appended::stopped;
        wait_for_room();
        reason = try_append(kept, tail_.next);
    }
    waiting_.store(false);
    log_.info("inbox", "going_on", {{"directory", settings_.directory}});
    return Appended::stored;
}

int Inbox::try_append(Message const& message, std::uint64_t sequence) {
    std::uint64_t const size = record_head_size + message.topic.size() + message.payload.size();
    // Nothing is read any more from a file whose records are all released.
    bool const unused = tail_.offset == segment_head_size;
    if (tail_.file.is_open() && !unused && released_.load(std::memory_order_acquire) + 1 == sequence) {
        tail_.offset = segment_head_size;
        tail_.again = true;
    }
    bool const fits = tail_.offset + size <= settings_.segment_bytes || tail_.offset == segment_head_size;
    int reason = tail_.file.is_open() && fits ? 0 : begin_segment(sequence, size);
    if (reason == 0) reason = grow(tail_.offset + size + end_mark.size());
    if (reason == 0) reason = write(message, sequence);
    if (reason != 0) return reason;
    if (std::exchange(tail_.again, false)) again_.store(sequence, std::memory_order_relaxed);
    tail_.offset += size;
    tail_.next = sequence + 1;
    appended_.store(sequence, std::memory_order_release);
    return 0;
}

int Inbox::begin_segment(std::uint64_t first, std::uint64_t record_size) {
    File file = File::open(spare_path(), O_RDWR | O_CREAT);
    if (!file.is_open()) return errno;
    // Only here is it given another name, so this is the size of that file.
    std::uint64_t const there = size_of(spare_path());
    if (!has_room_for(segment_head_size + record_size + end_mark.size(), there)) return no_room;
    SegmentHead const head = encode_segment_head(id_);
    std::array<Bytes, 2> const pieces = {head, bridge::as_bytes(end_mark)};
    int reason = file.write(pieces, 0);
    // It has its name when there is nothing in it that could be taken for a record of this place. An empty
    // one of the same name may be left from a kill.
    std::uint64_t const replaced = size_of(path_of(first));
    if (reason == 0 && ::rename(spare_path().c_str(), path_of(first).c_str()) != 0) reason = errno;
    if (reason != 0) {
        bytes_.fetch_sub(there, std::memory_order_relaxed);
        ::unlink(spare_path().c_str());
        return reason;
    }
    bytes_.fetch_sub(replaced, std::memory_order_relaxed);
    tail_.file = std::move(file);
    tail_.offset = segment_head_size;
    tail_.file_size = there;
    tail_.again = false;
    tail_.named = settings_.durability == Durability::process;
    note_size(std::max(there, segment_head_size + end_mark.size()));
    return 0;
}

bool Inbox::has_room_for(std::uint64_t wanted, std::uint64_t there) const {
    return wanted <= there ||
           bytes_.load(std::memory_order_relaxed) + (wanted - there) <= settings_.most_bytes;
}

/// Where a record is synced, it is written over bytes that are there already: what a file system has to note
/// of a file that grows would have to be synced too.
int Inbox::grow(std::uint64_t size) {
    if (!has_room_for(size, tail_.file_size)) return no_room;
    if (settings_.durability == Durability::process || size <= tail_.file_size) return 0;
    std::uint64_t const step = std::min(tail_.file_size + growth, settings_.segment_bytes);
    std::vector<std::byte> const zeros(std::max(step, size) - tail_.file_size);
    std::array<Bytes, 1> const pieces = {zeros};
    int const reason = tail_.file.write(pieces, tail_.file_size);
    if (reason == 0) note_size(tail_.file_size + zeros.size());
    return reason;
}

int Inbox::write(Message const& message, std::uint64_t sequence) {
    RecordHead const head = encode_record_head(message, sequence);
    std::array<Bytes, 4> const pieces = {head, bridge::as_bytes(message.topic),
                                         bridge::as_bytes(message.payload), bridge::as_bytes(end_mark)};
    int const reason = tail_.file.write(pieces, tail_.offset);
    if (reason != 0) {
        note_size(std::min(tail_.file_size, tail_.offset));
        return reason;
    }
    std::uint64_t const end =
        tail_.offset + head.size() + message.topic.size() + message.payload.size() + end_mark.size();
    note_size(std::max(tail_.file_size, end));
    if (settings_.durability == Durability::process) return 0;
    if (::fdatasync(tail_.file.descriptor()) != 0) return errno;
    return std::exchange(tail_.named, true) ? 0 : sync_directory();
}

int Inbox::sync_directory() {
    File const directory = File::open(settings_.directory, O_RDONLY | O_DIRECTORY);
    if (directory.is_open() && ::fsync(directory.descriptor()) == 0) return 0;
    tail_.named = false;
    return errno;
}

void Inbox::note_size(std::uint64_t size) {
    bytes_.fetch_add(size - tail_.file_size, std::memory_order_relaxed);
    tail_.file_size = size;
}

void Inbox::wait_for_room() {
    pollfd room{room_.descriptor(), POLLIN, 0};
    // Room may have been made unheard since the try that failed, and a disk says nothing: hence also the
    // time.
    (void)::poll(&room, 1, retry_ms);
    std::uint64_t times = 0;
    (void)!::read(room_.descriptor(), &times, sizeof times);  // nothing there: the time is over
}

Result<Records const*> Inbox::read() {
    Records& records = head_.records;
    Place& place = head_.place;
    records.clear();
    while (records.messages.empty() && records.damaged.empty()) {
        // Taken before the bytes: what is read then is whole up to here.
        Wanted const wanted = wanted_now();
        if (wanted.least > wanted.most) break;
        std::uint64_t const again = again_.load(std::memory_order_relaxed);
        if (place.next == again && std::exchange(place.again, again) != again)
            place.offset = segment_head_size;
        if (!head_.file.is_open() && !open_next_segment()) break;
        auto const piece = read_piece(place.offset);
        if (!piece) return piece.error();
        std::uint64_t const before = place.offset;
        take_records(*piece, wanted);
        if (place.offset != before) continue;
        std::string const rest(bridge::as_text(piece->first(std::min(piece->size(), kept_of_refused))));
        // Asked first: into a segment that has a later one nothing comes any more.
        bool const later = has_later_segment();
        auto const found = find(wanted_now());
        if (!found) return found.error();
        if (*found) {
            records.damaged.push_back(rest.substr(0, **found - place.offset));
            place.offset = **found;
        } else if (later) {
            finish_segment(rest);
        } else {
            break;
        }
    }
    return &records;
}

Wanted Inbox::wanted_now() const {
    return {.least = std::max(head_.place.next, head_.place.first),
            .most = appended_.load(std::memory_order_acquire),
            .count = settings_.batch_messages};
}

Result<Bytes> Inbox::read_piece(std::uint64_t offset) {
    std::span const room(head_.buffer.get(), settings_.batch_bytes);
    auto const got = head_.file.read(room, offset);
    if (got < 0) return io_error("cannot read " + bridge::quote(path_of(head_.place.first)), errno);
    return Bytes(room).first(static_cast<std::size_t>(got));
}

/// Moves on through the piece; what was released before is left out.
void Inbox::take_records(Bytes piece, Wanted const& wanted) {
    Records& records = head_.records;
    head_.place.offset += read_records(piece, wanted, records);
    if (!records.messages.empty()) head_.place.next = records.messages.back().sequence + 1;
    std::uint64_t const released = released_.load(std::memory_order_relaxed);
    std::erase_if(records.messages, [&](Stored const& stored) { return stored.sequence <= released; });
}

/// Where the next record of this segment begins, behind bytes that are none.
Result<std::optional<std::uint64_t>> Inbox::find(Wanted const& wanted) {
    for (std::uint64_t offset = head_.place.offset;;) {
        auto const piece = read_piece(offset);
        if (!piece) return piece.error();
        std::size_t const at = find_record(*piece, wanted);
        if (at < piece->size()) return std::optional(offset + at);
        if (piece->size() < settings_.batch_bytes) return std::optional<std::uint64_t>();
        offset += piece->size() - largest_record;
    }
}

bool Inbox::has_later_segment() const {
    auto const all = segments();
    return !all.empty() && all.back() > head_.place.first;
}

bool Inbox::open_next_segment() {
    for (std::uint64_t const first : segments()) {
        if (first <= head_.place.first) continue;
        head_.file = File::open(path_of(first), O_RDONLY);
        head_.place.first = first;
        head_.place.offset = segment_head_size;
        return head_.file.is_open();
    }
    return false;
}

void Inbox::finish_segment(std::string_view rest) {
    std::size_t const damaged = damaged_at_end(bridge::as_bytes(rest));
    if (damaged > 0) head_.records.damaged.emplace_back(rest.substr(0, damaged));
    head_.finished.push_back({head_.place.first, head_.place.next - 1});
    head_.file.close();
}

void Inbox::release() {
    head_.released = head_.place;
    // Damage is told before what a start has already skipped.
    released_.store(std::max(released_.load(std::memory_order_relaxed), read_up_to()),
                    std::memory_order_release);
    auto& finished = head_.finished;
    for (; !finished.empty() && finished.front().last <= read_up_to(); finished.pop_front())
        remove_segment(finished.front().first);
    // A lost wake costs one retry_ms.
    if (waiting_.load()) (void)::eventfd_write(room_.descriptor(), 1);
}

void Inbox::remove_segment(std::uint64_t first) {
    std::string const path = path_of(first);
    if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, spare_path().c_str(), RENAME_NOREPLACE) == 0) return;
    std::uint64_t const size = size_of(path);
    if (::unlink(path.c_str()) == 0) bytes_.fetch_sub(size, std::memory_order_relaxed);
}

void Inbox::rewind() {
    head_.place = head_.released;
    head_.finished.clear();
    // A segment that was released to its end is not there any more: then the next one follows.
    head_.file = File::open(path_of(head_.place.first), O_RDONLY);
}

void Inbox::stop() {
    stopping_.store(true);
    (void)::eventfd_write(room_.descriptor(), 1);  // a lost wake costs one retry_ms
}

std::uint64_t Inbox::depth() const {
    std::uint64_t const released = released_.load(std::memory_order_relaxed);
    std::uint64_t const appended = appended_.load(std::memory_order_relaxed);
    return appended > released ? appended - released : 0;
}

}  // namespace sink
