// SPDX-License-Identifier: MIT
#pragma once

#include "sqlite.hpp"
#include "store_reader.hpp"

#include <cstdint>
#include <vector>

namespace sink {

/// Answers a question about one series from the coarsest rollups that its pieces can be made of, and from
/// finer ones and the raw rows where a rollup does not do: at the edges, in minutes that have rows behind the
/// rollups' cursor, in hours without minutes of their own (see `Rollups`). So the answer is the one that the
/// raw rows alone would give. Where these are deleted, the edges are those of the finest rollup there is.
///
/// Pieces have `width` ms, rounded up to whole buckets of the level; the first begins at `from`, rounded down
/// to such a bucket, and has nothing of before `from` in it. Pieces without a number are left out. With a
/// width of `piece_width` there are no more than its points.
[[nodiscard]] StoreResult<std::vector<Bucket>> read_buckets(Connection& connection,
                                                            SeriesQuestion const& question,
                                                            std::int64_t width);

}  // namespace sink
