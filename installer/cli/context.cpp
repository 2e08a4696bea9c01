// SPDX-License-Identifier: Apache-2.0
#include "cli/context.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <ctime>
#include <iostream>

#include "messages/deadline.hpp"
#include "messages/general.hpp"
#include "messages/run.hpp"

namespace dfi::cli {

Context::Context(Options given) : options(std::move(given)), result(Json::object()) {}

ConversionChoices Context::choices() const {
  ConversionChoices choices;
  choices.dependents = options.dependents;
  choices.on_error = options.on_error;
  choices.max_rejects = options.max_rejects;
  choices.fuse = !options.no_fuse;
  if (!options.max_rejects.empty() && !migrations::parse_reject_limit(options.max_rejects))
    throw Error(msg::usage, {{"what", "--max-rejects " + options.max_rejects + "? 12 | 0.1%"}});
  for (const auto& said : options.levels) {
    const auto equals = said.find('=');
    int level = 0;
    const char* end = said.data() + said.size();
    const char* begin = equals == std::string::npos ? end : said.data() + equals + 1;
    const auto read = std::from_chars(begin, end, level);
    if (equals == 0 || begin == end || read.ec != std::errc() || read.ptr != end)
      throw Error(msg::usage, {{"what", "--level " + said + "? FILE=N"}});
    choices.levels[said.substr(0, equals)] = level;
  }
  return choices;
}

Json Context::deadline() const {
  const auto& said = options.deadline;
  if (said.empty()) return nullptr;
  const auto now = std::time(nullptr);
  for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%H:%M"}) {
    std::tm time{};
    ::localtime_r(&now, &time);
    time.tm_sec = 0;
    const char* end = ::strptime(said.c_str(), format, &time);
    if (!end || *end) continue;
    time.tm_isdst = -1;
    auto then = std::mktime(&time);
    if (then <= now && said.size() <= 5) {  // the next such hour
      ++time.tm_mday;
      time.tm_isdst = -1;
      then = std::mktime(&time);
    }
    if (then > now) return then;
  }
  throw Error(msg::deadline_malformed, {{"value", said}});
}

Layout Context::layout() const {
  auto layout = visible_layout();
  if (::access(layout.state().c_str(), R_OK | X_OK) != 0 && errno == EACCES) throw os_error("read", layout.state());
  return layout;
}

Generation Context::installed(const Layout& layout) const {
  auto generation = Generation::current(layout);
  if (!generation) throw Error(msg::product_unknown, {{"root", layout.root().string()}});
  return *generation;
}

Layout Context::visible_layout() const {
  auto product = find_product(options.root, options.product);
  if (!product) throw Error(msg::product_unknown, {{"root", options.root.string()}});
  return Layout(options.root, *product);
}

void Context::line(const std::string& text) const {
  if (!options.json) std::cout << text << '\n';
}

void Context::line(Msg id, Args args) const { line(say(id, std::move(args))); }

void Context::tell(const Message& message) const {
  line(std::string(message_id(message.id)) + " " + text(message, options.language));
  if (auto way_out = recovery(message, options.language); !way_out.empty()) line("  → " + way_out);
}

std::string Context::say(Msg id, Args args) const { return text({id, std::move(args)}, options.language); }

void Context::print(const Findings& findings) const {
  for (auto severity : {Severity::blocker, Severity::warning, Severity::note})
    for (const auto& finding : findings) {
      if (finding.severity != severity) continue;
      const char* sign = severity == Severity::blocker ? "  ✗ " : severity == Severity::warning ? "  ! " : "  - ";
      line(sign + std::string(message_id(finding.message.id)) + " " + text(finding.message, options.language));
      auto way_out = recovery(finding.message, options.language);
      if (!way_out.empty() && severity == Severity::blocker) line("      → " + way_out);
    }
}

void print_error(const Error& error, Language language) {
  std::cerr << message_id(error.message().id) << ' ' << text(error.message(), language);
  for (const auto& step : error.trail()) std::cerr << " (" << text(step, language) << ')';
  std::cerr << '\n';
  if (auto why = cause(error.message(), language); !why.empty()) std::cerr << "  " << why << '\n';
  if (auto way_out = recovery(error.message(), language); !way_out.empty()) std::cerr << "  → " << way_out << '\n';
}

}  // namespace dfi::cli
