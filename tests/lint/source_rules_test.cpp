// SPDX-License-Identifier: MIT
#include "catch.hpp"
#include "support/temp_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct SourceFile {
    std::string path;  ///< from the repository's top
    std::vector<std::string> lines;
};

bool is_source(fs::path const& path) {
    bool const foreign = std::ranges::find(path, "node_modules") != path.end();
    return !foreign &&
           (path.extension() == ".cpp" || path.extension() == ".hpp" || path.extension() == ".ts");
}

std::vector<SourceFile> sources(std::vector<std::string> const& folders) {
    std::vector<SourceFile> found;
    for (auto const& folder : folders) {
        for (auto const& entry : fs::recursive_directory_iterator(fs::path(SOURCE_FOLDER) / folder)) {
            if (!entry.is_regular_file() || !is_source(entry.path())) continue;
            SourceFile file{fs::relative(entry.path(), SOURCE_FOLDER).string(), {}};
            std::istringstream text(test::read_file(entry.path()));
            for (std::string line; std::getline(text, line);) file.lines.push_back(line);
            found.push_back(std::move(file));
        }
    }
    return found;
}

std::vector<SourceFile> const& ours() {
    static std::vector<SourceFile> const all = sources({"libcommon", "apps"});
    return all;
}

bool matches(std::string const& text, char const* pattern) {
    return std::regex_search(text, std::regex(pattern));
}

/// `file:line: text` of each line that a rule forbids.
using Rule = std::function<bool(SourceFile const&, std::string const& line)>;
std::string offences(std::vector<SourceFile> const& files, Rule const& forbids) {
    std::string found;
    for (auto const& file : files) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            auto const& line = file.lines[i];
            bool const comment = line.find_first_not_of(" ") != std::string::npos && matches(line, "^ *//");
            if (!comment && forbids(file, line))
                found += file.path + ":" + std::to_string(i + 1) + ": " + line + "\n";
        }
    }
    return found;
}

/// `bridge/x` of all sources of a library of libcommon/CMakeLists.txt.
std::set<std::string> parts_of(std::string const& library) {
    std::string const text = test::read_file(fs::path(SOURCE_FOLDER) / "libcommon/CMakeLists.txt");
    auto const start = text.find("add_library(" + library);
    REQUIRE(start != std::string::npos);
    std::istringstream list(text.substr(start, text.find("\n)", start) - start));
    std::set<std::string> parts;
    for (std::string word; list >> word;) {
        if (word.starts_with("bridge/")) parts.insert(word.substr(0, word.rfind('.')));
    }
    return parts;
}

std::string included(std::string const& line) {
    std::smatch match;
    static std::regex const pattern(R"(^#include [<"]([^>"]+)[>"])");
    return std::regex_search(line, match, pattern) ? match[1].str() : std::string();
}

/// Headers of bridge_runtime, as they are included.
std::set<std::string> runtime_headers() {
    std::set<std::string> headers = {"bridge/mailbox.hpp"};
    for (auto const& part : parts_of("bridge_runtime")) headers.insert(part + ".hpp");
    return headers;
}

bool is_impure(std::string const& header) {
    return matches(header, "^(boost/asio|boost/beast|mqtt/|CLI/|toml|openssl/|sqlite3|netdb|sys/socket)");
}

bool is_in_core(SourceFile const& file) {
    static std::set<std::string> const core = parts_of("bridge_core");
    if (!file.path.starts_with("libcommon/")) return false;
    std::string const part = file.path.substr(std::string("libcommon/").size());
    return core.contains(part.substr(0, part.rfind('.')));
}

}  // namespace

TEST_CASE("the core of libcommon knows no loop, no network, no command line") {
    auto const runtime = runtime_headers();
    CHECK(offences(ours(), [&](SourceFile const& file, std::string const& line) {
              auto const header = included(line);
              return is_in_core(file) && (is_impure(header) || runtime.contains(header));
          }) == "");
    CHECK(parts_of("bridge_core").size() > 5);
}

TEST_CASE("a decoder knows the core, fmt, the standard library and its own folder only") {
    auto const runtime = runtime_headers();
    CHECK(offences(ours(), [&](SourceFile const& file, std::string const& line) {
              auto const header = included(line);
              if (header.empty() || !matches(file.path, "/decode\\.[ch]pp$")) return false;
              if (header.starts_with("bridge/")) return runtime.contains(header);
              bool const harmless = matches(header, "^([a-z_0-9]+|fmt/.*)$");
              return !harmless && !fs::exists((fs::path(SOURCE_FOLDER) / file.path).parent_path() / header);
          }) == "");
}

