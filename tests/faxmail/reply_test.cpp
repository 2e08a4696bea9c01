// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/reply.hpp"

#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

std::optional<Reply> parse(const std::string& bytes) {
  ReplyParser parser;
  parser.feed(bytes);
  return parser.next("peer", "test");
}

TEST(ReplyParser, JoinsTheLinesOfOneReply) {
  const auto reply = parse("250-first\r\n250-second\r\n250 last\r\n");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->code, 250);
  EXPECT_EQ(reply->text(), "first / second / last");
}

TEST(ReplyParser, WaitsForTheRestOfABrokenUpReply) {
  ReplyParser parser;
  const std::string bytes = "220-a\r\n220 b\r\n";
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    parser.feed(bytes.substr(i, 1));
    EXPECT_FALSE(parser.next("peer", "test"));
  }
  parser.feed("\n");
  EXPECT_TRUE(parser.next("peer", "test"));
  EXPECT_FALSE(parser.pending());
}

TEST(ReplyParser, TakesACodeWithoutTextAndBareLf) {
  EXPECT_EQ(parse("250\r\n")->code, 250);
  EXPECT_EQ(parse("250 ok\n")->text(), "ok");
}

TEST(ReplyParser, RefusesWhatCouldBeMistaken) {
  for (const char* wrong :
       {"25\r\n", "abc\r\n", "250-a\r\n251 b\r\n", "250_a\r\n", "650 a\r\n", "250 a\rb\r\n", "\r\n"})
    EXPECT_EQ(error_of([&] { parse(wrong); }), "smtp_protocol") << wrong;
}

TEST(ReplyParser, IsBoundedInMemory) {
  EXPECT_EQ(error_of([] { parse(std::string(5000, '2')); }), "smtp_protocol");
  std::string endless;
  for (int i = 0; i < 10000; ++i) endless += "250-more\r\n";
  EXPECT_EQ(error_of([&] { parse(endless); }), "smtp_protocol");
}

TEST(Reply, ShowsControlCharactersAsQuestionMarks) {
  EXPECT_EQ(parse(std::string("550 a\0\x1b[1mb\r\n", 13))->text(), "a??[1mb");
}

TEST(Reply, KnowsItsEnhancedCode) {
  EXPECT_EQ(parse("550 5.7.60 no\r\n")->enhanced(), "5.7.60");
  EXPECT_EQ(parse("550 no 5.7.60\r\n")->enhanced(), "");
}

}  // namespace
}  // namespace faxmail::test
