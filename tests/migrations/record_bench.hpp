// SPDX-License-Identifier: Apache-2.0
// Record files in a directory of their own, conversions of them, a supervisor that keeps checkpoints as a journal does,
// and child processes that are killed.
#pragma once
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "messages/run.hpp"
#include "migrations/engine/record_pass.hpp"

namespace dfi::migrations {

inline std::shared_ptr<const records::RecordFormat> record_format(int level, std::size_t length, records::Ends ends,
                                                                  const std::string& fields) {
  auto format = std::make_shared<records::RecordFormat>();
  format->file = "FAXKA";
  format->level = level;
  format->length = length;
  format->ccsid = 819;
  format->ends = ends;
  records::parse_fields(fields, *format);
  return format;
}

/// FAXKA of level 1: 40 bytes a record.
inline std::shared_ptr<const records::RecordFormat> level1() {
  static const auto format =
      record_format(1, 40, records::Ends::none, "KAID zoned(9)\nKANAME char(20)\nKACOST zoned(9,2)\nKARES reserved(2)");
  return format;
}
/// Of level 2: 62 bytes, numbers as text, lines.
inline std::shared_ptr<const records::RecordFormat> level2() {
  static const auto format = record_format(
      2, 62, records::Ends::lf, "KAID text(11) number\nKANAME char(30)\nKACOST text(12,2) number\nKAPRIO char(8)");
  return format;
}
/// Of level 3: a shorter name.
inline std::shared_ptr<const records::RecordFormat> level3() {
  static const auto format =
      record_format(3, 42, records::Ends::lf, "KAID text(11) number\nKANAME char(18)\nKACOST text(12,2) number");
  return format;
}

inline records::Step step1to2() {
  records::Step step;
  step.conversion = "CVTKA2";
  step.from = level1();
  step.to = level2();
  step.map = {{"KAPRIO", "default('N')", 1}};
  step.drop = {"KARES"};
  step.sums = {"KACOST"};
  step.unique = {"KAID"};
  return step;
}
inline records::Step step2to3() {
  records::Step step;
  step.conversion = "CVTKA3";
  step.from = level2();
  step.to = level3();
  step.drop = {"KAPRIO"};
  step.sums = {"KACOST"};
  return step;
}
inline records::Program program_of(std::vector<records::Step> steps) {
  return records::Program::compile(std::move(steps));
}

inline std::string record1(std::uint64_t id, const std::string& name, std::uint64_t cost) {
  return fmt::format("{:09}{:<20}{:09}  ", id, name, cost);
}
/// Records with rising keys.
inline std::string records1(std::uint64_t count, std::uint64_t first = 1) {
  std::string bytes;
  bytes.reserve(count * 40);
  for (std::uint64_t i = 0; i < count; ++i) bytes += record1(first + i, fmt::format("Meier {}", i), i % 1000);
  return bytes;
}
/// Puts a letter into the cost of a record, from 1 on.
inline void spoil(std::string& file, std::uint64_t record) { file[(record - 1) * 40 + 31] = 'X'; }

/// Keeps checkpoints in a file.
class FileSupervisor : public Supervisor {
 public:
  explicit FileSupervisor(fs::path path) : path_(std::move(path)) {}
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override { EXPECT_LE(done, total); }
  std::optional<Json> checkpoint() override {
    auto text = read_file_if_exists(path_);
    auto json = text ? parse_json(*text, path_) : Json();
    return json.is_null() ? std::nullopt : std::optional<Json>(json);
  }
  void save_checkpoint(const Json& json) override {
    largest = std::max(largest, json.dump().size());
    durable::announce("checkpoint", path_);
    std::ofstream(path_.string() + ".new") << json;
    fs::rename(path_.string() + ".new", path_);
    if (++saved == interrupt_after) throw Error(msg::interrupted);
  }
  void refused(const Refusal& refusal) override { refusals.push_back(refusal); }

  int interrupt_after = 0, saved = 0;
  std::size_t largest = 0;
  std::vector<Refusal> refusals;

 private:
  fs::path path_;
};

class RecordBench : public testing::Test {
 protected:
  RecordBench() {
    std::string name = (fs::temp_directory_path() / "records.XXXXXX").string();
    if (!::mkdtemp(name.data())) throw os_error("mkdtemp", name);
    root = name;
    file = {"FAXKA", root / "FAXKA"};
    fs::create_directory(root / "run");
  }
  ~RecordBench() override { fs::remove_all(root); }

  void write_input(const std::string& bytes) const { durable::write_file(file.path, bytes); }
  FileSupervisor supervisor() const { return FileSupervisor(root / "checkpoint"); }
  RecordPass pass(const records::Program& program, const std::string& output = "FAXKA") const {
    RecordPass pass{file, program, file.path, root / "run" / output, {}, {}, {}, definitions};
    pass.rules.assign(program.steps().size(), {on_error, max_rejects});
    pass.rejects = pass.output.string() + ".rejects";
    pass.reject_lines = pass.output.string() + ".rejects.jsonl";
    return pass;
  }
  /// Everything the passes left, by name.
  std::vector<std::string> results() const {
    std::vector<std::string> lines;
    for (const auto& entry : walk(root / "run"))
      lines.push_back(entry.path.string() + " " + sha256_file(root / "run" / entry.path));
    return lines;
  }
  void forget_results() const {
    fs::remove_all(root / "run");
    fs::create_directory(root / "run");
    fs::remove(root / "checkpoint");
  }

  fs::path root;
  DataFile file;
  OnError on_error = OnError::abort;
  RejectLimit max_rejects;
  std::string definitions = "d1";
  Policy policy;
};

template <class Work>
Error refusal_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(msg::interrupted);
}

class RecordPasses : public RecordBench {
 protected:
  RecordPassResult run() {
    auto keeper = supervisor();
    return run(keeper);
  }
  RecordPassResult run(FileSupervisor& keeper) { return run_record_pass(pass(*program), policy, keeper); }
  Error error() {
    return refusal_of([&] { run(); });
  }

  std::optional<records::Program> program = program_of({step1to2()});
};

/// Runs `work` in a process of its own. Returns its wait status; an exception ends it with 3.
inline int in_child(const std::function<void()>& work) {
  pid_t child = ::fork();
  if (child == 0) {
    try {
      work();
    } catch (...) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

inline long operations_left = 0;
/// Dies by SIGKILL at the k-th durable operation, before it happens. True if it was reached.
inline bool killed_at(long operation, const std::function<void()>& work) {
  int status = in_child([&] {
    operations_left = operation;
    durable::hook = [](std::string_view, const fs::path&) {
      if (--operations_left == 0) ::raise(SIGKILL);
    };
    work();
  });
  bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
  EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) << "status " << status;
  return killed;
}

}  // namespace dfi::migrations
