// SPDX-License-Identifier: Apache-2.0
#include "payloads/packer/cli.hpp"

#include <CLI/CLI.hpp>
#include <functional>
#include <ostream>

#include "base/durable.hpp"
#include "base/error.hpp"
#include "messages/general.hpp"
#include "messages/packer.hpp"
#include "payloads/packer/ptf.hpp"
#include "payloads/packer/publish.hpp"
#include "payloads/packer/release.hpp"

namespace dfi::packer {
namespace {

// What a verb did: sentences for people, fields for machines.
struct Outcome {
  std::vector<Message> sentences;
  Json fields = Json::object();
};

struct Options {
  fs::path directory, output, key, base, ptf, definition;
  std::string language;
  bool json = false;
};

std::string size_of(const fs::path& path) { return std::to_string(fs::file_size(path)); }

Outcome make_keys(const Options& options) {
  auto secret = options.output / "vendor.key", open = options.output / "vendor.pem";
  durable::make_directories(options.output);
  generate_keys(secret, open);
  Outcome outcome;
  outcome.sentences = {{msg::pack_keys_made, {{"private", secret.string()}, {"public", open.string()}}}};
  outcome.fields = {{"private", secret.string()}, {"public", open.string()}};
  return outcome;
}

Outcome make_release(const Options& options) {
  auto made = write_release(read_source(options.directory), options.output, options.key, options.ptf);
  Outcome outcome;
  outcome.sentences = {{msg::pack_release_made,
                        {{"file", options.output.string()},
                         {"product", made.document.product},
                         {"version", made.document.version},
                         {"objects", std::to_string(made.objects)},
                         {"definitions", std::to_string(made.definitions)},
                         {"size", size_of(options.output)}}}};
  outcome.fields = {{"file", options.output.string()},
                    {"objects", made.objects},
                    {"definitions", made.definitions},
                    {"release", made.document.to_json()}};
  return outcome;
}

Outcome make_changed(const Options& options, decltype(write_ptf)* write) {
  auto definition = options.definition.empty() ? options.directory / "ptf.toml" : options.definition;
  auto ptf = read_ptf_file(definition);
  auto manifest = write(options.base, read_source(options.directory), ptf, options.output, options.key);
  Outcome outcome;
  outcome.sentences = {{msg::pack_ptf_made,
                        {{"file", options.output.string()},
                         {"ptf", ptf.id},
                         {"product", manifest.product},
                         {"applies_to", joined(ptf.applies_to)},
                         {"objects", std::to_string(manifest.objects.size())},
                         {"size", size_of(options.output)}}}};
  for (const auto& object : manifest.objects) {
    bool fresh = object.replaces.front() == "absent";
    outcome.sentences.push_back({fresh ? msg::pack_ptf_adds : msg::pack_ptf_replaces, {{"object", object.path}}});
  }
  outcome.fields = {{"file", options.output.string()}, {"manifest", manifest.to_json()}};
  return outcome;
}

Outcome make_ptf(const Options& options) { return make_changed(options, write_ptf); }
Outcome make_definitions(const Options& options) { return make_changed(options, write_definitions); }

Outcome make_index(const Options& options) {
  auto index = publish(options.directory, options.key);
  Outcome outcome;
  outcome.sentences = {{msg::pack_published,
                        {{"file", (options.directory / "index.json").string()},
                         {"product", index["product"].get<std::string>()},
                         {"releases", std::to_string(index["releases"].size())},
                         {"ptfs", std::to_string(index["ptfs"].size())}}}};
  outcome.fields = {{"file", (options.directory / "index.json").string()}, {"index", index}};
  return outcome;
}

Json document(const std::string& verb, int exit) {
  return {{"schema", "dfinstall/1"}, {"verb", verb}, {"ok", exit == 0}, {"exit", exit}};
}

void print(const Outcome& outcome, const std::string& verb, bool json, Language language, std::ostream& out) {
  if (json) {
    auto answer = document(verb, 0);
    answer.update(outcome.fields);
    out << answer.dump(2) << '\n';
    return;
  }
  for (const auto& sentence : outcome.sentences) out << text(sentence, language) << '\n';
}

int print(const Error& error, const std::string& verb, bool json, Language language, std::ostream& out,
          std::ostream& err) {
  const auto& message = error.message();
  auto id = std::string(message_id(message.id));
  if (json) {
    Json args = Json::object();
    for (const auto& arg : message.args) args[arg.name] = arg.value;
    auto answer = document(verb, error.exit_code());
    answer["error"] = {{"id", id},
                       {"name", std::string(message.id.name)},
                       {"text", text(message, language)},
                       {"cause", cause(message, language)},
                       {"recovery", recovery(message, language)},
                       {"args", args}};
    out << answer.dump(2) << '\n';
    return error.exit_code();
  }
  err << id << ' ' << text(message, language) << '\n';
  for (const auto& line : {cause(message, language), recovery(message, language)})
    if (!line.empty()) err << "  " << line << '\n';
  return error.exit_code();
}

// Errors of the standard library become ours, with the path they name.
Outcome guarded(const std::function<Outcome()>& work) {
  try {
    return work();
  } catch (const fs::filesystem_error& e) {
    throw os_error("access", e.path2().empty() ? e.path1() : e.path2(), e.code().value());
  } catch (const Error&) {
    throw;
  } catch (const std::exception& e) {
    throw Error(msg::internal_error, {{"what", e.what()}});
  }
}

using Verb = Outcome (*)(const Options&);

void add_verbs(CLI::App& app, Options& options, Verb& verb) {
  auto add = [&](const char* name, const char* help, Verb action) {
    auto* command = app.add_subcommand(name, help);
    command->callback([&verb, action] { verb = action; });
    return command;
  };
  auto key = [&](CLI::App* command) {
    command->add_option("--key", options.key, "Private Ed25519 key (PEM)")->required()->type_name("FILE");
  };
  auto output = [&](CLI::App* command, const char* help, const char* type) {
    command->add_option("-o,--output", options.output, help)->required()->type_name(type);
  };
  auto* keys = add("keys", "Make a key pair: vendor.key and vendor.pem", make_keys);
  output(keys, "Directory of the two files", "DIR");

  auto* release = add("release", "Make a release of a source directory", make_release);
  release->add_option("source", options.directory, "product.toml, objects/, definitions/")
      ->required()
      ->type_name("DIR");
  output(release, "The release", "RELEASE.zip");
  release->add_option("--ptf", options.ptf, "PTF to put in as TMSHOTPTF.SAVF")->type_name("SAVF");
  key(release);

  auto changed = [&](CLI::App* command) {
    command->add_option("--base", options.base, "The release it is for")->required()->type_name("RELEASE.zip");
    command->add_option("--new", options.directory, "Source directory, corrected")->required()->type_name("DIR");
    command->add_option("--definition", options.definition, "Its definition; else DIR/ptf.toml")->type_name("FILE");
    key(command);
  };
  auto* ptf = add("ptf", "Make a PTF of what differs from a release", make_ptf);
  output(ptf, "The PTF", "TMSHOTPTF.SAVF");
  changed(ptf);
  auto* definitions =
      add("definitions", "Corrected definitions for a run that stopped in a conversion", make_definitions);
  output(definitions, "For dfinstall resume --with-ptf", "FIX.SAVF");
  changed(definitions);

  auto* publish = add("publish", "Write the signed index of a repository", make_index);
  publish->add_option("directory", options.directory, "Holds the *.zip and *.SAVF")->required()->type_name("DIR");
  key(publish);
}

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CLI::App app("dfpack makes keys, releases, PTFs and repositories for dfinstall.", "dfpack");
  Options options;
  Verb verb = nullptr;
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", std::string("dfpack " DFI_VERSION));
  app.add_flag("--json", options.json, "One JSON document on stdout");
  app.add_option("--lang", options.language, "Language of the messages: de or en")->type_name("LANG");
  add_verbs(app, options, verb);

  std::string name;
  auto language = language_from_environment();
  try {
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      if (e.get_exit_code() == 0) return app.exit(e, out, err);
      throw Error(msg::pack_usage, {{"what", e.what()}});
    }
    name = app.get_subcommands().front()->get_name();
    if (!options.language.empty()) {
      auto wanted = parse_language(options.language);
      if (!wanted) throw Error(msg::pack_usage, {{"what", "--lang " + options.language + "? de | en"}});
      language = *wanted;
    }
    print(guarded([&] { return verb(options); }), name, options.json, language, out);
    return 0;
  } catch (const Error& error) {
    return print(error, name, options.json, language, out, err);
  }
}

}  // namespace dfi::packer
