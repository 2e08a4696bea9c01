// SPDX-License-Identifier: Apache-2.0
// directfax_history: the data directory of a version of directfax; tests/history/README.md.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "tests/history/generator.hpp"

namespace {

using namespace dfi::history;

int run(const std::string& name, const Wish& wish, const fs::path& directory) {
  const auto known = versions();
  const auto version = std::find_if(known.begin(), known.end(), [&](const auto& each) { return each.name == name; });
  if (version == known.end()) {
    fmt::print(stderr, "directfax_history: there is no level {}; there are", name);
    for (const auto& each : known) fmt::print(stderr, " {}", each.name);
    fmt::print(stderr, "\n");
    return 2;
  }
  dfi::durable::make_directories(directory);
  const auto catalogue = dfi::migrations::Catalogue::load(definitions());
  for (const auto& dirt : write_data(catalogue, *version, wish, directory))
    fmt::print("{} record {} {}: {}\n", dirt.file, dirt.record, dirt.field, dirt.what);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Writes the data files of a version of directfax, FAXMAILC among them, into a directory."};
  std::string level;
  Wish wish;
  fs::path directory;
  app.add_option("--level", level, "version: 4.01, 5.35, 5.60, 5.80 or a release")->required();
  app.add_option("--records", wish.records, "fax jobs; the other files have more or fewer")->capture_default_str();
  app.add_option("--seed", wish.seed, "the same number, the same bytes")->capture_default_str();
  app.add_flag("--dirt", wish.dirt, "bad records too, each named on a line");
  app.add_option("directory", directory)->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(level, wish, directory);
  } catch (const dfi::Error& error) {
    fmt::print(stderr, "directfax_history: {}\n", error.what());
    return error.exit_code();
  }
}
