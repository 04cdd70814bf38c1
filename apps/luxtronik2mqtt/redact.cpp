// SPDX-License-Identifier: MIT
#include "redact.hpp"

#include "decode.hpp"
#include "smart_home.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <span>
#include <utility>
#include <vector>

namespace luxtronik {

using bridge::ByteReader;
using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

constexpr std::uint32_t example_address = 0xC0000201;  // 192.0.2.1, RFC 5737
constexpr std::int64_t first_address = 1 << 24;        // 1.0.0.0

/// The rows of a block by index; null where it has holes.
std::vector<Field const*> rows_of(Block block) {
    std::vector<Field const*> rows;
    for (auto const& field : field_table()) {
        if (field.block != block) continue;
        rows.resize(std::max<std::size_t>(rows.size(), field.index + 1));
        rows[field.index] = &field;
    }
    return rows;
}

std::int32_t stand_in(Field const& field, std::int32_t raw) {
    if (field.channel == Channel::withheld || field.identifier.starts_with("Unknown_")) return 0;
    bool const looks_like_one = field.channel == Channel::on_request && field.form != Form::unix_time &&
                                std::abs(std::int64_t{raw}) >= first_address;
    return field.form == Form::ip_address || looks_like_one ? static_cast<std::int32_t>(example_address)
                                                            : raw;
}

void write(std::span<char> place, std::int32_t number) {
    auto const bits = static_cast<std::uint32_t>(number);
    for (std::size_t i = 0; i < place.size(); ++i) place[i] = static_cast<char>(bits >> (24 - 8 * i) & 0xffU);
}

void redact_numbers(Block block, std::span<char> values) {
    constexpr std::size_t size = 4;
    auto const rows = rows_of(block);
    for (std::size_t index = 0; (index + 1) * size <= values.size(); ++index) {
        auto const place = values.subspan(index * size, size);
        auto const raw = ByteReader(std::as_bytes(place)).big_endian_int32().value_or(0);
        if (index >= rows.size()) {
            write(place, 0);
        } else if (rows[index]) {
            // The table's holes are the characters of the firmware's version.
            write(place, stand_in(*rows[index], raw));
        }
    }
}

/// Nobody knows what those of unknown meaning say.
Result<std::string> redact_registers(Bytes frame) {
    auto registers = smart_home_registers(frame);
    if (!registers) return registers.error();
    std::set<RegisterPlace> known;
    for (auto const& field : smart_home_table()) {
        RegisterPlace place = field.place;
        for (int word = 0; word < field.words && !field.name.empty(); ++word, ++place.index)
            known.insert(place);
    }
    for (auto& [place, value] : *registers) {
        if (!known.contains(place)) value = 0;
    }
    return smart_home_frame(*registers);
}

}  // namespace

Result<std::string> redact(Bytes blocks) {
    if (begins_smart_home(blocks)) return redact_registers(blocks);
    auto const whole = lengths(blocks);
    if (!whole) return whole.error();
    std::string text(bridge::as_text(blocks));
    std::span<char> rest(text);
    while (!rest.empty()) {
        for (auto const& [block, header] :
             {std::pair(Block::parameters, 8U), std::pair(Block::calculations, 12U),
              std::pair(Block::visibilities, 8U)}) {
            auto const framed = frame(block, std::as_bytes(rest));
            if (!framed || !framed->complete) continue;
            if (block != Block::visibilities) redact_numbers(block, rest.first(framed->size).subspan(header));
            rest = rest.subspan(framed->size);
            break;
        }
    }
    return text;
}

}  // namespace luxtronik
