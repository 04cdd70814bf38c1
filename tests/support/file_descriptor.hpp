// SPDX-License-Identifier: MIT
#pragma once

#include <unistd.h>
#include <cerrno>
#include <system_error>
#include <utility>

namespace test {

/// Owns a descriptor.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    /// Throws with the reason in errno when `number` is the -1 of a failed call.
    FileDescriptor(int number, char const* call) : number_(number) {
        if (number < 0) throw std::system_error(errno, std::generic_category(), call);
    }
    ~FileDescriptor() { close(); }
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) {
            close();
            number_ = std::exchange(other.number_, -1);
        }
        return *this;
    }

    [[nodiscard]] int get() const { return number_; }
    explicit operator bool() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_ = -1;
};

}  // namespace test
