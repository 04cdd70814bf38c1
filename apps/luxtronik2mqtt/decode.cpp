// SPDX-License-Identifier: MIT
#include "decode.hpp"

#include <bridge/text.hpp>

#include "smart_home.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace luxtronik {

using bridge::ByteReader;
using bridge::Bytes;
using bridge::Errc;
using bridge::Error;
using bridge::Reading;
using bridge::Result;
using bridge::Sample;

namespace {

constexpr std::array all_blocks = {Block::parameters, Block::calculations, Block::visibilities};
constexpr std::size_t version_index = 81;
constexpr std::size_t version_length = 10;
constexpr std::uint32_t write_command = 3002;
constexpr std::int32_t contact_closed = -50;
constexpr std::int32_t contact_open = 50;

struct Layout {
    std::int32_t command;
    std::size_t header_size;
    std::size_t value_size;
    std::string_view name;
    std::string_view unknown;  ///< begins the name of a value that no table has
};

constexpr Layout layout(Block block) {
    switch (block) {
        case Block::parameters:
            return {3003, 8, 4, "parameters", "Unknown_Parameter_"};
        case Block::calculations:
            return {3004, 12, 4, "calculations", "Unknown_Calculation_"};
        case Block::visibilities:
            break;
    }
    return {3005, 8, 1, "visibilities", "Unknown_Visibility_"};
}

/// The values of one poll; a block that did not come is empty.
class Values {
  public:
    [[nodiscard]] std::vector<std::int32_t>& of(Block block) {
        return lists_[static_cast<std::size_t>(block)];
    }
    [[nodiscard]] std::vector<std::int32_t> const& of(Block block) const {
        return lists_[static_cast<std::size_t>(block)];
    }
    [[nodiscard]] std::optional<std::int32_t> at(Block block, std::size_t index) const {
        auto const& list = of(block);
        return index < list.size() ? std::optional(list[index]) : std::nullopt;
    }

