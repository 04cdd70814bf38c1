// SPDX-License-Identifier: MIT
#include <bridge/file.hpp>

#include <bridge/text.hpp>

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

namespace bridge {

File File::open(std::string const& path, int flags) {
    int descriptor = -1;
    do {
        descriptor = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
    } while (descriptor < 0 && errno == EINTR);
    return File(descriptor);
}

void File::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

std::ptrdiff_t File::read(std::span<std::byte> room, std::uint64_t offset) const {
    std::size_t done = 0;
    while (done < room.size()) {
        auto const got =
            ::pread(descriptor_, room.data() + done, room.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return static_cast<std::ptrdiff_t>(done);
}

int File::write(std::span<Bytes const> pieces, std::uint64_t offset) const {
    std::array<iovec, 4> vectors{};
    std::size_t count = 0;
    std::size_t size = 0;
    for (auto const piece : pieces.first(std::min(pieces.size(), vectors.size()))) {
        // iovec serves reading too and so has no const; writing changes nothing.
        vectors[count++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        size += piece.size();
    }
    ssize_t written = -1;
    do {
        written = ::pwritev(descriptor_, vectors.data(), static_cast<int>(count), static_cast<off_t>(offset));
    } while (written < 0 && errno == EINTR);
    if (written >= 0 && static_cast<std::size_t>(written) == size) return 0;
    // Less than everything: there is no more room, and the next try says so itself.
    int const reason = written < 0 ? errno : ENOSPC;
    (void)!::ftruncate(descriptor_, static_cast<off_t>(offset));  // if this fails, the next write covers it
    return reason;
}

Result<> replace_file(std::string const& path, std::string_view content) {
    Error const refused{Errc::io, "cannot write " + quote(path)};
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), failed);
    std::string const beside = path + ".new";
    auto file = File::open(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open()) return refused;
    std::array<Bytes, 1> const pieces = {as_bytes(content)};
    // Without the sync a power cut may leave the new name with nothing behind it.
    if (file.write(pieces, 0) != 0 || ::fsync(file.descriptor()) != 0) return refused;
    file.close();
    std::filesystem::rename(beside, path, failed);
    if (failed) return refused;
    return {};
}

}  // namespace bridge
