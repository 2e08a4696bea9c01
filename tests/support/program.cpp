// SPDX-License-Identifier: Apache-2.0
#include "tests/support/program.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <system_error>
#include <thread>

#include "base/file.hpp"

namespace dfi::test {
namespace {

[[noreturn]] void become(const Words& argv, const Words& environment, const fs::path& directory) {
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open((directory / "out").c_str(), O_WRONLY | O_CREAT, 0644);
  const int err = ::open((directory / "err").c_str(), O_WRONLY | O_CREAT, 0644);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::unsetenv("DFINSTALL_LANG");
  ::setenv("LC_ALL", "C", 1);
  for (auto variable : environment) {
    const auto at = variable.find('=');
    ::setenv(variable.substr(0, at).c_str(), variable.substr(at + 1).c_str(), 1);
  }
  std::vector<char*> words;
  for (const auto& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

template <class Condition>
bool within(int seconds, Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace

Json Finished::json() const {
  auto document = Json::parse(out, nullptr, false);
  return document.is_discarded() ? Json::object() : document;
}

Child::Child(const Words& argv, const Words& environment) {
  auto pattern = (fs::temp_directory_path() / "dfi_child.XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category());
  directory_ = pattern;
  pid_ = ::fork();
  if (pid_ == 0) become(argv, environment, directory_);
}

Child::~Child() {
  if (running_) {
    kill(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  fs::remove_all(directory_);
}

void Child::kill(int signal) const {
  if (running_) ::kill(pid_, signal);
}

bool Child::says(const std::string& text) const {
  return within(20,
                [&] { return read_file_if_exists(directory_ / "out").value_or("").find(text) != std::string::npos; });
}

bool Child::stopped() {
  if (::waitpid(pid_, &status_, WUNTRACED) != pid_) return false;
  if (WIFSTOPPED(status_)) return true;
  running_ = false;
  return false;
}

Finished Child::wait() {
  auto gone = [&] { return ::waitpid(pid_, &status_, WNOHANG) == pid_; };
  if (running_ && !within(120, gone)) {
    kill(SIGKILL);
    ::waitpid(pid_, &status_, 0);
  }
  running_ = false;
  return {WIFEXITED(status_) ? WEXITSTATUS(status_) : 128 + WTERMSIG(status_), read_file(directory_ / "out"),
          read_file(directory_ / "err")};
}

Finished run(const Words& argv, const Words& environment) { return Child(argv, environment).wait(); }

::testing::AssertionResult ended(const Finished& finished, int exit, Msg message) {
  const auto document = finished.json();
  const auto id = document.contains("error") ? document["error"].value("id", "") : std::string("none");
  if (finished.exit == exit && id == message_id(message)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "exit " << finished.exit << ", error " << id << "; expected exit " << exit
                                       << ", error " << message_id(message) << " (" << message.name << ")\n"
                                       << finished.out << finished.err;
}

::testing::AssertionResult ended(const Finished& finished, int exit) {
  if (finished.exit == exit) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "exit " << finished.exit << ", expected " << exit << '\n'
                                       << finished.out << finished.err;
}

}  // namespace dfi::test
