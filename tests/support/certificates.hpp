// SPDX-License-Identifier: MIT
#pragma once

#include "temp_folder.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace test {

/// PEM files.
struct Certificate {
    std::filesystem::path certificate, key;
};

/// A certificate authority of the test's own, its files in the test's folder.
class Authority {
  public:
    enum class Age { valid, expired };

    explicit Authority(TempFolder const& folder);
    ~Authority();
    Authority(Authority const&) = delete;
    Authority& operator=(Authority const&) = delete;

    [[nodiscard]] std::filesystem::path const& ca_file() const { return ca_file_; }

    /// For a server of this DNS name, or a client of this common name. Each call makes files of its own.
    [[nodiscard]] Certificate issue(std::string const& name, Age age = Age::valid) const;
    /// Signed by its own key and not by the authority.
    [[nodiscard]] Certificate self_signed(std::string const& name) const;

  private:
    struct Keys;
    TempFolder const& folder_;
    std::unique_ptr<Keys> keys_;
    std::filesystem::path ca_file_;
};

}  // namespace test
