// SPDX-License-Identifier: Apache-2.0
// faxmail_bench: see README.md. Figures go to standard output as one JSON object.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/error.hpp"
#include "tests/bench/bench.hpp"

namespace {

void say(const dfi::Json& figures) { std::puts(figures.dump().c_str()); }

void add_dialogue(CLI::App& app) {
  for (const bool own : {true, false}) {
    auto line = std::make_shared<bench::Line>();
    auto* verb = app.add_subcommand(own ? "own" : "curl", "mails over one TLS connection");
    verb->add_option("port", line->port)->required();
    verb->add_option("ca_file", line->ca_file)->required();
    verb->add_option("count", line->count)->required();
    verb->add_option("size", line->size)->required();
    verb->add_flag("--starttls", line->starttls);
    verb->callback([line, own] { say(own ? bench::dialogue_own(*line) : bench::dialogue_curl(*line)); });
  }
}

struct Load {
  bench::fs::path place;
  std::string run = "bench";
  int producers = 8, count = 1000;
  std::size_t size = 1024;
};

void add_queue(CLI::App& app) {
  const auto add = [&](const char* name, const char* text, auto work) {
    auto load = std::make_shared<Load>();
    auto* verb = app.add_subcommand(name, text);
    verb->add_option("place", load->place)->required();
    verb->add_option("--run", load->run);
    verb->add_option("--producers", load->producers);
    verb->add_option("--count", load->count);
    verb->add_option("--size", load->size);
    verb->callback([load, work] { work(*load); });
  };
  add("accept", "durable acceptance by the product below PLACE",
      [](const Load& load) { say(bench::accept(load.place, load.producers, load.count, load.size)); });
  add("accept-files", "one fsynced file per mail in PLACE",
      [](const Load& load) { say(bench::accept_files(load.place, load.producers, load.count, load.size)); });
  add("fill", "COUNT mails into FAXKA of the product below PLACE",
      [](const Load& load) { say(bench::fill(load.place, load.run, load.count, load.size)); });
  add("feed", "mails as long as fewer than COUNT wait, until the end of standard input",
      [](const Load& load) { bench::feed(load.place, load.run, load.size, load.count); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("loads and measures the mail engine");
  app.require_subcommand(1);
  add_dialogue(app);
  add_queue(app);
  int port = 0, target = 0, milliseconds = 0;
  auto* line = app.add_subcommand("delay", "a long line: PORT to TARGET, each byte MILLISECONDS later");
  line->add_option("port", port)->required();
  line->add_option("target", target)->required();
  line->add_option("milliseconds", milliseconds)->required();
  line->callback([&] { bench::delay(port, target, std::chrono::milliseconds(milliseconds)); });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "faxmail_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
