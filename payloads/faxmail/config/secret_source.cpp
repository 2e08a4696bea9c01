// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/config/secret_source.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "messages/mail.hpp"
#include "payloads/faxmail/config/values.hpp"

namespace faxmail {
namespace {

Secret read(const SecretSource& source, SecretShape shape) {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (!source.credential.empty() && directory) {
    const auto file = fs::path(directory) / source.credential;
    if (fs::exists(file)) return read_secret_file(file, {shape, true, source.engine_user});
  }
  if (!source.file.empty()) return read_secret_file(source.file, {shape, false, source.engine_user});
  if (!source.command.empty())
    return read_secret_command(source.key, parse_command(source.command).value_or(std::vector<std::string>{""}), shape);
  throw dfi::Error(dfi::msg::mail_secret_missing, {{"key", source.key}, {"credential", source.credential}});
}

}  // namespace

SecretSource SecretSource::of(const AccountConfig& account, const std::string& prefix) {
  SecretSource source{account.dotted(prefix), account.get(prefix + "_credential"), account.path_of(prefix + "_file"),
                      account.get(prefix + "_command")};
  if (const auto owner = engine_owner(account.config().layout())) source.engine_user = owner->user;
  return source;
}

Secret SecretSource::line() const { return read(*this, SecretShape::line); }
Secret SecretSource::whole() const { return read(*this, SecretShape::whole); }

std::optional<dfi::durable::Owner> engine_owner(const Layout& layout) {
  struct stat status {};
  if (::stat(layout.data_file("FAXKA").c_str(), &status) != 0) return std::nullopt;
  return dfi::durable::Owner{status.st_uid, status.st_gid};
}

void write_secret(const Layout& layout, const fs::path& file, const Secret& secret) {
  auto text = secret.value();
  if (const auto reason = shape_secret(text, SecretShape::line)) {
    wipe(text);
    throw dfi::Error(dfi::msg::mail_secret_unsafe, {{"path", file.string()}, {"reason", *reason}});
  }
  text += '\n';
  dfi::durable::AtomicFile out(file, 0600);
  out.write(text);
  wipe(text);
  const auto owner = engine_owner(layout);
  if (owner && ::geteuid() == 0 && ::fchown(out.fd(), owner->user, owner->group) != 0)
    throw dfi::os_error("chown", file);
  out.commit();
}

}  // namespace faxmail
