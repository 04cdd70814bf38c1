// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>

#include "file_descriptor.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace devsim {

/// The device's end of a serial cable: a pseudo terminal in raw mode, under a symbolic link that plays the
/// part of `/dev/ttyUSB0`. No call blocks. The link is removed with the object. One thread.
class PtyPort {
  public:
    /// What becomes of bytes that nobody takes.
    enum class Delivery {
        lossy,    ///< as on a real line: gone. What a reader left unread is gone once it has closed the port
        lossless  ///< kept by the kernel until its buffer is full, then refused
    };

    /// Makes the link. Refuses (Errc::config) a path where something else than a symbolic link is.
    static bridge::Result<PtyPort> open(std::string link, Delivery delivery);

    PtyPort(PtyPort&&) = default;
    PtyPort& operator=(PtyPort&&) = delete;
    ~PtyPort();

    /// Pulls the cable: the link goes and a reader's descriptor hangs up (end of file or EIO).
    void unplug();

    /// Puts it back: another terminal under the same link.
    [[nodiscard]] bridge::Result<> plug();
    [[nodiscard]] bool plugged() const { return master_.is_open(); }

    /// Whether a program has the port open.
    [[nodiscard]] bool has_reader() const;

    /// How many of these bytes the kernel took; with a lossy delivery and no reader, none.
    [[nodiscard]] std::size_t write(std::string_view bytes);

    /// To be called often, before each write and every few milliseconds: throws away what a reader sent, and,
    /// where delivery is lossy, what a reader left unread when it closed the port.
    [[nodiscard]] bridge::Result<> tend();

    /// Where the board is: the terminal behind the link, `/dev/pts/3`.
    [[nodiscard]] std::string const& place() const { return terminal_; }

  private:
    PtyPort(std::string link, Delivery delivery) : link_(std::move(link)), delivery_(delivery) {}

    [[nodiscard]] bridge::Result<> make_link() const;
    void remove_link() const;

    std::string link_;
    Delivery delivery_;
    FileDescriptor master_;
    std::string terminal_;
    bool had_reader_ = false;
};

}  // namespace devsim
