// SPDX-License-Identifier: MIT
#pragma once

#include "line_protocol.hpp"
#include "write_answer.hpp"

#include <bridge/http_client.hpp>

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace sink {

/// How a server wants its lines.
enum class LineApi {
    v1,  ///< `/write`
    v2,  ///< `/api/v2/write`
    v3,  ///< `/api/v3/write_lp`
};
/// By the end of the URL's path; nothing if it is none of them.
[[nodiscard]] std::optional<LineApi> line_api_of(std::string_view path);

/// An output as the settings have it.
struct OutputTarget {
    std::string name;
    bridge::HttpUrl url;        ///< the whole write address, without the precision
    std::string authorization;  ///< the header; empty: none
};

/// A database that takes line protocol. Belongs to the loop; one question at a time.
class LineServer {
  public:
    /// The URL's path must have a line API.
    explicit LineServer(OutputTarget const& target);

    /// Who answers. Texts are for those only who say that they are InfluxDB: VictoriaMetrics makes 0 of
    /// every text, and takes it without a word.
    struct Greeting {
        Texts texts = Texts::leave_out;
        std::string product;  ///< for people: `InfluxDB 1.6.7`
    };
    [[nodiscard]] boost::asio::awaitable<bridge::Result<Greeting>> greet();

    /// What is written, as a server takes it.
    struct Lines {
        std::string text;
        std::string gzip;  ///< the same; empty where that is not worth it, or not wanted
    };
    /// Takes the time that gzip takes.
    [[nodiscard]] Lines pack(std::string text) const;

    /// With gzip, but for a server on this host, or that was seen to take the same lines only without. The
    /// error is one of the connection.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<WriteAnswer>> write(Lines lines);

    /// Greets, and writes nothing, to see whether it would be let to: a sentence about what was found.
    [[nodiscard]] boost::asio::awaitable<bridge::Result<std::string>> check();

    [[nodiscard]] bool is_open() const { return connection_.is_open(); }
    void close() { connection_.close(); }

  private:
    enum class Form { plain, gzip };
    /// What is known of the server.
    enum class Gzip {
        unknown,
        taken,
        unwanted,  ///< it does not read it, or is on this host, where it costs both more than it spares
    };

    [[nodiscard]] bridge::HttpCall call(std::string path) const;
    boost::asio::awaitable<bridge::Result<WriteAnswer>> post(std::string body, Form form);

    bridge::HttpConnection connection_;
    LineApi api_;
    std::string authorization_;
    std::string write_path_;
    std::string ping_path_;
    Gzip gzip_;
};

}  // namespace sink
