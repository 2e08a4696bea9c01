// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/queue/queue.hpp"

#include <fstream>

#include "base/file.hpp"
#include "payloads/faxmail/product/data_file.hpp"
#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

Submission submission(const std::string& key, const std::string& message_id) {
  return {key, "tester", "fax@example.com", "x", message_id, "body", {"a@example.com", "a@example.com"}};
}

TEST(Queue, TakesTheSameKeyOnce) {
  const Product product;
  auto queue = product.queue();
  const auto first = queue.submit(submission("k", "<1@example.com>"));
  const auto again = queue.submit(submission("k", "<2@example.com>"));
  EXPECT_FALSE(first.existing);
  EXPECT_TRUE(again.existing);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.message_id, "<1@example.com>");
  EXPECT_EQ(queue.list().size(), 1u);
  EXPECT_EQ(queue.list().front().recipients.size(), 1u) << "a recipient named twice gets one mail";
}

TEST(Queue, NeverUsesAMessageIdTwice) {
  const Product product;
  auto queue = product.queue();
  queue.submit(submission("", "<1@example.com>"));
  EXPECT_EQ(error_of([&] { queue.submit(submission("", "<1@example.com>")); }), "mail_message_id_used");
  EXPECT_EQ(queue.list().size(), 1u);
}

TEST(Queue, IsDurableBeforeItAnswers) {
  const Product product;
  product.queue();
  auto database = open_data_file(product.layout(), product.capability(), "FAXKA");
  EXPECT_EQ(database.execAndGet("PRAGMA synchronous").getInt(), 2);
  EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST(DataFile, IsOpenedOnlyAtTheLevelOfTheRelease) {
  const Product product;
  for (const char* file : {"FAXKA", "FAXSTAT", "FAXLGO"}) {
    product.execute(file, "PRAGMA user_version=2");
    try {
      open_data_file(product.layout(), product.capability(), file);
      FAIL() << file;
    } catch (const dfi::Error& error) {
      EXPECT_EQ(error.message().id.name, "mail_level_wrong");
      EXPECT_EQ(error.arg("file"), file);
      EXPECT_EQ(error.arg("found"), "2");
      EXPECT_EQ(error.arg("wanted"), std::to_string(product.capability().level(file)));
      EXPECT_EQ(error.exit_code(), 78);
    }
  }
}

TEST(DataFile, IsMissedByName) {
  const Product product;
  fs::remove(product.layout().data_file("FAXSTAT"));
  EXPECT_EQ(error_of([&] { product.results(); }), "mail_data_missing");
  fs::remove(product.layout().data_file("FAXDTAARA"));
  EXPECT_EQ(error_of([&] { read_area(product.layout(), product.capability()); }), "mail_data_missing");
  std::ofstream(product.layout().data_file("FAXDTAARA")) << "short";
  EXPECT_EQ(error_of([&] { read_area(product.layout(), product.capability()); }), "mail_area_length");
}

TEST(TraceFlag, IsBlankedAndNothingElse) {
  const Product product;
  std::string area(area_length, ' ');
  area[220] = 'X';
  area[221] = 'M';
  area[222] = 'Y';
  std::ofstream(product.layout().data_file("FAXDTAARA")) << area;
  EXPECT_TRUE(clear_trace_flag(product.layout(), product.capability()));
  area[221] = ' ';
  EXPECT_EQ(dfi::read_file(product.layout().data_file("FAXDTAARA")), area);
  EXPECT_FALSE(clear_trace_flag(product.layout(), product.capability()));
}

TEST(Capability, OfAnotherKindIsRefused) {
  const Product product;
  std::ofstream(product.layout().root / "opt/directfax/current/share/capability.json") << "{\"schema\":\"other/1\"}";
  EXPECT_EQ(error_of([&] { product.capability(); }), "json_malformed");
}

}  // namespace
}  // namespace faxmail::test
