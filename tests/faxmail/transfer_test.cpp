// SPDX-License-Identifier: Apache-2.0
// The queue as files and back.
#include <fstream>

#include "base/file.hpp"
#include "base/toml.hpp"
#include "tests/faxmail/operated.hpp"

namespace faxmail::test {
namespace {

using testing::HasSubstr;

class TransferTest : public Operated {
 protected:
  std::string directory() const { return root() / "export"; }
  /// Everything a mail is, but its number.
  std::vector<std::string> mails() const {
    std::vector<std::string> all;
    auto queue = product_.queue();
    for (const auto& entry : queue.list()) {
      std::string text = entry.key + "|" + entry.status + "|" + entry.user + "|" + entry.from + "|" + entry.subject +
                         "|" + entry.message_id + "|" + entry.reason + "|" + entry.options + "|" +
                         queue.message_of(entry.id);
      for (const auto& recipient : entry.recipients) text += "|" + recipient.address + "=" + recipient.status;
      all.push_back(std::move(text));
    }
    std::sort(all.begin(), all.end());
    return all;
  }
  void wipe() const {
    product_.execute("FAXKA", "DELETE FROM FAXMSG; DELETE FROM FAXRCP; DELETE FROM FAXKA");
    fs::remove_all(product_.layout().data() / "FAXKA.mails");
  }
  void fill() {
    for (int i = 0; i < 20; ++i) product_.submit({"a@example.com", "b@example.com"}, "Text " + std::to_string(i));
    product_.submit({"a@example.com"}, std::string(300'000, 'x'));
    faxmail({"send", "--from", "fax@example.com", "--to", "a@example.com", "--subject", "Grüße", "--key", "k1", "-N",
             "never"});
    faxmail({"queue", "hold", "2", "3"});
    product_.execute("FAXKA",
                     "UPDATE FAXRCP SET RCSTAT = 'sent' WHERE RCKA IN(4, 5) AND RCADDR = 'a@example.com';"
                     "UPDATE FAXRCP SET RCSTAT = 'failed' WHERE RCKA = 5 AND RCADDR = 'b@example.com';"
                     "UPDATE FAXKA SET KASTAT = 'failed', KAREP = 2, KATS = '2026-11-01T00:00:00' WHERE KAID = 5");
  }
};

TEST_F(TransferTest, BringsTheSameMailsBackOnce) {
  fill();
  const auto before = mails();
  ASSERT_EQ(before.size(), 22u);
  const auto exported = json({"queue", "export", directory()});
  EXPECT_EQ(exported["exit"], 0) << exported.dump(2);
  EXPECT_EQ(exported["done"].size(), 22u);
  wipe();
  const auto imported = json({"queue", "import", directory()});
  EXPECT_EQ(imported["exit"], 0) << imported.dump(2);
  EXPECT_EQ(imported["done"].size(), 22u);
  EXPECT_EQ(mails(), before);
  // Twice adds nothing, and says so.
  const auto again = faxmail({"queue", "import", directory()});
  EXPECT_EQ(again.status, 0);
  EXPECT_THAT(again.output, HasSubstr("there already"));
  EXPECT_THAT(again.output, HasSubstr("0 mail(s) imported, 22 there already, 0 damaged"));
  EXPECT_EQ(mails(), before);
  EXPECT_EQ(product_.queue().list("failed").at(0).accepted, "2026-11-01T00:00:00");
  EXPECT_EQ(product_.queue().list("failed").at(0).reported, 2) << "its sender knows already";
}

TEST_F(TransferTest, LeavesOutWhatIsSentUnlessAllIsWished) {
  fill();
  product_.execute("FAXKA",
                   "UPDATE FAXRCP SET RCSTAT = 'sent' WHERE RCKA = 1; UPDATE FAXKA SET KASTAT = 'sent' WHERE KAID = 1;"
                   "UPDATE FAXKA SET KASTAT = 'dot' WHERE KAID = 6");
  EXPECT_EQ(json({"queue", "export", directory()})["done"].size(), 20u);
  EXPECT_EQ(json({"queue", "export", directory() + "2", "--all"})["done"].size(), 22u);
  wipe();
  EXPECT_EQ(json({"queue", "import", directory() + "2"})["done"].size(), 22u);
  EXPECT_EQ(product_.queue().list("sent").size(), 1u);
  const auto held = product_.queue().list("held");
  EXPECT_TRUE(std::any_of(held.begin(), held.end(), [](const auto& entry) { return entry.reason == "uncertain"; }));
}

TEST_F(TransferTest, NamesDamagedFilesAndImportsTheOthers) {
  fill();
  faxmail({"queue", "export", directory()});
  const fs::path files = directory();
  std::ofstream(files / "1.eml", std::ios::app) << "more";
  std::ofstream(files / "2.json") << "{";
  fs::remove(files / "3.eml");
  fs::remove(files / "4.json");
  const auto envelope = dfi::read_file(files / "6.json");
  auto forged = dfi::Json::parse(envelope);
  forged["recipients"][0]["address"] = "a@example.com>\r\nDATA";
  std::ofstream(files / "6.json") << forged.dump();
  std::ofstream(files / "README") << "not ours";
  wipe();
  const auto imported = json({"queue", "import", directory()});
  EXPECT_EQ(imported["exit"], 65);
  EXPECT_EQ(imported["done"].size(), 17u);
  std::vector<std::string> damaged;
  for (const auto& each : imported["damaged"]) damaged.push_back(each["file"]);
  EXPECT_THAT(damaged, testing::ElementsAre("1.json", "2.json", "3.json", "4.json", "6.json"));
}

TEST_F(TransferTest, TakesOnlyANewDirectory) {
  product_.submit({"a@example.com"});
  EXPECT_EQ(faxmail({"queue", "export", directory()}).status, 0);
  for (const auto& entry : dfi::walk(directory())) EXPECT_EQ(entry.mode & 07777, 0600u);
  EXPECT_EQ(faxmail({"queue", "export", directory()}).status, 64);
  EXPECT_NE(faxmail({"queue", "import", directory() + "2"}).status, 0);
}

TEST_F(TransferTest, WorksBesideARunningEngine) {
  SmtpPeer peer;
  product_.configure_peer(peer.port(), "ssl = \"*NO\"\nauth = \"*NONE\"\n");
  start_engine();
  faxmail({"pause"});
  for (int i = 0; i < 5; ++i) product_.submit({"a@example.com"});
  EXPECT_EQ(json({"queue", "export", directory()})["done"].size(), 5u);
  faxmail({"queue", "delete", "--all"});
  EXPECT_EQ(json({"queue", "import", directory()})["done"].size(), 5u);
  faxmail({"resume"});
  EXPECT_TRUE(wait_for([&] { return product_.queue().list("sent").size() == 5; })) << log();
  EXPECT_EQ(peer.mails().size(), 5u);
}

}  // namespace
}  // namespace faxmail::test
