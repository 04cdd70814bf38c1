// SPDX-License-Identifier: MIT
#include <bridge/recorder.hpp>
#include <bridge/recording_file.hpp>

#include "catch.hpp"
#include "support/private_mounts.hpp"
#include "support/temp_folder.hpp"

#include <filesystem>

using namespace bridge;
using test::TempFolder;

namespace {

Timestamp at(std::int64_t unix_ms) { return Timestamp(std::chrono::milliseconds(unix_ms)); }

Result<Recorder> opened(std::filesystem::path const& file, Redact redact = {}) {
    return Recorder::open({file.string(), "x2mqtt", std::move(redact)}, Log(LogLevel::error));
}

std::string detail(Result<Recorder> const& refused) {
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Errc::config);
    return refused.error().detail;
}

}  // namespace

TEST_CASE("frames are in the file as soon as they came, each with its device and time") {
    TempFolder const folder;
    auto const file = folder / "recording";
    auto recorder = opened(file);
    REQUIRE(recorder.has_value());
    recorder->begin("cellar");
    CHECK(test::read_file(file) == "# recording of x2mqtt\n");
    recorder->write("cellar", at(1), as_bytes("a"));
    recorder->write("barn", at(2), as_bytes("b\n"));
    recorder->begin("barn");
    recorder->begin("barn");
    recorder->write("barn", at(3), as_bytes("c"));
    CHECK(test::read_file(file) ==
          "# recording of x2mqtt\n"
          "session cellar\n1@cellar a\n2@barn b\\n\nsession barn\n3@barn c\n");
}

TEST_CASE("a recording is continued, without what a power cut left of its last line") {
    TempFolder const folder;
    auto const file = folder.write("recording", "# recording of x2mqtt\n1@a whole\n2@a cu");
    auto recorder = opened(file);
    REQUIRE(recorder.has_value());
    recorder->write("a", at(3), as_bytes("more"));
    CHECK(test::read_file(file) == "# recording of x2mqtt\n1@a whole\n3@a more\n");
    auto const title_cut = folder.write("cut", "# recording of x2mqtt");
    CHECK_FALSE(opened(title_cut).has_value());
}

TEST_CASE("no other file is written to") {
    TempFolder const folder;
    auto const other = folder.write("other", "precious\n");
    CHECK(detail(opened(other)).ends_with("is there already, and is no recording of x2mqtt"));
    CHECK(test::read_file(other) == "precious\n");
    CHECK(detail(opened(folder.write("y", "# recording of y2mqtt\n"))).ends_with("no recording of x2mqtt"));
    CHECK(detail(opened(folder / "none" / "x")).find("No such file or directory") != std::string::npos);
    CHECK(detail(opened(folder / ".")).find("Is a directory") != std::string::npos);
}

TEST_CASE("a redacted recording has stand-ins for frames and devices, and is not continued") {
    TempFolder const folder;
    auto const file = folder / "recording";
    Redact const redact = [](Bytes frame, Pseudonyms& names) -> Result<std::string> {
        if (as_text(frame) == "strange") return Error{Errc::malformed, "what is that"};
        return names.of("word", as_text(frame));
    };
    auto recorder = opened(file, redact);
    REQUIRE(recorder.has_value());
    recorder->begin("secret place");
    for (auto const* word : {"secret", "strange", "other", "secret"})
        recorder->write("secret place", at(1), as_bytes(word));
    CHECK(test::read_file(file) ==
          "# recording of x2mqtt\n"
          "session device-1\n1@device-1 word-1\n1@device-1 word-2\n1@device-1 word-1\n");
    CHECK(detail(opened(file, redact)).find("redacted recording begins with an empty file") !=
          std::string::npos);
}

TEST_CASE("a full disk ends the recording after its last whole line") {
    TempFolder const folder;
    test::enter_private_mounts();
    test::SmallDisk const disk(folder / ".", 64 * 1024);
    auto const file = folder / "recording";
    auto recorder = opened(file);
    REQUIRE(recorder.has_value());
    for (int i = 0; i < 100; ++i) recorder->write("a", at(i), as_bytes(std::string(1000, 'x')));
    auto recording = RecordingFile::open(file.string());
    REQUIRE(recording.has_value());
    CHECK_FALSE(recording->is_cut());
    int frames = 0;
    for (auto frame = recording->next(); frame && *frame; frame = recording->next()) ++frames;
    CHECK(frames > 10);
    CHECK(frames < 100);
}

TEST_CASE("a recording on disk is read to its end or refused with its line") {
    TempFolder const folder;
    auto recording = RecordingFile::open(folder.write("good", "# x\n1 a\n2@b c\n3 cu").string());
    REQUIRE(recording.has_value());
    CHECK(recording->is_cut());
    CHECK(recording->next()->value().bytes == "a");
    CHECK(recording->next()->value().device == "b");
    CHECK_FALSE(recording->next()->has_value());
    auto const broken = RecordingFile::open(folder.write("broken", "1 a\n2 \\q\n3 b\n").string());
    REQUIRE_FALSE(broken.has_value());
    CHECK(broken.error().code == Errc::malformed);
    CHECK(broken.error().detail.find("broken line 2: ") != std::string::npos);
    CHECK(RecordingFile::open((folder / "none").string()).error().code == Errc::io);
    CHECK_FALSE(RecordingFile::open((folder / ".").string()).has_value());
}
