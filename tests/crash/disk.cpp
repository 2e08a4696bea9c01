// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/disk.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <system_error>
#include <thread>

#include "tests/support/product.hpp"

namespace dfi::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

std::string must(const Words& argv) {
  const auto finished = run(argv);
  if (finished.exit != 0) throw std::runtime_error(argv[0] + ": " + finished.out + finished.err);
  return finished.out;
}

/// The loop device on which the image is now.
std::string attach(const fs::path& image) {
  const auto said = must({"losetup", "--find", "--show", image.string()});
  return said.substr(0, said.find('\n'));
}

// Mounts of this process and its children only: they end with the last of them, however that ends.
bool own_mounts() {
  static const bool own =
      ::unshare(CLONE_NEWNS) == 0 && ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return own;
}

void copy_image(const fs::path& from, const fs::path& to) {
  fs::remove(to);
  must({"cp", "--sparse=always", from.string(), to.string()});
}

}  // namespace

Disk::Disk(std::string kind, fs::path image, fs::path place, int megabytes)
    : kind_(std::move(kind)), image_(std::move(image)), place_(std::move(place)) {
  if (!own_mounts()) fail("unshare");
  std::ofstream(image_).close();
  fs::resize_file(image_, static_cast<std::uintmax_t>(megabytes) << 20);
  Words make{"mkfs." + kind_, kind_ == "ext4" ? "-Fq" : "-fq"};
  // A small journal: each power cut copies the image. No blocks reserved for root: full is full.
  if (kind_ == "ext4") make.insert(make.end(), {"-m", "0", "-J", "size=4"});
  make.push_back(image_.string());
  must(make);
}

Disk::~Disk() {
  if (mounted_) ::umount2(place_.c_str(), MNT_DETACH);
}

std::string Disk::missing(const std::string& kind) {
  if (::geteuid() != 0) return "mounting needs root";
  if (run({"mkfs." + kind, kind == "ext4" ? "-V" : "--version"}).exit == 127) return "mkfs." + kind + " is missing";
  if (!own_mounts()) return "no mount namespace may be made here";
  try {
    TemporaryDirectory place(true);
    fs::create_directory(place.path() / "at");
    Disk disk(kind, place.path() / "image", place.path() / "at", 320);
    disk.mount();
    disk.unmount();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

void Disk::mount() {
  fs::create_directories(place_);
  // ext4's rescue of programs that forget fsync must not help us.
  auto device = attach(image_);
  // As after a restart, the disk has another number.
  if (device == device_) {
    const auto other = attach(image_);
    must({"losetup", "-d", device});
    device = other;
  }
  must({"mount", "-t", kind_, "-o", kind_ == "ext4" ? "noauto_da_alloc" : "defaults", device, place_.string()});
  must({"losetup", "-d", device});  // as soon as it is unmounted
  device_ = device;
  mounted_ = true;
}

void Disk::unmount() {
  if (!mounted_) return;
  for (int i = 0; ::umount2(place_.c_str(), 0) != 0; ++i) {
    if (errno != EBUSY || i > 2000) fail("umount " + place_.string());
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  mounted_ = false;
  if (fs::exists(cut_image())) fs::rename(cut_image(), image_);
}

void Disk::disappear() {
  if (::umount2(place_.c_str(), MNT_DETACH) != 0) fail("umount " + place_.string());
  mounted_ = false;
}

void Disk::cut(bool with_log) {
  // btrfs knows no shutdown. What is in the image now is what has reached the disk.
  if (kind_ == "btrfs") return copy_image(image_, cut_image());
  // FS_IOC_SHUTDOWN; the older headers of Debian 12 do not name it. 1: the log is flushed, 2: it is not.
  constexpr unsigned long shutdown = _IOR('X', 125, std::uint32_t);
  std::uint32_t how = with_log ? 1 : 2;
  const int fd = ::open(place_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const int done = fd < 0 ? -1 : ::ioctl(fd, shutdown, &how);
  ::close(fd);
  if (done != 0) fail("shutdown of " + place_.string());
}

void Disk::save() { copy_image(image_, image_.string() + ".saved"); }
void Disk::restore() { copy_image(image_.string() + ".saved", image_); }

}  // namespace dfi::test
