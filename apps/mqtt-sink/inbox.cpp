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
#include <cstring>
#include <filesystem>
#include <span>

namespace sink {

namespace {

using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::File;
using bridge::Result;

constexpr std::string_view segment_prefix = "inbox.";
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
    std::uint64_t size = 0;
    for (std::uint64_t const first : segments()) {
        auto const found = highest_in(first);
        if (!found) return found.error();
        std::error_code failed;
        auto const bytes = std::filesystem::file_size(path_of(first), failed);
        if (failed) return io_error("cannot read " + bridge::quote(path_of(first)), failed.value());
        // The name of a segment must not be given again, even if nothing in it can be read.
        highest = std::max({highest, *found, bytes > segment_head_size ? first : first - 1});
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
        std::size_t done =
            read_records(piece, {.least = first, .most = UINT64_MAX, .count = SIZE_MAX}, records);
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
    if (bytes_.load(std::memory_order_relaxed) + size > settings_.most_bytes) return no_room;
    bool const fits = tail_.size + size <= settings_.segment_bytes || tail_.size == segment_head_size;
    if (!tail_.file.is_open() || !fits) {
        int const reason = begin_segment(sequence);
        if (reason != 0) return reason;
    }
    RecordHead const head = encode_record_head(message, sequence);
    std::array<Bytes, 3> const pieces = {head, bridge::as_bytes(message.topic),
                                         bridge::as_bytes(message.payload)};
    int const reason = tail_.file.write(pieces, tail_.size);
    if (reason != 0) return reason;
    tail_.size += size;
    tail_.next = sequence + 1;
    bytes_.fetch_add(size, std::memory_order_relaxed);
    appended_.store(sequence, std::memory_order_release);
    return 0;
}

int Inbox::begin_segment(std::uint64_t first) {
    std::string const path = path_of(first);
    File file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
    if (!file.is_open()) return errno;
    SegmentHead const head = encode_segment_head(id_);
    std::array<Bytes, 1> const pieces = {head};
    int const reason = file.write(pieces, 0);
    if (reason != 0) {
        ::unlink(path.c_str());
        return reason;
    }
    tail_.file = std::move(file);
    tail_.size = segment_head_size;
    bytes_.fetch_add(segment_head_size, std::memory_order_relaxed);
    return 0;
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
    records.clear();
    bool complete = false;  // nothing is added to the open segment any more
    while (records.messages.empty() && records.damaged.empty()) {
        // Taken before the bytes: what is read then is whole up to here.
        std::uint64_t const most = appended_.load(std::memory_order_acquire);
        if (head_.place.next > most) break;
        if (!head_.file.is_open() && !open_next_segment()) break;
        auto const piece = read_piece();
        if (!piece) return piece.error();
        std::uint64_t const before = head_.place.offset;
        read_from(*piece, most);
        if (head_.place.offset != before) continue;
        if (complete) {
            finish_segment(*piece);
        } else if (!has_later_segment()) {
            break;
        }
        complete = !complete;
    }
    return &records;
}

Result<Bytes> Inbox::read_piece() {
    std::span const room(head_.buffer.get(), settings_.batch_bytes);
    auto const got = head_.file.read(room, head_.place.offset);
    if (got < 0) return io_error("cannot read " + bridge::quote(path_of(head_.place.first)), errno);
    return Bytes(room).first(static_cast<std::size_t>(got));
}

/// Moves on through the piece; what was released before is left out.
void Inbox::read_from(Bytes piece, std::uint64_t most) {
    Records& records = head_.records;
    Wanted const wanted{.least = std::max(head_.place.next, head_.place.first),
                        .most = most,
                        .count = settings_.batch_messages};
    std::size_t done = read_records(piece, wanted, records);
    if (!records.messages.empty()) head_.place.next = records.messages.back().sequence + 1;
    if (done == 0 && piece.size() > largest_record) {
        done = piece.size() - largest_record;
        records.damaged.emplace_back(bridge::as_text(piece.first(std::min(done, kept_of_refused))));
    }
    head_.place.offset += done;
    std::uint64_t const released = released_.load(std::memory_order_relaxed);
    std::erase_if(records.messages, [&](Stored const& stored) { return stored.sequence <= released; });
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

void Inbox::finish_segment(Bytes rest) {
    if (!rest.empty()) {
        head_.records.damaged.emplace_back(
            bridge::as_text(rest.first(std::min(rest.size(), kept_of_refused))));
    }
    std::error_code failed;
    auto const size = std::filesystem::file_size(path_of(head_.place.first), failed);
    head_.finished.push_back({head_.place.first, head_.place.next - 1, failed ? 0 : size});
    head_.file.close();
}

void Inbox::release() {
    head_.released = head_.place;
    // Damage is told before what a start has already skipped.
    released_.store(std::max(released_.load(std::memory_order_relaxed), read_up_to()),
                    std::memory_order_relaxed);
    auto& finished = head_.finished;
    while (!finished.empty() && finished.front().last <= read_up_to()) {
        ::unlink(path_of(finished.front().first).c_str());
        bytes_.fetch_sub(finished.front().size, std::memory_order_relaxed);
        finished.pop_front();
        if (waiting_.load()) (void)::eventfd_write(room_.descriptor(), 1);  // a lost wake costs one retry_ms
    }
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
