// SPDX-License-Identifier: MIT
#include <bridge/announcer.hpp>

#include <chrono>
#include <utility>

namespace bridge {

namespace {

using std::chrono::milliseconds;

/// For what the broker keeps to arrive.
constexpr auto listening_time = std::chrono::seconds(3);
/// Home Assistant starts once for all; they should not all answer at once.
constexpr int longest_birth_wait_ms = 5000;
/// For it to make entities of the configurations, which then listen.
constexpr auto states_after_birth = std::chrono::seconds(2);

bool is_below(std::string_view topic, std::string const& prefix) {
    return topic.size() > prefix.size() && topic.starts_with(prefix) && topic[prefix.size()] == '/';
}

}  // namespace

Announcer::Announcer(boost::asio::any_io_executor loop, Log log, Delivery& delivery, Settings settings)
    : log_(log),
      delivery_(delivery),
      settings_(std::move(settings)),
      owner_{settings_.house.prefix, settings_.program, settings_.base},
      homie_(settings_.house.homie_prefix, settings_.house.language),
      listen_timer_(loop),
      birth_timer_(loop) {
    if (settings_.house.scalar_values) {
        scalars_.emplace([this](Sample const& sample, Reading const& reading) {
            auto value = plain_value(reading.value);
            if (!value) return std::optional<Announcement>();
            ValueTopic const topic{sample.device, sample.channel, reading.name};
            return std::optional(Announcement{topic.under(settings_.base), std::move(*value)});
        });
    }
    if (settings_.house.homie) {
        properties_.emplace([this](Sample const& sample, Reading const& reading) {
            return homie_.value(device(sample.device), settings_.fields, sample.channel, reading);
        });
    }
}

std::vector<std::string> Announcer::filters(HouseSettings const& house) {
    if (!house.discovery) return {};
    return {house.status_topic};
}

HouseDevice Announcer::device(std::string const& name) const {
    return {settings_.program, settings_.version, settings_.base, name, settings_.product};
}

// --- listening ---

void Announcer::connected() {
    std::vector<std::string> ids;
    for (auto& [name, told] : told_) {
        told.in_homie = false;
        if (settings_.house.discovery) ids.push_back(told.device.id());
    }
    kept_.clear();
    kept_homie_.clear();
    auto filters = discovery_filters(owner_.prefix, ids);
    for (auto& filter : homie_.filters()) filters.push_back(std::move(filter));
    // What is there afterwards we know from having sent it.
    if (!values_known_) {
        for (auto& filter : ValueTopic::filters(settings_.base)) filters.push_back(std::move(filter));
    }
    listen(std::move(filters));
}

void Announcer::listen(std::vector<std::string> filters) {
    listening_ = true;
    delivery_.ask(filters);
    asked_.insert(asked_.end(), filters.begin(), filters.end());
    listen_timer_.expires_after(listening_time);
    listen_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (!cancelled) listened();
    });
}

void Announcer::listened() {
    listening_ = false;
    delivery_.stop_asking(std::exchange(asked_, {}));
    take_over_values();
    tell_homeassistant();
    tell_homie();
    for (auto const& [channel, sample] : std::exchange(held_, {})) mirror(sample);
    if (again_) tell_again();
}

void Announcer::disconnected() {
    listening_ = true;
    asked_.clear();
    listen_timer_.cancel();
    birth_timer_.cancel();
}

void Announcer::stop() { disconnected(); }

bool Announcer::hear(MqttMessage const& message) {
    if (settings_.house.discovery && message.topic == settings_.house.status_topic) {
        // A retained one is no start now.
        if (!message.retain && message.payload == settings_.house.status_online) on_birth();
        return true;
    }
    bool const ours = is_below(message.topic, owner_.prefix) ||
                      is_below(message.topic, settings_.house.homie_prefix) ||
                      ValueTopic::read(settings_.base, message.topic);
    // What is not retained is our own voice, or somebody else's who speaks now.
    if (ours && message.retain && listening_) keep_in_mind(message);
    return ours;
}

void Announcer::keep_in_mind(MqttMessage const& message) {
    if (is_below(message.topic, settings_.house.homie_prefix)) {
        kept_homie_[message.topic] = message.payload;
    } else if (is_below(message.topic, owner_.prefix)) {
        // Of others' configurations it is enough to know that they are there.
        constexpr std::size_t small = 100;
        bool const may_be_ours =
            message.payload.size() < small || message.payload.find(settings_.program) != std::string::npos;
        kept_[message.topic] = may_be_ours ? message.payload : "{}";
    } else {
        kept_values_.insert(message.topic);
    }
}

// --- telling ---

void Announcer::tell(std::string const& name, Homie::State state) {
    if (!told_.contains(name)) introduce(name);
    auto& told = told_[name];
    if (std::exchange(told.state, state) == state || !told.in_homie) return;
    auto const said = homie_.state(told.device, state);
    delivery_.set_state(said.topic, said.payload);
}