TEST_CASE("each library is included by the one file that wraps it") {
    CHECK(offences(ours(), [](SourceFile const& file, std::string const& line) {
              auto const header = included(line);
              bool const settings = matches(file.path, "^libcommon/bridge/settings\\.");
              return (header.starts_with("mqtt/") && file.path != "libcommon/bridge/mqtt.cpp") ||
                     (header.starts_with("CLI/") && !settings) || (header.starts_with("toml") && !settings) ||
                     (header.starts_with("yaml-cpp/") && !file.path.ends_with("/metric_file.cpp")) ||
                     (header.starts_with("modbus/") && !file.path.ends_with("/modbus.cpp"));
          }) == "");
}

TEST_CASE("there is one mutex") {
    CHECK(offences(ours(), [](SourceFile const& file, std::string const& line) {
              bool const mutex =
                  matches(line, "std::(shared_|recursive_|timed_)?mutex|condition_variable|lock_guard");
              return mutex && file.path != "libcommon/bridge/mailbox.hpp";
          }) == "");
}

TEST_CASE("nothing is built inside the operand of co_await") {
    // g++ 12 frees aggregate temporaries and capturing lambdas there twice. A statement may go over several
    // lines.
    std::string found;
    std::regex const await("co_await[^;]*;");
    std::regex const built(R"(\{|\[[^\]]+\]\s*(\(|mutable))");
    for (auto const& file : ours()) {
        std::string text;
        for (auto const& line : file.lines) text += (matches(line, "^ *//") ? std::string() : line) + "\n";
        for (std::sregex_iterator match(text.begin(), text.end(), await), end; match != end; ++match) {
            if (!std::regex_search(match->str(), built)) continue;
            auto const line = 1 + std::count(text.begin(), text.begin() + match->position(), '\n');
            found += file.path + ":" + std::to_string(line) + ": " + match->str() + "\n";
        }
    }
    CHECK(found == "");
}

TEST_CASE("headers begin with pragma once and bring no names in") {
    std::string missing;
    for (auto const& file : sources({"libcommon", "apps", "tests"})) {
        if (!file.path.ends_with(".hpp")) continue;
        if (std::find(file.lines.begin(), file.lines.end(), "#pragma once") == file.lines.end())
            missing += file.path + "\n";
    }
    CHECK(missing == "");
    CHECK(offences(sources({"libcommon", "apps"}), [](SourceFile const& file, std::string const& line) {
              return file.path.ends_with(".hpp") && matches(line, "^ *using namespace");
          }) == "");
}

TEST_CASE("a source includes its own header first") {
    std::string found;
    for (auto const& file : ours()) {
        if (!file.path.ends_with(".cpp")) continue;
        auto const header = fs::path(SOURCE_FOLDER) / (file.path.substr(0, file.path.size() - 3) + "hpp");
        if (!fs::exists(header)) continue;
        auto const first = std::find_if(file.lines.begin(), file.lines.end(),
                                        [](std::string const& line) { return !included(line).empty(); });
        if (first == file.lines.end() || fs::path(included(*first)).filename() != header.filename())
            found += file.path + "\n";
    }
    CHECK(found == "");
}

TEST_CASE("every source says its licence in the first line") {
    std::string found;
    for (auto const& file : sources({"libcommon", "apps", "tests"})) {
        if (file.lines.empty() || file.lines.front() != "// SPDX-License-Identifier: MIT")
            found += file.path + "\n";
    }
    CHECK(found == "");
}

TEST_CASE("no library ends the process or throws what was no error") {
    CHECK(
        offences(ours(), [](SourceFile const& file, std::string const& line) {
            // A tool of the build is a program of its own.
            bool const main =
                file.path.ends_with("/main.cpp") || file.path.find("/generate/") != std::string::npos;
            return !main &&
                   matches(
                       line,
                       R"((\b(std::)?(exit|abort|terminate|_Exit|quick_exit)\()|^\s*throw\b|\bnew [A-Z]\w*\[)");
        }) == "");
}

TEST_CASE("time is never waited for by sleeping") {
    CHECK(offences(ours(), [](SourceFile const&, std::string const& line) {
              return matches(line, R"(sleep_for|sleep_until|\b(u|nano)?sleep\()");
          }) == "");
}
