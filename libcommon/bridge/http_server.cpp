// SPDX-License-Identifier: MIT
#include <bridge/http_server.hpp>

#include <bridge/http_answer.hpp>
#include <bridge/payload.hpp>
#include <bridge/text.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <ranges>
#include <set>

namespace bridge {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr auto token = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_connections = 64;
constexpr std::uint32_t most_header_bytes = 8 * 1024;
constexpr std::uint64_t most_body_bytes = 64 * 1024;
constexpr std::size_t most_streams = 32;
constexpr std::string_view crlf = "\r\n";
/// What the system takes in advance for a client that reads slowly.
constexpr int stream_send_buffer_bytes = 64 * 1024;
constexpr unsigned not_modified = 304;
/// HTTP/1.1, as Beast writes it.
constexpr unsigned with_chunks = 11;
constexpr auto request_deadline = std::chrono::seconds(10);
constexpr auto refusal_deadline = std::chrono::seconds(2);
constexpr auto listen_retry = std::chrono::seconds(5);

/// Percent-decoding; nothing for a broken escape.
std::optional<std::string> decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            unsigned byte = 0;
            auto const hex = text.substr(i + 1, 2);
            auto const [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), byte, 16);
            if (hex.size() != 2 || error != std::errc{} || end != hex.data() + 2) return std::nullopt;
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

using BeastRequest = http::request<http::string_body>;

std::optional<HttpRequest> to_request(BeastRequest& from) {
    HttpRequest request;
    std::string_view const target(from.target().data(), from.target().size());
    auto const question = std::min(target.find('?'), target.size());
    auto path = decoded(target.substr(0, question), false);
    if (!path) return std::nullopt;
    request.path = std::move(*path);
    auto query = parse_form(question < target.size() ? target.substr(question + 1) : std::string_view());
    if (!query) return std::nullopt;
    request.query = std::move(*query);
    request.method = std::string(from.method_string());
    for (auto const& field : from) {
        std::string name(field.name_string());
        std::ranges::transform(name, name.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
        request.headers.emplace(std::move(name), field.value());
    }
    request.body = std::move(from.body());
    return request;
}

http::response<http::string_body> to_beast(HttpResponse from, BeastRequest const& request) {
    http::response<http::string_body> response{static_cast<http::status>(from.status), request.version()};
    if (from.status != not_modified) response.set(http::field::content_type, from.content_type);
    response.set(http::field::cache_control, "no-store");
    for (auto const& [name, value] : from.headers) response.set(name, value);
    response.keep_alive(request.keep_alive());
    bool const head = request.method() == http::verb::head;
    if (from.more) {
        response.keep_alive(false);
        // What an older client is sent ends with the connection.
        response.chunked(request.version() >= with_chunks);
    } else if (from.status == not_modified) {
        response.body().clear();
    } else if (head) {
        response.content_length(from.body.size());
    } else {
        response.body() = std::move(from.body);
        response.prepare_payload();
    }
    return response;
}

/// What a client is told whose request could not be read; nothing if it is gone, or was too slow.
std::optional<HttpResponse> refusal(boost::system::error_code unread) {
    if (unread == http::error::header_limit)
        return http_error(431, fmt::format("the header is larger than {} bytes", most_header_bytes));
    if (unread == http::error::body_limit)
        return http_error(413, fmt::format("the body is larger than {} bytes", most_body_bytes));
    bool const gone = unread == http::error::end_of_stream || unread == http::error::partial_message;
    bool const broken = unread.category() == make_error_code(http::error::bad_method).category();
    if (gone || !broken) return std::nullopt;
    return http_error(400, "the request is no HTTP/1.1: " + unread.message());
}

}  // namespace

std::optional<HttpForm> parse_form(std::string_view text) {
    HttpForm form;
    for (std::size_t start = 0; start < text.size();) {
        auto const end = std::min(text.find('&', start), text.size());
        auto const item = text.substr(start, end - start);
        start = end + 1;
        if (item.empty()) continue;
        auto const equals = std::min(item.find('='), item.size());
        auto name = decoded(item.substr(0, equals), true);
        auto value = decoded(equals < item.size() ? item.substr(equals + 1) : std::string_view(), true);
        if (!name || !value) return std::nullopt;
        form.emplace_back(std::move(*name), std::move(*value));
    }
    return form;
}

std::string const* find_value(HttpForm const& form, std::string_view name) {
    auto const found = std::ranges::find(form, name, &HttpForm::value_type::first);
    return found == form.end() ? nullptr : &found->second;
}

std::string HttpRequest::header(std::string const& name) const {
    auto const found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
}

HttpResponse http_error(unsigned status, std::string const& sentence) {
    return HttpResponse{status, "application/json", "{\"error\":" + json_string(sentence) + "}\n"};
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    auto const colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto const port = to_number<std::uint16_t>(text.substr(colon + 1));
    if (!port) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.empty()) host = "::";
    if (host == "localhost") host = "127.0.0.1";
    boost::system::error_code not_an_address;
    (void)asio::ip::make_address(std::string(host), not_an_address);
    if (not_an_address) return std::nullopt;
    return ListenAddress{std::string(host), *port};
}

