// SPDX-License-Identifier: MIT
#include <bridge/settings.hpp>

#include <bridge/program.hpp>

#include "catch.hpp"
#include "matchers.hpp"
#include "support/temp_folder.hpp"

#include <chrono>
#include <map>
#include <string>
#include <vector>

using namespace bridge;
using namespace std::chrono_literals;

namespace {

enum class Colour { red, green };

std::string const canary = "canary-3f9a";

/// A program with one key of each kind, and everything that is said to it.
struct Demo {
    Demo() {
        options.add("demo", "title", title, "what it is called").alias("OLD_TITLE").alias("OLDER_TITLE");
        options.add("demo", "interval", interval, "how often").range(0.1, 3600);
        options.add("demo", "level", level, "how much").range(-5, 5);
        options.add("demo", "count", count, "how many").range(1, 100);
        options.add_targets("demo", "host", targets, "pump", "where the pumps are");
        options.add_choice<Colour>("demo", "colour", colour, "of the lamp",
                                   {{"red", Colour::red}, {"green", Colour::green}});
        options.add("net", "tls", tls, "whether to encrypt");
        options.add("net", "ca_file", ca_file, "authorities").readable_file();
        options.add("net", "password", password, "what opens the door").secret();
        options.add_switch("once", once, "once only");
        options.add_run_value("patience", patience, "how long");
        options.retired("DEMO_WILL", "the will is fixed");
    }

    Result<Options::Mode> parse(std::vector<std::string> const& arguments = {}) {
        return options.parse(arguments, [this](std::string const& name) -> std::optional<std::string> {
            auto const found = environment.find(name);
            return found == environment.end() ? std::nullopt : std::optional(found->second);
        });
    }

    /// Reads `text` as the settings file.
    Result<Options::Mode> parse_file(std::string const& text) {
        return parse({"--config", folder.write("demo.toml", text).string()});
    }

    std::string refusal(Result<Options::Mode> const& result) {
        REQUIRE_FALSE(result.has_value());
        CHECK(result.error().code == Errc::config);
        return result.error().detail;
    }

    test::TempFolder folder;
    std::map<std::string, std::string> environment;
    std::string title = "default";
    std::chrono::milliseconds interval{1000};
    double level = 1.5;
    std::uint16_t count = 10;
    std::vector<Target> targets;
    Colour colour = Colour::red;
    bool tls = false;
    std::string ca_file;
    std::string password;
    bool once = false;
    std::chrono::milliseconds patience{30s};
    Options options{"demo2mqtt", "demo", "Shows a demonstration."};
};

auto contains(std::string const& part) { return contains_text(part); }

}  // namespace

TEST_CASE("a flag beats the variable, which beats the file, which beats the default") {
    std::string const file = "[demo]\ntitle = \"from file\"\n";
    SECTION("default") {
        Demo demo;
        REQUIRE(demo.parse().has_value());
        CHECK(demo.title == "default");
    }
    SECTION("file over default") {
        Demo demo;
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "from file");
    }
    SECTION("variable over file") {
        Demo demo;
        demo.environment["DEMO_TITLE"] = "from variable";
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "from variable");
    }
    SECTION("flag over variable and file") {
        Demo demo;
        demo.environment["DEMO_TITLE"] = "from variable";
        auto const path = demo.folder.write("demo.toml", file).string();
        REQUIRE(demo.parse({"--title", "from flag", "--config", path}).has_value());
        CHECK(demo.title == "from flag");
    }
    SECTION("flag over file") {
        Demo demo;
        auto const path = demo.folder.write("demo.toml", file).string();
        REQUIRE(demo.parse({"--config=" + path, "--title=from flag"}).has_value());
        CHECK(demo.title == "from flag");
    }
}

