// SPDX-License-Identifier: Apache-2.0
// The real programs in an installation of their own: what an operator types, and what became of it.
#pragma once
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/process.hpp"
#include "tests/faxmail/product_fixture.hpp"
#include "tests/faxmail/smtp_peer.hpp"

namespace faxmail::test {

class Operated : public testing::Test {
 protected:
  explicit Operated(Release release = Release::v606);
  ~Operated() override;

  dfi::ProgramResult faxmail(std::vector<std::string> arguments, const std::string& language = "en") const;
  /// Its --json document.
  dfi::Json json(std::vector<std::string> arguments) const;
  void start_engine();
  void end_engine();
  std::string log() const;
  /// Until it holds, or a failure of the test after 10 s.
  static bool wait_for(const std::function<bool()>& condition);
  bool engine_says(const std::string& text) const {
    return wait_for([&] { return log().find(text) != std::string::npos; });
  }
  bool gets(std::int64_t mail, const std::string& status) const {
    return wait_for([&] { return product_.status(mail) == status; });
  }

  fs::path root() const { return product_.layout().root; }
  /// Certificates for 127.0.0.1 that the product trusts.
  Identity identity() const { return authority_.issue("IP:127.0.0.1"); }
  std::string trusted() const { return "tls_ca_file = \"" + (root() / "ca.pem").string() + "\"\n"; }

  Product product_;
  Authority authority_;
  dfi::ProcessIdentity engine_;
};

/// Fails for each of `secrets` that `text` holds, plain or in base64.
void expect_no_secret(const std::string& text, const std::vector<std::string>& secrets);

}  // namespace faxmail::test
