// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/bytes.hpp>
#include <bridge/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace bridge {

/// An open file of the operating system, closed with its owner. Calls that a signal interrupted are repeated.
class File {
  public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() { close(); }
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        close();
        descriptor_ = std::exchange(other.descriptor_, -1);
        return *this;
    }

    /// As open(2), close-on-exec; closed, with the reason in errno, if that failed.
    [[nodiscard]] static File open(std::string const& path, int flags);

    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const { return descriptor_; }
    void close();

    /// What there is from `offset` on, at most `room`: the bytes read, or -1 with the reason in errno.
    [[nodiscard]] std::ptrdiff_t read(std::span<std::byte> room, std::uint64_t offset) const;

    /// Writes all the pieces, one behind the other, from `offset` on; 0, or the errno that stopped it, and
    /// then the file ends at `offset` again.
    [[nodiscard]] int write(std::span<Bytes const> pieces, std::uint64_t offset) const;

  private:
    int descriptor_ = -1;
};

/// Gives a file a new content at once: a reader, and a power cut, find the old or the new one. Its folder is
/// made if need be. The error names the file.
[[nodiscard]] Result<> replace_file(std::string const& path, std::string_view content);

}  // namespace bridge