  private:
    std::array<std::vector<std::int32_t>, all_blocks.size()> lists_;
};

std::optional<Block> block_of(Bytes bytes) {
    auto const command = ByteReader(bytes).big_endian_int32();
    for (Block const block : all_blocks) {
        if (command == layout(block).command) return block;
    }
    return std::nullopt;
}

std::vector<std::int32_t> values_of(Block block, Bytes framed) {
    Bytes const bytes = framed.subspan(layout(block).header_size);
    std::vector<std::int32_t> values;
    values.reserve(bytes.size() / layout(block).value_size);
    if (block == Block::visibilities) {
        for (std::byte const byte : bytes) values.push_back(static_cast<std::int8_t>(byte));
        return values;
    }
    ByteReader reader(bytes);
    while (auto const value = reader.big_endian_int32()) values.push_back(*value);
    return values;
}

Result<Values> read_blocks(Bytes bytes) {
    Values values;
    std::array<bool, all_blocks.size()> seen{};
    while (!bytes.empty()) {
        auto const block = block_of(bytes);
        if (!block) return Error{Errc::malformed, "no block begins here"};
        if (std::exchange(seen[static_cast<std::size_t>(*block)], true))
            return Error{Errc::malformed, fmt::format("{} came twice", layout(*block).name)};
        auto const framed = frame(*block, bytes);
        if (!framed) return framed.error();
        if (!framed->complete) return Error{Errc::malformed, fmt::format("{} were cut", layout(*block).name)};
        values.of(*block) = values_of(*block, bytes.first(framed->size));
        bytes = bytes.subspan(framed->size);
    }
    return values;
}

/// The ten characters of the firmware's version, without the NULs or blanks that fill it up.
std::optional<std::string> version_text(Values const& values) {
    std::string text;
    for (std::size_t index = version_index; index < version_index + version_length; ++index) {
        auto const character = values.at(Block::calculations, index);
        if (!character || *character < 0 || *character > '~') return std::nullopt;
        if (*character == 0) break;
        if (*character < ' ') return std::nullopt;
        text += static_cast<char>(*character);
    }
    text = bridge::trimmed(text);
    return text.empty() ? std::nullopt : std::optional(text);
}

/// Of `V3.90.1`, 3.
std::optional<unsigned> line_of(std::string_view version) {
    if (!version.starts_with('V')) return std::nullopt;
    return bridge::to_number<unsigned>(version.substr(1, version.find('.') - 1));
}

/// Of `V3.90.1`, 90 and 1.
std::optional<Release> release_of(std::string_view version) {
    auto const dot = version.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    version.remove_prefix(dot + 1);
    auto const second = std::min(version.find('.'), version.size());
    auto const number = bridge::to_number<int>(version.substr(0, second));
    auto const patch =
        second < version.size() ? bridge::to_number<int>(version.substr(second + 1)) : std::optional(0);
    if (!number || !patch) return std::nullopt;
    return Release{*number, *patch};
}

std::string clock_text(std::int32_t seconds) {
    auto const text = fmt::format("{}:{:02}", seconds / 3600, seconds / 60 % 60);
    return seconds % 60 == 0 ? text : fmt::format("{}:{:02}", text, seconds % 60);
}

std::optional<std::string> window_text(std::int32_t raw) {
    constexpr std::uint32_t minutes_of_day = 24 * 60;
    auto const begin = static_cast<std::uint32_t>(raw) & 0xffffU;
    auto const end = static_cast<std::uint32_t>(raw) >> 16U;
    if (begin > minutes_of_day || end > minutes_of_day) return std::nullopt;
    return fmt::format("{}:{:02}-{}:{:02}", begin / 60, begin % 60, end / 60, end % 60);
}

std::string address_text(std::int32_t raw) {
    auto const bits = static_cast<std::uint32_t>(raw);
    return fmt::format("{}.{}.{}.{}", bits >> 24U, bits >> 16U & 0xffU, bits >> 8U & 0xffU, bits & 0xffU);
}

std::string choice_text(std::span<Choice const> choices, std::int32_t code) {
    auto const found = std::find_if(choices.begin(), choices.end(),
                                    [code](Choice const& choice) { return choice.code == code; });
    return found == choices.end() ? fmt::format("unknown {}", code) : std::string(found->text);
}

/// A list of what has happened, in calculations.
struct Ring {
    std::string_view kind;
    bridge::Severity severity;
    std::size_t first_time;
    std::size_t first_code;
};
constexpr std::size_t ring_length = 5;

void append(std::vector<bridge::Occurrence>& all, Ring const& ring, Values const& values) {
    for (std::size_t slot = 0; slot < ring_length; ++slot) {
        auto const time = values.at(Block::calculations, ring.first_time + slot);
        auto const code = values.at(Block::calculations, ring.first_code + slot);
        // Slots that were never used have neither.
        if (!time || !code || *time <= 0 || *code <= 0) continue;
        auto const table = field_table();
        auto const field = std::find_if(table.begin(), table.end(), [&](Field const& candidate) {
            return candidate.block == Block::calculations && candidate.index == ring.first_code + slot;
        });
        auto const text =
            field == table.end() ? fmt::format("unknown {}", *code) : choice_text(field->choices, *code);
        all.push_back({bridge::Timestamp(std::chrono::seconds(*time)),
                       fmt::format("{}-{}-{}", ring.kind, *time, *code), std::string(ring.kind),
                       ring.severity, fmt::format("{} ({})", text, *code)});
    }
}

/// Turns raw values into readings.
class Decoder {
  public:
    Decoder(Values const& values, Selection selection, Equipment const& equipment)
        : values_(values), selection_(selection), equipment_(equipment) {
        auto const version = version_text(values);
        if (!version) return;
        line_ = line_of(*version);
        release_ = release_of(*version);
    }

