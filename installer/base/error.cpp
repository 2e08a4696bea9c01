// SPDX-License-Identifier: Apache-2.0
#include "base/error.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "messages/general.hpp"

namespace dfi {

Error::Error(Msg id, Args args) : message_{id, std::move(args)} {
  what_ = std::string(message_id(id)) + ": " + text(message_, Language::english);
}

Error& Error::during(Message step) {
  what_ += " (" + text(step, Language::english) + ")";
  trail_.push_back(std::move(step));
  return *this;
}

std::string Error::arg(std::string_view name) const {
  for (const auto& a : message_.args)
    if (a.name == name) return a.value;
  return {};
}

Error os_error(std::string_view operation, const std::filesystem::path& path, int error_number) {
  const char* name = ::strerrorname_np(error_number);
  std::string reason = std::string(name ? name : "E?") + " (" + ::strerrordesc_np(error_number) + ")";
  Args args{{"operation", std::string(operation)}, {"path", path.string()}, {"reason", reason}};
  switch (error_number) {
    case ENOSPC:
    case EDQUOT: return Error(msg::disk_full, args);
    case EROFS: return Error(msg::read_only, args);
    case EACCES:
    case EPERM: return Error(msg::not_permitted, args);
    case ENOENT: return Error(msg::path_missing, args);
    default: return Error(msg::system_call_failed, args);
  }
}

Error os_error(std::string_view operation, const std::filesystem::path& path) {
  return os_error(operation, path, errno);
}

void require(bool fact, const char* what) {
  if (fact) return;
  std::fprintf(stderr, "DFI9001 internal error: %s\n", what);
  std::abort();
}

}  // namespace dfi
