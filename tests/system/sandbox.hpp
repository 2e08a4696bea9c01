// SPDX-License-Identifier: Apache-2.0
// A directory of its own and real processes for the tests of the system layer.
#pragma once
#include <gtest/gtest.h>
#include <pty.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace dfi::test {

namespace fs = std::filesystem;

struct Sandbox {
  Sandbox() {
    std::string name = (fs::temp_directory_path() / "dfi-system-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
    path = fs::canonical(name);
    ::chmod(path.c_str(), 0755);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  ~Sandbox() { fs::remove_all(path); }

  fs::path file(const std::string& name, const std::string& content = "x") const {
    fs::create_directories((path / name).parent_path());
    std::ofstream(path / name) << content;
    return path / name;
  }
  fs::path path;
};

/// A child that is ready when the constructor returns and is gone after the destructor.
class Child {
 public:
  explicit Child(std::vector<std::string> argv, bool on_terminal = false) {
    int in[2], out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) throw std::runtime_error("pipe");
    int terminal = -1;
    pid_ = on_terminal ? ::forkpty(&terminal, nullptr, nullptr, nullptr) : ::fork();
    if (pid_ == 0) {
      if (!on_terminal) ::setsid();
      ::dup2(in[0], 0);
      ::dup2(out[1], 1);
      for (int fd : {in[0], in[1], out[0], out[1]}) ::close(fd);
      std::vector<char*> pointers;
      for (auto& argument : argv) pointers.push_back(argument.data());
      pointers.push_back(nullptr);
      ::execv(pointers[0], pointers.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    terminal_ = terminal;
    std::string said;
    for (char byte; said.find("ready\n") == std::string::npos && ::read(out[0], &byte, 1) == 1;) said += byte;
    ::close(out[0]);
    EXPECT_NE(said.find("ready\n"), std::string::npos) << argv[1] << ": " << said;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    ::close(stdin_);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    if (terminal_ >= 0) ::close(terminal_);
  }
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = 0;
  int stdin_ = -1, terminal_ = -1;
};

inline std::vector<std::string> helper(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), DFI_SYSTEM_HELPER);
  return arguments;
}

}  // namespace dfi::test
