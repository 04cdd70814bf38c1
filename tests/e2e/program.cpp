// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "catch.hpp"

#include "support/eventually.hpp"

namespace test {

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// The search for leaks at the end of a program takes its own time.
constexpr auto stop_deadline = 20s;
#else
constexpr auto stop_deadline = 5s;
#endif

}  // namespace

std::filesystem::path program_path(std::string const& name) {
    return std::filesystem::path(TEST_PROGRAM_FOLDER) / name;
}

Arguments operator+(Arguments left, Arguments const& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Program::Program(TempFolder const& folder, std::string name, Arguments arguments, Variables variables)
    : folder_(folder) {
    plan_.program = program_path(name);
    plan_.arguments = std::move(arguments) + Arguments{"--http-listen", http_.address()};
    plan_.environment = std::move(variables);
    // Tests read the sink's file, and need not wait half a minute for each commit.
    plan_.environment.emplace("SINK_COMMIT_INTERVAL", "100ms");
    start();
}

void Program::start() {
    process_.reset();
    process_.emplace(folder_, plan_);
}

std::optional<int> Program::stop() {
    process_->signal(SIGTERM);
    auto const code = process_->wait_for_exit(stop_deadline);
    if (code != 0) {
        // A CHECK shows neither.
        UNSCOPED_INFO("it ended with " << (code ? std::to_string(*code) : "nothing, in time") << ":\n"
                                       << log());
    }
    return code;
}

double Program::metric(std::string const& name, Variables const& labels) const {
    return test::metric(get("/metrics").body, name, labels).value_or(0);
}

Arguments broker_at(std::uint16_t port) {
    return {"--mqtt-host", "127.0.0.1", "--mqtt-port", std::to_string(port)};
}

Arguments serial_port(std::filesystem::path const& link) { return {"--serial-port", link.string()}; }

Arguments quick() { return {"--scrape-interval", "200ms"}; }

}  // namespace test
