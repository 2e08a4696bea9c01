// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/operated.hpp"

#include <csignal>
#include <cstdlib>
#include <thread>

#include "base/clock.hpp"
#include "base/file.hpp"
#include "payloads/faxmail/message/encoding.hpp"

namespace faxmail::test {

Operated::Operated(Release release) : product_(release) {
  ::setenv("no_proxy", "127.0.0.1,localhost", 1);
  authority_.write_pem(root() / "ca.pem");
}

Operated::~Operated() {
  if (engine_.pid > 0 && dfi::send_signal(engine_, SIGKILL)) dfi::wait_gone(engine_, std::chrono::seconds(10));
}

dfi::ProgramResult Operated::faxmail(std::vector<std::string> arguments, const std::string& language) const {
  arguments.insert(arguments.begin(), {FAXMAIL_PROGRAM, "--root", root(), "--lang", language});
  return dfi::run_program(arguments);
}

dfi::Json Operated::json(std::vector<std::string> arguments) const {
  arguments.push_back("--json");
  return dfi::Json::parse(faxmail(std::move(arguments)).output);
}

void Operated::start_engine() {
  engine_ = dfi::spawn_detached({FAXMAILD_PROGRAM, "--root", root(), "--lang", "en"}, {}, root() / "log");
  ASSERT_TRUE(engine_says("is ready")) << log();
}

void Operated::end_engine() {
  ASSERT_TRUE(dfi::send_signal(engine_, SIGTERM));
  ASSERT_TRUE(dfi::wait_gone(engine_, std::chrono::seconds(10))) << log();
}

std::string Operated::log() const { return dfi::read_file_if_exists(root() / "log").value_or(""); }

bool Operated::wait_for(const std::function<bool()>& condition) {
  const auto deadline = dfi::monotonic_ms() + 10'000;
  while (dfi::monotonic_ms() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

void expect_no_secret(const std::string& text, const std::vector<std::string>& secrets) {
  for (const auto& secret : secrets)
    for (const auto& form : {secret, base64(secret)})
      EXPECT_EQ(text.find(form), std::string::npos) << "holds " << form << ":\n" << text;
}

}  // namespace faxmail::test
