// SPDX-License-Identifier: Apache-2.0
// A SQLite data file BOX whose levels and conversions each test writes itself.
#pragma once
#include "tests/migrations/bench.hpp"

namespace dfi::migrations {

/// What convert() told its Supervisor; throws when `end` says so.
class Listener : public Supervisor {
 public:
  void progress(std::uint64_t done, std::uint64_t total, std::uint64_t) override {
    EXPECT_GE(done, last_done);
    EXPECT_LE(done, total);
    last_done = done;
    last_total = total;
    ++calls;
    if (on_progress) on_progress();
  }
  void refused(const Refusal& refusal) override { refusals.push_back(refusal); }

  std::function<void()> on_progress;
  std::vector<Refusal> refusals;
  std::uint64_t calls = 0, last_done = 0, last_total = 0;
};

class Box : public testing::Test {
 protected:
  void format(int level, const std::string& schema) const {
    bench.write(
        "d/formats/BOX." + std::to_string(level) + ".toml",
        "file = \"BOX\"\nlevel = " + std::to_string(level) + "\nkind = \"sqlite\"\nschema = '''\n" + schema + "'''\n");
  }
  /// CVTBOXn leads from the level before to n. `check` must return no row.
  void conversion(int to, const std::string& mode, const std::string& sql,
                  const std::string& check = "SELECT 1 WHERE 0", const std::string& revert = "") const {
    auto text = "name = \"CVTBOX" + std::to_string(to) + "\"\nfile = \"BOX\"\nfrom = " + std::to_string(to - 1) +
                "\nto = " + std::to_string(to) + "\nkind = \"sqlite\"\nmode = \"" + mode + "\"\nconvert = '''\n" + sql +
                "'''\n";
    if (!revert.empty()) text += "revert = '''\n" + revert + "'''\n";
    bench.write("d/x/CVTBOX" + std::to_string(to) + ".toml",
                text + "[[verify]]\nname = \"check\"\nsql = '''" + check + "'''\n");
  }
  Catalogue catalogue() const { return Catalogue::load(bench.root() / "d"); }
  /// A file of level 1 with what `sql` adds.
  void make(const std::string& sql) const {
    catalogue().create(file, 1);
    bench.sql("BOX", sql);
  }
  Catalogue::Result convert(int to = 2) {
    const auto all = catalogue();
    listener.last_done = 0;
    return all.convert(file, all.route(file, 1, to), shadow, policy, listener);
  }
  std::string made(const std::string& query) const { return value(shadow, query); }

  Bench bench;
  DataFile file = bench.file("BOX");
  fs::path shadow = bench.shadow("BOX");
  Policy policy;
  Listener listener;
};

}  // namespace dfi::migrations
