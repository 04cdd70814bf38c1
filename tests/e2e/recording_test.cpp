// SPDX-License-Identifier: MIT
#include "program.hpp"
#include "steady_board.hpp"

#include "support/dump_server.hpp"
#include "support/eventually.hpp"
#include "support/made_dump.hpp"
#include "support/mqtt_probe.hpp"

#include "catch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <sstream>

using namespace test;
using Json = nlohmann::ordered_json;

namespace {

/// A reading as a topic had it, but for its number.
std::string without_seq(std::string const& topic, std::string const& payload) {
    auto json = Json::parse(payload, nullptr, false);
    json.erase("seq");
    return topic + " " + json.dump();
}

bool is_reading(std::string const& topic, std::string const& payload) {
    return topic.find("/bridge/") == std::string::npos && !topic.ends_with("/availability") &&
           !topic.ends_with("/event") && payload.starts_with(R"({"ts":)");
}

/// The readings among `topic payload` lines.
std::vector<std::string> readings(std::string const& output) {
    std::vector<std::string> found;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        auto const blank = line.find(' ');
        if (lines.eof() || blank == std::string::npos) continue;  // it is being written
        auto const topic = line.substr(0, blank);
        auto const payload = line.substr(blank + 1);
        if (is_reading(topic, payload)) found.push_back(without_seq(topic, payload));
    }
    return found;
}

std::vector<std::string> readings(MqttProbe const& probe) {
    std::vector<std::string> found;
    for (auto const& message : probe.messages()) {
        if (!message.retained && is_reading(message.topic, message.payload))
            found.push_back(without_seq(message.topic, message.payload));
    }
    return found;
}

/// A bridge that records what its devices send, and prints what it makes of that.
class Recording {
  public:
    Recording(TempFolder const& folder, std::string program, Arguments const& arguments)
        : folder_(folder), program_(std::move(program)), file_(folder / "recording") {
        process_.emplace(
            folder_,
            Process::Plan{program_path(program_),
                          Arguments{"--dry-run", "--http-listen", "off", "--record", file_} + arguments});
    }

    [[nodiscard]] bool printed(std::size_t count) {
        return eventually([&] { return readings(process_->output()).size() >= count; }, 40s);
    }
    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] std::string text() const { return read_file(file_); }
    [[nodiscard]] std::filesystem::path const& file() const { return file_; }

    /// Ends it in order; what it printed.
    [[nodiscard]] std::vector<std::string> stop() {
        process_->signal(SIGTERM);
        REQUIRE(process_->wait_for_exit(30s) == 0);
        return readings(process_->output());
    }

    [[nodiscard]] Finished replay(Arguments const& more = {}) const {
        return run(folder_, {program_path(program_), Arguments{"--dry-run", "--replay", file_} + more}, 40s);
    }

    /// What the recording gives, printed.
    [[nodiscard]] std::vector<std::string> replayed(Arguments const& more = {}) const {
        auto const finished = replay(more);
        INFO(finished.errors);
        REQUIRE(finished.exit_code == 0);
        return readings(finished.output);
    }

    /// The recording as a golden case, as it is: the samples that its decoder gives, frame by frame.
    [[nodiscard]] Json as_golden_case() const {
        std::filesystem::create_directories(folder_ / "cases/recorded");
        std::filesystem::copy_file(file_, folder_ / "cases/recorded/input.txt");
        folder_.write("cases/recorded/note.md", "Recorded.\n");
        Process::Plan const golden{
            program_path("golden_" + program_), {}, {{"GOLDEN_CASES", folder_ / "cases"}}};
        CHECK(run(folder_, golden).exit_code != 0);
        auto const decoded = folder_ / "cases/recorded/decoded.json";
        REQUIRE(std::filesystem::exists(decoded));
        std::filesystem::rename(decoded, folder_ / "cases/recorded/expected.json");
        CHECK(run(folder_, golden).exit_code == 0);
        return Json::parse(read_file(folder_ / "cases/recorded/expected.json"));
    }

  private:
    TempFolder const& folder_;
    std::string program_;
    std::filesystem::path file_;
    std::optional<Process> process_;
};

