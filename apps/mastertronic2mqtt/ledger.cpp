// SPDX-License-Identifier: MIT
#include "ledger.hpp"

#include <bridge/text.hpp>

#include <filesystem>
#include <fstream>

namespace mastertronic {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

Result<Published> Ledger::read() const {
    Published published;
    std::error_code failed;
    if (file_.empty() || !std::filesystem::exists(file_, failed)) return published;
    std::ifstream in(file_);
    if (!in) return Error{Errc::io, "cannot read " + bridge::quote(file_)};
    for (std::string line; std::getline(in, line);) {
        auto const blank = std::min(line.find(' '), line.size());
        auto const time = bridge::to_number<std::int64_t>(std::string_view(line).substr(0, blank));
        // The line that a power cut has torn has no channel, or half of one that is never asked for.
        if (!time || blank + 1 >= line.size()) continue;
        published[line.substr(blank + 1)].insert(bridge::Timestamp(std::chrono::milliseconds(*time)));
    }
    return published;
}

Result<> Ledger::append(std::span<TestResult const> results) const {
    if (file_.empty() || results.empty()) return {};
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(file_).parent_path(), failed);
    // Begins with a line end: the last line may be torn.
    std::string lines = "\n";
    for (auto const& result : results) {
        lines += std::to_string(result.time.time_since_epoch().count()) + " ";
        lines += result.parameter->channel;
        lines += "\n";
    }
    std::ofstream out(file_, std::ios::app | std::ios::binary);
    out << lines;
    out.close();
    if (!out) return Error{Errc::io, "cannot write " + bridge::quote(file_)};
    return {};
}

}  // namespace mastertronic
