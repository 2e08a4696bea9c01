// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "base/error.hpp"
#include "messages/gate.hpp"
#include "messages/general.hpp"

namespace dfi::test {
namespace {

TEST(Message, SpeaksBothLanguagesWithItsArgumentsPutIn) {
  const Message message{msg::gate_closed, {{"run", "7 (update)"}, {"since", "today"}}};
  EXPECT_EQ(text(message, Language::english), "The product is closed for run 7 (update) since today.");
  EXPECT_NE(text(message, Language::german), text(message, Language::english));
  EXPECT_THAT(text(message, Language::german), ::testing::HasSubstr("7 (update)"));
  EXPECT_FALSE(recovery(message, Language::german).empty());
}

TEST(Message, KeepsAnUnknownArgumentVisible) {
  EXPECT_THAT(text({msg::gate_closed, {{"run", "7"}}}, Language::english), ::testing::HasSubstr("{since}"));
}

TEST(Message, IsFoundByItsName) {
  ASSERT_TRUE(find_message("gate_closed"));
  EXPECT_EQ(message_id(*find_message("gate_closed")), "DFI8001");
  EXPECT_EQ(exit_code(msg::gate_closed), 75);
  EXPECT_FALSE(find_message("no_such_message"));
}

TEST(Message, LanguageIsReadFromItsName) {
  for (const char* name : {"de", "de_AT.UTF-8", "DEU"}) EXPECT_EQ(parse_language(name), Language::german) << name;
  for (const char* name : {"en", "ENU", "C"}) EXPECT_EQ(parse_language(name), Language::english) << name;
  EXPECT_FALSE(parse_language("fr"));
}

TEST(ErrorOfTheSystem, NamesFullDiskReadOnlyAndPermissionByMessagesOfTheirOwn) {
  EXPECT_EQ(os_error("write", "/x", ENOSPC).message().id, msg::disk_full);
  EXPECT_EQ(os_error("write", "/x", EROFS).message().id, msg::read_only);
  EXPECT_EQ(os_error("open", "/x", EACCES).message().id, msg::not_permitted);
  EXPECT_EQ(os_error("open", "/x", ENOENT).message().id, msg::path_missing);
  EXPECT_THAT(os_error("open", "/x", EIO).what(), ::testing::HasSubstr("EIO"));
}

// The bundle for the hotline keeps no more of an error than these words.
TEST(Error, SaysInALogWhyToo) {
  Error error(msg::gate_closed, {{"run", "7"}, {"since", "today"}});
  error.during({msg::not_permitted, {{"operation", "open"}, {"path", "/x"}, {"reason", "EACCES"}}});
  EXPECT_STREQ(error.what(),
               "DFI8001: The product is closed for run 7 since today. (Not permitted: open /x failed: EACCES.)");
}

}  // namespace
}  // namespace dfi::test
