// SPDX-License-Identifier: MIT
#include "influxd.hpp"

#include "eventually.hpp"
#include "http_get.hpp"

#include <sstream>
#include <stdexcept>

namespace test {

namespace {

std::string in_query(std::string const& text) {
    constexpr auto digits = "0123456789ABCDEF";
    std::string out;
    for (char const c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
            out += c;
            continue;
        }
        auto const byte = static_cast<unsigned char>(c);
        out += {'%', digits[byte / 16], digits[byte % 16]};
    }
    return out;
}

}  // namespace

Influxd::Influxd(TempFolder const& folder, Plan plan) : folder_(folder), plan_(std::move(plan)) {
    auto const data = (folder / "influxd").string();
    std::ostringstream text;
    text << "reporting-disabled = true\n"
         << "bind-address = \"" << inner_.address() << "\"\n"
         << "[meta]\ndir = \"" << data << "/meta\"\n"
         << "[data]\ndir = \"" << data << "/data\"\nwal-dir = \"" << data << "/wal\"\n"
         << "[monitor]\nstore-enabled = false\n"
         << "[subscriber]\nenabled = false\n"
         << "[continuous_queries]\nenabled = false\n"
         << "[http]\nbind-address = \"" << http_.address() << "\"\nlog-enabled = false\n"
         << "auth-enabled = " << (plan_.user.empty() ? "false" : "true") << '\n';
    if (plan_.tls) {
        text << "https-enabled = true\nhttps-certificate = \"" << plan_.tls->certificate.string() << "\"\n"
             << "https-private-key = \"" << plan_.tls->key.string() << "\"\n";
    }
    configuration_ = folder.write("influxd.conf", text.str());
    if (!plan_.start_now) return;
    start();
    if (plan_.tls) return;
    if (!plan_.user.empty()) {
        // The first question that needs no user is this one.
        (void)ask("CREATE USER " + plan_.user + " WITH PASSWORD '" + plan_.password +
                  "' WITH ALL PRIVILEGES");
    }
    (void)ask("CREATE DATABASE readings");
}

void Influxd::start() {
    process_.reset();
    process_.emplace(folder_, Process::Plan{"/usr/bin/influxd", {"-config", configuration_.string()}});
    bool const answers = eventually([this] {
        if (!process_->running()) throw std::runtime_error("influxd ended: " + process_->errors());
        return plan_.tls ? bool(connect_to(port())) : http_get(port(), "/ping").status == 204;
    });
    if (!answers) throw std::runtime_error("influxd does not answer: " + process_->errors());
}

std::string Influxd::write_url() const {
    return std::string(plan_.tls ? "https" : "http") + "://" + http_.address() + "/write?db=readings";
}

std::string Influxd::credentials() const {
    return plan_.user.empty() ? "" : "&u=" + in_query(plan_.user) + "&p=" + in_query(plan_.password);
}

std::string Influxd::ask(std::string const& question) const {
    HttpAsk ask;
    ask.method = "POST";
    ask.target = "/query?db=readings&epoch=ms&q=" + in_query(question) + credentials();
    return http_ask(port(), ask).body;
}

int Influxd::write(std::string const& lines) const {
    HttpAsk ask;
    ask.method = "POST";
    ask.target = "/write?db=readings&precision=ms" + credentials();
    ask.body = lines;
    return http_ask(port(), ask).status;
}

}  // namespace test
