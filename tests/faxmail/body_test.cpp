// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/smtp/body.hpp"

#include <fstream>

#include "tests/faxmail/product_fixture.hpp"

namespace faxmail::test {
namespace {

/// In blocks of every size: where a block ends must not matter.
void expect_stuffed(std::string_view message, const std::string& wanted) {
  for (std::size_t size = 1; size <= message.size() + 1; ++size) {
    DotStuffer stuffer;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += size) stuffer.add(message.substr(at, size), out);
    stuffer.finish(out);
    EXPECT_EQ(out, wanted) << "in blocks of " << size;
  }
}

TEST(DotStuffer, DoublesLeadingDotsAfterAnyKindOfLineEnd) {
  expect_stuffed(".a\r\n.\r\nb.\r\n..c\r\n", "..a\r\n..\r\nb.\r\n...c\r\n");
  expect_stuffed("a\n.\nb", "a\r\n..\r\nb\r\n");
  expect_stuffed("a\r.\rb", "a\r\n..\r\nb\r\n");
  expect_stuffed("\r\r\n\n.", "\r\n\r\n\r\n..\r\n");
  expect_stuffed("", "");
}

TEST(MessageBody, ReadsAFileInBlocksAndMissesItsBytes) {
  const Product product;
  const auto file = product.layout().root / "body";
  const std::string content(200'000, 'x');
  std::ofstream(file) << content;
  std::string read;
  MessageBody::in_file(file, content.size()).read([&](std::string_view block) {
    EXPECT_LE(block.size(), 65536u);
    read += block;
  });
  EXPECT_EQ(read, content);
  for (const auto size : {content.size() - 1, content.size() + 1})
    EXPECT_EQ(error_of([&] { MessageBody::in_file(file, size).read([](std::string_view) {}); }), "mail_body_damaged");
}

}  // namespace
}  // namespace faxmail::test
