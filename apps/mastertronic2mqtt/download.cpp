// SPDX-License-Identifier: MIT
#include "download.hpp"

#include <bridge/http_client.hpp>
#include <bridge/text.hpp>

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace mastertronic {

using bridge::Errc;
using bridge::Error;
using bridge::Result;

namespace {

std::string sha256(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return {};
    return {digest.begin(), digest.begin() + size};
}

Error cannot_write(std::string const& file) {
    return Error{Errc::io, "cannot write " + bridge::quote(file) + ": " + std::strerror(errno)};
}

/// Whole or not at all, and for this user only: a dump holds what the device's owner has set, passwords
/// included.
Result<> keep(std::string const& file, std::string_view bytes) {
    if (file.empty()) return {};
    std::error_code failed;
    std::filesystem::create_directories(std::filesystem::path(file).parent_path(), failed);
    std::string const beside = file + ".new";
    (void)::unlink(beside.c_str());  // left by a power cut; else it is not there
    int const descriptor = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) return cannot_write(beside);
    bool written = true;
    while (written && !bytes.empty()) {
        auto const size = ::write(descriptor, bytes.data(), bytes.size());
        written = size > 0 || (size < 0 && errno == EINTR);
        if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    auto const trouble = written ? Result<>{} : cannot_write(beside);
    bool const closed = ::close(descriptor) == 0;
    if (!trouble) return trouble;
    if (!closed || std::rename(beside.c_str(), file.c_str()) != 0) return cannot_write(file);
    return {};
}

}  // namespace

boost::asio::awaitable<Result<std::string>> download(bridge::Address device,
                                                     std::chrono::milliseconds deadline) {
    bridge::HttpGet get;
    get.server = std::move(device);
    get.path = "/api/dump_file";
    get.deadline = deadline;
    get.most_bytes = most_dump_bytes;
    auto asking = bridge::http_get(std::move(get));
    auto reply = co_await std::move(asking);
    if (!reply) co_return reply.error();
    if (reply->status != 200) {
        co_return Error{Errc::unsupported,
                        "the device answers with HTTP status " + std::to_string(reply->status)};
    }
    co_return std::move(reply->body);
}

Result<Examination> examine(Download const& download) {
    Examination examined;
    examined.received = download.received;
    examined.digest = sha256(download.bytes);
    if (!examined.digest.empty() && examined.digest == download.known_digest) return examined;
    auto dump = read_dump(bridge::as_bytes(download.bytes), download.received);
    if (!dump) return dump.error();
    auto const understood = dump->understood();
    if (!understood) return understood.error();
    examined.dump = std::move(*dump);
    examined.kept = keep(download.copy, download.bytes);
    return examined;
}

}  // namespace mastertronic
