// SPDX-License-Identifier: MIT
// Writes docs/fields.md and the schemas of readings from the programs' tables.
#include "page.hpp"
#include "schema.hpp"

#include <cstdio>
#include <fstream>
#include <string>

namespace {

bool write(std::string const& path, std::string const& text) {
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file) std::fprintf(stderr, "cannot write %s\n", path.c_str());
    return file.good();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: write_page DOCS_FOLDER\n");
        return 2;
    }
    std::string const docs = argv[1];
    auto const tables = test::program_tables();
    bool good = write(docs + "/fields.md", test::fields_page(tables));
    for (auto const& table : tables) {
        for (auto const& channel : test::channels_of(table)) {
            good = write(docs + "/schemas/" + test::schema_file(table, channel),
                         test::readings_schema(table, channel)) &&
                   good;
        }
    }
    return good ? 0 : 1;
}
