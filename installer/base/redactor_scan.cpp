// SPDX-License-Identifier: Apache-2.0
#include "base/redactor_scan.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace dfi::redaction {
namespace {

using std::string_view;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_word(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '.'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
// Of the part before the @; not the characters that join it to a key or a path.
bool is_local(char c) {
  return is_word(c) || string_view("!#$%+^~*").find(c) != string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}
bool ends_with(string_view text, string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}
bool all_of(string_view text, bool (*is)(char)) { return std::all_of(text.begin(), text.end(), is); }

std::size_t skip(string_view line, std::size_t at, bool (*is)(char)) {
  while (at < line.size() && is(line[at])) ++at;
  return at;
}

// Where a value ends that begins at `at`: with its quotes, else before what separates it from the next thing.
std::size_t value_end(string_view line, std::size_t at) {
  const char quote = line[at];
  if (quote != '"' && quote != '\'') return std::min(line.find_first_of(" \t,;&)}]\"'", at), line.size());
  for (auto end = at + 1; end < line.size(); ++end) {
    if (line[end] == '\\' && quote == '"') {
      ++end;
    } else if (line[end] == quote) {
      return end;
    }
  }
  return line.size();
}

// `password = "x"`, `"token":"x"`, `?secret=x&`: the value behind the key that ends at `at`.
std::optional<Found> value_behind(string_view line, std::size_t at) {
  if (at < line.size() && (line[at] == '"' || line[at] == '\'')) ++at;
  at = skip(line, at, is_blank);
  if (at >= line.size() || (line[at] != '=' && line[at] != ':')) return std::nullopt;
  at = skip(line, at + 1, is_blank);
  if (at >= line.size()) return std::nullopt;
  const auto end = value_end(line, at);
  if (line[at] == '"' || line[at] == '\'') ++at;
  if (end <= at || line.substr(at, end - at) == "***") return std::nullopt;
  return Found{at, end - at, Masked::secret};
}

// The rest of a command of a mail dialogue; not the list of mechanisms a server offers.
std::optional<Found> argument_of_auth(string_view line, std::size_t begin, std::size_t at) {
  if (begin >= 4 && is_digit(line[begin - 2])) return std::nullopt;  // "250-AUTH PLAIN LOGIN"
  const auto mechanism = skip(line, at, is_blank), end = skip(line, mechanism, is_word);
  const auto argument = skip(line, end, is_blank);
  if (mechanism == at || end == mechanism || argument == end || argument >= line.size()) return std::nullopt;
  const auto rest = std::min(line.find_first_of("\"'", argument), line.size());
  return rest > argument ? std::optional(Found{argument, rest - argument, Masked::auth}) : std::nullopt;
}

std::optional<Found> secret_at(string_view line, std::size_t begin, std::size_t end) {
  const auto word = line.substr(begin, end - begin);
  const auto lower = lower_case(word);
  if (names_a_secret(word)) return value_behind(line, end);
  if (lower == "auth") return argument_of_auth(line, begin, end);
  if (lower == "authorization" || lower == "bearer") {
    const auto at = skip(line, end, [](char c) { return is_blank(c) || c == ':'; });
    const auto rest = lower == "bearer" ? value_end(line, std::min(at, line.size() - 1)) : line.size();
    if (at > end && rest > at) return Found{at, rest - at, Masked::token};
  }
  if (word.size() >= 20 && word.substr(0, 3) == "eyJ" && std::count(word.begin(), word.end(), '.') >= 1)
    return Found{begin, word.size(), Masked::token};
  return std::nullopt;
}

// Endings of files, units and tables: such a name is no host.
bool is_file_ending(string_view lower) {
  static constexpr string_view endings[]{
      "aborts",  "area",     "asc",    "automount", "bak",     "bin",     "cer",   "cfg",  "cnf",    "conf",
      "config",  "cpp",      "crl",    "crt",       "css",     "csv",     "dat",   "db",   "der",    "device",
      "dfnew",   "doc",      "eml",    "exe",       "gif",     "gz",      "html",  "ini",  "jar",    "jpg",
      "js",      "json",     "jsonl",  "key",       "list",    "lock",    "log",   "md",   "mo",     "mount",
      "new",     "original", "path",   "pcl",       "pdf",     "pem",     "php",   "pl",   "png",    "po",
      "product", "ps",       "pub",    "py",        "rejects", "reserve", "rules", "savf", "scope",  "service",
      "sh",      "shadow",   "sig",    "slice",     "so",      "socket",  "spec",  "sql",  "sqlite", "svg",
      "swap",    "tar",      "target", "template",  "tif",     "timer",   "tmp",   "toml", "ttf",    "txt",
      "wal",     "xml",      "xpm",    "yaml",      "yml",     "zip",     "zst"};
  static_assert(std::is_sorted(std::begin(endings), std::end(endings)));
  return std::binary_search(std::begin(endings), std::end(endings), lower);
}

std::vector<string_view> labels_of(string_view name) {
  std::vector<string_view> labels;
  for (std::size_t at = 0; at <= name.size();) {
    const auto dot = std::min(name.find('.', at), name.size());
    labels.push_back(name.substr(at, dot - at));
    at = dot + 1;
  }
  return labels;
}

bool is_dotted_host(string_view name) {
  const auto labels = labels_of(name);
  if (labels.size() < 2) return false;
  for (const auto& label : labels)
    if (label.empty() || label.front() == '-') return false;
  // "dfi_test.tmp" is none; the machine of "my_host.example.com" is one in some houses.
  if (name.find('_') != string_view::npos && (labels.size() < 3 || name.find('_', labels.front().size()) < name.size()))
    return false;
  const auto last = lower_case(labels.back());
  if (last.size() < 2 || !all_of(last, is_letter) || is_file_ending(last)) return false;
  // "main.FAXKA" is a table of a database; EXAMPLE.COM is a host all the same.
  static constexpr string_view domains[]{"at", "ch", "com", "de", "eu", "local", "net", "org"};
  return labels.back() == last || std::find(std::begin(domains), std::end(domains), last) != std::end(domains);
}

bool is_ip4(string_view name) {
  const auto labels = labels_of(name);
  return labels.size() == 4 && labels.front() != "127" && std::all_of(labels.begin(), labels.end(), [](string_view l) {
           return !l.empty() && l.size() <= 3 && all_of(l, is_digit);
         });
}

bool is_ip6(string_view word) {
  const auto colons = std::count(word.begin(), word.end(), ':');
  const bool digits =
      all_of(word, [](char c) { return is_digit(c) || string_view("abcdefABCDEF:.").find(c) != string_view::npos; });
  return digits && word != "::1" && word.size() > 3 &&
         (colons == 7 || (colons >= 2 && word.find("::") != string_view::npos));
}

}  // namespace

std::string lower_case(string_view text) {
  std::string lower(text);
  for (auto& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

std::vector<Found> find_secrets(string_view line) {
  std::vector<Found> found;
  for (std::size_t at = 0; at < line.size();) {
    if (!is_word(line[at])) {
      ++at;
      continue;
    }
    const auto end = skip(line, at, is_word);
    const auto secret = secret_at(line, at, end);
    if (secret) found.push_back(*secret);
    at = secret ? secret->begin + secret->size : end;
  }
  return found;
}

std::vector<Found> find_addresses(string_view line) {
  std::vector<Found> found;
  std::size_t free = 0;  // behind the last one
  for (auto sign = line.find('@'); sign != string_view::npos; sign = line.find('@', sign + 1)) {
    auto begin = sign;
    if (begin > free && line[begin - 1] == '"') {
      const auto quote = begin >= 2 ? line.rfind('"', begin - 2) : string_view::npos;
      if (quote != string_view::npos && quote >= free) begin = quote;
    } else {
      while (begin > free && is_local(line[begin - 1])) --begin;
    }
    auto end = sign + 1;
    if (end < line.size() && line[end] == '[') {
      const auto close = line.find(']', end);
      end = close == string_view::npos ? line.size() : close + 1;
    } else {
      while (end < line.size() && (is_word(line[end]) || static_cast<unsigned char>(line[end]) >= 0x80)) ++end;
    }
    while (end > sign + 1 && (line[end - 1] == '.' || line[end - 1] == '-')) --end;
    if (begin == sign || end == sign + 1) continue;
    found.push_back({begin, end - begin, Masked::address});
    free = end;
    sign = end - 1;
  }
  return found;
}

std::vector<Found> find_hosts(string_view line, const std::vector<std::string>& known) {
  std::vector<Found> found;
  const auto is_part = [](char c) { return is_word(c) || c == ':'; };
  for (std::size_t at = 0; at < line.size();) {
    if (!is_part(line[at])) {
      ++at;
      continue;
    }
    auto end = skip(line, at, is_part);
    if (is_ip6(line.substr(at, end - at))) {
      found.push_back({at, end - at, Masked::host});
      at = end;
      continue;
    }
    // A port, or a sentence that goes on: what stands between colons counts by itself.
    end = std::min(line.find(':', at), end);
    auto name = line.substr(at, end - at);
    while (!name.empty() && name.back() == '.') name.remove_suffix(1);
    const bool of_url =
        at >= 3 && line.substr(at - 3, 3) == "://" && name != "localhost" && name.substr(0, 4) != "127.";
    const bool told = std::find(known.begin(), known.end(), lower_case(name)) != known.end();
    if (!name.empty() && (told || of_url || is_ip4(name) || is_dotted_host(name)))
      found.push_back({at, name.size(), Masked::host});
    at = end + 1;
  }
  return found;
}

bool is_record_dump(string_view line) {
  // "    000016  F1 F2 …  |12|": place, sixteen bytes, what can be printed.
  if (line.size() < 16 || line.substr(0, 4) != "    " || !all_of(line.substr(4, 6), is_digit)) return false;
  const auto hex = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); };
  return line.substr(10, 2) == "  " && hex(line[12]) && hex(line[13]) && line[14] == ' ' && ends_with(line, "|");
}

}  // namespace dfi::redaction

namespace dfi {
namespace {

bool speaks_of_a_secret(std::string_view lower) {
  static constexpr std::string_view words[]{"password", "passwd",     "passphrase", "passwort",    "kennwort", "secret",
                                            "token",    "credential", "api_key",    "private_key", "apikey"};
  return std::any_of(std::begin(words), std::end(words),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

bool names_a_secret(std::string_view key) {
  const auto lower = redaction::lower_case(key.substr(key.rfind('.') + 1));
  for (const char* end : {"_file", "_expires", "_url", "_endpoint", "_credential", "_credentials"})
    if (redaction::ends_with(lower, end)) return false;
  return speaks_of_a_secret(lower);
}

bool names_a_secret_file(std::string_view key) {
  const auto lower = redaction::lower_case(key);
  return redaction::ends_with(lower, "_file") && (speaks_of_a_secret(lower) || lower.find("key") != std::string::npos);
}

}  // namespace dfi
