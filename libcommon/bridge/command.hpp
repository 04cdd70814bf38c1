// SPDX-License-Identifier: MIT
#pragma once

#include <bridge/field_table.hpp>
#include <bridge/result.hpp>
#include <bridge/sample.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// What somebody asked on `<base>/<device>/set/<name>`: a bare value (`45.5`, `Automatic`, `on`), or JSON,
/// `{"value":45.5,"transaction":"a1"}`.
struct Command {
    std::string device;
    std::string name;
    std::string wanted;       ///< the value as text
    std::string transaction;  ///< as JSON, given back as it came; empty: there was none
};

/// Nothing for another topic. The error has a sentence; the command is there as far as it could be read.
struct Commanded {
    Command command;
    Result<> understood;
};
[[nodiscard]] std::optional<Commanded> read_command(std::string_view base, std::string_view topic,
                                                    std::string_view payload);

/// What can be asked for, for people: `30 to 65 in steps of 0.5`.
[[nodiscard]] std::string range_text(Field const& field);
/// `wanted` as the field's value; its field must be `settable`. Numbers must lie on a step, options may be
/// spelt small or large, a flag is `on`, `off`, `true`, `false`, `1` or `0`. The error has a sentence.
[[nodiscard]] Result<Value> settable_value(Field const& field, std::string_view wanted);

/// What became of a command.
struct Outcome {
    enum class State {
        done,       ///< the device was told, and says that it is so
        unchanged,  ///< it was so already, and the device was not told
        refused,    ///< the device was not told
        failed,     ///< the device was told, and says that it is otherwise
        unknown,    ///< the device was told, and nobody knows what it made of it
    };
    State state;
    std::optional<Value> value = {};  ///< what the device has now, where that was read
    std::string text = {};            ///< a sentence, where there is something to say
};
[[nodiscard]] std::string_view to_string(Outcome::State state);
/// Of a command that the program lets go of because it stops. `told`: the device may have been told.
[[nodiscard]] Outcome cut_off(bool told);

/// `<base>/<device>/set_result`:
/// `{"ts":1785570000123,"name":"dhw_setpoint","transaction":"a1","state":"done","value":45.5}`, with `text`
/// where there is one.
[[nodiscard]] std::string answer_json(Command const& command, Outcome const& outcome, Timestamp time);

/// A command on its way through a source, answered exactly once: by `answer`, or, if it is let go without,
/// by `refused`, or by `unknown` once the device may have been told. On one thread.
class SetRequest {
  public:
    using Answer = std::function<void(Outcome const&)>;
    /// False: it was answered already by whoever asked.
    using Tell = std::function<bool()>;

    SetRequest(
        std::string name, Value value, Answer answer, Tell tell = [] { return true; });
    ~SetRequest();
    SetRequest(SetRequest&& other) noexcept;
    SetRequest& operator=(SetRequest&& other) noexcept;
    SetRequest(SetRequest const&) = delete;
    SetRequest& operator=(SetRequest const&) = delete;

    /// Of a field that is settable.
    [[nodiscard]] std::string const& name() const { return name_; }
    /// Of the field's type and in its range.
    [[nodiscard]] Value const& value() const { return value_; }
    /// To be asked just before the device is told. False: it must not be told any more, since the program
    /// stops and has said so.
    [[nodiscard]] bool may_tell();
    /// Only the first one counts.
    void answer(Outcome const& outcome);

  private:
    std::string name_;
    Value value_;
    Answer answer_;
    Tell tell_;
    bool told_ = false;
};

}  // namespace bridge
