// SPDX-License-Identifier: Apache-2.0
// What every verb gets: the options of the command line, where to speak, and the JSON document it fills.
#pragma once
#include <optional>
#include <string>

#include "base/error_json.hpp"
#include "checks/checks.hpp"
#include "core/journal.hpp"
#include "core/layout.hpp"
#include "core/reporter.hpp"

namespace dfi::cli {

struct Options {
  std::string verb;  // "ptf apply"
  fs::path root = "/";
  std::string product, on_failure, deadline;
  bool json = false, restart = false, yes = false, immed = false, watch = false, carry_over = false;
  Language language = Language::english;
  std::string name;  // the verb's own argument: release, PTF, backup, file, run
  std::string dependents, on_error, max_rejects, with_ptf, rejects;
  std::vector<std::string> levels;  // "FAXKA=3"
  bool no_fuse = false, data = false, purge = false;
  fs::path to;
  int run = 0;                        // 0: the newest that fits
  int keep = 3;                       // backups
  fs::path out;                       // of the bundle for the hotline
  std::vector<std::string> left_out;  // parts of it
  std::vector<int> pids;              // of endjobs
  int wait = -1;                      // seconds; -1: as the product says
};

/// Result on stdout (text, or one JSON document at the end); progress and warnings on stderr.
class Context {
 public:
  explicit Context(Options given);

  const Options options;
  /// What the options say about conversions. Throws Error usage.
  ConversionChoices choices() const;
  Json result;  // the JSON document without its frame

  /// --deadline in seconds since 1970; null: none. Throws Error deadline_malformed.
  Json deadline() const;
  /// The product this host's commands mean. Throws Error product_unknown (exit 6), and not_permitted (exit 5) if this
  /// user may not look at what dfinstall keeps of it.
  Layout layout() const;
  /// The same for whoever looks at the product alone.
  Layout visible_layout() const;
  /// Throws Error product_unknown.
  Generation installed(const Layout& layout) const;
  /// Prints a line of the result; nothing with --json.
  void line(const std::string& text) const;
  void line(Msg id, Args args = {}) const;
  /// A message with its id, and below it what to do next.
  void tell(const Message& message) const;
  std::string say(Msg id, Args args = {}) const;
  void print(const Findings& findings) const;
};

/// One verb's work; the return value is the exit code.
int run_update(Context& context);
int run_resume(Context& context);
int run_rollback(Context& context);
int run_commit(Context& context);
int run_rehearse(Context& context);
int run_convert(Context& context);
int run_ptf_apply(Context& context);
int run_ptf_remove(Context& context);
int run_backup_create(Context& context);
int run_backup_drill(Context& context);
int run_backup_restore(Context& context);
int run_uninstall(Context& context);
int show_status(Context& context);
int show_check(Context& context);
int show_data_check(Context& context);
int show_plan(Context& context);
int show_locks(Context& context);
int show_history(Context& context);
int show_job_log(Context& context);
int make_support_bundle(Context& context);
int attach(Context& context);
int list_ptfs(Context& context);
int show_ptf(Context& context);
int list_backups(Context& context);
int verify_backup(Context& context);
int prune_backups(Context& context);
int list_rescued(Context& context);
int restore_rescued(Context& context);
int end_jobs(Context& context);
int start_product(Context& context);
int stop_product(Context& context);

/// As text lines on stderr.
void print_error(const Error& error, Language language);

/// Parses and runs; the body of main. Returns the exit code.
int run_main(int argc, char** argv);

}  // namespace dfi::cli
