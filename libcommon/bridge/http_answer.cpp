// SPDX-License-Identifier: MIT
#include <bridge/http_answer.hpp>

#include <bridge/gzip.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace bridge {

namespace asio = boost::asio;

namespace {

/// A packet holds as much: below it nothing is gained.
constexpr std::size_t least_bytes = 1000;

/// Takes what is in front of the next comma off.
std::string_view take_item(std::string_view& list) {
    auto const end = std::min(list.find(','), list.size());
    auto const item = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    return item;
}

bool same_word(std::string_view left, std::string_view right) {
    auto const small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return std::ranges::equal(left, right, {}, small, small);
}

/// `;q=0`, `; q=0.000`.
bool is_refused(std::string_view parameters) {
    auto const equals = parameters.find("q=");
    if (equals == std::string_view::npos) return false;
    auto const weight = trimmed(parameters.substr(equals + 2));
    return !weight.empty() && weight.find_first_not_of("0.") == std::string_view::npos;
}

bool is_text(std::string_view content_type) {
    return !content_type.starts_with("text/event-stream") &&
           (content_type.starts_with("text/") || content_type.starts_with("application/json"));
}

std::string const* find_header(HttpResponse const& response, std::string_view wanted) {
    for (auto const& [name, value] : response.headers) {
        if (name == wanted) return &value;
    }
    return nullptr;
}

/// Of a body that is sent in this form.
std::string tag_of(std::string_view body, std::string_view form) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    constexpr std::size_t shown = 16;
    unsigned size = 0;
    (void)EVP_Digest(body.data(), body.size(), hash.data(), &size, EVP_sha256(), nullptr);
    return fmt::format("\"{:02x}{}\"", fmt::join(hash.begin(), hash.begin() + shown, ""), form);
}

/// A body that goes on, made smaller.
struct Smaller {
    HttpBody more;
    Gzip gzip = {};
    bool ended = false;
};

asio::awaitable<Result<std::string>> next_piece(std::shared_ptr<Smaller> body) {
    for (std::string smaller; !body->ended;) {
        auto making = body->more();
        auto const piece = co_await std::move(making);
        if (!piece) co_return piece.error();
        body->ended = piece->empty();
        smaller = body->ended ? body->gzip.finish() : body->gzip.add(*piece);
        if (!smaller.empty()) co_return smaller;
    }
    co_return std::string();
}

HttpBody smaller(HttpBody more) {
    auto const body = std::make_shared<Smaller>(Smaller{std::move(more)});
    return [body] { return next_piece(body); };
}

}  // namespace

bool takes_gzip(std::string_view accept_encoding) {
    bool any = false;
    while (!accept_encoding.empty()) {
        auto const item = take_item(accept_encoding);
        auto const end = std::min(item.find(';'), item.size());
        auto const name = trimmed(item.substr(0, end));
        bool const taken = !is_refused(item.substr(end));
        if (same_word(name, "gzip") || same_word(name, "x-gzip")) return taken;
        if (name == "*") any = taken;
    }
    return any;
}

bool names_tag(std::string_view if_none_match, std::string_view tag) {
    while (!if_none_match.empty()) {
        auto item = take_item(if_none_match);
        if (item == "*") return true;
        if (item.starts_with("W/")) item.remove_prefix(2);
        if (item == tag) return true;
    }
    return false;
}

HttpResponse settled(HttpRequest const& request, HttpResponse response) {
    bool const text = is_text(response.content_type);
    bool const large = response.more || response.body.size() >= least_bytes;
    bool const small = text && large && takes_gzip(request.header("accept-encoding"));
    if (text && large) response.headers.emplace_back("Vary", "Accept-Encoding");
    auto const* const kept = find_header(response, "Cache-Control");
    if (response.status == 200 && !response.more && kept && *kept != "no-store") {
        auto const tag = tag_of(response.body, small ? "-gzip" : "");
        response.headers.emplace_back("ETag", tag);
        if (names_tag(request.header("if-none-match"), tag)) {
            response.status = 304;
            response.body.clear();
            return response;
        }
    }
    if (!small) return response;
    response.headers.emplace_back("Content-Encoding", "gzip");
    if (response.more) {
        response.more = smaller(std::move(response.more));
    } else {
        response.body = gzipped(response.body);
    }
    return response;
}

}  // namespace bridge
