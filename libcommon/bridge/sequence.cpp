// SPDX-License-Identifier: MIT
#include <bridge/sequence.hpp>

#include <bridge/file.hpp>
#include <bridge/text.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

namespace bridge {

namespace {

constexpr std::uint64_t block = 100'000;
constexpr std::uint64_t most = 1ULL << 52U;  // whole numbers of JSON readers end soon after

Error refused(std::string const& file) {
    return Error{Errc::io,
                 "cannot keep reading numbers in " + quote(file) + ": they go on from the time of day"};
}

}  // namespace

Sequence::Sequence(std::string file, std::uint64_t unix_ms) : file_(std::move(file)) {
    if (file_.empty()) return;
    std::error_code failed;
    std::string text;
    std::getline(std::ifstream(file_), text);
    auto const kept = to_number<std::uint64_t>(trimmed(text));
    bool const fresh = !std::filesystem::exists(file_, failed);
    // A damaged file says nothing about the past; the time of day is beyond it.
    first_ = kept && *kept < most ? *kept : fresh ? 1 : unix_ms;
    trouble_ = reserve_past(first_);
    if (trouble_) return;
    told_ = true;
    first_ = std::max(first_, unix_ms);
    reserved_ = first_ + block;
}

Result<> Sequence::reserve_past(std::uint64_t number) {
    reserved_ = number + block;
    if (file_.empty()) return {};
    if (!replace_file(file_, std::to_string(reserved_) + "\n")) return refused(file_);
    return {};
}

std::uint64_t Sequence::next(std::string const& channel_topic) {
    std::uint64_t& next = next_.try_emplace(channel_topic, first_).first->second;
    if (next >= reserved_) {
        auto const reserved = reserve_past(next);
        if (!reserved && !std::exchange(told_, true)) trouble_ = reserved;
    }
    return next++;
}

Result<> Sequence::take_trouble() { return std::exchange(trouble_, Result<>{}); }

}  // namespace bridge
