// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// What a bridge says of one of its devices.
struct DeviceReport {
    std::string name;
    std::string state;                      ///< `online`, `offline`, `unknown`
    std::optional<Timestamp> last_reading;  ///< when it was measured
    std::uint64_t readings = 0;             ///< since the start
    std::uint64_t errors = 0;               ///< sessions that ended with one, since the start
    std::string trouble;                    ///< why there is no reading; empty: there is
    /// What of it has an interface of its own, and the trouble of that; empty: it answers.
    std::map<std::string, std::string> parts;
};

/// What a bridge says of itself.
struct SelfReport {
    Timestamp time;
    std::string instance;  ///< another one for each start of the program
    std::chrono::seconds uptime{0};
    std::uint64_t first_seq = 0;  ///< where this start's numbers begin: a jump up to here is no loss
    std::uint64_t queue = 0;      ///< readings that the broker has not acknowledged
    std::uint64_t spool_bytes = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
    std::uint64_t events_dropped = 0;
    std::uint64_t unheard = 0;  ///< messages to the bridge that were too many or too long
    std::vector<DeviceReport> devices;
};

/// `<base>/bridge/health`, and the answer to the request of that name:
/// `{"ts":...,"instance":"...","uptime_s":...,"first_seq":...,"queue":...,"spool_bytes":...,"delivered":...,
/// "dropped":...,"events_dropped":...,"unheard":...,"devices":{"mains":{"state":"online","last_reading":...,"readings":...,"errors":...,"trouble":"...",
/// "parts":{"smart_home":{"state":"offline","trouble":"..."}}}}}`
[[nodiscard]] std::string health_json(SelfReport const& report);
/// The `instance` in a health message; empty if there is none.
[[nodiscard]] std::string instance_of(std::string_view health);
/// The member `devices` alone.
[[nodiscard]] std::string devices_json(std::vector<DeviceReport> const& devices);

/// What somebody asked on `<base>/bridge/request/<verb>`.
struct Request {
    std::string verb;
    std::string transaction;  ///< as JSON, given back as it came; empty: there was none
    std::string level;        ///< of the verb `log_level`
};

/// Nothing for another topic. The error has a sentence; `verb` and `transaction` are there as far as they
/// could be read.
struct Asked {
    Request request;
    Result<> understood;
};
[[nodiscard]] std::optional<Asked> read_request(std::string_view base, std::string_view topic,
                                                std::string_view payload);

/// `{"status":"ok","transaction":...,"data":...}`; `data` is JSON, or empty.
[[nodiscard]] std::string answer_ok(Request const& request, std::string const& data);
/// `{"status":"error","transaction":...,"error":"..."}`
[[nodiscard]] std::string answer_error(Request const& request, std::string const& sentence);

}  // namespace bridge
