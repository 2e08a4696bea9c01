// SPDX-License-Identifier: Apache-2.0
#include "cli/support_parts.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "base/file.hpp"
#include "base/toml.hpp"
#include "core/evidence.hpp"
#include "core/generation.hpp"

namespace dfi::cli {
namespace {

std::string document(const Json& json) { return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n"; }

void add_files(std::vector<SupportPart>& parts, const fs::path& directory, const std::string& prefix) {
  if (!fs::exists(directory)) return;
  for (const auto& entry : walk(directory)) {
    const auto path = directory / entry.path;
    if (entry.kind != EntryKind::file || entry.path.filename().string().front() == '.') continue;
    const auto name = prefix + entry.path.string();
    parts.push_back({name, [name, path](Redactor& redactor) {
                       const auto text = read_file(path);
                       return path.extension() == ".json" ? document(redactor.clean_json(name, parse_json(text, path)))
                                                          : redactor.clean(name, text);
                     }});
  }
}

void add_inventories(std::vector<SupportPart>& parts, const Layout& layout) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(layout.releases(), none)) {
    const auto path = entry.path() / generation_file;
    if (!fs::exists(path)) continue;
    const auto name = "inventory/" + entry.path().filename().string() + ".json";
    parts.push_back({name, [name, path](Redactor& redactor) {
                       return document(redactor.clean_json(name, parse_json(read_file(path), path)));
                     }});
  }
}

std::string log_text(const RunRow& run, const std::vector<LogRow>& log, Language language) {
  auto result = fmt::format("{} {}  {}  {}\n", run.id, run.verb, run.started, run.ended);
  for (const auto& row : log)
    result +=
        fmt::format("{} {:<7} {} {}\n", row.at, row.level, message_id(row.message.id), text(row.message, language));
  return result;
}

void add_job_logs(std::vector<SupportPart>& parts, const Layout& layout, Language language) {
  const auto journal = Journal::look(layout.journal());
  if (!journal) return;
  for (const auto& run : journal->runs()) {
    const auto log = journal->log_of(run.id);
    Json rows = Json::array();
    for (const auto& row : log) rows.push_back(to_json(row, language));
    const auto name = fmt::format("joblog/{:05}", run.id);
    const Json json{
        {"run", run.id},      {"verb", run.verb},           {"inputs", run.inputs},         {"started", run.started},
        {"ended", run.ended}, {"unfinished", !run.outcome}, {"owner", run.owner.to_json()}, {"log", rows}};
    parts.push_back(
        {name + ".json", [=](Redactor& redactor) { return document(redactor.clean_json(name + ".json", json)); }});
    parts.push_back({name + ".txt", [name, text = log_text(run, log, language)](Redactor& redactor) {
                       return redactor.clean(name + ".txt", text);
                     }});
  }
}

void add_journal(std::vector<SupportPart>& parts, const Context& context, const Layout& layout) {
  const std::string name = "journal.db";
  if (!fs::exists(layout.journal())) return;
  try {
    add_job_logs(parts, layout, context.options.language);
  } catch (const Error&) {
    // A damaged journal is refused where it is packed itself, by its name.
  }
  parts.push_back({name, [=](Redactor& redactor) { return redacted_journal(redactor, name, layout.journal()); }});
}

// Keys that a format of this configuration file knows, at whatever level.
std::set<std::string> known_keys(const Layout& layout, const std::string& file) {
  std::set<std::string> keys{"format_level"};
  if (!fs::exists(layout.definitions())) return keys;
  for (const auto& entry : walk(layout.definitions())) {
    const bool format = entry.path.parent_path().filename() == "formats" && entry.path.extension() == ".toml";
    if (!format || entry.path.filename().string().rfind(file + ".", 0) != 0) continue;
    const auto definition = read_toml(layout.definitions() / entry.path);
    if (const auto* list = definition["keys"].as_array())
      for (const auto& key : *list) keys.insert(key.as_table()->at("name").value_or<std::string>(""));
    if (const auto* tables = definition["tables"].as_array())
      for (const auto& table : *tables)
        if (const auto* lists = table.as_table()->get_as<toml::array>("lists"))
          for (const auto& list : *lists) keys.insert(list.value_or<std::string>(""));
  }
  return keys;
}

void add_configuration(std::vector<SupportPart>& parts, const Layout& layout, const ProductSpec& spec) {
  for (const auto& file : spec.data_files) {
    const auto path = data_path(layout, file);
    if (file.kind != "config" || !fs::exists(path)) continue;
    const auto name = "configuration/" + file.name + ".toml";
    parts.push_back({name, [=, product_file = file.name](Redactor& redactor) {
                       const auto keys = known_keys(layout, product_file);
                       return redacted_toml(redactor, name, read_file(path),
                                            [&](const std::string& key) { return keys.count(key) > 0; });
                     }});
  }
}

// Level, size, rows; null of what cannot be told.
Json data_file_facts(const Layout& layout, const ProductSpec& spec) {
  std::optional<migrations::Catalogue> catalogue;
  if (fs::exists(layout.definitions()))
    catalogue = migrations::Catalogue::load(layout.definitions(), migrations::Proof::done);
  Json list = Json::array();
  for (const auto& file : spec.data_files) {
    Json facts{{"name", file.name}, {"path", file.path}, {"kind", file.kind}, {"expected_level", file.level},
               {"level", nullptr},  {"bytes", nullptr},  {"rows", nullptr}};
    try {
      if (fs::exists(data_path(layout, file))) {
        facts["bytes"] = fs::file_size(data_path(layout, file));
        const int level = catalogue ? catalogue->level_of(to_engine(layout, file)) : file.level;
        facts["level"] = level;
        if (catalogue) facts["rows"] = catalogue->estimate(to_engine(layout, file), level, {}).records;
      }
    } catch (const Error& e) {
      facts["error"] = e.what();
    }
    list.push_back(facts);
  }
  return list;
}

// Its lines as they stand there and as a program reads them. One that cannot be read here was read by nobody: the other
// secrets are learned nevertheless.
void learn_file(Redactor& redactor, const fs::path& file) {
  try {
    std::istringstream lines(read_file_if_exists(file).value_or(""));
    for (std::string line; std::getline(lines, line);) {
      redactor.add(line);
      constexpr auto blanks = " \t\r";
      const auto begin = std::min(line.find_first_not_of(blanks), line.size());
      redactor.add(line.substr(begin, line.find_last_not_of(blanks) + 1 - begin));
    }
  } catch (const Error&) {
    return;
  }
}

// Values of keys that say where a secret is kept, and of those that are one.
void learn_from(Redactor& redactor, const fs::path& file, const toml::table& table) {
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto* inner = node.as_table()) learn_from(redactor, file, *inner);
    if (const auto* list = node.as_array())
      for (const auto& each : *list)
        if (const auto* inner = each.as_table()) learn_from(redactor, file, *inner);
    const auto value = node.value_or<std::string>("");
    if (value.empty()) continue;
    if (names_a_secret(name)) redactor.add(value);
    if (names_a_secret_file(name)) learn_file(redactor, file.parent_path() / value);
    for (const char* word : {"host", "server", "helo", "proxy"})
      if (name.find(word) != std::string::npos) redactor.add_host(value);
  }
}

}  // namespace