/// True if all that was published comes again; what came after the last of it may be there too: a stop throws
/// away what an interval has so far.
void check_same(std::vector<std::string> const& published, std::vector<std::string> const& replayed,
                std::size_t more) {
    std::multiset<std::string> const found(replayed.begin(), replayed.end());
    std::multiset<std::string> const expected(published.begin(), published.end());
    std::vector<std::string> missing;
    std::set_difference(expected.begin(), expected.end(), found.begin(), found.end(),
                        std::back_inserter(missing));
    CHECK(missing == std::vector<std::string>());
    CHECK(replayed.size() >= published.size());
    CHECK(replayed.size() <= published.size() + more);
}

Process simulated(TempFolder const& folder, Arguments const& arguments) {
    Process process(folder, {program_path("devsim"), arguments});
    REQUIRE(eventually([&] { return process.output().ends_with('\n'); }));
    return process;
}

}  // namespace

TEST_CASE("two boards recorded, one of them plugged out and in, give the same readings again") {
    TempFolder const folder;
    std::optional<SteadyBoard> cellar(folder / "cellar");
    SteadyBoard const attic(folder / "attic");
    Recording recording(folder, "mfm2mqtt",
                        {"--scrape-interval", "200ms", "--serial-port",
                         "cellar=" + (folder / "cellar").string() + ",attic=" + (folder / "attic").string()});
    REQUIRE(recording.printed(10));
    cellar.reset();
    REQUIRE(recording.printed(20));
    cellar.emplace(folder / "cellar");
    REQUIRE(eventually([&] {
        auto const text = recording.text();
        auto const first = text.find("session cellar\n");
        return first != std::string::npos && text.find("session cellar\n", first + 1) != std::string::npos;
    }));
    REQUIRE(recording.printed(40));
    auto const published = recording.stop();
    check_same(published, recording.replayed({"--scrape-interval", "200ms"}), 4);
    auto const samples = recording.as_golden_case();
    CHECK(samples.back().at(0).at("readings").at("frequency_hz") > 49.9);
}

TEST_CASE("a heat pump recorded gives the same readings again, and is a golden case") {
    TempFolder const folder;
    auto const device =
        simulated(folder, {"luxtronik", "--port-file", folder / "port", "--clock", "1768435200"});
    REQUIRE(eventually([&] { return !read_file(folder / "port").empty(); }));
    auto const port = std::to_string(std::stoi(read_file(folder / "port")));
    Recording recording(folder, "luxtronik2mqtt", {"--host", "127.0.0.1:" + port, "--interval", "1s"});
    REQUIRE(recording.printed(4));
    auto const published = recording.stop();
    auto const replayed = recording.replayed();
    check_same(published, replayed, 2);
    // The settings did not change, so they were published once.
    auto const settings = [](std::string const& line) {
        return line.find("/parameters ") != std::string::npos;
    };
    CHECK(std::count_if(replayed.begin(), replayed.end(), settings) == 1);
    auto const first = recording.as_golden_case().at(0).at(0);
    // Published with what is derived of it.
    std::string const begin = "luxtronik/heatpump {\"ts\":" + first.at("ts").dump() + ",";
    auto const same_time = std::find_if(published.begin(), published.end(),
                                        [&](std::string const& line) { return line.starts_with(begin); });
    REQUIRE(same_time != published.end());
    auto const payload = Json::parse(same_time->substr(same_time->find('{')));
    for (auto const& [name, value] : first.at("readings").items()) {
        INFO(name);
        CHECK(payload.at(name) == value);
    }
}

