// SPDX-License-Identifier: MIT
#pragma once

#include "temp_folder.hpp"

#include <sys/types.h>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace test {

/// A program that runs in a process group of its own, its output in files of the given folder. It ends with
/// this object, or with the thread that started it should the test crash. Of the environment it inherits the
/// path, the language and the sanitizers' options only.
class Process {
  public:
    struct Plan {
        std::filesystem::path program;
        std::vector<std::string> arguments = {};
        std::map<std::string, std::string> environment = {};
    };

    Process(TempFolder const& folder, Plan const& plan);
    ~Process();
    Process(Process&& other) noexcept;
    Process& operator=(Process&&) = delete;

    [[nodiscard]] pid_t id() const { return id_; }
    [[nodiscard]] bool running();
    /// The exit code, or 128 + the signal that ended it; nothing when it still runs at the deadline.
    [[nodiscard]] std::optional<int> wait_for_exit(std::chrono::milliseconds deadline);
    void signal(int number) const;
    /// SIGKILL, and gone when this returns.
    void kill();

    [[nodiscard]] std::string output() const { return read_file(output_); }
    [[nodiscard]] std::string errors() const { return read_file(errors_); }
    [[nodiscard]] std::string command_line() const;
    /// Of all processors, its children's not included.
    [[nodiscard]] std::chrono::milliseconds cpu_time() const;
    [[nodiscard]] std::size_t resident_kib() const;
    [[nodiscard]] std::size_t peak_resident_kib() const;
    [[nodiscard]] std::size_t open_files() const;

  private:
    pid_t id_ = -1;
    std::optional<int> exit_code_;
    std::filesystem::path output_, errors_;
};

/// Runs a program to its end; throws when that takes longer than the deadline.
struct Finished {
    int exit_code;
    std::string output, errors;
};
[[nodiscard]] Finished run(TempFolder const& folder, Process::Plan const& plan,
                           std::chrono::milliseconds deadline = std::chrono::seconds(30));

}  // namespace test
