// SPDX-License-Identifier: Apache-2.0
// A directory of its own for each test, data files as an old release leaves them, and the words to look at the result.
#pragma once
#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "base/file.hpp"
#include "messages/conversion.hpp"
#include "migrations/engine/engine.hpp"

namespace dfi::migrations {

template <class Work>
Error error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error";
  return Error(msg::definition_malformed);
}

class Bench {
 public:
  Bench() {
    std::string name = (fs::temp_directory_path() / "migrations.XXXXXX").string();
    if (!::mkdtemp(name.data())) throw os_error("mkdtemp", name);
    root_ = name;
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() { fs::remove_all(root_); }

  const fs::path& root() const { return root_; }

  fs::path write(const std::string& name, const std::string& text) const {
    durable::make_directories((root_ / name).parent_path());
    durable::write_file(root_ / name, text);
    return root_ / name;
  }
  void copy_shipped_definitions(const std::string& to) const {
    fs::copy(DFI_DEFINITIONS, root_ / to, fs::copy_options::recursive);
  }

  DataFile file(const std::string& name) const { return {name, root_ / name}; }
  fs::path shadow(const std::string& name) const { return root_ / "run" / name; }

  void sql(const std::string& name, const std::string& statements) const {
    SQLite::Database db((root_ / name).string(), SQLite::OPEN_READWRITE);
    db.exec(statements);
  }

 private:
  fs::path root_;
};

/// A run that wants to know nothing and keeps no checkpoint.
class Unsupervised : public Supervisor {
 public:
  void progress(std::uint64_t, std::uint64_t, std::uint64_t) override {}
};

/// From level to level with the definitions' own rules.
inline Catalogue::Result convert(const Catalogue& catalogue, const DataFile& file, int from, int to,
                                 const fs::path& shadow, const Policy& policy = {}) {
  Unsupervised unsupervised;
  return catalogue.convert(file, catalogue.route(file, from, to), shadow, policy, unsupervised);
}

inline Catalogue shipped() { return Catalogue::load(DFI_DEFINITIONS); }

/// One value of a query, as text.
inline std::string value(const fs::path& path, const std::string& query) {
  SQLite::Database db(path.string(), SQLite::OPEN_READWRITE);
  return db.execAndGet(query).getString();
}

inline std::vector<std::string> names_in(const fs::path& directory) {
  std::vector<std::string> names;
  for (const auto& entry : walk(directory)) names.push_back(entry.path.string());
  return names;
}

/// A FAXSTAT of 5.91 with data.
class OldFaxstat : public testing::Test {
 protected:
  OldFaxstat() {
    catalogue.create(file, 3);
    bench.sql("FAXSTAT",
              "INSERT INTO FAXSTAT VALUES(1, 7, 'SENT', '20200811', '123456'), (2, 7, 'FAIL', '20200229', '000000'),"
              "(9, 8, 'RÜCK', '19991231', '235959')");
  }
  Catalogue::Result convert() { return migrations::convert(catalogue, file, 3, 4, shadow); }

  Catalogue catalogue = shipped();
  Bench bench;
  DataFile file = bench.file("FAXSTAT");
  fs::path shadow = bench.shadow("FAXSTAT");
};

}  // namespace dfi::migrations
