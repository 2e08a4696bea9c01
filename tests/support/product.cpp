// SPDX-License-Identifier: Apache-2.0
#include "tests/support/product.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <thread>

#include "base/error.hpp"

namespace dfi::test {
namespace {

// Empty if it cannot be read: a process may be gone by now.
std::string slurp(const fs::path& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "rb")) {
    char buffer[4096];
    while (const auto n = std::fread(buffer, 1, sizeof buffer, file)) text.append(buffer, n);
    std::fclose(file);
  }
  return text;
}

// Processes whose command line names something below this directory, this test itself left out.
std::vector<pid_t> processes_of(const fs::path& directory) {
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const auto pid = static_cast<pid_t>(std::stol(name));
    if (pid != ::getpid() && slurp(entry.path() / "cmdline").find(directory.string()) != std::string::npos)
      found.push_back(pid);
  }
  return found;
}

}  // namespace

void write(const fs::path& path, std::string_view text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

void replace_in(const fs::path& path, const std::string& from, const std::string& to) {
  auto text = read_file(path);
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::runtime_error(path.string() + " holds no " + from);
  write(path, text.replace(at, from.size(), to));
}

TemporaryDirectory::TemporaryDirectory(bool fast) {
  std::error_code none;
  const auto memory = fs::space("/dev/shm", none);
  const auto base = fast && !none && memory.available > (256u << 20) ? fs::path("/dev/shm") : fs::temp_directory_path();
  auto pattern = (base / "dfi_test.XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::system_error(errno, std::generic_category());
  path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code none;
  fs::remove_all(path_, none);
}

Host::Host(const std::string& product, bool fast) : product_(product), place_(fast) {
  fs::create_directories(directory() / "vendor");
  generate_keys(key(), directory() / "vendor/vendor.pem");
  fs::create_directories(trusted());
  fs::copy_file(directory() / "vendor/vendor.pem", trusted() / "vendor.pem");
}

Host::~Host() { end_processes(); }

void Host::end_processes() const {
  for (int i = 0; i < 200; ++i) {
    const auto found = processes_of(root());
    if (found.empty()) return;
    for (const auto pid : found) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

fs::path Host::source(const std::string& version) {
  const auto path = directory() / "vendor" / version;
  if (!fs::exists(path)) make_source(path, product_, version);
  return path;
}

fs::path Host::release(const std::string& version, const fs::path& ptf, const fs::path& other_key) {
  const auto path = directory() / "vendor" / (product_ + "_" + version + ".zip");
  packer::write_release(packer::read_source(source(version)), path, other_key.empty() ? key() : other_key, ptf);
  return path;
}

fs::path Host::ptf(const std::string& id, const std::string& object, const std::string& text) {
  const auto base = directory() / "vendor" / (product_ + "_1.10.zip");
  if (!fs::exists(base)) release("1.10");
  const auto changed = directory() / "vendor" / id;
  fs::remove_all(changed);
  fs::copy(source("1.10"), changed, fs::copy_options::recursive);
  write(changed / "objects" / object, text);
  const auto path = changed.string() + ".SAVF";
  packer::write_ptf(base, packer::read_source(changed), {id, {"ALIAS" + id}, {"1.10"}, "fix", "Korrektur"}, path,
                    key());
  return path;
}

fs::path Host::loose(const fs::path& release, bool with_document) {
  const auto target = release.string() + ".loose";
  fs::remove_all(target);
  auto zip = ZipReader::open(release);
  for (const auto& member : zip.members())
    if (with_document || fs::path(member.name).extension() == ".SAVF")
      write(fs::path(target) / member.name, zip.read_member(member.name, std::size_t{1} << 30));
  return target;
}

Words Host::words(Words arguments, const fs::path& program) const {
  arguments.insert(arguments.begin(), program.string());
  for (const auto& more : {std::string("--root"), root().string(), std::string("--json")}) arguments.push_back(more);
  return arguments;
}

Finished Host::dfinstall(Words arguments) const { return run(words(std::move(arguments))); }

Finished Host::text(Words arguments) const {
  auto argv = words(std::move(arguments));
  argv.pop_back();
  return run(argv);
}

Finished Host::tool(Words arguments) const {
  Words argv{(current() / "bin/demotool").string(), "--root", root().string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return run(argv);
}

void Host::install_100() {
  auto finished = dfinstall({"update", release("1.00").string()});
  ASSERT_TRUE(ended(finished));
  execute("DEMOJOBS", "INSERT INTO DEMOJOBS(JBTEXT) VALUES('first'), ('second')");
  execute("DEMOLOG", "INSERT INTO DEMOLOG(LGTEXT) VALUES('one'), ('fünf')");
  execute("DEMOSTAT", "INSERT INTO DEMOSTAT(STDAT) VALUES('20200811'), ('20200812')");
}

void Host::install_110() {
  ASSERT_NO_FATAL_FAILURE(install_100());
  auto finished = dfinstall({"update", release("1.10").string()});
  ASSERT_TRUE(ended(finished));
}

void Host::mark_data_files() const {
  if (!fs::exists(data())) return;
  for (const auto& entry : fs::directory_iterator(data())) {
    if (!entry.is_regular_file() || entry.is_symlink()) continue;
    if (::geteuid() == 0 && ::lchown(entry.path().c_str(), 65534, 65534) != 0) throw os_error("chown", entry.path());
    ::setxattr(entry.path().c_str(), "user.mark", "kept", 4, 0);  // where the file system has them
  }
}

void Host::execute(const std::string& data_file, const std::string& sql) const {
  SQLite::Database database(data(data_file).string(), SQLite::OPEN_READWRITE, 5000);
  database.exec(sql);
}

std::string Host::query(const std::string& data_file, const std::string& sql) const {
  SQLite::Database database(data(data_file).string(), SQLite::OPEN_READWRITE, 5000);
  return database.execAndGet(sql).getString();
}

int Host::service_pid(const std::string& service) const {
  const auto text = slurp(state("services/" + service + ".json"));
  const auto json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.contains("process")) return 0;
  const auto process = ProcessIdentity::from_json(json["process"]);
  return process.alive() ? process.pid : 0;
}

std::string Host::log_names(const std::string& wanted) const {
  auto document = dfinstall(wanted.empty() ? Words{"joblog"} : Words{"joblog", wanted}).json();
  std::string names;
  for (const auto& row : document["log"]) names += row.value("name", row.value("id", "?")) + " ";
  return names;
}

}  // namespace dfi::test
