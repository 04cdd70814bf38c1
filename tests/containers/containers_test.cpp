// SPDX-License-Identifier: MIT
#include "support/eventually.hpp"
#include "support/http_get.hpp"
#include "support/mqtt_probe.hpp"
#include "support/process.hpp"
#include "support/temp_folder.hpp"

#include "catch.hpp"

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

// Runs in network, process and mount namespaces of its own (see CMakeLists.txt): the ports are the default
// ones of compose.yaml, no network of this machine is touched, and whatever is left ends with this process.

using namespace test;
using Json = nlohmann::json;
using Words = std::vector<std::string>;

namespace {

std::filesystem::path const source = SOURCE_FOLDER;
std::filesystem::path const images = IMAGES_FOLDER;

// The demo profile, but for Grafana, which Debian has not got; and the listener of the isems profile.
Words const services = {"broker",
                        "nodes",
                        "influxdb",
                        "devsim-mfm",
                        "devsim-luxtronik",
                        "devsim-mastertronic",
                        "devsim-isems",
                        "demo-mfm2mqtt",
                        "demo-luxtronik2mqtt",
                        "demo-mastertronic2mqtt",
                        "demo-isems2mqtt",
                        "demo-sink"};
std::set<std::string> const devices = {"mfm/demo-mains", "luxtronik/demo-heatpump",
                                       "mastertronic/demo-watertester", "isems/solar-01", "isems/solar-02"};

Words operator+(Words left, Words const& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Words lines_of(std::string const& text) {
    std::istringstream stream(text);
    Words lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

/// A folder as a user has it who has cloned the repository and followed .env.example.
class Project {
  public:
    Project() {
        std::filesystem::copy(source / "compose.yaml", folder_.path());
        std::filesystem::copy(source / "docker", folder_ / "docker",
                              std::filesystem::copy_options::recursive);
        std::string settings = read_file(source / ".env.example");
        std::string const empty = "\nMQTT_PASSWORD=\n";
        auto const password = settings.find(empty);
        REQUIRE(password != std::string::npos);
        settings.replace(password, empty.size(), "\nMQTT_PASSWORD=\"not a good one\"\n");
        folder_.write(".env", settings);
        // Containers, volumes and networks are in the test's folder; the images are only read where they are.
        // No systemd is asked for anything, and low limits, since those of the machine may not be raised.
        std::string const at = folder_.path().string();
        folder_.write("storage.conf", "[storage]\ndriver = \"overlay\"\ngraphroot = \"" + at +
                                          "/storage\"\nrunroot = \"" + at +
                                          "/run\"\n[storage.options]\nadditionalimagestores = [\"" +
                                          (images / "storage").string() + "\"]\n");
        folder_.write("containers.conf",
                      "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=4096:4096\"]\n"
                      "[engine]\nruntime = \"runc\"\ncgroup_manager = \"cgroupfs\"\nevents_logger = "
                      "\"file\"\nstatic_dir = \"" +
                          at + "/storage/libpod\"\ntmp_dir = \"" + at + "/run/libpod\"\nvolume_path = \"" +
                          at + "/volumes\"\n[network]\nnetwork_backend = \"netavark\"\n" +
                          "network_config_dir = \"" + at + "/networks\"\n");
    }
    ~Project() { (void)podman({"rm", "--all", "--force", "--time", "0"}); }
    Project(Project const&) = delete;
    Project& operator=(Project const&) = delete;

    [[nodiscard]] Finished podman(Words const& arguments) const { return call("/usr/bin/podman", arguments); }

    [[nodiscard]] Finished compose(Words const& arguments) const {
        static bool const knows_profiles =
            call("/usr/bin/podman-compose", {"--help"}).output.find("--profile") != std::string::npos;
        Words const profiles = knows_profiles ? Words{"--profile", "demo", "--profile", "isems"} : Words();
        return call("/usr/bin/podman-compose",
                    Words{"-f", (folder_ / "compose.yaml").string(), "-p", "demo"} + profiles + arguments);
    }

    [[nodiscard]] static std::string container(std::string const& service) {
        return "demo_" + service + "_1";
    }

    /// In a container, as its program's user.
    [[nodiscard]] Finished in(std::string const& service, Words const& command) const {
        return podman(Words{"exec", container(service)} + command);
    }

    /// The host's id of the container's program; 0 while it does not run.
    [[nodiscard]] int process_of(std::string const& service) const {
        auto const answer = podman({"inspect", "--format", "{{.State.Pid}}", container(service)}).output;
        return answer.empty() ? 0 : std::stoi(answer);
    }

    /// The services of which podman's `what` is not this, each with what it said last.
    [[nodiscard]] std::string others_than(std::string const& wanted, std::string const& what) const {
        Words question = {"inspect", "--format", what};
        for (auto const& service : services) question.push_back(container(service));
        auto const answers = lines_of(podman(question).output);
        std::string others;
        for (std::size_t i = 0; i < services.size(); ++i) {
            if (i >= answers.size() || answers[i] != wanted) others += logs(services[i]);
        }
        return others;
    }

    /// What podman has of a kind: `ps --all`, `volume ls` ...
    [[nodiscard]] Words list(Words const& question) const {
        return lines_of(podman(question + Words{"--quiet"}).output);
    }

    [[nodiscard]] std::string logs(std::string const& service) const {
        auto const both = podman({"logs", "--tail", "20", container(service)});
        return service + ":\n" + both.output + both.errors;
    }

  private:
    [[nodiscard]] Finished call(std::filesystem::path const& program, Words const& arguments) const {
        return run(folder_,
                   {program,
                    arguments,
                    {{"CONTAINERS_CONF", folder_ / "containers.conf"},
                     {"CONTAINERS_STORAGE_CONF", folder_ / "storage.conf"}}},
                   100s);
    }

    TempFolder folder_;
};

/// `base/device` of every device that the sink has readings of.
std::set<std::string> devices_in_sink() {
    auto const answer = Json::parse(http_get(9300, "/api/v1/devices").body, nullptr, false);
    std::set<std::string> found;
    if (!answer.is_array()) return found;
    for (auto const& device : answer) {
        if (device.contains("channels") && !device["channels"].empty())
            found.insert(device["base"].get<std::string>() + "/" + device["device"].get<std::string>());
    }
    return found;
}

/// True when InfluxDB has readings of every base.
bool influxdb_has_all() {
    return std::ranges::all_of(devices, [](std::string const& device) {
        auto const base = device.substr(0, device.find('/'));
        return http_get(8086, "/query?db=readings&q=SELECT%20*%20FROM%20" + base + "%20LIMIT%201")
                   .body.find("\"series\"") != std::string::npos;
    });
}

bool has_all(std::set<std::string> const& found) { return std::ranges::includes(found, devices); }

/// What a node publishes: a line of now.
std::string node_line() {
    auto const now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return "node-a;1;" + std::to_string(now) +
           ";5;480;0;22.0;18.0;13.9;95;100;23;11.7;14.1;17;50;52.507454;13.458673;300";
}

/// Other processes of this namespace: only containers can have brought them.
Words other_processes() {
    Words found;
    for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
        auto const id = entry.path().filename().string();
        if (id.find_first_not_of("0123456789") != std::string::npos || id == std::to_string(::getpid()))
            continue;
        std::string const command = read_file(entry.path() / "cmdline");  // empty: it has ended
        if (!command.empty()) found.push_back(command);
    }
    return found;
}

}  // namespace

TEST_CASE("compose.yaml comes up with simulated devices, stores their readings, and goes without a trace") {
    Project const project;
    auto const up = project.compose(Words{"up", "-d"} + services);
    INFO(up.output << up.errors);
    REQUIRE(up.exit_code == 0);
    CHECK(project.others_than("running", "{{.State.Status}}") == "");

    bool const arrived = eventually([] { return has_all(devices_in_sink()) && influxdb_has_all(); }, 60s);
    if (!arrived) {
        for (auto const& service : services) UNSCOPED_INFO(project.logs(service));
    }
    REQUIRE(arrived);
    for (auto const& service : services) {
        if (service.starts_with("devsim-")) continue;
        INFO(service);
        // Without systemd nobody asks but us.
        CHECK(eventually([&] {
            return project.podman({"healthcheck", "run", Project::container(service)}).exit_code == 0;
        }));
    }
    // Nobody is let in without the password, and nobody is more than he has to be.
    CHECK(project.in("broker", {"mosquitto_sub", "-p", "1883", "-t", "#", "-W", "1"}).exit_code == 5);
    CHECK(project.in("demo-mfm2mqtt", {"id", "-u"}).output == "9300\n");
    CHECK(project.in("demo-mfm2mqtt", {"touch", "/usr/bin/x"}).exit_code != 0);

    // The nodes' listener passes their lines on, and nothing else.
    MqttProbe nodes(1884, {"#"}, "isems-node");
    nodes.publish("isems/forged", R"({"ts":1785570000123,"battery_v":1})");
    nodes.publish("/isems/node-a/csvlog", node_line());
    CHECK(eventually([] { return devices_in_sink().contains("isems/node-a"); }));
    CHECK(!devices_in_sink().contains("isems/forged"));
    CHECK(nodes.messages().empty());

    // What dies comes back by itself, and has what it had.
    int const first = project.process_of("demo-sink");
    REQUIRE(first > 0);
    REQUIRE(::kill(first, SIGKILL) == 0);
    CHECK(eventually([&] {
        int const now = project.process_of("demo-sink");
        return now > 0 && now != first && has_all(devices_in_sink());
    }));

    // Ours first: they say goodbye to the broker.
    Words ours = {"stop", "--time", "30"};
    for (auto const& service : services) {
        if (service.starts_with("demo-")) ours.push_back(Project::container(service));
    }
    CHECK(project.podman(ours).exit_code == 0);
    CHECK(project.podman({"stop", "--all", "--time", "30"}).exit_code == 0);
    CHECK(project.others_than("0", "{{.State.ExitCode}}") == "");
    CHECK(project.compose({"down", "-v"}).exit_code == 0);
    CHECK(project.list({"ps", "--all"}).empty());
    CHECK(project.list({"pod", "ls"}).empty());
    CHECK(project.list({"volume", "ls"}).empty());
    // podman-compose before 1.1 leaves the empty network.
    (void)project.podman({"network", "rm", "demo_default"});
    CHECK(project.list({"network", "ls"}).size() == 1);
    (void)eventually([] { return other_processes().empty(); });
    CHECK(other_processes() == Words());
}
