// SPDX-License-Identifier: Apache-2.0
#include "system/proc_facts.hpp"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

namespace dfi::proc {
namespace {

TEST(ProcFacts, NameTheInnermostServiceOfACgroup) {
  EXPECT_EQ(unit_of("0::/system.slice/directfax-faxmaild.service\n"), "directfax-faxmaild.service");
  EXPECT_EQ(unit_of("0::/user.slice/user-1000.slice/user@1000.service/app.slice/editor.service/sub\n"),
            "editor.service");
  EXPECT_EQ(unit_of("0::/user.slice/user-0.slice/session-3.scope\n"), "session-3.scope");
  EXPECT_EQ(unit_of("4:memory:/x.service\n1:name=systemd:/system.slice/cron.service\n0::/\n"), "cron.service");
  EXPECT_EQ(unit_of("0::/\n"), "");
}

TEST(ProcFacts, NameTerminals) {
  EXPECT_EQ(terminal_name(0), "");
  EXPECT_EQ(terminal_name(136u << 8 | 3), "pts/3");
  EXPECT_EQ(terminal_name(136u << 8 | (300u & 0xff) | (300u & ~0xffu) << 12), "pts/300");
}

TEST(ProcFacts, AreAbsentForAProcessThatIsGone) {
  EXPECT_FALSE(stat(4194304).has_value());
  EXPECT_TRUE(arguments(4194304).empty());
  EXPECT_EQ(user(4194304), "");
}

}  // namespace
}  // namespace dfi::proc
