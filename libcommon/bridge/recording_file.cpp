// SPDX-License-Identifier: MIT
#include <bridge/recording_file.hpp>

#include <bridge/text.hpp>

#include <cerrno>
#include <cstring>

namespace bridge {

Result<RecordingFile> RecordingFile::open(std::string const& file) {
    RecordingFile checked(file);
    if (!checked.text_.is_open())
        return Error{Errc::io, "cannot read " + quote(file) + ": " + std::strerror(errno)};
    for (;;) {
        auto const frame = checked.next();
        if (!frame) return frame.error();
        if (!*frame) break;
    }
    RecordingFile recording(file);
    recording.is_cut_ = checked.is_cut_;
    return recording;
}

Result<std::optional<RecordedFrame>> RecordingFile::next() {
    for (std::string line; std::getline(text_, line);) {
        if (text_.eof()) {
            is_cut_ = true;
            return std::optional<RecordedFrame>();
        }
        auto frame = reader_.line(line);
        if (!frame) return Error{frame.error().code, file_ + " " + frame.error().detail};
        if (*frame) return frame;
    }
    if (text_.bad()) return Error{Errc::io, "cannot read " + quote(file_)};
    return std::optional<RecordedFrame>();
}

}  // namespace bridge
