// SPDX-License-Identifier: MIT
#include <bridge/command_desk.hpp>

#include <bridge/clock_gate.hpp>
#include <bridge/settings.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace bridge {

namespace {

using State = Outcome::State;

/// Of one device: they wait for their turn, and a device takes its time.
constexpr int most_under_way = 10;

Outcome refused(std::string sentence) { return {State::refused, {}, std::move(sentence)}; }

}  // namespace

CommandDesk::CommandDesk(Log log, Metrics& metrics, Delivery& delivery, Settings settings, Find find)
    : log_(log),
      metrics_(metrics),
      delivery_(delivery),
      settings_(std::move(settings)),
      find_(std::move(find)) {
    for (auto const& field : settings_.fields) {
        if (field.settable) settable_.emplace(field.settable->name, field);
    }
}

std::vector<std::string> CommandDesk::filters(std::string const& base, FieldTable const& fields) {
    bool const any = std::any_of(fields.begin(), fields.end(),
                                 [](Field const& field) { return field.settable.has_value(); });
    if (!any) return {};
    return {base + "/+/set/+"};
}

bool CommandDesk::hear(MqttMessage const& message) {
    if (settable_.empty()) return false;
    auto const commanded = read_command(settings_.base, message.topic, message.payload);
    if (!commanded) return false;
    auto const& command = commanded->command;
    // What is no level of a topic cannot be answered there; `bridge` is no device.
    if (stopped_ || !is_topic_level(command.device) || command.device == "bridge") return true;
    if (message.retain) {
        answer(command, refused("a request that the broker keeps would be carried out at every start: send "
                                "it without retain, and take back the kept one by an empty one with retain"));
    } else if (!commanded->understood) {
        answer(command, refused(commanded->understood.error().detail));
    } else {
        give(command);
    }
    return true;
}

void CommandDesk::give(Command const& command) {
    auto const field = settable_.find(command.name);
    if (field == settable_.end())
        return answer(command, refused("there is nothing of this name that may be set; there is " + names()));
    auto const value = settable_value(field->second, command.wanted);
    if (!value) return answer(command, refused(value.error().detail));
    auto const recipient = find_(command.device);
    if (!recipient.known) return answer(command, refused("there is no device of this name"));
    if (!recipient.online || !recipient.obey)
        return answer(command, refused("the device does not answer now; nothing was asked of it"));
    auto const waiting = std::count_if(under_way_.begin(), under_way_.end(), [&](auto const& one) {
        return one.second.command.device == command.device;
    });
    if (waiting >= most_under_way) {
        return answer(command, refused(fmt::format("{} requests to this device wait already", waiting)));
    }
    auto const number = next_++;
    under_way_.emplace(number, UnderWay{command});
    std::weak_ptr<void> const alive = alive_;
    auto const answered = [this, alive, number](Outcome const& outcome) {
        if (alive.expired()) return;
        auto const found = under_way_.find(number);
        if (found == under_way_.end()) return;
        auto const request = std::move(found->second.command);
        under_way_.erase(found);
        answer(request, outcome);
    };
    auto const told = [this, alive, number] {
        if (alive.expired()) return false;
        auto const found = under_way_.find(number);
        if (found == under_way_.end()) return false;
        found->second.told = true;
        return true;
    };
    recipient.obey(SetRequest(command.name, *value, answered, told));
}

void CommandDesk::answer(Command const& command, Outcome const& outcome) {
    auto const state = to_string(outcome.state);
    metrics_
        .counter(settings_.program + "_set_requests_total", "Requests to set something, by their answer.",
                 {{"state", std::string(state)}})
        .add();
    std::initializer_list<LogField> const said = {{"device", command.device},
                                                  {"name", command.name},
                                                  {"wanted", command.wanted},
                                                  {"detail", outcome.text}};
    if (outcome.state == State::done) {
        log_.info("set", state, said);
    } else if (outcome.state == State::failed || outcome.state == State::unknown) {
        log_.warn("set", state, said);
    } else {
        log_.debug("set", state, said);
    }
    delivery_.add_answer(settings_.base + "/" + command.device + "/set_result",
                         answer_json(command, outcome, Clocks::now().wall));
}

void CommandDesk::stop() {
    if (std::exchange(stopped_, true)) return;
    for (auto const& [number, one] : std::exchange(under_way_, {})) answer(one.command, cut_off(one.told));
}

std::string CommandDesk::names() const {
    std::string list;
    for (auto const& [name, field] : settable_) list += (list.empty() ? "" : ", ") + name;
    return list;
}

}  // namespace bridge
