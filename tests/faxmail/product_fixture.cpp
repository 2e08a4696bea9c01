// SPDX-License-Identifier: Apache-2.0
#include "tests/faxmail/product_fixture.hpp"

#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

#include "base/clock.hpp"
#include "payloads/faxmail/config/accounts.hpp"
#include "payloads/faxmail/config/settings.hpp"
#include "payloads/faxmail/message/mail.hpp"

namespace faxmail::test {
namespace {

constexpr const char* capability_591 =
    R"({"schema":"directfax-capability/1","version":"5.91","ptf":"","levels":{"FAXKA":4,"FAXSTAT":3,"FAXLGO":3,
"FAXDTAARA":2,"FAXMAILC":2},"ssl":["*NO"],"auth":["*NONE","*LOGIN","*PLAIN"],"smtps":false,"tls_min":"","presets":[]})";
constexpr const char* capability_592 =
    R"({"schema":"directfax-capability/1","version":"5.92","ptf":"","levels":{"FAXKA":4,"FAXSTAT":4,"FAXLGO":3,
"FAXDTAARA":2,"FAXMAILC":3},"ssl":["*NO","*YES"],"auth":["*NONE","*LOGIN","*PLAIN","*AUTO"],"smtps":false,
"tls_min":"1.0","presets":[]})";
constexpr const char* capability_hotptf =
    R"({"schema":"directfax-capability/1","version":"5.92","ptf":"HOTPTF20200811","levels":{"FAXKA":4,"FAXSTAT":4,
"FAXLGO":3,"FAXDTAARA":2,"FAXMAILC":3},"ssl":["*NO","*YES"],"auth":["*NONE","*LOGIN","*PLAIN","*AUTO"],"smtps":true,
"tls_min":"1.2","presets":["m365"]})";

void write(const fs::path& file, const std::string& text) { std::ofstream(file) << text; }

}  // namespace

Product::Product(Release release) {
  // Thousands of small files and flushes: in memory where the system has a place for that.
  const fs::path memory = "/dev/shm";
  const bool usable = !std::getenv("TMPDIR") && ::access(memory.c_str(), W_OK) == 0;
  std::string root = ((usable ? memory : fs::temp_directory_path()) / "faxmail_test_XXXXXX").string();
  dfi::require(::mkdtemp(root.data()) != nullptr, "a temporary directory");
  layout_.root = root;
  fs::create_directories(layout_.data() / ".dfinstall");
  fs::create_directories(layout_.config_directory());
  make_objects(release);
  make_data_files(release);
  configure("");
}

Product::~Product() { fs::remove_all(layout_.root); }

void Product::make_objects(Release release) const {
  const auto share = layout_.root / "opt/directfax/current/share";
  fs::create_directories(share / "messages");
  const fs::path sources = FAXMAIL_SOURCES;
  if (release == Release::v606) {
    fs::copy(sources / "payloads/directfax/6.06/objects/share", share, fs::copy_options::recursive);
  } else {
    write(share / "capability.json", release == Release::v591   ? capability_591
                                     : release == Release::v592 ? capability_592
                                                                : capability_hotptf);
  }
  if (release == Release::hotptf)
    fs::copy(sources / "ptf/definitions/HOTPTF20200811/objects/share/presets", share / "presets");
  for (const char* name : {"faxmail.en.toml", "faxmail.de.toml"})
    fs::copy_file(fs::path(FAXMAIL_TEXTS) / name, share / "messages" / name);
}

/// By the definitions that dfinstall creates the data files from.
void Product::make_data_files(Release release) const {
  for (const auto& [file, level] :
       {std::pair{"FAXKA", 4}, {"FAXSTAT", release == Release::v591 ? 3 : 4}, {"FAXLGO", 3}}) {
    const auto number = std::to_string(level);
    const auto format = toml::parse_file(std::string(FAXMAIL_FORMATS) + "/" + file + "." + number + ".toml");
    dfi::open_database(layout_.data_file(file), dfi::Access::create)
        .exec("PRAGMA journal_mode=WAL; PRAGMA user_version=" + number + ";" +
              format["schema"].value_or(std::string()));
  }
  write(layout_.data_file("FAXDTAARA"), std::string(area_length, ' '));
}

void Product::configure(const std::string& lines) const {
  write(layout_.config_file(), "format_level = " + std::to_string(capability().level("FAXMAILC")) + "\n" + lines);
}

void Product::configure_peer(int port, const std::string& lines) const {
  const auto quote = capability().level("FAXMAILC") > 2 ? "\"" : "";
  configure("server = \"127.0.0.1\"\nport = " + (quote + std::to_string(port)) + quote + "\n" + lines + "\n");
}

void Product::write_password(const std::string& password) const {
  const auto file = layout_.config_directory() / "password";
  write(file, password + "\n");
  ::chmod(file.c_str(), 0600);
}

void Product::execute(const std::string& file, const std::string& sql) const {
  dfi::open_database(layout_.data_file(file), dfi::Access::read_write).exec(sql);
}

std::int64_t Product::submit(const std::vector<std::string>& to, const std::string& text) const {
  Mail mail;
  mail.from = {"", "fax@example.com"};
  for (const auto& address : to) mail.to.push_back({"", address});
  mail.subject = "Fax";
  mail.text = text;
  mail.message_id = new_message_id(mail.from);
  mail.date = mail_date();
  return queue().submit({"", "tester", mail.from.spec, mail.subject, mail.message_id, compose(mail), to}).id;
}

std::string run_engine(const Product& product, const std::function<bool()>& done, std::optional<Timeouts> timeouts) {
  std::string said;
  Stop stop;
  const Log log(product.texts(), [&](const std::string& line) { said += line + "\n"; });
  std::thread thread([&] {
    const auto config = product.config();
    auto accounts = accounts_of(config, product.capability());
    if (timeouts) accounts.front().timeouts = *timeouts;
    Engine engine(product.layout(), product.capability(), accounts, settings_of(config, product.layout()), stop, log);
    engine.recover();
    engine.run();
  });
  const auto deadline = dfi::monotonic_ms() + 10'000;
  while (!done() && dfi::monotonic_ms() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stop.request();
  thread.join();
  return said;
}

std::string run_engine_dry(const Product& product) {
  auto queue = product.queue();
  return run_engine(product, [&] {
    // In this order: a mail that is no longer due is active at least.
    if (queue.due(std::time(nullptr))) return false;
    const auto counts = queue.counts();
    return counts[1].second == 0 && counts[2].second == 0 && !queue.due(std::time(nullptr));
  });
}

}  // namespace faxmail::test
