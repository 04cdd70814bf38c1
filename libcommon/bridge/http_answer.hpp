// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/http_server.hpp>

#include <string>
#include <string_view>

namespace bridge {

/// What every answer to GET and HEAD goes through before it is sent:
///
///     tag    what may be kept (`Cache-Control` says something else than `no-store`) and is there whole gets
///     a
///            strong one, made of its content; who has it already is answered 304
///     gzip   text and JSON from 1,000 bytes on, and bodies that go on, where the client takes it; not
///            server-sent events, each of which would wait for the next
///
/// Any thread, but a body that goes on belongs to the loop.
[[nodiscard]] HttpResponse settled(HttpRequest const& request, HttpResponse response);

/// Whether an `Accept-Encoding` lets gzip be sent: by name or by `*`, and not with `q=0`.
[[nodiscard]] bool takes_gzip(std::string_view accept_encoding);

/// Whether an `If-None-Match` names this tag, or any (`*`). Weak tags are the same as strong ones here.
[[nodiscard]] bool names_tag(std::string_view if_none_match, std::string_view tag);

}  // namespace bridge
