// SPDX-License-Identifier: MIT
#include "process.hpp"

#include "eventually.hpp"
#include "file_descriptor.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace test {

namespace {

std::filesystem::path proc(pid_t id) { return std::filesystem::path("/proc") / std::to_string(id); }

std::size_t status_kib(pid_t id, std::string const& key) {
    std::string const status = read_file(proc(id) / "status");
    auto at = status.find(key);
    if (at == std::string::npos) throw std::runtime_error("no " + key + " the process is gone");
    at = status.find_first_of("0123456789", at);
    std::size_t kib = 0;
    std::from_chars(status.data() + at, status.data() + status.size(), kib);
    return kib;
}

FileDescriptor created(std::filesystem::path const& path) {
    return FileDescriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), "open");
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> result;
    for (auto& text : texts) result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environment_of(TempFolder const& folder,
                                        std::map<std::string, std::string> const& own) {
    std::map<std::string, std::string> all = {
        {"LANG", "C.UTF-8"}, {"HOME", folder.path().string()}, {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
    for (auto const* name : {"PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
        if (char const* value = std::getenv(name)) all[name] = value;
    }
    for (auto const& [name, value] : own) all[name] = value;
    std::vector<std::string> result;
    for (auto const& [name, value] : all) result.push_back(name + "=" + value);
    return result;
}

}  // namespace

Process::Process(TempFolder const& folder, Plan const& plan) {
    if (!std::filesystem::exists(plan.program))
        throw std::runtime_error("no program " + plan.program.string());
    static std::atomic<int> started = 0;
    std::string const name = plan.program.filename().string() + "." + std::to_string(++started);
    output_ = folder / (name + ".out");
    errors_ = folder / (name + ".err");
    auto const output = created(output_);
    auto const errors = created(errors_);
    FileDescriptor const nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open");

    // All memory is taken before the fork: the child may call only what is safe in a signal handler.
    std::vector<std::string> arguments = {plan.program.string()};
    arguments.insert(arguments.end(), plan.arguments.begin(), plan.arguments.end());
    auto environment = environment_of(folder, plan.environment);
    auto const argument_pointers = pointers(arguments);
    auto const environment_pointers = pointers(environment);
    pid_t const parent = ::getpid();

    id_ = ::fork();
    if (id_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (id_ == 0) {
        ::setpgid(0, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t none;
        sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        bool const ready = ::getppid() == parent && ::chdir(folder.path().c_str()) == 0 &&
                           ::dup2(nothing.get(), 0) >= 0 && ::dup2(output.get(), 1) >= 0 &&
                           ::dup2(errors.get(), 2) >= 0;
        if (ready) ::execve(argument_pointers.front(), argument_pointers.data(), environment_pointers.data());
        ::_exit(127);
    }
    ::setpgid(id_, id_);
}

Process::Process(Process&& other) noexcept
    : id_(std::exchange(other.id_, -1)),
      exit_code_(other.exit_code_),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)) {}

Process::~Process() {
    if (id_ > 0) kill();
}

bool Process::running() { return !wait_for_exit(0ms); }

std::optional<int> Process::wait_for_exit(std::chrono::milliseconds deadline) {
    (void)eventually(
        [this] {
            if (exit_code_) return true;
            int status = 0;
            if (::waitpid(id_, &status, WNOHANG) != id_) return false;
            exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            return true;
        },
        deadline);
    return exit_code_;
}

void Process::signal(int number) const {
    if (!exit_code_) ::kill(id_, number);
}

void Process::kill() {
    if (exit_code_) return;
    ::kill(-id_, SIGKILL);
    ::kill(id_, SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
    }
    exit_code_ = 128 + SIGKILL;
}

std::string Process::command_line() const { return read_file(proc(id_) / "cmdline"); }

std::chrono::milliseconds Process::cpu_time() const {
    std::string const stat = read_file(proc(id_) / "stat");
    // The name, in brackets, may hold anything; utime and stime are the 12th and 13th word after it.
    std::istringstream words(stat.substr(std::min(stat.rfind(')'), stat.size())));
    std::string word;
    for (int i = 0; i < 12; ++i) words >> word;
    long user = 0, system = 0;
    words >> user >> system;
    return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

std::size_t Process::resident_kib() const { return status_kib(id_, "VmRSS:"); }
std::size_t Process::peak_resident_kib() const { return status_kib(id_, "VmHWM:"); }

std::size_t Process::open_files() const {
    std::size_t count = 0;
    for ([[maybe_unused]] auto const& entry : std::filesystem::directory_iterator(proc(id_) / "fd")) ++count;
    return count;
}

Finished run(TempFolder const& folder, Process::Plan const& plan, std::chrono::milliseconds deadline) {
    Process process(folder, plan);
    auto const code = process.wait_for_exit(deadline);
    if (!code) {
        throw std::runtime_error(plan.program.string() + " does not end; its errors:\n" + process.errors());
    }
    return {*code, process.output(), process.errors()};
}

}  // namespace test