TEST_CASE("a heat pump recorded over both interfaces gives the same readings again, redacted too") {
    TempFolder const folder;
    auto const redacted = GENERATE(false, true);
    INFO(redacted);
    auto const device =
        simulated(folder, {"luxtronik", "--modbus-port-file", folder / "modbus", "--port-file",
                           folder / "port", "--clock", "1768435200", "--firmware", "V3.92.1"});
    REQUIRE(eventually([&] { return !read_file(folder / "port").empty(); }));
    auto const port_in = [&](char const* file) {
        return std::to_string(std::stoi(read_file(folder / file)));
    };
    Arguments arguments = {"--host",         "cellar=127.0.0.1:" + port_in("port"),
                           "--interval",     "1s",
                           "--smart-home",   "--smart-home-port",
                           port_in("modbus")};
    if (redacted) arguments.push_back("--redact");
    Recording recording(folder, "luxtronik2mqtt", arguments);
    REQUIRE(recording.printed(8));
    auto published = recording.stop();
    REQUIRE(std::any_of(published.begin(), published.end(), [](std::string const& line) {
        return line.find("/smart_home {") != std::string::npos;
    }));
    auto const text = recording.text();
    CHECK((text.find("@cellar SHI1") != std::string::npos) == !redacted);
    CHECK((text.find("@device-1 SHI1") != std::string::npos) == redacted);
    CHECK((text.find("cellar") == std::string::npos) == redacted);
    if (redacted) {
        for (auto& line : published)
            line.replace(line.find("cellar"), std::string("cellar").size(), "device-1");
    }
    check_same(published, recording.replayed({"--smart-home"}), 4);
}

