// SPDX-License-Identifier: MIT
// Feeds a fuzz target without a fuzzer: every file below the given folders, and of each the copies with one
// byte gone, doubled or changed (a sample of the places where the file is long).
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

std::size_t tried = 0;

void try_bytes(std::string const& bytes) {
    (void)LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(bytes.data()), bytes.size());
    ++tried;
}

void try_damaged(std::string const& bytes) {
    constexpr std::size_t most_places = 500;
    std::size_t const stride = std::max<std::size_t>(1, bytes.size() / most_places);
    for (std::size_t place = 0; place < bytes.size(); place += stride) {
        std::string damaged = bytes;
        damaged[place] = static_cast<char>(damaged[place] ^ 0x10);
        try_bytes(damaged);
        damaged = bytes;
        damaged.insert(place, 1, bytes[place]);
        try_bytes(damaged);
        damaged.erase(place, 2);
        try_bytes(damaged);
        try_bytes(bytes.substr(0, place));
    }
}

void try_file(std::filesystem::path const& path) {
    std::ostringstream content;
    content << std::ifstream(path, std::ios::binary).rdbuf();
    try_bytes(content.str());
    try_damaged(content.str());
    // A line of a golden input is a frame after its time.
    std::istringstream lines(content.str());
    for (std::string line; std::getline(lines, line);)
        try_bytes(line.substr(std::min(line.find(' ') + 1, line.size())));
}

}  // namespace

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        for (auto const& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
            if (entry.is_regular_file()) try_file(entry.path());
        }
    }
    std::printf("%zu inputs\n", tried);
    return tried > 0 ? 0 : 1;
}