    [[nodiscard]] std::vector<Sample> samples(bridge::Timestamp time) {
        for_each_place([this](std::span<Field const> meanings) { add(meanings); });
        if (selection_ == Selection::all) add_unlisted();
        std::vector<Sample> samples;
        for (auto& [channel, readings] : {std::pair("", &reading_), std::pair("parameters", &parameters_),
                                          std::pair("visibilities", &visibilities_)}) {
            if (!readings->empty()) samples.push_back({"", channel, time, std::move(*readings)});
        }
        return samples;
    }

    [[nodiscard]] std::map<std::string, double> numbers(std::vector<std::string> const& identifiers) const {
        std::map<std::string, double> numbers;
        for_each_place([&](std::span<Field const> meanings) {
            auto const& usual = meanings.back();
            auto const raw = values_.at(usual.block, usual.index);
            std::string identifier(usual.identifier);
            bool const wanted =
                std::find(identifiers.begin(), identifiers.end(), identifier) != identifiers.end();
            if (!raw || !wanted || usual.channel == Channel::withheld) return;
            auto const* const named = name_of(meanings);
            std::vector<Reading> readings;
            append(readings, named ? *named : usual, std::string(named ? named->name : ""), *raw);
            if (readings.empty() || equipment_.lacks(readings.front().name)) return;
            auto const& value = readings.front().value;
            if (auto const* number = std::get_if<double>(&value)) numbers[identifier] = *number;
            if (auto const* whole = std::get_if<std::int64_t>(&value))
                numbers[identifier] = static_cast<double>(*whole);
        });
        return numbers;
    }

  private:
    /// Gives all rows of each place to `take`.
    template <class Take>
    static void for_each_place(Take const& take) {
        for (auto rest = field_table(); !rest.empty();) {
            auto const other = std::find_if(rest.begin(), rest.end(), [&](Field const& field) {
                return field.index != rest.front().index || field.block != rest.front().block;
            });
            auto const meanings = static_cast<std::size_t>(other - rest.begin());
            take(rest.first(meanings));
            rest = rest.subspan(meanings);
        }
    }

    void add(std::span<Field const> meanings) {
        auto const& usual = meanings.back();
        auto const raw = values_.at(usual.block, usual.index);
        if (!raw || usual.channel == Channel::withheld) return;
        if (auto const* named = name_of(meanings)) {
            auto& readings = named->channel == Channel::reading ? reading_ : parameters_;
            append(readings, *named, std::string(named->name), *raw);
        } else if (selection_ == Selection::all) {
            append(of_block(usual.block), usual, std::string(usual.identifier), *raw);
        }
    }

    /// The row that gives this place a name of ours; null: none does here.
    [[nodiscard]] Field const* name_of(std::span<Field const> meanings) const {
        auto const named = std::find_if(meanings.begin(), meanings.end(), [&](Field const& field) {
            return field.channel != Channel::on_request && is_there(field);
        });
        return named == meanings.end() ? nullptr : &*named;
    }

    /// True if this firmware and this equipment have the field under our name.
    [[nodiscard]] bool is_there(Field const& field) const {
        return runs(field.firmware) && (is_built_in(field.needs) || equipment_.has(field.name));
    }

    [[nodiscard]] bool runs(Firmware const& firmware) const {
        if (firmware.lines != 0 && (!line_ || *line_ > 9 || (firmware.lines >> *line_ & 1U) == 0))
            return false;
        if (firmware.since == Release{} && firmware.before == any_release) return true;
        return release_ && *release_ >= firmware.since && *release_ < firmware.before;
    }

    [[nodiscard]] bool is_built_in(Condition const& equipment) const {
        if (equipment.index < 0) return true;
        auto const value = values_.at(equipment.block, static_cast<std::size_t>(equipment.index));
        return value && (*value == 0) == equipment.is_zero;
    }

    [[nodiscard]] std::vector<Reading>& of_block(Block block) {
        switch (block) {
            case Block::parameters:
                return parameters_;
            case Block::calculations:
                return reading_;
            case Block::visibilities:
                break;
        }
        return visibilities_;
    }

