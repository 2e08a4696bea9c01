// SPDX-License-Identifier: Apache-2.0
// Real programs: shell scripts with the words of the contract.
#include "messages/external.hpp"

#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstring>
#include <thread>

#include "base/hash.hpp"
#include "messages/general.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/file_digest.hpp"
#include "tests/migrations/box.hpp"
#include "tests/migrations/in_german.hpp"

namespace dfi::migrations {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// An area of four bytes that a program makes eight bytes long.
class ExternalConversion : public testing::Test {
 protected:
  ExternalConversion() {
    for (int level : {1, 2})
      bench.write("d/formats/A." + std::to_string(level) + ".toml",
                  "file = \"A\"\nlevel = " + std::to_string(level) +
                      "\nkind = \"area\"\nfill = \" \"\nlength = " + std::to_string(4 * level) + "\n");
    define("");
    bench.write("A", "abcd");
  }
  void define(const std::string& more) const {
    bench.write("d/x/CVTA2.toml",
                "name = \"CVTA2\"\nfile = \"A\"\nfrom = 1\nto = 2\nkind = \"external\"\nprogram = \"cvta2\"\n" + more);
  }
  void program(const std::string& script) const { bench.write("d/x/programs/cvta2", "#!/bin/sh\n" + script + "\n"); }
  Catalogue::Result convert() {
    const auto all = Catalogue::load(bench.root() / "d");
    listener.last_done = 0;
    return all.convert(file, all.route(file, 1, 2), shadow, policy, listener);
  }
  Error error() {
    return error_of([&] { convert(); });
  }
  std::vector<std::string> left() const { return names_in(bench.root() / "run"); }

