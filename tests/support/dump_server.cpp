// SPDX-License-Identifier: MIT
#include "dump_server.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <utility>

namespace test {

namespace {

bool readable(int socket, int patience_ms) {
    pollfd waiting{socket, POLLIN, 0};
    return ::poll(&waiting, 1, patience_ms) > 0;
}

/// The head of a request, or what came of it.
std::string request(int socket) {
    std::string head;
    char buffer[4096];
    while (head.find("\r\n\r\n") == std::string::npos && readable(socket, 2000)) {
        auto const size = ::recv(socket, buffer, sizeof buffer, 0);
        if (size <= 0) break;
        head.append(buffer, static_cast<std::size_t>(size));
    }
    return head;
}

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        auto const size = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

std::string head(std::string const& status, std::size_t length) {
    return "HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(length) +
           "\r\nConnection: close\r\n\r\n";
}

}  // namespace

DumpServer::DumpServer() : listener_(listen_on(port_.number())), thread_([this] { work(); }) {}

DumpServer::~DumpServer() {
    stopping_ = true;
    thread_.join();
}

void DumpServer::answer(std::string dump, Manner manner) {
    std::lock_guard const lock(mutex_);
    dump_ = std::move(dump);
    manner_ = manner;
    asked_ = 0;
}

void DumpServer::work() {
    while (!stopping_) {
        if (!readable(listener_.get(), 50)) continue;
        int const accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (accepted >= 0) serve(FileDescriptor(accepted, "accept4"));
    }
}

void DumpServer::serve(FileDescriptor const& client) {
    bool const known = request(client.get()).starts_with("GET /api/dump_file HTTP/1.1\r\n");
    std::string dump;
    Manner manner = Manner::not_found;
    {
        std::lock_guard const lock(mutex_);
        dump = dump_;
        if (known) manner = manner_;
        ++asked_;
    }
    std::string const page = "<!DOCTYPE html><html><body>please wait</body></html>";
    switch (manner) {
        case Manner::whole:
            (void)send_all(client.get(), head("200 OK", dump.size()) + dump);
            break;
        case Manner::empty:
            (void)send_all(client.get(), head("200 OK", 0));
            break;
        case Manner::html:
            (void)send_all(client.get(), head("200 OK", page.size()) + page);
            break;
        case Manner::not_found:
            (void)send_all(client.get(), head("404 Not Found", page.size()) + page);
            break;
        case Manner::cut:
            (void)send_all(client.get(), head("200 OK", dump.size()) + dump.substr(0, dump.size() / 2));
            break;
        case Manner::silent:
            while (!stopping_ && !readable(client.get(), 50)) {
            }
            break;
        case Manner::trickling:
            if (!send_all(client.get(), head("200 OK", dump.size()))) break;
            // Readable: the other side has gone.
            for (std::size_t i = 0; i < dump.size() && !stopping_ && !readable(client.get(), 20); ++i) {
                if (!send_all(client.get(), std::string_view(dump).substr(i, 1))) break;
            }
            break;
    }
    ::shutdown(client.get(), SHUT_WR);
    // Until the other side has read it all.
    while (!stopping_ && readable(client.get(), 500)) {
        char buffer[256];
        if (::recv(client.get(), buffer, sizeof buffer, 0) <= 0) break;
    }
}

}  // namespace test
