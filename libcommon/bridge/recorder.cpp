// SPDX-License-Identifier: MIT
#include <bridge/recorder.hpp>

#include <bridge/recording.hpp>
#include <bridge/text.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace bridge {

namespace {

std::string title(std::string const& program) { return "# recording of " + program + "\n"; }

Error refused(std::string const& file, std::string_view why) {
    return Error{Errc::config, fmt::format("--record {}: {}", quote(file), why)};
}

bool begins_with(File const& file, std::string_view text) {
    std::vector<std::byte> beginning(text.size());
    auto const got = file.read(beginning, 0);
    return got == static_cast<std::ptrdiff_t>(text.size()) && as_text(beginning) == text;
}

/// Where the last whole line ends, at or before `size`.
std::uint64_t end_of_lines(File const& file, std::uint64_t size) {
    std::array<std::byte, 65536> room{};
    while (size > 0) {
        auto const piece = std::min<std::uint64_t>(size, room.size());
        auto const got = file.read(std::span(room).first(piece), size - piece);
        if (got != static_cast<std::ptrdiff_t>(piece)) return size;
        auto const end = as_text(std::span(room).first(piece)).rfind('\n');
        if (end != std::string_view::npos) return size - piece + end + 1;
        size -= piece;
    }
    return 0;
}

}  // namespace

Result<Recorder> Recorder::open(Settings settings, Log log) {
    auto file = File::open(settings.file, O_RDWR | O_CREAT);
    auto const size = file.is_open() ? ::lseek(file.descriptor(), 0, SEEK_END) : -1;
    if (size < 0) return refused(settings.file, std::string("cannot be written: ") + std::strerror(errno));
    if (size > 0 && settings.redact) {
        return refused(
            settings.file,
            "is there already; a redacted recording begins with an empty file, for its stand-ins are "
            "numbered anew");
    }
    if (size > 0 && !begins_with(file, title(settings.program)))
        return refused(settings.file, "is there already, and is no recording of " + settings.program);
    auto const whole = end_of_lines(file, static_cast<std::uint64_t>(size));
    if (whole < static_cast<std::uint64_t>(size)) {
        if (::ftruncate(file.descriptor(), static_cast<off_t>(whole)) != 0)
            return refused(settings.file, std::string("cannot be written: ") + std::strerror(errno));
        log.warn("recording", "cut_line_removed", {{"file", settings.file}});
    }
    Recorder recorder(std::move(settings), log, std::move(file), whole);
    if (whole == 0) (void)recorder.append(title(recorder.settings_.program));  // a full disk is said by it
    return recorder;
}

void Recorder::write(std::string const& device, Timestamp time, Bytes frame) {
    if (!file_.is_open()) return;
    std::string const name = settings_.redact ? names_.of("device", device) : device;
    std::string redacted;
    if (settings_.redact) {
        auto done = settings_.redact(frame, names_);
        if (!done) {
            if (!std::exchange(left_out_, true))
                log_.warn("recording", "frame_left_out",
                          {{"device", device}, {"detail", "it cannot be redacted: " + done.error().detail}});
            return;
        }
        redacted = std::move(*done);
        frame = as_bytes(redacted);
    }
    bool const begins = begun_.contains(device);
    if (append((begins ? session_line(name) : "") + recording_line(time, name, frame))) begun_.erase(device);
}

bool Recorder::append(std::string const& text) {
    Bytes const piece = as_bytes(text);
    int const failed = file_.write(std::span(&piece, 1), size_);
    if (failed == 0) {
        size_ += text.size();
        return true;
    }
    log_.error("recording", "ended",
               {{"file", settings_.file},
                {"detail", std::strerror(failed)},
                {"size", static_cast<std::int64_t>(size_)}});
    file_.close();
    return false;
}

}  // namespace bridge