TEST_CASE("the settings file may be named by CONFIG, and the flag beats it") {
    Demo demo;
    demo.environment["CONFIG"] = demo.folder.write("a.toml", "[demo]\ntitle = \"a\"\n").string();
    SECTION("the variable") {
        REQUIRE(demo.parse().has_value());
        CHECK(demo.title == "a");
    }
    SECTION("the flag") {
        auto const path = demo.folder.write("b.toml", "[demo]\ntitle = \"b\"\n").string();
        REQUIRE(demo.parse({"--config", path}).has_value());
        CHECK(demo.title == "b");
    }
}

TEST_CASE("a key of another section has the section in its flag and its variable") {
    SECTION("flag") {
        Demo demo;
        REQUIRE(demo.parse({"--net-tls"}).has_value());
        CHECK(demo.tls);
    }
    SECTION("flag with a value") {
        Demo demo;
        demo.tls = true;
        REQUIRE(demo.parse({"--net-tls=false"}).has_value());
        CHECK_FALSE(demo.tls);
    }
    SECTION("a bare flag takes nothing of what follows") {
        Demo demo;
        REQUIRE(demo.parse({"--net-tls", "--title", "x"}).has_value());
        CHECK(demo.tls);
        CHECK(demo.title == "x");
    }
    SECTION("variable") {
        Demo demo;
        demo.environment["NET_TLS"] = "yes";
        REQUIRE(demo.parse().has_value());
        CHECK(demo.tls);
    }
    SECTION("not without the section") {
        Demo demo;
        CHECK_FALSE(demo.parse({"--tls"}).has_value());
    }
}

TEST_CASE("a variable loses one pair of outer quotes, and empty and None mean unset") {
    auto const [given, kept] = GENERATE(table<std::string, std::string>({
        {"\"quoted\"", "quoted"},
        {"'single'", "single"},
        {"\"\"double\"\"", "\"double\""},
        {"\"'mixed'\"", "'mixed'"},
        {"\"open", "\"open"},
        {"\"", "\""},
        {"in\"side", "in\"side"},
        {"\"None\"", "default"},
        {"None", "default"},
        {"", "default"},
        {"\"\"", "default"},
        {"''", "default"},
        {"  ", "default"},
        {"none", "none"},
    }));
    INFO(given);
    Demo demo;
    demo.environment["DEMO_TITLE"] = given;
    REQUIRE(demo.parse().has_value());
    CHECK(demo.title == kept);
}

TEST_CASE("a variable that means unset gives way to the file") {
    Demo demo;
    demo.environment["DEMO_TITLE"] = "None";
    REQUIRE(demo.parse_file("[demo]\ntitle = \"from file\"\n").has_value());
    CHECK(demo.title == "from file");
}

TEST_CASE("a flag and a file are taken as they stand") {
    SECTION("flag") {
        Demo demo;
        REQUIRE(demo.parse({"--title", "'None'"}).has_value());
        CHECK(demo.title == "'None'");
    }
    SECTION("file") {
        Demo demo;
        REQUIRE(demo.parse_file("[demo]\ntitle = \"None\"\n").has_value());
        CHECK(demo.title == "None");
    }
}

TEST_CASE("a key's own variable beats its aliases, and they beat the file") {
    Demo demo;
    std::string const file = "[demo]\ntitle = \"file\"\n";
    demo.environment["OLDER_TITLE"] = "older";
    SECTION("alias over file") {
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "older");
    }
    SECTION("the first alias over the second") {
        demo.environment["OLD_TITLE"] = "old";
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "old");
    }
    SECTION("own over alias") {
        demo.environment["OLD_TITLE"] = "old";
        demo.environment["DEMO_TITLE"] = "own";
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "own");
    }
    SECTION("own that means unset leaves the alias") {
        demo.environment["DEMO_TITLE"] = "None";
        REQUIRE(demo.parse_file(file).has_value());
        CHECK(demo.title == "older");
    }
}

TEST_CASE("an unknown key is refused with file, line, section and the nearest name") {
    Demo demo;
    auto const sentence =
        demo.refusal(demo.parse_file("[net]\ntls = true\n\n[demo]\n# one\nintervall = 5\n"));
    CHECK_THAT(sentence, contains("demo.toml:6: "));
    CHECK_THAT(sentence, contains("unknown key intervall in [demo]"));
    CHECK_THAT(sentence, contains("did you mean interval?"));
}

