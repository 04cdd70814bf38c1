// SPDX-License-Identifier: MIT
#include "cursor.hpp"

namespace sink {

void Cursor::confirm(Time now) {
    if (now < doubt_ends()) return;
    safe_ = taken_before_;
    taken_before_ = taken_;
    since_ = now;
    refused_.erase(refused_.begin(), refused_.upper_bound(safe_));
}

void Cursor::go_back(Time now) {
    taken_before_ = safe_;
    taken_ = safe_;
    since_ = now;
}

}  // namespace sink
