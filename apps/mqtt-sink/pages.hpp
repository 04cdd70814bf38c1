// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/http_server.hpp>

#include <string>
#include <string_view>

namespace sink {

/// The HTML that the sink shows, from `web/`; it is put into the program when that is built. Each page is one
/// file, and may run and look like nothing that is not in it.

[[nodiscard]] bridge::HttpResponse overview_page();
/// The form for the token. `message`: what was wrong with the last one; plain text without markup.
[[nodiscard]] bridge::HttpResponse login_page(unsigned status, std::string_view message);

/// `Content-Security-Policy` for a page with one script and one style at most, which are let in by their
/// hashes. It may ask this server, and nothing else.
[[nodiscard]] std::string content_security_policy(std::string_view html);

}  // namespace sink