TEST_CASE("an unknown key that is like no other has no suggestion") {
    Demo demo;
    auto const sentence = demo.refusal(demo.parse_file("[demo]\nxyzzyxyzzy = 5\n"));
    CHECK_THAT(sentence, contains("demo.toml:2: unknown key xyzzyxyzzy in [demo]"));
    CHECK_THAT(sentence, !contains("did you mean"));
}

TEST_CASE("an unknown section is refused with file, line and the nearest name") {
    Demo demo;
    auto const sentence = demo.refusal(demo.parse_file("\n[dmeo]\ntitle = \"x\"\n"));
    CHECK_THAT(sentence, contains("demo.toml:2: unknown section [dmeo]"));
    CHECK_THAT(sentence, contains("did you mean demo?"));
}

TEST_CASE("a key outside any section is refused with its line") {
    Demo demo;
    CHECK_THAT(demo.refusal(demo.parse_file("title = \"x\"\n")), contains("demo.toml:1: unknown key title"));
}

TEST_CASE("an unknown flag is refused") {
    Demo demo;
    CHECK_THAT(demo.refusal(demo.parse({"--intervall", "5"})), contains("--intervall"));
}

TEST_CASE("a wrong value in the file is refused with file, line, key and what is expected") {
    auto const [text, line, says] = GENERATE(table<std::string, std::string, std::string>({
        {"[demo]\n\ncount = 70000\n", ":3:", "a whole number from 0 to 65535"},
        {"[demo]\ncount = \"ten\"\n", ":2:", "a whole number"},
        {"[demo]\ncount = 10.0\n", ":2:", "a whole number"},
        {"[demo]\ncount = -1\n", ":2:", "a whole number"},
        {"[demo]\ncount = 101\n", ":2:", "from 1 to 100"},
        {"[demo]\ncount = 0\n", ":2:", "from 1 to 100"},
        {"[demo]\ncount = true\n", ":2:", "a whole number"},
        {"[demo]\nlevel = \"warm\"\n", ":2:", "a number"},
        {"[demo]\nlevel = nan\n", ":2:", "a number"},
        {"[demo]\nlevel = inf\n", ":2:", "a number"},
        {"[demo]\nlevel = 5.001\n", ":2:", "from -5 to 5"},
        {"[demo]\ninterval = \"5 weeks\"\n", ":2:", "a time"},
        {"[demo]\ninterval = \"50ms\"\n", ":2:", "from 0.1 to 3600"},
        {"[demo]\ninterval = \"2h\"\n", ":2:", "from 0.1 to 3600"},
        {"[demo]\ncolour = \"blue\"\n", ":2:", "one of red, green"},
        {"[demo]\ntitle = 2026-01-01\n", ":2:", "must be a text, a number, true or false"},
        {"[demo.title]\nx = 1\n", ":1:", "must be a text, a number, true or false"},
        {"[net]\ntls = \"perhaps\"\n", ":2:", "true or false"},
        {"[net]\ntls = 2\n", ":2:", "true or false"},
        {"[net]\nca_file = \"/nowhere/ca.pem\"\n", ":2:", "cannot be read"},
        {"[net]\nca_file = \"/\"\n", ":2:", "cannot be read"},
    }));
    INFO(text);
    Demo demo;
    auto const sentence = demo.refusal(demo.parse_file(text));
    CHECK_THAT(sentence, contains("demo.toml" + line));
    CHECK_THAT(sentence, contains(says));
}

TEST_CASE("both ends of a range are allowed") {
    auto const* const text =
        GENERATE("count = 1", "count = 100", "level = -5", "level = 5.0", "interval = 0.1",
                 "interval = \"100ms\"", "interval = 3600", "interval = \"1h\"");
    INFO(text);
    Demo demo;
    CHECK(demo.parse_file("[demo]\n" + std::string(text) + "\n").has_value());
}

