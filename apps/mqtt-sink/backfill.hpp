// SPDX-License-Identifier: MIT
#pragma once

namespace sink {

/// `mqtt-sink backfill --from TIME --to TIME [--output NAME]`: gives what was measured in that time once more
/// to the outputs of the settings, or to one of them, oldest first. Reads the store beside the sink that
/// writes it and changes nothing there; rows that a database has already stay as they are there. As `main`:
/// arguments behind `backfill`, with the program's name as the first, and the exit code: 0 all is given, 1
/// not all, 2 usage.
[[nodiscard]] int backfill(int argc, char** argv);

}  // namespace sink