    void append(std::vector<Reading>& readings, Field const& field, std::string name,
                std::int32_t raw) const {
        if (raw < field.least || raw > field.most) return;
        bool const looks_absent =
            std::find(field.absent.begin(), field.absent.end(), raw) != field.absent.end();
        if (looks_absent && !equipment_.has(field.name)) return;
        switch (field.form) {
            case Form::scaled:
                return readings.push_back({std::move(name), raw / static_cast<double>(field.divisor)});
            case Form::half_hours:
                return readings.push_back({std::move(name), 1 + raw / 2.0});
            case Form::tenth_kilowatts:
                return readings.push_back({std::move(name), std::int64_t{raw} * 100});
            case Form::frequency_code:
                return readings.push_back({std::move(name), std::int64_t{raw} + 19});
            case Form::contact_rail:
                if (raw == contact_closed || raw == contact_open)
                    readings.push_back({std::move(name), std::int64_t{raw == contact_closed}});
                return;
            case Form::whole:
            case Form::flag:
            case Form::unix_time:
                return readings.push_back({std::move(name), std::int64_t{raw}});
            case Form::choice:
                readings.push_back({name + "_code", std::int64_t{raw}});
                return readings.push_back({name + "_text", choice_text(field.choices, raw)});
            case Form::version:
                return append_text(readings, std::move(name), version_text(values_));
            case Form::short_version:
                return append_text(readings, std::move(name), fmt::format("{}.{:02}", raw / 100, raw % 100));
            case Form::ip_address:
                return append_text(readings, std::move(name), address_text(raw));
            case Form::time_of_day:
                return append_text(readings, std::move(name), clock_text(raw));
            case Form::time_window:
                return append_text(readings, std::move(name), window_text(raw));
        }
    }

    static void append_text(std::vector<Reading>& readings, std::string name,
                            std::optional<std::string> text) {
        if (text) readings.push_back({std::move(name), std::move(*text)});
    }

    /// Values past the end of the table. (The table has no holes but those of the version's characters.)
    void add_unlisted() {
        std::array<std::size_t, all_blocks.size()> listed{};
        for (auto const& field : field_table())
            listed[static_cast<std::size_t>(field.block)] = field.index + 1;
        for (Block const block : all_blocks) {
            auto const& list = values_.of(block);
            for (std::size_t index = listed[static_cast<std::size_t>(block)]; index < list.size(); ++index) {
                of_block(block).push_back(
                    {std::string(layout(block).unknown) + std::to_string(index), std::int64_t{list[index]}});
            }
        }
    }

    Values const& values_;
    Selection selection_;
    Equipment const& equipment_;
    std::optional<unsigned> line_;
    std::optional<Release> release_;
    std::vector<Reading> reading_, parameters_, visibilities_;
};

std::vector<Sample> without_absent(std::vector<Sample> samples, Equipment const& equipment) {
    if (equipment.absent.empty()) return samples;
    for (auto& sample : samples)
        std::erase_if(sample.readings, [&](Reading const& reading) { return equipment.lacks(reading.name); });
    std::erase_if(samples, [](Sample const& sample) { return sample.readings.empty(); });
    return samples;
}

}  // namespace

std::array<std::byte, 8> request(Block block) {
    auto const command = static_cast<std::uint32_t>(layout(block).command);
    return {std::byte{0}, std::byte{0}, std::byte(command >> 8U), std::byte(command & 0xffU)};
}

std::array<std::byte, 12> write_request(std::uint32_t index, std::int32_t value) {
    std::array<std::byte, 12> bytes{};
    std::size_t at = 0;
    for (auto const number : {write_command, index, static_cast<std::uint32_t>(value)}) {
        for (unsigned shift = 32; shift > 0; shift -= 8)
            bytes[at++] = std::byte(number >> (shift - 8) & 0xffU);
    }
    return bytes;
}

