// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/faulttrace/calls.hpp"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <vector>

namespace faulttrace {
namespace {

struct Row {
  long number;
  const char* name;
  Kind kind;
  int descriptor;       // argument with the file, or with the directory of the path; -1: none
  int path = -1;        // argument with the path; -1: the descriptor is the file
  int size_place = -1;  // as in Call
  bool vector = false;
  int flags = -1;  // argument with the flags of an open
};

constexpr Row rows[] = {
    {SYS_open, "open", Kind::open, -1, 0, -1, false, 1},
    {SYS_creat, "creat", Kind::open, -1, 0},
    {SYS_openat, "openat", Kind::open, 0, 1, -1, false, 2},
    {SYS_openat2, "openat2", Kind::open, 0, 1, -1, false, 2},
    {SYS_mknod, "mknod", Kind::name, -1, 0},
    {SYS_mknodat, "mknodat", Kind::name, 0, 1},
    {SYS_write, "write", Kind::write, 0, -1, 2},
    {SYS_pwrite64, "pwrite", Kind::write, 0, -1, 2},
    {SYS_writev, "writev", Kind::write, 0, -1, 2, true},
    {SYS_pwritev, "pwritev", Kind::write, 0, -1, 2, true},
    {SYS_pwritev2, "pwritev2", Kind::write, 0, -1, 2, true},
    {SYS_copy_file_range, "copy_file_range", Kind::write, 2, -1, 4},
    {SYS_sendfile, "sendfile", Kind::write, 0, -1, 3},
    {SYS_splice, "splice", Kind::write, 2, -1, 4},
    {SYS_truncate, "truncate", Kind::write, -1, 0},
    {SYS_ftruncate, "ftruncate", Kind::write, 0},
    {SYS_fallocate, "fallocate", Kind::write, 0},
    {SYS_rename, "rename", Kind::name, -1, 1},
    {SYS_renameat, "renameat", Kind::name, 2, 3},
    {SYS_renameat2, "renameat2", Kind::name, 2, 3},
    {SYS_link, "link", Kind::name, -1, 1},
    {SYS_linkat, "linkat", Kind::name, 2, 3},
    {SYS_symlink, "symlink", Kind::name, -1, 1},
    {SYS_symlinkat, "symlinkat", Kind::name, 1, 2},
    {SYS_mkdir, "mkdir", Kind::name, -1, 0},
    {SYS_mkdirat, "mkdirat", Kind::name, 0, 1},
    {SYS_unlink, "unlink", Kind::remove, -1, 0},
    {SYS_unlinkat, "unlinkat", Kind::remove, 0, 1},
    {SYS_rmdir, "rmdir", Kind::remove, -1, 0},
    {SYS_chmod, "chmod", Kind::attribute, -1, 0},
    {SYS_fchmod, "fchmod", Kind::attribute, 0},
    {SYS_fchmodat, "fchmodat", Kind::attribute, 0, 1},
    {SYS_chown, "chown", Kind::attribute, -1, 0},
    {SYS_lchown, "lchown", Kind::attribute, -1, 0},
    {SYS_fchown, "fchown", Kind::attribute, 0},
    {SYS_fchownat, "fchownat", Kind::attribute, 0, 1},
    {SYS_utimensat, "utimensat", Kind::attribute, 0, 1},
    {SYS_setxattr, "setxattr", Kind::attribute, -1, 0},
    {SYS_lsetxattr, "lsetxattr", Kind::attribute, -1, 0},
    {SYS_fsetxattr, "fsetxattr", Kind::attribute, 0},
    {SYS_removexattr, "removexattr", Kind::attribute, -1, 0},
    {SYS_lremovexattr, "lremovexattr", Kind::attribute, -1, 0},
    {SYS_fremovexattr, "fremovexattr", Kind::attribute, 0},
    {SYS_fsync, "fsync", Kind::sync, 0},
    {SYS_fdatasync, "fdatasync", Kind::sync, 0},
    {SYS_syncfs, "syncfs", Kind::sync, 0},
    {SYS_sync_file_range, "sync_file_range", Kind::sync, 0},
};

// Bytes of the traced process; fewer than asked for where its memory ends.
std::string memory_of(pid_t pid, std::uint64_t address, std::size_t size) {
  std::string bytes(size, '\0');
  iovec here{bytes.data(), size}, there{reinterpret_cast<void*>(address), size};
  const auto n = ::process_vm_readv(pid, &here, 1, &there, 1, 0);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

std::string text_of(pid_t pid, std::uint64_t address) {
  std::string text;
  while (address != 0 && text.size() < 4096) {
    // Not over the end of a page: the next one may not be there.
    const auto part = memory_of(pid, address, 256 - address % 256);
    if (part.empty()) break;
    const auto end = part.find('\0');
    text += part.substr(0, end);
    if (end != std::string::npos) break;
    address += part.size();
  }
  return text;
}

std::string link_of(pid_t pid, const std::string& which) {
  char target[4096];
  const auto n = ::readlink(("/proc/" + std::to_string(pid) + "/" + which).c_str(), target, sizeof target);
  return n > 0 ? std::string(target, static_cast<std::size_t>(n)) : std::string();
}

std::string path_of(pid_t pid, const Row& row, const std::uint64_t* arguments) {
  const auto descriptor = row.descriptor < 0 ? AT_FDCWD : static_cast<int>(arguments[row.descriptor]);
  auto text = row.path < 0 ? std::string() : text_of(pid, arguments[row.path]);
  if (!text.empty() && text[0] == '/') return text;
  const auto base = descriptor == AT_FDCWD ? link_of(pid, "cwd") : link_of(pid, "fd/" + std::to_string(descriptor));
  return text.empty() ? base : base + "/" + text;
}

bool only_reads(pid_t pid, const Row& row, const std::uint64_t* arguments) {
  if (row.flags < 0) return false;
  auto flags = arguments[row.flags];
  if (row.number == SYS_openat2) {
    const auto how = memory_of(pid, flags, sizeof flags);
    flags = 0;
    how.copy(reinterpret_cast<char*>(&flags), how.size());
  }
  return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) == 0;
}

user_regs_struct registers_of(pid_t pid) {
  user_regs_struct registers{};
  ::ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
  return registers;
}

}  // namespace

bool install_filter() {
  std::vector<sock_filter> filter;
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
  filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  filter.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)));
  for (const auto& row : rows) {
    filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(row.number), 0, 1));
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE));
  }
  filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (::geteuid() != 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

bool describe(pid_t pid, Call& call) {
  const auto registers = registers_of(pid);
  const std::uint64_t arguments[] = {registers.rdi, registers.rsi, registers.rdx,
                                     registers.r10, registers.r8,  registers.r9};
  for (const auto& row : rows) {
    if (row.number != static_cast<long>(registers.orig_rax)) continue;
    if (only_reads(pid, row, arguments)) return false;
    call = {pid, row.name, row.kind, path_of(pid, row, arguments), row.size_place, row.vector, 0, arguments[1]};
    if (row.size_place >= 0) call.size = arguments[row.size_place];
    return true;
  }
  return false;
}

void replace_result(pid_t pid, long result) {
  auto registers = registers_of(pid);
  registers.orig_rax = ~0ULL;  // no call of this number: the kernel carries out nothing
  registers.rax = static_cast<unsigned long long>(result);
  ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
}

void halve(const Call& call) {
  if (call.size_place < 0) return;
  if (call.vector && call.size == 1) {
    iovec part{};
    memory_of(call.pid, call.data, sizeof part).copy(reinterpret_cast<char*>(&part), sizeof part);
    part.iov_len /= 2;
    iovec here{&part, sizeof part}, there{reinterpret_cast<void*>(call.data), sizeof part};
    ::process_vm_writev(call.pid, &here, 1, &there, 1, 0);
    return;
  }
  auto registers = registers_of(call.pid);
  unsigned long long* const arguments[] = {&registers.rdi, &registers.rsi, &registers.rdx,
                                           &registers.r10, &registers.r8,  &registers.r9};
  *arguments[call.size_place] = call.size / 2;
  ::ptrace(PTRACE_SETREGS, call.pid, nullptr, &registers);
}

bool can_fail_with(Kind kind, int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return kind != Kind::remove && kind != Kind::attribute;
    case EMFILE: return kind == Kind::open;
    case EROFS: return kind != Kind::sync;
    default: return true;
  }
}

}  // namespace faulttrace