TEST_CASE("a wrong value in a variable or a flag is refused with the name of that") {
    SECTION("variable") {
        Demo demo;
        demo.environment["DEMO_COUNT"] = "many";
        auto const sentence = demo.refusal(demo.parse());
        CHECK_THAT(sentence, contains("DEMO_COUNT = \"many\": must be a whole number"));
    }
    SECTION("alias") {
        Demo demo;
        demo.options.add("demo", "size", demo.count, "x").alias("OLD_SIZE");
        demo.environment["OLD_SIZE"] = "big";
        CHECK_THAT(demo.refusal(demo.parse()), contains("OLD_SIZE"));
    }
    SECTION("flag") {
        Demo demo;
        CHECK_THAT(demo.refusal(demo.parse({"--count", "many"})), contains("--count = \"many\""));
    }
    SECTION("value of a run") {
        Demo demo;
        CHECK_THAT(demo.refusal(demo.parse({"--patience", "soon"})), contains("--patience = \"soon\""));
    }
}

TEST_CASE("a broken file is refused with its line, a missing one by its name") {
    Demo demo;
    SECTION("broken") {
        CHECK_THAT(demo.refusal(demo.parse_file("[demo]\ntitle = \"x\"\ncount = = 3\n")),
                   contains("demo.toml:3: "));
    }
    SECTION("a key twice") {
        CHECK_THAT(demo.refusal(demo.parse_file("[demo]\ntitle = \"x\"\ntitle = \"y\"\n")),
                   contains("demo.toml:3: "));
    }
    SECTION("missing") {
        CHECK_THAT(demo.refusal(demo.parse({"--config", "/nowhere/demo.toml"})),
                   contains("/nowhere/demo.toml: cannot be read"));
    }
}

