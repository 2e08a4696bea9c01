// SPDX-License-Identifier: Apache-2.0
// A directfax installation in a temporary directory, as dfinstall leaves it: product objects and data files of one
// release.
#pragma once
#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "payloads/faxmail/engine/engine.hpp"
#include "payloads/faxmail/queue/queue.hpp"
#include "payloads/faxmail/queue/results.hpp"

namespace faxmail::test {

enum class Release { v591, v592, hotptf, v606 };

class Product {
 public:
  explicit Product(Release release = Release::v592);
  ~Product();
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  const Layout& layout() const { return layout_; }
  Capability capability() const { return Capability::read(layout_); }
  Config config() const { return Config::read(layout_, capability()); }
  Texts texts(dfi::Language language = dfi::Language::english) const { return Texts::load(layout_, language); }
  Queue queue() const { return Queue(layout_, capability()); }
  Results results() const { return Results(layout_, capability()); }

  /// Writes FAXMAILC: format_level of the release plus these lines.
  void configure(const std::string& lines) const;
  /// server 127.0.0.1 and this port, plus lines.
  void configure_peer(int port, const std::string& lines = {}) const;
  void write_password(const std::string& password) const;
  void execute(const std::string& file, const std::string& sql) const;

  std::int64_t submit(const std::vector<std::string>& to, const std::string& text = "Hello\n") const;
  std::string status(std::int64_t mail) const { return queue().find(mail)->status; }

 private:
  void make_objects(Release release) const;
  void make_data_files(Release release) const;
  Layout layout_;
};

/// Runs the engine in a thread until `done` or 10 s; returns what it said.
std::string run_engine(const Product& product, const std::function<bool()>& done,
                       std::optional<Timeouts> timeouts = {});
/// Runs the engine until no mail is due any more.
std::string run_engine_dry(const Product& product);

/// The name of the message that `work` throws, or "nothing".
template <class Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const dfi::Error& error) {
    return std::string(error.message().id.name);
  }
  return "nothing";
}

}  // namespace faxmail::test