void Announcer::introduce(std::string const& name) {
    auto& told = told_[name];
    told.device = device(name);
    if (settings_.house.discovery) {
        told.config =
            discovery_config(told.device, settings_.fields, settings_.house.language, settings_.retention);
        if (!told.config.empty()) told.topic = discovery_topic(owner_.prefix, told.device);
    }
    if (properties_) {
        // An earlier run may have left values that the next reading lacks.
        for (auto const& field : settings_.fields) {
            if (field.entity != Field::Entity::none)
                properties_->note(name, field.channel, homie_.value_topic(told.device, field));
        }
    }
    // One that comes later: what was said of it one entity at a time is not known yet.
    if (delivery_.connected()) listen(discovery_filters(owner_.prefix, {told.device.id()}));
}

void Announcer::tell_homeassistant() {
    std::map<std::string, std::string> wanted;
    for (auto const& [name, told] : told_) {
        if (!told.topic.empty()) wanted[told.topic] = told.config;
    }
    bool const all = settings_.all_known || !settings_.house.discovery;
    auto const plan = plan_discovery(owner_, wanted, all, kept_);
    note_foreign(foreign_configs_, plan.foreign);
    for (auto const& announcement : plan.send) {
        send(announcement);
        kept_[announcement.topic] = announcement.payload;
    }
}

void Announcer::tell_homie() {
    std::map<std::string, std::vector<Announcement>> wanted;
    if (settings_.house.homie) {
        for (auto const& [name, told] : told_)
            wanted[Homie::id(told.device)] = homie_.attributes(told.device, settings_.fields);
    }
    bool const all = settings_.all_known || !settings_.house.homie;
    auto const plan = homie_.plan({settings_.program, settings_.base}, wanted, all, kept_homie_);
    note_foreign(foreign_homies_, plan.foreign);
    for (auto const& announcement : plan.take_back) send(announcement);
    kept_homie_.clear();
    if (!settings_.house.homie) return;
    for (auto& [name, told] : told_) {
        if (!told.in_homie && !foreign_homies_.contains(Homie::id(told.device))) say_homie(told);
    }
}

void Announcer::say_homie(Told& told) {
    told.in_homie = true;
    auto const init = homie_.state(told.device, Homie::State::init);
    delivery_.set_state(init.topic, init.payload);
    for (auto const& attribute : homie_.attributes(told.device, settings_.fields)) send(attribute);
    auto const state = homie_.state(told.device, told.state);
    delivery_.set_state(state.topic, state.payload);
}

void Announcer::tell_again() {
    again_ = listening_;
    if (listening_) return;
    for (auto const& [name, told] : told_) {
        if (!told.topic.empty() && !foreign_configs_.contains(told.topic)) send({told.topic, told.config});
    }
}

void Announcer::on_birth() {
    auto const wait = std::uniform_int_distribution(0, longest_birth_wait_ms)(random_);
    birth_timer_.expires_after(milliseconds(wait));
    birth_timer_.async_wait([this](boost::system::error_code cancelled) {
        if (cancelled) return;
        tell_again();
        birth_timer_.expires_after(states_after_birth);
        birth_timer_.async_wait([this](boost::system::error_code stopped) {
            if (!stopped) delivery_.republish();
        });
    });
}

void Announcer::send(Announcement const& announcement) {
    delivery_.say({announcement.topic, announcement.payload, true});
}

void Announcer::note_foreign(std::set<std::string>& known, std::vector<std::string> const& found) {
    auto const before = std::exchange(known, {found.begin(), found.end()});
    for (auto const& name : known) {
        if (before.contains(name)) continue;
        log_.warn(
            "announcer", "foreign",
            {{"name", name},
             {"detail",
              "somebody else's message is kept there, and is left alone: the device is not announced"}});
    }
}

// --- values on topics of their own ---

/// What an earlier run left there: it goes with its device, or with the first reading that lacks it.
void Announcer::take_over_values() {
    values_known_ = true;
    for (auto const& topic : std::exchange(kept_values_, {})) {
        auto const value = ValueTopic::read(settings_.base, topic);
        if (!value) continue;
        bool const gone = settings_.all_known && !told_.contains(value->device);
        if (!settings_.house.scalar_values || gone) {
            send({topic, ""});
        } else {
            scalars_->note(value->device, value->channel, topic);
        }
    }
}

void Announcer::show(Sample const& sample) {
    if (!scalars_ && !properties_) return;
    // What an earlier run left is not known yet.
    if (!values_known_ || listening_) {
        held_[sample.device + "/" + sample.channel] = sample;
    } else {
        mirror(sample);
    }
}

void Announcer::mirror(Sample const& sample) {
    auto const show = [this, &sample](ValueMirror& values) {
        for (auto& value : values.show(sample)) delivery_.set_state(value.topic, std::move(value.payload));
    };
    if (scalars_) show(*scalars_);
    if (properties_ && !foreign_homies_.contains(Homie::id(device(sample.device)))) show(*properties_);
}

}  // namespace bridge