TEST_CASE("a password keeps every character that it has in the file") {
    // What a person would write on the right of `password =`, and what is meant by it.
    auto const [written, meant] = GENERATE(table<std::string, std::string>({
        {R"("a#b;c")", "a#b;c"},
        {R"("a=b")", "a=b"},
        {R"("=")", "="},
        {R"("#")", "#"},
        {R"('it"s')", R"(it"s)"},
        {R"("it's")", "it's"},
        {R"("say \"hi\"")", R"(say "hi")"},
        {R"("back\\slash")", R"(back\slash)"},
        {R"('back\slash\n')", R"(back\slash\n)"},
        {R"("'quoted'")", "'quoted'"},
        {R"('"quoted"')", "\"quoted\""},
        {R"(" blanks ")", " blanks "},
        {R"("None")", "None"},
        {R"("\u00e4")", "\xc3\xa4"},
        {R"("${HOME}%d$1")", "${HOME}%d$1"},
        {R"(12345)", "12345"},
        {"'''\na'b\"c'''", "a'b\"c"},
        {R"("x" # a comment)", "x"},
    }));
    INFO(written);
    Demo demo;
    REQUIRE(demo.parse_file("[net]\npassword = " + written + "\n").has_value());
    CHECK(demo.password == meant);
}

TEST_CASE("a password comes from the first place that has one") {
    Demo demo;
    auto const flag_file = demo.folder.write("flag", "by flag\n").string();
    auto const variable_file = demo.folder.write("variable", "by NAME_FILE\r\n").string();
    auto const named_file = demo.folder.write("named", "by password_file\n").string();
    demo.folder.write("net_password", "by credentials\n");
    std::vector<std::string> arguments = {"--net-password-file", flag_file};
    demo.environment["NET_PASSWORD"] = "by variable";
    demo.environment["NET_PASSWORD_FILE"] = variable_file;
    demo.environment["CREDENTIALS_DIRECTORY"] = demo.folder.path().string();
    std::string file = "[net]\npassword = \"by key\"\npassword_file = \"" + named_file + "\"\n";
    std::string expected = "by flag";
    SECTION("all of them") {}
    SECTION("no flag") {
        arguments = {};
        expected = "by variable";
    }
    SECTION("no variable") {
        arguments = {};
        demo.environment.erase("NET_PASSWORD");
        expected = "by NAME_FILE";
    }
    SECTION("no NAME_FILE") {
        arguments = {};
        demo.environment.erase("NET_PASSWORD");
        demo.environment["NET_PASSWORD_FILE"] = "None";
        expected = "by credentials";
    }
    SECTION("no credentials") {
        arguments = {};
        demo.environment.clear();
        expected = "by key";
    }
    SECTION("a credentials folder without this one") {
        arguments = {};
        demo.environment = {{"CREDENTIALS_DIRECTORY", "/nowhere"}};
        expected = "by key";
    }
    SECTION("no key") {
        arguments = {};
        demo.environment.clear();
        file = "[net]\npassword_file = \"" + named_file + "\"\n";
        expected = "by password_file";
    }
    arguments.push_back("--config=" + demo.folder.write("demo.toml", file).string());
    REQUIRE(demo.parse(arguments).has_value());
    CHECK(demo.password == expected);
}

TEST_CASE("of a password file only the line end at its end is left out") {
    Demo demo;
    demo.environment["NET_PASSWORD_FILE"] = demo.folder.write("p", " a#b \n c\\ \r\n\n").string();
    REQUIRE(demo.parse().has_value());
    CHECK(demo.password == " a#b \n c\\ ");
}

TEST_CASE("a password file that cannot be read is refused with the place that names it") {
    Demo demo;
    SECTION("flag") {
        auto const sentence = demo.refusal(demo.parse({"--net-password-file", "/nowhere/p"}));
        CHECK_THAT(sentence, contains("--net-password-file: cannot read \"/nowhere/p\""));
    }
    SECTION("variable") {
        demo.environment["NET_PASSWORD_FILE"] = "/nowhere/p";
        CHECK_THAT(demo.refusal(demo.parse()), contains("NET_PASSWORD_FILE: cannot read \"/nowhere/p\""));
    }
    SECTION("file") {
        CHECK_THAT(demo.refusal(demo.parse_file("[net]\n\npassword_file = \"/nowhere/p\"\n")),
                   contains("demo.toml:3: [net] password_file: cannot read \"/nowhere/p\""));
    }
    SECTION("a folder") {
        demo.environment["NET_PASSWORD_FILE"] = "/";
        CHECK_THAT(demo.refusal(demo.parse()), contains("NET_PASSWORD_FILE: cannot read \"/\""));
    }
    SECTION("an empty file") {
        demo.environment["NET_PASSWORD_FILE"] = demo.folder.write("p", "\n").string();
        CHECK_THAT(demo.refusal(demo.parse()), contains("NET_PASSWORD_FILE: there is nothing in \""));
        demo.environment["NET_PASSWORD_FILE"] = demo.folder.write("p", "").string();
        CHECK_THAT(demo.refusal(demo.parse()), contains("NET_PASSWORD_FILE: there is nothing in \""));
    }
}

TEST_CASE("no flag takes a password, and trying it does not show it") {
    Demo demo;
    using Arguments = std::vector<std::string>;
    auto const arguments = GENERATE(Arguments{"--net-password", canary},
                                    Arguments{"--net-password=" + canary}, Arguments{canary});
    CHECK_THAT(demo.refusal(demo.parse(arguments)), !contains(canary));
}

TEST_CASE("a password is in no error and not in the settings shown") {
    Demo demo;
    demo.options.add("net", "pin", demo.count, "a number").secret();
    auto const file =
        GENERATE(as<std::string>{},
                 // a value that breaks its rule
                 "[net]\npin = \"canary-3f9a\"\n",
                 // what TOML itself refuses
                 "[net]\npassword = canary-3f9a\n", "[net]\npassword = \"canary-3f9a\n",
                 "[net]\npassword = \"canary-3f9a\\q\"\n", "[net]\npassword = 'canary-3f9a\n",
                 "[net]\npassword = \"x\" canary-3f9a\n", "[net]\npassword = \"canary-3f9a\" \"\n",
                 "[net]\npassword = \"\"\"canary-3f9a\n",
                 // the wrong type
                 "[net]\npassword = { canary-3f9a = 1 }\n");
    INFO(file);
    auto const sentence = demo.refusal(demo.parse_file(file));
    CHECK_THAT(sentence, contains("demo.toml:"));
    CHECK_THAT(sentence, !contains(canary));
}

TEST_CASE("a password that is used is not shown") {
    Demo demo;
    demo.environment["NET_PASSWORD"] = canary;
    REQUIRE(demo.parse().has_value());
    REQUIRE(demo.password == canary);
    CHECK_THAT(demo.options.to_toml(), !contains(canary));
    CHECK_THAT(demo.options.to_toml(), !contains("password"));
    CHECK_THAT(demo.options.help(), !contains(canary));
}

TEST_CASE("durations are seconds or carry their unit") {
    using Row = std::pair<char const*, std::chrono::milliseconds>;
    for (auto const& [text, meant] :
         {Row{"0", 0ms}, Row{"1", 1s}, Row{"1.5", 1500ms}, Row{"200ms", 200ms}, Row{"10s", 10s},
          Row{"2min", 2min}, Row{"2 min", 2min}, Row{"0.5h", 30min}, Row{"2d", 48h}, Row{"1e3", 1000s},
          Row{"0.0004", 0ms}, Row{"0.0006", 1ms}}) {
        INFO(text);
        std::chrono::milliseconds read{-1};
        REQUIRE(read_setting(text, read).has_value());
        CHECK(read == meant);
    }
    for (auto const* text : {"", "s", "-1", "-1s", "+1", "1m", "1 week", "1s2", "nan", "inf", "infs", "1e15",
                             "1,5", "ten", "0x10", "1ms ms", "99999999999999999999d"}) {
        INFO(text);
        std::chrono::milliseconds read{7};
        CHECK_FALSE(read_setting(text, read).has_value());
        CHECK(read == 7ms);
    }
}

TEST_CASE("a duration is shown as it may be read again") {
    for (auto const duration : {0ms, 1ms, 100ms, 1000ms, 1500ms, 60000ms, 86400000ms}) {
        std::chrono::milliseconds read{-1};
        REQUIRE(read_setting(show_setting(duration), read).has_value());
        CHECK(read == duration);
    }
}

TEST_CASE("yes and no have many words") {
    for (auto const* text : {"true", "TRUE", "Yes", "on", "1"}) {
        bool read = false;
        REQUIRE(read_setting(text, read).has_value());
        CHECK(read);
    }
    for (auto const* text : {"false", "False", "NO", "off", "0"}) {
        bool read = true;
        REQUIRE(read_setting(text, read).has_value());
        CHECK_FALSE(read);
    }
    for (auto const* text : {"", "2", "y", "truee", " true", "nein"}) {
        bool read = true;
        CHECK_FALSE(read_setting(text, read).has_value());
    }
}

TEST_CASE("targets are one without a name, or several with names") {
    using Targets = std::vector<Target>;
    auto const [text, meant] = GENERATE(table<std::string, Targets>({
        {"10.0.0.7", {{"pump", "10.0.0.7"}}},
        {"cellar=10.0.0.7", {{"cellar", "10.0.0.7"}}},
        {"a=x,b=y", {{"a", "x"}, {"b", "y"}}},
        {" a = x , b = y ,", {{"a", "x"}, {"b", "y"}}},
        {"a=x,y", {{"a", "x"}, {"pump", "y"}}},
        {"http://h/?q=1", {{"pump", "http://h/?q=1"}}},
        {"a=http://h/?q=1", {{"a", "http://h/?q=1"}}},
        {"tcp://[::1]:23", {{"pump", "tcp://[::1]:23"}}},
        {"", {}},
    }));
    INFO(text);
    Demo demo;
    demo.targets = {{"old", "gone"}};
    REQUIRE(demo.parse_file("[demo]\nhost = \"" + text + "\"\n").has_value());
    CHECK(demo.targets == meant);
}

TEST_CASE("targets from a file may be a list") {
    Demo demo;
    REQUIRE(demo.parse_file("[demo]\nhost = [\"a=x\", \"b=y\"]\n").has_value());
    CHECK(demo.targets == std::vector<Target>{{"a", "x"}, {"b", "y"}});
}

TEST_CASE("targets that cannot be told apart or have no address are refused") {
    auto const [text, says] = GENERATE(table<std::string, std::string>({
        {"a=x,a=y", "different name"},
        {"x,y", "different name"},
        {"a=", "a target for each name"},
        {"bridge=x", "must not name a device bridge"},
    }));
    INFO(text);
    Demo demo;
    auto const sentence = demo.refusal(demo.parse({"--host", text}));
    CHECK_THAT(sentence, contains("--host"));
    CHECK_THAT(sentence, contains(says));
}

TEST_CASE("--help names every key with its flag, its variables and its default") {
    Demo demo;
    auto const help = demo.options.help();
    for (auto const* part : {"--title",
                             "[DEMO_TITLE, OLD_TITLE, OLDER_TITLE; default \"default\"]",
                             "--interval",
                             "DEMO_INTERVAL",
                             "--level",
                             "DEMO_LEVEL",
                             "default 1.5",
                             "--count",
                             "DEMO_COUNT",
                             "--host",
                             "DEMO_HOST",
                             "--colour",
                             "DEMO_COLOUR",
                             "default \"red\"",
                             "--net-tls",
                             "NET_TLS",
                             "--net-ca-file",
                             "[NET_CA_FILE]",
                             "--net-password-file",
                             "NET_PASSWORD_FILE",
                             "--once",
                             "--patience",
                             "--config",
                             "--check-config",
                             "--check",
                             "--print-config",
                             "--version",
                             "--healthcheck",
                             "Shows a demonstration."}) {
        CHECK_THAT(help, contains(part));
    }
    CHECK_THAT(help, !contains("--net-password "));
}

TEST_CASE("--help of the keys that all programs have names them") {
    ProgramSettings settings;
    Options options("demo2mqtt", "demo", "x");
    ProgramSettings::bind(options, settings, "127.0.0.1:9999");
    auto const help = options.help();
    for (auto const* key :
         {"host", "port", "username", "client-id", "keepalive", "qos", "retain", "version", "tls", "ca-file",
          "cert-file", "key-file", "tls-insecure", "password-file", "key-password-file"}) {
        CHECK_THAT(help, contains("--mqtt-" + std::string(key)));
    }
    for (auto const* key : {"--http-listen", "--log-level", "--log-format"}) CHECK_THAT(help, contains(key));
}

TEST_CASE("which readings are retained is said by auto or as yes and no always were") {
    auto const asked = [](std::vector<std::string> const& arguments, std::string const& variable = "") {
        ProgramSettings settings;
        Options options("demo2mqtt", "demo", "x");
        ProgramSettings::bind(options, settings, "127.0.0.1:9999");
        auto const parsed = options.parse(arguments, [&](std::string const& name) {
            return name == "MQTT_RETAIN" && !variable.empty() ? std::optional(variable) : std::nullopt;
        });
        if (!parsed) return parsed.error().detail;
        return show_setting(settings.mqtt.retain);
    };
    CHECK(asked({}) == "\"auto\"");
    CHECK(asked({"--mqtt-retain", "auto"}) == "\"auto\"");
    CHECK(asked({"--mqtt-retain"}) == "\"true\"");
    CHECK(asked({"--mqtt-retain", "false"}) == "\"false\"");
    CHECK(asked({}, "True") == "\"true\"");
    CHECK(asked({}, "0") == "\"false\"");
    CHECK_THAT(asked({}, "sometimes"), contains("must be one of auto, true, false"));
    test::TempFolder const folder;
    for (auto const* word : {"true", "\"auto\""}) {
        auto const file = folder.write("demo.toml", std::string("[mqtt]\nretain = ") + word + "\n");
        CHECK_THAT(asked({"--config", file.string()}), contains(word));
    }
}

TEST_CASE("what the settings show reads back as the same settings") {
    std::string const title = "a \"b\" \\c #d = 'e' \xc3\xa4\t\x01";
    Demo first;
    REQUIRE(first
                .parse({"--title", title, "--interval", "1500ms", "--level", "-0.1", "--count", "7", "--host",
                        "a=x,b=y", "--colour", "green", "--net-tls"})
                .has_value());
    auto const shown = first.options.to_toml();
    INFO(shown);
    Demo second;
    REQUIRE(second.parse_file(shown).has_value());
    CHECK(second.title == title);
    CHECK(second.interval == 1500ms);
    CHECK(second.level == -0.1);
    CHECK(second.count == 7);
    CHECK(second.targets == std::vector<Target>{{"a", "x"}, {"b", "y"}});
    CHECK(second.colour == Colour::green);
    CHECK(second.tls);
    CHECK(second.options.to_toml() == shown);
}

TEST_CASE("the command line says what to do") {
    using Row = std::pair<std::vector<std::string>, Options::Mode>;
    for (auto const& [arguments, mode] :
         {Row{{}, Options::Mode::run}, Row{{"--once"}, Options::Mode::run},
          Row{{"--help"}, Options::Mode::help}, Row{{"--version"}, Options::Mode::version},
          Row{{"--check-config"}, Options::Mode::check_config}, Row{{"--check"}, Options::Mode::check},
          Row{{"--print-config"}, Options::Mode::print_config},
          Row{{"--healthcheck"}, Options::Mode::healthcheck}}) {
        Demo demo;
        auto const parsed = demo.parse(arguments);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == mode);
        CHECK(demo.once == (arguments == std::vector<std::string>{"--once"}));
    }
}

TEST_CASE("help and version are answered whatever the settings are") {
    Demo demo;
    demo.environment["CONFIG"] = "/nowhere/demo.toml";
    CHECK(demo.parse({"--help"}).has_value());
    CHECK(demo.parse({"--version"}).has_value());
}

TEST_CASE("a variable that has no use any more is warned of, if it is set") {
    Demo demo;
    SECTION("unset") {
        demo.environment["DEMO_WILL"] = "None";
        REQUIRE(demo.parse().has_value());
        CHECK(demo.options.warnings().empty());
    }
    SECTION("set") {
        demo.environment["DEMO_WILL"] = "lastwords";
        REQUIRE(demo.parse().has_value());
        REQUIRE(demo.options.warnings().size() == 1);
        CHECK_THAT(demo.options.warnings().front(), contains("DEMO_WILL has no effect: the will is fixed"));
    }
}

TEST_CASE("a rule over several keys is tried on what they became") {
    Demo demo;
    demo.options.require([&]() -> Result<> {
        if (demo.tls || demo.ca_file.empty()) return {};
        return Error{Errc::config, "[net] ca_file needs tls"};
    });
    auto const ca = demo.folder.write("ca.pem", "x").string();
    SECTION("broken") { CHECK(demo.refusal(demo.parse({"--net-ca-file", ca})) == "[net] ca_file needs tls"); }
    SECTION("kept") { CHECK(demo.parse({"--net-ca-file", ca, "--net-tls"}).has_value()); }
}

TEST_CASE("a level of a topic has letters, digits, underscore and hyphen") {
    for (auto const* text : {"a", "A-z_09", "-"}) CHECK(is_topic_level(text));
    for (auto const* text : {"", "a/b", "a b", "a+", "#", "\xc3\xa4", "a."})
        CHECK_FALSE(is_topic_level(text));
}
