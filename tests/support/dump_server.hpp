// SPDX-License-Identifier: MIT
#pragma once

#include "free_port.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace test {

/// A device on the loopback that answers `GET /api/dump_file` with the bytes it is given, in one of the ways
/// in which that goes wrong. One request at a time.
class DumpServer {
  public:
    enum class Manner {
        whole,
        empty,      ///< 200 with no bytes
        html,       ///< 200 with a web page
        not_found,  ///< 404
        trickling,  ///< a byte every 20 ms
        cut,        ///< the connection ends in the middle
        silent,     ///< takes the request and says nothing
    };

    DumpServer();
    ~DumpServer();
    DumpServer(DumpServer const&) = delete;
    DumpServer& operator=(DumpServer const&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_.number(); }
    /// From the next request on.
    void answer(std::string dump, Manner manner = Manner::whole);
    /// Requests that came since the last call of `answer`.
    [[nodiscard]] std::size_t asked() const { return asked_; }

  private:
    void work();
    void serve(FileDescriptor const& client);

    FreePort port_;
    FileDescriptor listener_;
    std::mutex mutex_;
    std::string dump_;
    Manner manner_ = Manner::not_found;
    std::atomic<std::size_t> asked_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

}  // namespace test
