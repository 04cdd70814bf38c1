// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace test {

/// The JSON Schemas of docs/schemas, and which topic of a bridge has which. Its bases are the default ones.
class PayloadSchemas {
  public:
    PayloadSchemas();
    ~PayloadSchemas();
    PayloadSchemas(PayloadSchemas const&) = delete;
    PayloadSchemas& operator=(PayloadSchemas const&) = delete;

    /// `mfm`, ...: of all programs whose readings have a schema.
    [[nodiscard]] std::vector<std::string> bases() const;

    /// What is wrong with this message of a bridge; empty if nothing is, if the topic is none of a bridge's,
    /// or if a bridge hears it.
    [[nodiscard]] std::string violation(std::string const& topic, std::string const& payload);

  private:
    class Files;
    std::unique_ptr<Files> files_;
};

}  // namespace test
