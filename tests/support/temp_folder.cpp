// SPDX-License-Identifier: MIT
#include "temp_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <sstream>
#include <system_error>

namespace test {

namespace {

constexpr std::size_t shown_bytes = 3000;

void show_logs(std::filesystem::path const& folder) {
    std::error_code ignored;
    for (auto const& entry : std::filesystem::directory_iterator(folder, ignored)) {
        if (entry.path().extension() != ".err") continue;
        std::string const text = read_file(entry.path());
        std::cerr << "--- end of " << entry.path().filename().string() << ":\n"
                  << text.substr(text.size() - std::min(text.size(), shown_bytes)) << '\n';
    }
}

}  // namespace

TempFolder::TempFolder() : unwinding_at_start_(std::uncaught_exceptions()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "bridge-test-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    path_ = pattern;
}

TempFolder::~TempFolder() {
    if (std::uncaught_exceptions() > unwinding_at_start_) show_logs(path_);
    if (std::getenv("TEST_KEEP")) {
        std::cerr << "kept: " << path_.string() << '\n';
        return;
    }
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::filesystem::path TempFolder::write(std::string const& name, std::string const& content) const {
    auto const path = path_ / name;
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << content;
    file.close();
    if (!file) throw std::runtime_error("cannot write " + path.string());
    return path;
}

std::string read_file(std::filesystem::path const& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    content << file.rdbuf();
    return file ? content.str() : std::string();
}

}  // namespace test
