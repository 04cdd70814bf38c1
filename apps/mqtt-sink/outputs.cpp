// SPDX-License-Identifier: MIT
#include "outputs.hpp"

#include <bridge/payload.hpp>

#include <fmt/format.h>

namespace sink {

Outputs::Outputs(std::vector<OutputTarget> const& targets, Drain& drain, bridge::Metrics& metrics,
                 bridge::Log log, boost::asio::any_io_executor const& loop) {
    for (auto const& target : targets)
        outputs_.push_back(std::make_shared<Output>(target, drain, metrics, log, loop));
}

void Outputs::start() const {
    for (auto const& output : outputs_) output->start();
}

void Outputs::wake() const {
    for (auto const& output : outputs_) output->wake();
}

void Outputs::stop() const {
    for (auto const& output : outputs_) output->stop();
}

void Outputs::measure() const {
    for (auto const& output : outputs_) output->measure();
}

std::string Outputs::states() const {
    std::string members;
    for (auto const& output : outputs_) {
        members += fmt::format("{}{}:{}", members.empty() ? "" : ",", bridge::json_string(output->name()),
                               bridge::json_string(output->state()));
    }
    return "{" + members + "}";
}

}  // namespace sink
