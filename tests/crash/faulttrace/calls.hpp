// SPDX-License-Identifier: Apache-2.0
// The system calls that change files: how the kernel hands them to us, and what they are about.
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace faulttrace {

enum class Kind { open, write, name, remove, attribute, sync };

/// One call, before the kernel carries it out.
struct Call {
  pid_t pid = 0;  // the thread
  const char* name = "";
  Kind kind = Kind::open;
  std::string path;     // absolute, as far as the caller's words tell; of two names the new one
  int size_place = -1;  // which argument says how much is written; -1: it cannot be halved
  bool vector = false;  // that argument counts parts, not bytes
  std::uint64_t size = 0, data = 0;
};

/// In the child, before exec: the kernel stops the process at every call of the table, at no other. False with errno.
bool install_filter();

/// The call at which this thread stopped. False if it changes no file (an open that only reads).
bool describe(pid_t pid, Call& call);

/// The call is not carried out: the thread sees this result instead (-ENOSPC, 0).
void replace_result(pid_t pid, long result);

/// The call writes only half of what it was asked for.
void halve(const Call& call);

/// Could the kernel give this errno for this call? A full disk does not keep anybody from removing a file.
bool can_fail_with(Kind kind, int error);

}  // namespace faulttrace
