// SPDX-License-Identifier: Apache-2.0
// dfinstall support: one file for the hotline (feature 47). Reads only; works while a run is in work.
#include "messages/support.hpp"

#include <fmt/core.h>

#include <algorithm>

#include "base/archive.hpp"
#include "base/clock.hpp"
#include "base/durable.hpp"
#include "base/hash.hpp"
#include "cli/support_parts.hpp"

namespace dfi::cli {
namespace {

// "20261128T011500123"
std::string stamp() {
  std::string digits;
  for (const char c : now_utc())
    if ((c >= '0' && c <= '9') || c == 'T') digits += c;
  return digits;
}

bool leaves_out(const Context& context, const std::string& part) {
  const auto& names = context.options.left_out;
  return std::find(names.begin(), names.end(), part) != names.end();
}

void require_known(const Context& context, const std::vector<SupportPart>& parts) {
  std::string names;
  for (const auto& part : parts) names += (names.empty() ? "" : ", ") + part.name;
  for (const auto& wish : context.options.left_out)
    if (std::none_of(parts.begin(), parts.end(), [&](const auto& part) { return part.name == wish; }))
      throw Error(msg::support_part_unknown, {{"part", wish}, {"parts", names}});
}

// What cannot be read or understood cannot be redacted.
std::string made(const SupportPart& part, Redactor& redactor) {
  try {
    return part.make(redactor);
  } catch (const Error& e) {
    if (e.message().id == msg::not_redactable) throw;
    throw Error(msg::not_redactable, {{"part", part.name}, {"reason", text(e.message(), Language::english)}});
  } catch (const std::exception& e) {
    throw Error(msg::not_redactable, {{"part", part.name}, {"reason", e.what()}});
  }
}

std::string kinds_of(const Redactor& redactor, const std::string& part) {
  const auto found = redactor.masked().find(part);
  if (found == redactor.masked().end()) return "";
  auto line = masked_text({*found});
  line.pop_back();
  return "(" + line.substr(part.size() + 2) + ")";
}

class Bundle {
 public:
  Bundle(const fs::path& path, std::string top) : tar_(path, 9, 0600), top_(std::move(top)) {}

  void add(const std::string& name, const std::string& bytes) {
    ArchiveEntry entry;
    entry.path = top_ + "/" + name;
    entry.mode = 0600;
    entry.mtime_ns = std::chrono::duration_cast<std::chrono::nanoseconds>(began_.time_since_epoch()).count();
    tar_.add(entry, bytes);
    contents_.push_back({{"part", name}, {"bytes", bytes.size()}});
  }
  Json commit() {
    tar_.commit();
    return contents_;
  }

 private:
  TarWriter tar_;
  std::string top_;
  std::chrono::system_clock::time_point began_ = std::chrono::system_clock::now();
  Json contents_ = Json::array();
};

}  // namespace

int make_support_bundle(Context& context) {
  const auto layout = context.layout();
  const auto parts = support_parts(context, layout);
  require_known(context, parts);
  const auto top = fmt::format("{}-support-{}", layout.product(), stamp());
  const auto path =
      context.options.out.empty() ? layout.support() / (top + ".tar.zst") : fs::absolute(context.options.out);
  if (context.options.out.empty()) durable::make_directories(layout.support(), 0750);
  Redactor redactor(Redactor::Extent::names_too);
  learn_secrets(redactor, layout);
  Bundle bundle(path, top);
  Json left_out = Json::array();
  std::string left_out_lines;
  for (const auto& part : parts) {
    if (leaves_out(context, part.name)) {
      left_out.push_back(part.name);
      left_out_lines += part.name + ": left out\n";
      context.line(msg::support_left_out, {{"part", part.name}});
      continue;
    }
    const auto bytes = made(part, redactor);
    bundle.add(part.name, bytes);
    context.line(
        msg::support_part,
        {{"part", part.name}, {"bytes", std::to_string(bytes.size())}, {"masked", kinds_of(redactor, part.name)}});
  }
  bundle.add("masked.txt", masked_text(redactor.masked()) + left_out_lines);
  context.result["parts"] = bundle.commit();
  context.result["masked"] = masked_json(redactor.masked());
  context.result["left_out"] = left_out;
  context.result["path"] = path.string();
  context.result["bytes"] = fs::file_size(path);
  context.result["sha256"] = sha256_file(path);
  context.line(msg::support_written, {{"path", path.string()},
                                      {"bytes", context.result["bytes"].dump()},
                                      {"sha256", context.result["sha256"].get<std::string>()}});
  context.line(msg::support_advice);
  return 0;
}

}  // namespace dfi::cli