  static constexpr const char* doubles = "cat \"$2\" \"$2\" > \"$4\"";
  Bench bench;
  DataFile file = bench.file("A");
  fs::path shadow = bench.shadow("A");
  Policy policy;
  Listener listener;
};

TEST_F(ExternalConversion, MakesWhatTheEngineProves) {
  program(std::string("echo '{\"done\": 1, \"total\": 2}' >&3\n") + doubles);
  fs::permissions(file.path, fs::perms(0640));
  const auto result = convert();
  EXPECT_EQ(read_file(shadow), "abcdabcd");
  EXPECT_EQ(fs::status(shadow).permissions(), fs::perms(0640));
  EXPECT_THAT(left(), ElementsAre("A"));
  EXPECT_TRUE(has_digest(file.path, result.input_digest));
  EXPECT_TRUE(has_digest(shadow, result.output_digest));
  EXPECT_EQ(result.rows_after, 1u);
}

TEST_F(ExternalConversion, CallsTheProgramAsAgreed) {
  program(
      std::string(
          "echo \"$@\"; pwd; env | grep -v '^PWD=\\|^_=\\|^SHLVL=\\|^OLDPWD=' | sort; ls -l /proc/$$/fd | "
          "grep -c -- '->'; cat; ps -o pgid= -p $$ | tr -d ' ' | grep -qx $$ && echo leader; stat -c %a . \"$0\"\n") +
      doubles);
  convert();
  const auto place = shadow.string() + ".program";
  const auto said = read_file(shadow.string() + ".log");
  EXPECT_THAT(said, HasSubstr("--in " + file.path.string() + " --out " + shadow.string() + " --rejects " +
                              shadow.string() + ".rejects --from 1 --to 2\n" + place +
                              "\nDFINSTALL_CONVERSION=" + place + "/\nLANG=C.UTF-8\nPATH=/usr/bin:/bin\nTZ=UTC\n"));
  EXPECT_THAT(said, HasSubstr("\n700\n700\n"));
  EXPECT_FALSE(fs::exists(place));
}

TEST_F(ExternalConversion, NeedsNoRightToRunWhereTheDefinitionsLie) {
  program(doubles);
  fs::permissions(bench.root() / "d/x/programs/cvta2", fs::perms(0444));
  EXPECT_EQ(convert().rows_after, 1u);
}

TEST_F(ExternalConversion, TellsTheEndsOfTheProgramApart) {
  program("echo 'key 7 is bad'; echo more >&2; exit 10");
  auto e = error();
  EXPECT_EQ(e.message().id, msg::external_bad_data);
  EXPECT_EQ(e.arg("reason"), "key 7 is bad / more");
  EXPECT_EQ(read_file(e.arg("log")), "key 7 is bad\nmore\n");
  EXPECT_EQ(e.exit_code(), 30);
  program("exit 75");
  e = error();
  EXPECT_EQ(e.message().id, msg::external_later);
  EXPECT_EQ(german(e), "es hat nichts ausgegeben");
  program("exit 1");
  e = error();
  EXPECT_EQ(e.message().id, msg::external_failed);
  EXPECT_EQ(e.arg("reason"), "exit code 1, it wrote nothing");
  program("kill -SEGV $$");
  e = error();
  EXPECT_EQ(e.arg("reason"), "signal 11, it wrote nothing");
  EXPECT_EQ(german(e), "Signal 11; es hat nichts ausgegeben");
  EXPECT_THAT(left(), ElementsAre("A.log")) << "half a result was left";
  EXPECT_EQ(read_file(file.path), "abcd");
}

TEST_F(ExternalConversion, BelievesOnlyItsOwnProof) {
  program("exit 0");
  EXPECT_EQ(error().arg("reason"), "it made no file");
  EXPECT_EQ(german(error()), "es hat keine Datei geschrieben");
  program("ln -s \"$2\" \"$4\"");
  EXPECT_EQ(error().arg("reason"), "it made no file");
  program("cat \"$2\" > \"$4\"");
  const auto e = error();
  EXPECT_EQ(e.message().id, msg::external_failed);
  EXPECT_THAT(e.arg("reason"), HasSubstr("4 bytes long"));
}

/// Empty where a mount namespace may be made, else why not.
std::string no_mounts() {
  std::string reason;
  std::thread([&] {
    if (::unshare(CLONE_NEWNS) != 0) reason = std::string("no mount namespace here: ") + std::strerror(errno);
  }).join();
  return reason;
}

TEST_F(ExternalConversion, CannotChangeItsInput) {
  if (const auto reason = no_mounts(); !reason.empty()) GTEST_SKIP() << reason;
  program(std::string(doubles) +
          "; { echo xyz > \"$2\" && echo overwritten; truncate -s 1 \"$2\" && echo cut; rm \"$2\" && echo removed;"
          "chmod 600 \"$2\" && echo opened; cp \"$2\" x && mv -f x \"$2\" && echo replaced; } 2> /dev/null; exit 0");
  fs::permissions(file.path, fs::perms(0640));
  EXPECT_EQ(convert().rows_after, 1u);
  EXPECT_EQ(read_file(shadow), "abcdabcd");
  EXPECT_THAT(left(), ElementsAre("A")) << "it managed: " << read_file(shadow.string() + ".log");
  EXPECT_EQ(read_file(file.path), "abcd");
  EXPECT_EQ(fs::status(file.path).permissions(), fs::perms(0640));
  EXPECT_THAT(read_file("/proc/self/mountinfo"), Not(HasSubstr(file.path.string()))) << "a mount was left to us";
  bench.write("A", "efgh");
  EXPECT_EQ(read_file(file.path), "efgh");
}

TEST_F(ExternalConversion, FindsAnInputThatWasChanged) {
  // By another name the program could; and somebody else can anyway.
  fs::create_hard_link(file.path, bench.root() / "other");
  program(std::string(doubles) + "; echo xyz > '" + (bench.root() / "other").string() + "'");
  EXPECT_EQ(error().message().id, msg::external_input_changed);
  bench.write("A", "abcd");
  program(std::string(doubles) +
          "; echo '{\"done\": 1, \"total\": 4}' >&3; while [ ! -e \"$2.go\" ]; do sleep 0.1; done");
  listener.on_progress = [&] {
    if (listener.last_done != 1 || fs::exists(file.path.string() + ".go")) return;
    fs::copy_file(file.path, bench.root() / "A.new");
    fs::rename(bench.root() / "A.new", file.path);
    bench.write("A.go", "");
  };
  EXPECT_EQ(error().message().id, msg::external_input_changed);
}

TEST_F(ExternalConversion, EndsAProgramThatSaysNothing) {
  define("silent_seconds = 1\n");
  program("echo waiting; trap '' TERM; sleep 600 & echo $! > child; cp child \"$2.child\"; wait");
  const auto e = error();
  EXPECT_EQ(e.message().id, msg::external_silent);
  EXPECT_EQ(e.arg("seconds"), "1");
  EXPECT_EQ(e.arg("reason"), "waiting");
  const auto child = std::stoi(read_file(file.path.string() + ".child"));
  for (int tries = 0; tries < 500 && ::kill(child, 0) == 0; ++tries) ::usleep(10'000);
  EXPECT_NE(::kill(child, 0), 0) << "its child lives on";
}

TEST_F(ExternalConversion, LeavesNoProcessOfItsGroupBehind) {
  program(std::string("sleep 600 & echo $! > \"$2.child\"\n") + doubles);
  convert();
  const auto child = std::stoi(read_file(file.path.string() + ".child"));
  for (int tries = 0; tries < 500 && ::kill(child, 0) == 0; ++tries) ::usleep(10'000);
  EXPECT_NE(::kill(child, 0), 0);
}

TEST_F(ExternalConversion, EndsTheProgramWhenTheRunIsInterrupted) {
  program("echo $$ > \"$2.pid\"; echo '{\"done\": 1, \"total\": 4}' >&3; exec sleep 600");
  listener.on_progress = [&] {
    if (listener.last_done == 1) throw Error(msg::process_failed, {{"program", "stop"}});
  };
  EXPECT_EQ(error().message().id, msg::process_failed);
  EXPECT_NE(::kill(std::stoi(read_file(file.path.string() + ".pid")), 0), 0);
  EXPECT_FALSE(fs::exists(shadow));
}

constexpr const char* refuses =
    "echo '{\"refused\": {\"record\": 3, \"field\": \"ATKEY\", \"offset\": 120, \"hex\": \"40\", \"reason\": "
    "\"blank\"}}' >&3\n";

TEST_F(ExternalConversion, AbortsAtTheFirstRefusedRecord) {
  program(std::string(refuses) + "sleep 600");
  const auto e = error();
  EXPECT_EQ(e.message().id, msg::external_bad_data);
  EXPECT_EQ(e.arg("reason"), "record 3, field ATKEY at offset 120 (hex 40), blank");
  EXPECT_EQ(german(e), "Satz 3, Feld ATKEY ab Stelle 120 (hex 40); blank");
}

TEST_F(ExternalConversion, KeepsRejectsUpToTheLimit) {
  define("on_error = \"reject\"\nmax_rejects = 2\n");
  program(std::string(refuses) + refuses + "echo raw > \"$6\"\n" + doubles);
  EXPECT_EQ(convert().rejected, 2u);
  ASSERT_EQ(listener.refusals.size(), 2u);
  EXPECT_EQ(listener.refusals[0].field, "ATKEY");
  EXPECT_EQ(listener.refusals[0].hex, "40");
  EXPECT_EQ(text(listener.refusals[0].reason, Language::german), "blank");
  EXPECT_THAT(left(), ElementsAre("A", "A.rejects", "A.rejects.jsonl"));
  EXPECT_THAT(read_file(shadow.string() + ".rejects.jsonl"),
              AllOf(HasSubstr("\"record\":3"), HasSubstr("\"level\":1}")));
  policy.max_rejects = RejectLimit{1, 0};
  EXPECT_EQ(error().message().id, msg::too_many_rejects);
  policy.collect = true;
  EXPECT_EQ(convert().rejected, 2u);
}

TEST_F(ExternalConversion, LosesNoRejectedRecord) {
  define("on_error = \"reject\"\nmax_rejects = 2\n");
  program(std::string(refuses) + doubles);
  EXPECT_EQ(error().arg("reason"), "it refused 1 records, but did not put them into the file of rejects");
}

TEST_F(ExternalConversion, FindsRejectsThatNothingWasSaidOf) {
  program(std::string("echo raw > \"$6\"\n") + doubles);
  EXPECT_EQ(error().arg("reason"), "it put records into the file of rejects without a word about them");
}

TEST_F(ExternalConversion, HearsALastLineWithoutItsEnd) {
  program(std::string(doubles) + "\nprintf '{\"refused\": {\"record\": 3, \"reason\": \"blank\"}}' >&3");
  EXPECT_EQ(error().message().id, msg::external_bad_data);
  program(std::string(doubles) + "\nprintf hello >&3");
  EXPECT_EQ(error().arg("reason"), "it said what is not agreed: hello");
}

TEST_F(ExternalConversion, LosesNoRecordOfARecordFile) {
  for (int level : {1, 2})
    bench.write("d/formats/A." + std::to_string(level) + ".toml",
                "file = \"A\"\nlevel = " + std::to_string(level) +
                    "\nkind = \"records\"\nlength = 2\nccsid = 819\nfields = \"\"\"\nF char(2)\n\"\"\"\n");
  program("head -c 2 \"$2\" > \"$4\"");
  EXPECT_EQ(error().arg("reason"), "of 2 records it made 1 and refused 0");
  program("cat \"$2\" > \"$4\"");
  EXPECT_EQ(convert().rows_after, 2u);
}

TEST_F(ExternalConversion, AcceptsNoLineThatIsNotAgreed) {
  for (const char* line : {"hello", "{\"done\": -1, \"total\": 2}", "{\"done\": 1, \"total\": 2, \"x\": 3}", "[]",
                           "{\"refused\": {\"field\": \"X\"}}"}) {
    program("echo '" + std::string(line) + "' >&3; sleep 600");
    const auto e = error();
    EXPECT_EQ(e.message().id, msg::external_failed) << line;
    EXPECT_THAT(german(e), testing::StartsWith("es hat ")) << line;
  }
}

TEST_F(ExternalConversion, IsRefusedWithoutItsProgram) {
  EXPECT_THAT(error().arg("reason"), HasSubstr("there is no program"));
}

}  // namespace
}  // namespace dfi::migrations
