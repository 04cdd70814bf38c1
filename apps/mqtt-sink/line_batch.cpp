// SPDX-License-Identifier: MIT
#include "line_batch.hpp"

#include <bridge/text.hpp>

#include <fmt/format.h>

#include <utility>

namespace sink {

namespace {

std::string topic_of(StoredRow const& row) {
    std::string topic = row.base;
    if (!row.device.empty()) topic += "/" + row.device;
    if (!row.channel.empty()) topic += "/" + row.channel;
    return topic;
}

}  // namespace

void LineBatch::add(std::vector<StoredRow> more, Texts texts) {
    for (auto& row : more) {
        auto const line = to_line(row, texts);
        row.fields = {};  // they take far more memory than the line
        rows_.push_back(std::move(row));
        if (auto const* refusal = std::get_if<Refusal>(&line)) {
            auto const& kept = rows_.back();
            refuse(kept, fmt::format("id={} ts={}", kept.id, kept.ts), refusal->sentence);
            continue;
        }
        auto const& text = std::get<std::string>(line);
        if (text.empty()) continue;
        text_ += text;
        ends_.push_back(text_.size());
        row_of_line_.push_back(rows_.size() - 1);
    }
}

std::string_view LineBatch::text(Halving::Range range) const {
    std::size_t const begin = range.begin == 0 ? 0 : ends_[range.begin - 1];
    return std::string_view(text_).substr(begin, ends_[range.end - 1] - begin);
}

void LineBatch::refuse(Halving::Refused const& refused) {
    refuse(rows_[row_of_line_[refused.line]], text({refused.line, refused.line + 1}), refused.sentence);
}

void LineBatch::refuse(StoredRow const& row, std::string_view line, std::string const& sentence) {
    refused_.push_back({row.id, {topic_of(row), std::string(bridge::trimmed(line)), sentence}});
}

}  // namespace sink