std::vector<SupportPart> support_parts(const Context& context, const Layout& layout) {
  std::vector<SupportPart> parts;
  add_files(parts, layout.evidence(), "evidence/");
  add_files(parts, layout.aborts(), "aborts/");
  add_inventories(parts, layout);
  add_journal(parts, context, layout);
  if (const auto generation = Generation::usable(layout)) {
    add_configuration(parts, layout, generation->spec());
    parts.push_back({"data-files.json", [=, spec = generation->spec()](Redactor& redactor) {
                       return document(redactor.clean_json("data-files.json", data_file_facts(layout, spec)));
                     }});
  }
  parts.push_back({"versions.json", [=](Redactor& redactor) {
                     return document(redactor.clean_json("versions.json", versions_json(layout)));
                   }});
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return parts;
}

void learn_secrets(Redactor& redactor, const Layout& layout) {
  char name[256] = "";
  if (::gethostname(name, sizeof name - 1) == 0) {
    const std::string host(name);
    redactor.add_host(host);
    redactor.add_host(host.substr(0, host.find('.')));
  }
  const auto generation = Generation::usable(layout);
  if (!generation) return;
  for (const auto& file : generation->spec().data_files) {
    const auto path = data_path(layout, file);
    if (file.kind != "config" || !fs::exists(path)) continue;
    try {
      learn_from(redactor, path, read_toml(path));
    } catch (const Error&) {
      // Refused where it is packed itself, by its name.
    }
  }
}

}  // namespace dfi::cli
