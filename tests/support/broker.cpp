// SPDX-License-Identifier: MIT
#include "broker.hpp"

#include "eventually.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace test {

Broker::Broker(TempFolder const& folder, Plan const& plan)
    : folder_(folder),
      with_tls_(plan.tls.has_value()),
      checked_(plan.checked && plan.access_rules.empty() && on_violation) {
    auto const database = folder / "mosquitto";
    std::filesystem::create_directory(database);
    std::ostringstream text;
    // user root: as root it would otherwise become a user that may not read this folder.
    text << "user root\n"
         << "persistence true\npersistence_location " << database.string() << "/\n"
         << "autosave_interval 30\n"
         << "max_queued_messages 0\n"
         << "set_tcp_nodelay true\n"
         << "log_dest stderr\nlog_type error\nlog_type warning\nlog_type notice\nlog_type information\n"
         << "allow_anonymous true\n";
    if (!plan.user.empty()) {
        auto const passwords = folder / "mosquitto.passwords";
        auto const made =
            run(folder, {"/usr/bin/mosquitto_passwd", {"-c", "-b", passwords, plan.user, plan.password}});
        if (made.exit_code != 0) throw std::runtime_error("mosquitto_passwd: " + made.errors);
        text << "password_file " << passwords.string() << '\n';
    }
    if (!plan.access_rules.empty()) {
        access_rules_ = folder.write("mosquitto.access", plan.access_rules);
        text << "acl_file " << access_rules_.string() << '\n';
    }
    text << "listener " << port_.number() << " 127.0.0.1\n";
    if (plan.tls) {
        text << "listener " << tls_port_.number() << " 127.0.0.1\n"
             << "cafile " << plan.tls->ca_file.string() << '\n'
             << "certfile " << plan.tls->server.certificate.string() << '\n'
             << "keyfile " << plan.tls->server.key.string() << '\n';
        if (plan.tls->client_certificate_required) {
            text << "require_certificate true\nuse_identity_as_username true\n";
        }
    }
    configuration_ = folder.write("mosquitto.conf", text.str());
    if (plan.start_now) start();
}

void Broker::start() {
    process_.reset();
    process_.emplace(folder_, Process::Plan{"/usr/sbin/mosquitto", {"-c", configuration_.string()}});
    bool const listens = eventually([this] {
        if (!process_->running()) throw std::runtime_error("mosquitto ended: " + process_->errors());
        return connect_to(port()) && (!with_tls_ || connect_to(tls_port()));
    });
    if (!listens) throw std::runtime_error("mosquitto does not listen: " + process_->errors());
    if (checked_ && !check_) check_.emplace(port());
}

void Broker::stop() {
    process_->signal(SIGTERM);
    if (!process_->wait_for_exit(20s)) throw std::runtime_error("mosquitto does not end");
}

void Broker::set_access_rules(std::string const& rules) const {
    std::ofstream(access_rules_) << rules;
    process_->signal(SIGHUP);
}

void Broker::kill() { process_->kill(); }

bool Broker::let_in(std::string const& client_id, std::string const& user) const {
    // New client connected from 127.0.0.1:40000 as mfm2mqtt (p5, c0, k60, u'name').
    std::istringstream lines(log());
    for (std::string line; std::getline(lines, line);) {
        if (line.find("New client connected") == std::string::npos) continue;
        if (line.find(" as " + client_id + " (") == std::string::npos) continue;
        if (user.empty() || line.find("u'" + user + "'") != std::string::npos) return true;
    }
    return false;
}

}  // namespace test
