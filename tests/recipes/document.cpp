// SPDX-License-Identifier: MIT
#include "document.hpp"

#include "support/temp_folder.hpp"

#include <regex>
#include <sstream>
#include <stdexcept>

namespace test {

std::string document(std::string const& file) {
    auto const text = read_file(std::filesystem::path(SOURCE_FOLDER) / "docs" / file);
    if (text.empty()) throw std::runtime_error("no document " + file);
    return text;
}

std::vector<std::string> shown_code(std::string const& file, std::string const& language) {
    std::vector<std::string> found;
    std::istringstream page(document(file));
    bool inside = false, wanted = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            inside = !inside;
            wanted = inside && line == "```" + language;
            if (wanted) found.emplace_back();
        } else if (wanted) {
            found.back() += line + "\n";
        }
    }
    if (found.empty()) throw std::runtime_error(file + " shows no " + language);
    return found;
}

std::vector<std::vector<std::string>> matches(std::string const& text, std::string const& pattern) {
    std::regex const expression(pattern);
    std::vector<std::vector<std::string>> found;
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at)
        found.emplace_back(at->begin(), at->end());
    return found;
}

}  // namespace test
