// SPDX-License-Identifier: Apache-2.0
// dfinstall rescued list|restore: what users had put into the product tree, or changed there, before a release replaced
// it (feature 67).
#include "messages/rescued.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/durable.hpp"
#include "base/file.hpp"
#include "base/hash.hpp"
#include "cli/context.hpp"
#include "core/generation.hpp"
#include "core/runner.hpp"
#include "messages/run.hpp"

namespace dfi::cli {
namespace {

struct Rescued {
  int run;
  std::string object;  // path in the product tree, or the name of a file beside it
  std::string state;   // foreign, modified; dependents: SQL of a data file
  fs::path copy;
};

std::string state_of(const Journal& journal, int run, const std::string& object) {
  if (const auto noted = journal.note(run, "rescued"))
    if (const auto found = noted->find(object); found != noted->end()) return found->get<std::string>();
  return object.find('/') == std::string::npos && fs::path(object).extension() == ".sql" ? "dependents" : "foreign";
}

// Newest run first.
std::vector<Rescued> all_rescued(const Layout& layout) {
  std::vector<Rescued> list;
  const auto journal = Journal::open(layout.journal(), false);
  if (!journal) return list;
  for (const auto& run : journal->runs()) {
    const auto place = layout.rescued(run.id);
    if (!fs::is_directory(place)) continue;
    for (const auto& entry : walk(place)) {
      if (entry.kind == EntryKind::directory) continue;
      const auto object = entry.path.string();
      list.push_back({run.id, object, state_of(*journal, run.id, object), place / object});
    }
  }
  return list;
}

bool same_content(const fs::path& a, const fs::path& b) {
  const auto kind = fs::symlink_status(b).type();
  if (kind != fs::symlink_status(a).type()) return false;
  if (kind == fs::file_type::symlink) return fs::read_symlink(a) == fs::read_symlink(b);
  return kind == fs::file_type::regular && sha256_file(a) == sha256_file(b);
}

bool is_there(const fs::path& path) { return fs::symlink_status(path).type() != fs::file_type::not_found; }

// What is at its place today.
const char* now_word(const Rescued& rescued, const Layout& layout) {
  if (rescued.state == "dependents") return "-";
  const auto place = layout.current() / rescued.object;
  return !is_there(place) ? "absent" : same_content(rescued.copy, place) ? "same" : "other";
}

std::string in_words(const Context& context, const std::string& word) {
  static const std::map<std::string, Msg> words{
      {"foreign", msg::rescued_foreign}, {"modified", msg::rescued_modified}, {"dependents", msg::rescued_dependents},
      {"absent", msg::rescued_absent},   {"same", msg::rescued_same},         {"other", msg::rescued_other}};
  const auto found = words.find(word);
  return found == words.end() ? word : context.say(found->second);
}

// A copy appears complete or not at all.
void put(const fs::path& copy, const fs::path& target) {
  durable::make_directories(target.parent_path());
  if (fs::is_symlink(copy))
    durable::flip_link(target, fs::read_symlink(copy));
  else
    durable::copy_file(copy, target);
}

Rescued wanted_of(const Context& context, const Layout& layout) {
  const auto& options = context.options;
  for (const auto& rescued : all_rescued(layout))
    if (rescued.object == options.name && (options.run == 0 || rescued.run == options.run)) return rescued;
  throw Error(msg::rescued_unknown, {{"object", options.name}});
}

}  // namespace

int list_rescued(Context& context) {
  const auto layout = context.layout();
  Json list = Json::array();
  for (const auto& rescued : all_rescued(layout)) {
    const auto now = now_word(rescued, layout);
    const auto bytes = fs::is_symlink(rescued.copy) ? 0 : fs::file_size(rescued.copy);
    context.line(fmt::format("{:>4} {:<10} {:<6} {:>10}  {}", rescued.run, in_words(context, rescued.state),
                             in_words(context, now), bytes, rescued.object));
    list.push_back({{"run", rescued.run},
                    {"object", rescued.object},
                    {"state", rescued.state},
                    {"now", now},
                    {"bytes", bytes},
                    {"path", rescued.copy.string()}});
  }
  if (list.empty()) context.line(msg::rescued_none);
  context.result["rescued"] = list;
  return 0;
}

int restore_rescued(Context& context) {
  const auto layout = context.layout();
  const auto lock = RunLock::take(layout);
  if (const auto journal = Journal::open(layout.journal(), false))
    if (const auto run = journal->unfinished())
      throw Error(msg::run_unfinished, {{"run", run->name()}, {"since", run->started}});
  const auto rescued = wanted_of(context, layout);
  const auto& to = context.options.to;
  if (to.empty() && rescued.state == "dependents") throw Error(msg::rescued_no_object, {{"object", rescued.object}});
  auto target = to.empty() ? fs::canonical(layout.current()) / rescued.object : fs::absolute(to);
  if (!to.empty() && fs::is_directory(target)) target /= fs::path(rescued.object).filename();
  context.result["path"] = target.string();
  if (is_there(target) && same_content(rescued.copy, target)) {
    context.line(msg::rescued_there, {{"path", target.string()}});
    return 0;
  }
  if (is_there(target) && !context.options.yes) throw Error(msg::rescued_in_the_way, {{"path", target.string()}});
  put(rescued.copy, target);
  context.line(msg::rescued_restored,
               {{"object", rescued.object}, {"run", std::to_string(rescued.run)}, {"path", target.string()}});
  return 0;
}

}  // namespace dfi::cli