TEST_CASE("a water tester recorded gives each result once again") {
    TempFolder const folder;
    DumpServer device;
    std::string rows;
    for (int i = 0; i < 450; ++i) {
        rows += i == 0 ? "" : ",";
        rows +=
            "('KH_VAL'," + std::to_string(700 + i) + ",100," + std::to_string(1'767'225'600 + 60 * i) + ")";
    }
    device.answer(
        made_dump("CREATE TABLE r (parameter, value, multiply_factor, record_time);"
                  "INSERT INTO r VALUES " +
                  rows));
    Recording recording(folder, "mastertronic2mqtt",
                        {"--host", "127.0.0.1:" + std::to_string(device.port()), "--interval", "1s"});
    REQUIRE(recording.printed(452));
    auto const published = recording.stop();
    auto const replayed = recording.replayed();
    check_same(published, replayed, 1);
    CHECK(std::set<std::string>(replayed.begin(), replayed.end()).size() == replayed.size());
    CHECK(recording.as_golden_case().at(0).size() == 451);
}

TEST_CASE("solar nodes recorded without their names and places give the same measurements again") {
    TempFolder const folder;
    auto const crowd = simulated(folder, {"isems", "--nodes", "3", "--speed", "60", "--seed", "4"});
    auto addresses = crowd.output();
    addresses.pop_back();
    Recording recording(folder, "isems2mqtt", {"--redact", "--router-ips", addresses, "--interval", "2s"});
    REQUIRE(recording.printed(30));
    auto const published = recording.stop();
    auto const voltages = [](std::vector<std::string> const& lines) {
        std::vector<std::string> found;
        for (auto const& line : lines) {
            auto const json = Json::parse(line.substr(line.find(' ') + 1));
            found.push_back(json.at("ts").dump() + " " + json.value("battery_v", Json()).dump());
        }
        return found;
    };
    check_same(voltages(published), voltages(recording.replayed()), 800);
    auto const text = recording.text();
    std::set<std::string> names;
    for (auto const& line : published) {
        auto const json = Json::parse(line.substr(line.find(' ') + 1));
        names.insert(json.at("name").get<std::string>());
        if (json.contains("latitude_deg")) names.insert(json.at("latitude_deg").dump());
    }
    CHECK(names.size() > 3);
    for (auto const& name : names) {
        INFO(name);
        CHECK(text.find(name) == std::string::npos);
    }
    CHECK(text.find("127.0.0.1") == std::string::npos);
}

TEST_CASE("a bridge that is killed leaves a recording of whole lines, which goes on with the next start") {
    TempFolder const folder;
    SteadyBoard const board(folder / "board");
    Arguments const arguments = serial_port(folder / "board") + quick();
    std::size_t size = 0;
    {
        Recording recording(folder, "mfm2mqtt", arguments);
        REQUIRE(recording.printed(5));
        recording.process().kill();
        size = recording.text().size();
        CHECK(recording.text().ends_with('\n'));
        CHECK_FALSE(recording.replayed().empty());
    }
    folder.write("recording", read_file(folder / "recording") + "1785570000000@mains 500");
    Recording again(folder, "mfm2mqtt", arguments);
    REQUIRE(again.printed(5));
    CHECK(again.stop().size() >= 5);
    CHECK(again.text().size() > size);
    CHECK(again.text().find("1785570000000") == std::string::npos);
    CHECK(again.replay().errors.find("refused=0") != std::string::npos);
}

TEST_CASE("a recording is replayed to a broker, reading by reading, and then the program ends") {
    TempFolder const folder;
    auto const text = [](int lines) {
        std::string all = "# recording of mfm2mqtt\nsession cellar\n";
        for (int i = 0; i < lines; ++i)
            all += std::to_string(1'785'570'000'000 + 100 * i) + "@cellar " +
                   std::to_string(49'990 + i % 20) + "\n";
        return all;
    };
    auto const file = folder.write("recording", text(5000));
    Broker const broker(folder);
    MqttProbe probe(broker.port(), {"mfm/#"});
    auto const replay = [&](Arguments const& more) {
        return run(
            folder,
            {program_path("mfm2mqtt"), Arguments{"--replay", file, "--spool-dir", folder / "state"} + more},
            40s);
    };
    auto const finished = replay(broker_at(broker.port()));
    INFO(finished.errors);
    CHECK(finished.exit_code == 0);
    probe.catch_up();
    auto const printed = readings(replay({"--dry-run"}).output);
    CHECK(printed.size() == 550);
    CHECK(readings(probe) == printed);
    // It is not the bridge that others see, and keeps nothing.
    CHECK(probe.on("mfm/bridge/state").empty());
    CHECK(probe.on("mfm/cellar/availability").empty());
    CHECK_FALSE(std::filesystem::exists(folder / "state"));

    folder.write("recording", text(50) + "1785570009000 \\q\n");
    auto const broken = replay({"--dry-run"});
    CHECK(broken.exit_code == 1);
    CHECK(broken.output.empty());
    CHECK(broken.errors.find("recording line 53: a broken escape") != std::string::npos);
    folder.write("recording", text(50) + "1785570009000 500");
    auto const cut = replay({"--dry-run"});
    CHECK(cut.exit_code == 0);
    CHECK(cut.errors.find("cut_line_left_out") != std::string::npos);
}

TEST_CASE("what does not go together with a recording is refused") {
    TempFolder const folder;
    auto const file = folder.write("recording", "# recording of other\n");
    auto const refused = [&](Arguments const& arguments) {
        auto const finished = run(folder, {program_path("mfm2mqtt"), Arguments{"--dry-run"} + arguments});
        CHECK(finished.exit_code == 2);
        return finished.errors;
    };
    CHECK(refused({"--redact"}).find("--redact goes with --record") != std::string::npos);
    CHECK(refused({"--replay", file, "--once"}).find("--replay goes without") != std::string::npos);
    CHECK(refused({"--replay", file, "--record", file}).find("--replay goes without") != std::string::npos);
    CHECK(refused({"--replay", file, "--check"}).find("--replay goes without") != std::string::npos);
    CHECK(refused({"--record", file}).find("is no recording of mfm2mqtt") != std::string::npos);
}