bool is_loopback(ListenAddress const& address) {
    boost::system::error_code not_an_address;
    auto const ip = asio::ip::make_address(address.host, not_an_address);
    return !not_an_address && ip.is_loopback();
}

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
  public:
    Impl(asio::any_io_executor loop, Log log)
        : loop_(std::move(loop)), log_(log), acceptor_(loop_), timer_(loop_) {}

    void route(std::string path, HttpHandler handler, std::vector<std::string> methods) {
        routes_[std::move(path)] = {std::move(handler), std::move(methods)};
    }

    void start(ListenAddress address) {
        asio::co_spawn(loop_, serve(shared_from_this(), std::move(address)), asio::detached);
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        boost::system::error_code ignored;
        (void)acceptor_.close(ignored);
        for (auto* const socket : sockets_) (void)socket->close(ignored);
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    [[nodiscard]] boost::system::error_code listen(ListenAddress const& address) {
        boost::system::error_code failed;
        auto const ip = asio::ip::make_address(address.host, failed);
        tcp::endpoint const endpoint(ip, address.port);
        if (!failed) (void)acceptor_.open(endpoint.protocol(), failed);
        if (!failed) (void)acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
        // `::` serves IPv4 too.
        if (!failed && ip.is_v6()) (void)acceptor_.set_option(asio::ip::v6_only(false), failed);
        if (!failed) (void)acceptor_.bind(endpoint, failed);
        if (!failed) (void)acceptor_.listen(tcp::acceptor::max_listen_connections, failed);
        if (!failed) port_ = acceptor_.local_endpoint(failed).port();
        if (failed) {
            boost::system::error_code ignored;
            (void)acceptor_.close(ignored);
        }
        return failed;
    }

    static asio::awaitable<void> serve(std::shared_ptr<Impl> self, ListenAddress address) {
        bool told = false;
        while (!self->stopped_) {
            auto const failed = self->listen(address);
            if (!failed) break;
            if (!std::exchange(told, true)) self->log_refused(address, failed);
            self->timer_.expires_after(listen_retry);
            co_await self->timer_.async_wait(token);
        }
        if (self->stopped_) co_return;
        self->log_.info("http", "listening",
                        {{"address", address.host}, {"port", std::int64_t{self->port_}}});
        while (!self->stopped_) {
            auto [failed, socket] = co_await self->acceptor_.async_accept(token);
            if (failed == asio::error::operation_aborted) co_return;
            if (failed) {
                // Out of descriptors: a moment later there may be one.
                self->timer_.expires_after(std::chrono::milliseconds(100));
                co_await self->timer_.async_wait(token);
            } else if (self->sockets_.size() < most_connections) {
                asio::co_spawn(self->loop_, converse(self, std::move(socket)), asio::detached);
            }
        }
    }

    void log_refused(ListenAddress const& address, boost::system::error_code failed) const {
        log_.error(
            "http", "cannot_listen",
            {{"address", address.host}, {"port", std::int64_t{address.port}}, {"detail", failed.message()}});
    }

    static asio::awaitable<void> converse(std::shared_ptr<Impl> self, tcp::socket socket) {
        beast::tcp_stream stream(std::move(socket));
        self->sockets_.insert(&stream.socket());
        co_await exchange(self, stream);
        self->sockets_.erase(&stream.socket());
    }

    static asio::awaitable<void> exchange(std::shared_ptr<Impl> self, beast::tcp_stream& stream) {
        beast::flat_buffer buffer;
        while (!self->stopped_) {
            http::request_parser<http::string_body> parser;
            parser.header_limit(most_header_bytes);
            parser.body_limit(most_body_bytes);
            stream.expires_after(request_deadline);
            auto [unread, read] = co_await http::async_read(stream, buffer, parser, token);
            if (unread) {
                auto refused = refusal(unread);
                if (!refused) co_return;
                auto refusing = refuse(stream, std::move(*refused));
                co_return co_await std::move(refusing);
            }
            BeastRequest request = parser.release();
            HttpResponse answer = co_await self->answer(request);
            if (answer.more && self->streams_ >= most_streams) answer = too_many_streams();
            if (answer.delay.count() > 0) {
                asio::steady_timer pause(self->loop_, answer.delay);
                co_await pause.async_wait(token);
            }
            HttpBody const more = request.method() == http::verb::head ? nullptr : answer.more;
            bool const only_header = answer.more != nullptr;
            auto response = to_beast(std::move(answer), request);
            bool const sent = co_await send(stream, response, only_header);
            if (sent && more) {
                auto going_on = go_on(self, stream, more, response.chunked());
                co_await std::move(going_on);
            }
            if (!sent || !response.keep_alive()) co_return;
        }
    }

    static asio::awaitable<bool> send(beast::tcp_stream& stream,
                                      http::response<http::string_body> const& response,
                                      bool only_header = false) {
        http::response_serializer<http::string_body> serializer(response);
        serializer.split(only_header);
        stream.expires_after(request_deadline);
        if (only_header) {
            auto [unsent, sent] = co_await http::async_write_header(stream, serializer, token);
            co_return !unsent;
        }
        auto [unsent, sent] = co_await http::async_write(stream, serializer, token);
        co_return !unsent;
    }

    static asio::awaitable<void> refuse(beast::tcp_stream& stream, HttpResponse refused) {
        BeastRequest request(http::verb::get, "/", 11);
        request.keep_alive(false);
        auto response = to_beast(std::move(refused), request);
        bool const sent = co_await send(stream, response);
        if (!sent) co_return;
        boost::system::error_code ignored;
        (void)stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
        // A connection closed with bytes unread is reset, and the answer may be lost with it.
        std::array<char, 4096> rest;
        auto const into = asio::buffer(rest);
        stream.expires_after(refusal_deadline);
        for (;;) {
            auto [ended, read] = co_await stream.async_read_some(into, token);
            if (ended) co_return;
        }
    }

    static asio::awaitable<void> go_on(std::shared_ptr<Impl> self, beast::tcp_stream& stream, HttpBody more,
                                       bool chunked) {
        using namespace asio::experimental::awaitable_operators;
        boost::system::error_code ignored;
        (void)stream.socket().set_option(asio::socket_base::send_buffer_size(stream_send_buffer_bytes),
                                         ignored);
        ++self->streams_;
        bool going_on = true;
        while (going_on && !self->stopped_) {
            // A client that listens says nothing: what can be read is its end.
            stream.expires_never();
            auto next = more();
            auto gone = stream.socket().async_wait(tcp::socket::wait_read, token);
            auto first = co_await (std::move(next) || std::move(gone));
            auto const* const piece = std::get_if<Result<std::string>>(&first);
            if (!piece) break;
            if (!*piece) {
                break_off(stream.socket());
                break;
            }
            going_on = !(*piece)->empty();
            if (!going_on && !chunked) break;
            // The last chunk is the empty one.
            std::string const size = fmt::format("{:x}\r\n", (*piece)->size());
            std::array<asio::const_buffer, 3> const bytes = {
                asio::buffer(chunked ? size : std::string_view()), asio::buffer(**piece),
                asio::buffer(chunked ? crlf : std::string_view())};
            stream.expires_after(request_deadline);
            auto [unsent, sent] = co_await asio::async_write(stream, bytes, token);
            if (unsent) break;
        }
        --self->streams_;
    }

    /// Closing it then resets the connection: the client sees that it has not got all.
    static void break_off(tcp::socket& socket) {
        boost::system::error_code ignored;
        (void)socket.set_option(asio::socket_base::linger(true, 0), ignored);
    }

    static HttpResponse too_many_streams() {
        return http_error(
            503, fmt::format("{} answers that go on are being sent already: try again later", most_streams));
    }

    asio::awaitable<HttpResponse> answer(BeastRequest& beast_request) {
        auto request = to_request(beast_request);
        if (!request) co_return http_error(400, "the address has a broken % escape");
        Route const* const route = find(request->path);
        if (!route)
            co_return http_error(404, fmt::format("nothing is at {}: there are {}", request->path,
                                                  fmt::join(std::views::keys(routes_), ", ")));
        if (std::ranges::count(route->methods, request->method) == 0) co_return refused_method(*route);
        bool const asked = request->method == "GET" || request->method == "HEAD";
        auto handled = route->handler(*request);
        HttpResponse response = co_await std::move(handled);
        co_return asked ? settled(*request, std::move(response)) : std::move(response);
    }

    struct Route {
        HttpHandler handler;
        std::vector<std::string> methods;
    };

    static HttpResponse refused_method(Route const& route) {
        auto const methods = fmt::format("{}", fmt::join(route.methods, ", "));
        HttpResponse response = http_error(405, "what is answered here: " + methods);
        response.headers.emplace_back("Allow", methods);
        return response;
    }

    [[nodiscard]] Route const* find(std::string const& path) const {
        if (auto const exact = routes_.find(path); exact != routes_.end()) return &exact->second;
        for (auto slash = path.rfind('/'); slash != std::string::npos && slash > 0;
             slash = path.rfind('/', slash - 1)) {
            if (auto const below = routes_.find(path.substr(0, slash + 1)); below != routes_.end())
                return &below->second;
        }
        return nullptr;
    }

    asio::any_io_executor loop_;
    Log log_;
    tcp::acceptor acceptor_;
    asio::steady_timer timer_;
    std::map<std::string, Route> routes_;
    std::set<tcp::socket*> sockets_;
    std::size_t streams_ = 0;
    std::uint16_t port_ = 0;
    bool stopped_ = false;
};

HttpServer::HttpServer(asio::any_io_executor loop, Log log)
    : impl_(std::make_shared<Impl>(std::move(loop), log)) {}
HttpServer::~HttpServer() { impl_->stop(); }
void HttpServer::route(std::string path, HttpHandler handler, std::vector<std::string> methods) {
    impl_->route(std::move(path), std::move(handler), std::move(methods));
}
void HttpServer::start(ListenAddress address) { impl_->start(std::move(address)); }
void HttpServer::stop() { impl_->stop(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }

}  // namespace bridge
