// SPDX-License-Identifier: Apache-2.0
// dfinstall ptf list|show.
#include <fmt/core.h>

#include "base/signature.hpp"
#include "cli/context.hpp"
#include "messages/cli.hpp"
#include "messages/ptf.hpp"
#include "messages/run.hpp"
#include "ptf/engine/ptf.hpp"

namespace dfi::cli {
namespace {

Json objects_json(const std::vector<Object>& objects) {
  Json list = Json::array();
  for (const auto& object : objects) list.push_back(object.to_json());
  return list;
}

}  // namespace

int list_ptfs(Context& context) {
  auto layout = context.layout();
  auto generation = context.installed(layout);
  Json list = Json::array();
  for (const auto& ptf : generation.ptfs) {
    const bool removable = fs::exists(layout.product_base() / ptf.saved);
    context.line(fmt::format("{:<20} {}  {}  {}", ptf.id, ptf.applied, ptf.saved,
                             context.say(removable ? msg::word_removable : msg::word_not_removable)));
    list.push_back({{"id", ptf.id},
                    {"save_file", ptf.save_file},
                    {"applied", ptf.applied},
                    {"saved", ptf.saved},
                    {"removable", removable},
                    {"objects", ptf.objects}});
  }
  if (list.empty()) context.line(msg::ptfs_none, {{"level", generation.level()}});
  context.result["level"] = generation.level();
  context.result["ptfs"] = list;
  return 0;
}

int show_ptf(Context& context) {
  auto layout = context.layout();
  auto keys = TrustedKeys::load(Layout::keys(layout.root()));
  const auto& asked = context.options.name;
  std::optional<Manifest> manifest;
  if (fs::is_regular_file(asked))
    manifest = SaveFile::open(fs::path(asked), &keys).manifest();
  else if (auto located = ptf::find_in_depot(layout, asked, keys))
    manifest = located->manifest;
  if (!manifest) throw Error(msg::ptf_not_found, {{"ptf", asked}});
  if (!manifest->ptf) throw Error(msg::not_a_ptf, {{"name", asked}, {"type", manifest->type}});
  const auto& ptf = *manifest->ptf;
  context.line(
      fmt::format("{}  {}", ptf.id, context.options.language == Language::german ? ptf.title_de : ptf.title_en));
  std::string versions;
  for (const auto& version : ptf.applies_to) versions += " " + version;
  context.line("  " + manifest->product + versions);
  for (const auto& object : manifest->objects)
    context.line(fmt::format("  {:<40} {:>9}  {}", object.path, object.size, object.sha256.substr(0, 16)));
  context.result["ptf"] = ptf.to_json();
  context.result["objects"] = objects_json(manifest->objects);
  return 0;
}

}  // namespace dfi::cli
