// SPDX-License-Identifier: MIT
#include <bridge/spool.hpp>

#include <bridge/bytes.hpp>
#include <bridge/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace bridge {

namespace {

constexpr std::string_view segment_prefix = "spool.";
constexpr std::uint64_t largest_segment = 1ULL << 20U;

Error io_error(std::string const& what, int reason) {
    return Error{Errc::io, fmt::format("{}: {}", what, std::strerror(reason))};
}

Result<std::string> contents_of(std::string const& path) {
    File const file = File::open(path, O_RDONLY);
    if (!file.is_open()) return io_error("cannot read " + quote(path), errno);
    std::string text;
    std::error_code failed;
    text.resize(std::filesystem::file_size(path, failed));
    auto const got = failed ? -1 : file.read(std::as_writable_bytes(std::span(text)), 0);
    if (got < 0) return io_error("cannot read " + quote(path), failed ? failed.value() : errno);
    text.resize(static_cast<std::size_t>(got));
    return text;
}

struct Contents {
    std::deque<Spooled> readings;
    std::uint64_t damaged = 0;  ///< bytes
};

Contents parse(std::string_view text) {
    Contents contents;
    while (!text.empty()) {
        auto const end = text.find('\n');
        auto const line = text.substr(0, end);
        auto reading = end == std::string_view::npos ? std::nullopt : parse_spool_line(line);
        std::size_t const size = std::min(line.size() + 1, text.size());
        text.remove_prefix(size);
        if (reading) {
            contents.readings.push_back(std::move(*reading));
        } else {
            contents.damaged += size;
        }
    }
    return contents;
}

}  // namespace

Result<Spool> Spool::open(Settings settings) {
    std::error_code failed;
    std::filesystem::create_directories(settings.directory, failed);
    if (failed) return io_error("cannot make " + quote(settings.directory), failed.value());
    std::string const lock_path = settings.directory + "/lock";
    File lock = File::open(lock_path, O_RDWR | O_CREAT);
    if (!lock.is_open()) return io_error("cannot open " + quote(lock_path), errno);
    if (::flock(lock.descriptor(), LOCK_EX | LOCK_NB) != 0) {
        return Error{Errc::config, "another instance uses " + quote(settings.directory)};
    }
    Spool spool(std::move(settings), std::move(lock));
    auto const looked = spool.look();
    if (!looked) return looked.error();
    return spool;
}

std::string Spool::path_of(std::uint64_t first) const {
    return fmt::format("{}/{}{:020}", settings_.directory, segment_prefix, first);
}

Result<> Spool::look() {
    std::vector<std::uint64_t> found;
    std::error_code failed;
    for (std::filesystem::directory_iterator entry(settings_.directory, failed), end; !failed && entry != end;
         entry.increment(failed)) {
        std::string const name = entry->path().filename().string();
        if (!name.starts_with(segment_prefix)) continue;
        if (auto const first = to_number<std::uint64_t>(name.substr(segment_prefix.size())))
            found.push_back(*first);
    }
    if (failed) return io_error("cannot read " + quote(settings_.directory), failed.value());
    std::ranges::sort(found);
    for (auto const first : found) {
        auto const looked = look_at(first);
        if (!looked) return looked;
    }
    return {};
}

Result<> Spool::look_at(std::uint64_t first) {
    auto const text = contents_of(path_of(first));
    if (!text) return text.error();
    auto const contents = parse(*text);
    damaged_ += contents.damaged;
    std::uint64_t const last = contents.readings.empty() ? 0 : contents.readings.back().number;
    segments_.push_back({first, last, text->size(), contents.readings.size()});
    unread_ += contents.readings.size();
    // Its name must not be given again, even if nothing in it can be read.
    last_ = std::max({last_, last, first});
    return {};
}

Result<std::uint64_t> Spool::append(std::vector<Spooled> const& readings) {
    std::uint64_t const first = last_ + 1;
    std::string lines;
    std::uint64_t number = last_;
    for (Spooled reading : readings) {
        reading.number = ++number;
        lines += spool_line(reading);
    }
    if (!tail_.is_open() || segments_.back().size > std::min(largest_segment, settings_.most_bytes / 16)) {
        auto const begun = begin_segment();
        if (!begun) return begun.error();
    }
    Segment& segment = segments_.back();
    std::array<Bytes, 1> const pieces = {as_bytes(lines)};
    int reason = tail_.write(pieces, segment.size);
    if (reason == 0 && ::fdatasync(tail_.descriptor()) != 0) reason = errno;
    if (reason != 0) return io_error("cannot write " + quote(path_of(segment.first)), reason);
    segment.size += lines.size();
    segment.last = number;
    segment.readings += readings.size();
    last_ = number;
    unread_ += readings.size();
    make_room();
    return first;
}

Result<> Spool::begin_segment() {
    std::uint64_t const first = last_ + 1;
    std::string const path = path_of(first);
    File file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
    if (!file.is_open()) return io_error("cannot make " + quote(path), errno);
    tail_ = std::move(file);
    segments_.push_back({first, 0, 0, 0});
    return {};
}

std::uint64_t Spool::bytes() const {
    std::uint64_t sum = 0;
    for (auto const& segment : segments_) sum += segment.size;
    return sum;
}

void Spool::make_room() {
    while (segments_.size() > 1 && bytes() > settings_.most_bytes) remove_oldest();
}

void Spool::remove_oldest() {
    Segment const& oldest = segments_.front();
    dropped_ += oldest.readings;
    unread_ -= oldest.readings;
    if (oldest.readings > 0) loaded_.clear();
    last_read_ = std::max(last_read_, oldest.last);
    ::unlink(path_of(oldest.first).c_str());
    segments_.pop_front();
}

std::vector<Spooled> Spool::read(std::size_t most, Timestamp now) {
    std::vector<Spooled> out;
    while (out.size() < most && has_more()) {
        if (loaded_.empty()) {
            auto const segment =
                std::ranges::find_if(segments_, [](auto const& s) { return s.readings > 0; });
            if (segment == segments_.end()) {
                last_read_ = last_;
                break;
            }
            auto const text = contents_of(path_of(segment->first));
            if (text) loaded_ = parse(*text).readings;
            std::erase_if(loaded_, [&](Spooled const& reading) { return reading.number <= last_read_; });
            // What could be read at the start and cannot now is lost.
            std::uint64_t const lost =
                segment->readings - std::min<std::uint64_t>(segment->readings, loaded_.size());
            segment->readings -= lost;
            unread_ -= lost;
            dropped_ += lost;
            if (loaded_.empty()) continue;
        }
        Spooled reading = std::move(loaded_.front());
        loaded_.pop_front();
        last_read_ = reading.number;
        --unread_;
        auto const segment = std::ranges::find_if(segments_, [](auto const& s) { return s.readings > 0; });
        --segment->readings;
        if (now - reading.time > settings_.most_age) {
            ++dropped_;
        } else {
            out.push_back(std::move(reading));
        }
    }
    return out;
}

void Spool::release(std::uint64_t number) {
    while (!segments_.empty() && segments_.front().readings == 0 && segments_.front().last <= number) {
        bool const open = segments_.size() == 1 && tail_.is_open();
        if (open) tail_.close();
        ::unlink(path_of(segments_.front().first).c_str());
        segments_.pop_front();
    }
}

}  // namespace bridge
