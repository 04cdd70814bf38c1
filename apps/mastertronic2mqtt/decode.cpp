// SPDX-License-Identifier: MIT
#include "decode.hpp"

namespace mastertronic {

bridge::Sample own_sample(Dump const& dump, bridge::Timestamp received) {
    return {"",
            "",
            received,
            {{"result_count", static_cast<std::int64_t>(dump.results.size())},
             {"dump_size_bytes", static_cast<std::int64_t>(dump.bytes)}}};
}

bridge::Sample to_sample(TestResult const& result) {
    return {"",
            std::string(result.parameter->channel),
            result.time,
            {{std::string(result.parameter->field), result.value}},
            true};
}

bridge::Result<std::vector<bridge::Sample>> decode(bridge::Bytes bytes, bridge::Timestamp received) {
    auto const dump = read_dump(bytes, received);
    if (!dump) return dump.error();
    auto const understood = dump->understood();
    if (!understood) return understood.error();
    std::vector<bridge::Sample> samples{own_sample(*dump, received)};
    for (auto const& result : dump->results) samples.push_back(to_sample(result));
    return samples;
}

}  // namespace mastertronic