Result<> acknowledged(Acknowledgement const& answer, std::uint32_t index) {
    ByteReader reader(answer);
    auto const command = static_cast<std::uint32_t>(reader.big_endian_int32().value_or(0));
    auto const echo = static_cast<std::uint32_t>(reader.big_endian_int32().value_or(0));
    if (command != write_command)
        return Error{Errc::malformed, fmt::format("a write was asked for, the answer is to {}", command)};
    if (echo != index)
        return Error{Errc::malformed,
                     fmt::format("parameter {} was written, parameter {} acknowledged", index, echo)};
    return {};
}

Result<Framed> frame(Block block, Bytes bytes) {
    auto const [command, header_size, value_size, name, unknown] = layout(block);
    ByteReader reader(bytes);
    auto const echo = reader.big_endian_int32();
    if (!echo) return Framed{false, header_size};
    if (*echo != command) {
        return Error{Errc::malformed, fmt::format("{} were asked for, the answer is to {}", name, *echo)};
    }
    if (block == Block::calculations) {
        auto const status = reader.big_endian_int32();
        if (!status) return Framed{false, header_size};
        if (*status < 0) return Error{Errc::malformed, fmt::format("no controller has status {}", *status)};
        if (*status > 0)
            return Error{Errc::unsupported, fmt::format("the controller is busy, status {}", *status)};
    }
    auto const count = reader.big_endian_int32();
    if (!count) return Framed{false, header_size};
    if (*count < 0 || *count > most_values) {
        return Error{Errc::malformed, fmt::format("{} values are announced as {}", *count, name)};
    }
    auto const size = header_size + static_cast<std::size_t>(*count) * value_size;
    return Framed{bytes.size() >= size, size};
}

Result<std::vector<Sample>> decode(Bytes bytes, bridge::Timestamp received, Selection selection,
                                   Equipment const& equipment) {
    if (begins_smart_home(bytes)) {
        auto samples = decode_smart_home(bytes, received, selection);
        return samples ? Result<std::vector<Sample>>(without_absent(std::move(*samples), equipment))
                       : samples;
    }
    auto const values = read_blocks(bytes);
    if (!values) return values.error();
    return without_absent(Decoder(*values, selection, equipment).samples(received), equipment);
}

Result<std::vector<Sample>> decode(Bytes bytes, bridge::Timestamp received) {
    return decode(bytes, received, Selection::named);
}

Result<std::map<std::string, double>> numbers(Bytes bytes, std::vector<std::string> const& identifiers,
                                              Equipment const& equipment) {
    auto const values = read_blocks(bytes);
    if (!values) return values.error();
    return Decoder(*values, Selection::all, equipment).numbers(identifiers);
}

Result<std::vector<bridge::Occurrence>> history(Bytes bytes) {
    auto const values = read_blocks(bytes);
    if (!values) return values.error();
    std::vector<bridge::Occurrence> all;
    for (auto const& ring : {Ring{"fault", bridge::Severity::error, 95, 100},
                             Ring{"switch_off", bridge::Severity::info, 111, 106},
                             Ring{"switch_off_2", bridge::Severity::info, 222, 217}}) {
        append(all, ring, *values);
    }
    std::stable_sort(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.time < b.time; });
    return all;
}

std::optional<Version> controller_version(Bytes bytes) {
    auto const values = read_blocks(bytes);
    auto const version = values ? version_text(*values) : std::nullopt;
    auto const release = version ? release_of(*version) : std::nullopt;
    if (!release) return std::nullopt;
    return Version{line_of(*version).value_or(0), *release};
}

std::optional<std::int32_t> parameter(Bytes bytes, std::uint32_t index) {
    auto const values = read_blocks(bytes);
    return values ? values->at(Block::parameters, index) : std::nullopt;
}

Result<Lengths> lengths(Bytes bytes) {
    auto const values = read_blocks(bytes);
    if (!values) return values.error();
    return Lengths{values->of(Block::parameters).size(), values->of(Block::calculations).size(),
                   values->of(Block::visibilities).size()};
}

}  // namespace luxtronik
