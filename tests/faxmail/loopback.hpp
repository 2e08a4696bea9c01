// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "base/fd.hpp"

namespace faxmail::test {

/// Listens on a free port of 127.0.0.1, which is put into `port`.
dfi::Fd listen_on_loopback(int& port);

}  // namespace faxmail::test
