// SPDX-License-Identifier: Apache-2.0
// conversion_bench: see tests/bench/README.md. Figures go to standard output as one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/error.hpp"
#include "tests/bench/conversion/input.hpp"
#include "tests/bench/conversion/supervised.hpp"

namespace {

namespace fs = std::filesystem;

void add_input(CLI::App& app, std::uint64_t& count, fs::path& definitions, fs::path& file) {
  auto* records = app.add_subcommand("generate", "COUNT records of BENCHKA.7 into FILE");
  records->add_option("count", count)->required();
  records->add_option("file", file)->required();
  records->callback([&] { bench::write_records(count, file); });
  auto* table = app.add_subcommand("generate-table", "COUNT rows of BENCHST.1 into the new FILE called BENCHST");
  table->add_option("definitions", definitions)->required();
  table->add_option("count", count)->required();
  table->add_option("file", file)->required();
  table->callback([&] {
    bench::create(definitions, file, 1);
    bench::fill_table(count, file);
  });
}

void add_journal(CLI::App& app, fs::path& shadow) {
  auto* verb = app.add_subcommand("journal", "makes the journal in which the conversion into SHADOW is noted");
  verb->add_option("shadow", shadow)->required();
  verb->callback([&] { bench::create_journal(shadow); });
}

void add_convert(CLI::App& app, bench::Conversion& conversion, double& stop_at) {
  auto* verb = app.add_subcommand("convert", "FILE of level FROM to level TO into SHADOW");
  verb->add_option("definitions", conversion.definitions)->required();
  verb->add_option("file", conversion.file)->required();
  verb->add_option("from", conversion.from)->required();
  verb->add_option("to", conversion.to)->required();
  verb->add_option("shadow", conversion.shadow)->required();
  verb->add_option("--threads", conversion.threads);
  verb->add_flag("!--no-fuse", conversion.fuse);
  auto* stop = verb->add_option("--stop-at", stop_at, "ends by SIGKILL at the first checkpoint beyond this share");
  verb->callback([&conversion, &stop_at, stop] {
    if (stop->count() != 0) conversion.stop_at = stop_at;
    std::puts(bench::convert(conversion).dump().c_str());
  });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("makes input for data conversions and runs them as the installer does");
  app.require_subcommand(1);
  std::uint64_t count = 0;
  fs::path definitions, file;
  bench::Conversion conversion;
  double stop_at = 1;
  add_input(app, count, definitions, file);
  add_convert(app, conversion, stop_at);
  add_journal(app, file);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "conversion_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
