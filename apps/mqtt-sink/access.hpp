// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/http_server.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace sink {

/// Who may see the page and `/api/v1`. Other machines, and with a token this one too, show the token
/// (`Authorization: Bearer`) or the cookie that a browser got for it. Where none is asked for on the
/// loopback, the request must name this machine: else any web page could have its own name lead here and read
/// along. No I/O; belongs to one thread.
class Access {
  public:
    using Time = std::chrono::steady_clock::time_point;
    struct Settings {
        bool loopback = true;   ///< only this machine can ask
        bool insecure = false;  ///< where there is no token, everybody may
        std::string token;
    };
    enum class Verdict {
        welcome,
        token_needed,
        closed,          ///< it is another machine, and there is no token that it could show
        foreign_name,    ///< the request was meant for a host of another name
        too_many_tries,  ///< a wrong token, and others came of late; the right one is always let in
    };

    explicit Access(Settings settings);

    [[nodiscard]] Verdict judge(bridge::HttpRequest const& request, Time now);
    /// The same for a token that was typed in.
    [[nodiscard]] Verdict log_in(std::string_view token, Time now);
    /// What a browser is given for its token, as `Set-Cookie` has it. It lasts a year, over restarts too, and
    /// is void with another token, which it does not tell.
    [[nodiscard]] std::string cookie() const;

  private:
    bool take_try(Time now);

    Settings settings_;
    std::string cookie_name_, cookie_value_;
    double tries_;  ///< wrong tokens that may come now
    Time counted_{};
};

/// The value of a cookie in a `Cookie` header; empty if it is not there.
[[nodiscard]] std::string_view cookie_in(std::string_view header, std::string_view name);

/// True for a `Host` header that no other machine's name can be: `localhost`, an address, none at all.
[[nodiscard]] bool is_own_host(std::string_view header);

}  // namespace sink
