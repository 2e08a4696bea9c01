// SPDX-License-Identifier: Apache-2.0
#include "migrations/engine/record_run.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "messages/record_pass.hpp"
#include "migrations/engine/in_order.hpp"

namespace dfi::migrations {
namespace {

// A checkpoint is due after so many records or bytes of output.
constexpr std::uint64_t checkpoint_records = 131'072;
constexpr std::uint64_t checkpoint_bytes = 64 << 20;

std::string negated(const std::string& number) { return number[0] == '-' ? number.substr(1) : "-" + number; }

// "12.50" and "12.5" are the same total.
std::string_view plain(std::string_view number) {
  if (number.find('.') == std::string_view::npos) return number;
  while (number.back() == '0') number.remove_suffix(1);
  if (number.back() == '.') number.remove_suffix(1);
  return number;
}

}  // namespace

RecordRun::Input RecordRun::open(const RecordPass& pass) {
  Input input;
  input.fd = Fd(::open(pass.input.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat st {};
  if (!input.fd) throw os_error("open", pass.input);
  if (::fstat(input.fd.get(), &st) != 0) throw os_error("stat", pass.input);
  input.bytes = static_cast<std::uint64_t>(st.st_size);
  auto length = pass.program.input_length();
  if (input.bytes % length != 0)
    throw Error(msg::record_file_ragged, {{"file", pass.file.name},
                                          {"path", pass.file.path.string()},
                                          {"bytes", std::to_string(input.bytes)},
                                          {"records", std::to_string(input.bytes / length)},
                                          {"length", std::to_string(length)},
                                          {"rest", std::to_string(input.bytes % length)}});
  return input;
}

RecordRun::RecordRun(const RecordPass& pass, const Policy& policy, Supervisor& supervisor)
    : pass_(pass),
      supervisor_(supervisor),
      threads_(threads_for(policy.threads)),
      input_(open(pass)),
      layout_(pass.program, input_.bytes),
      excluded_(pass.output.string() + ".excluded"),
      reader_(pass, input_.fd.get(), layout_, excluded_),
      rejects_(pass, policy, supervisor),
      input_digest_(layout_.in_block()),
      proofs_(threads_) {}

RecordPassResult RecordRun::run(Shadow& shadow) {
  auto last = supervisor_.checkpoint();
  if (!last || !go_on(shadow, *last)) {
    if (last) supervisor_.save_checkpoint(nullptr);
    begin_first_round(shadow);
  }
  for (;;) {
    try {
      convert_rest(shadow);
      await_proof();
    } catch (const Refuted&) {
      supervisor_.save_checkpoint(nullptr);
      begin_first_round(shadow);
      continue;
    } catch (...) {
      settle_quietly(shadow);
      throw;
    }
    // Also at the end: what only remains to be proven is not converted again.
    if (checkpoint_at_ != read_) checkpoint(shadow);
    settle(shadow, true);
    // What was found out about keys holds for the input as it was then.
    if (round_ > 0 && input_digest_.text() != first_digest_) {
      begin_first_round(shadow);
      continue;
    }
    if (!exclude_duplicates()) break;
    if (round_ == 0) first_digest_ = input_digest_.text();
    ++round_;
    start_anew(shadow);
    checkpoint(shadow);
    settle(shadow, true);
  }
  require(read_ == layout_.records && read_ == written_ + rejects_.count(), "records read = written + rejected");
  RecordPassResult result;
  result.totals = proven_totals();
  result.read = read_;
  result.written = written_;
  result.rejected = rejects_.count();
  result.went_on_at = went_on_at_;
  result.input_digest = input_digest_.text();
  result.output_digest = shadow.finish();
  excluded_.start_anew();
  return result;
}

void RecordRun::begin_first_round(Shadow& shadow) {
  excluded_.start_anew();
  first_digest_.clear();
  round_ = 0;
  start_anew(shadow);
}

// The pass ends by another error, which is the one to tell; without this checkpoint the one before counts.
void RecordRun::settle_quietly(Shadow& shadow) noexcept {
  try {
    settle(shadow, true);
  } catch (...) {
    pending_.reset();
  }
}

void RecordRun::start_anew(Shadow& shadow) {
  pending_.reset();
  read_ = written_ = went_on_at_ = checkpoint_at_ = checkpoint_bytes_ = 0;
  input_digest_ = FileDigest(layout_.in_block());
  keys_.assign(reader_.unique_steps().size(), {});
  totals_.emplace(pass_.program);
  rejects_.start_anew();
  shadow.start_anew();
  proven_ = true;
}

void RecordRun::convert_rest(Shadow& shadow) {
  InOrder job;
  job.first = (read_ + layout_.per_chunk - 1) / layout_.per_chunk;
  job.end = layout_.chunks();
  job.threads = threads_;
  job.slots = slots_for(threads_);
  std::vector<Chunk> chunks(job.slots);
  bool stop = rejects_.always_aborts();
  job.work = [&](unsigned slot, std::uint64_t number) { reader_.make(chunks[slot], number, stop); };
  job.take = [&](unsigned slot, std::uint64_t) { take(shadow, chunks[slot]); };
  run_in_order(job);
}

bool RecordRun::look_at_proof(std::chrono::milliseconds wait) {
  if (!proven_ && proofs_.ready(wait)) {
    if (!proofs_.hold()) throw Refuted();
    proven_ = true;
  }
  return proven_;
}

void RecordRun::await_proof() {
  while (!look_at_proof(std::chrono::milliseconds(50))) tell_progress();
}

void RecordRun::tell_progress() { supervisor_.progress(read_ * layout_.in, input_.bytes, rejects_.count()); }

void RecordRun::take(Shadow& shadow, Chunk& chunk) {
  look_at_proof(std::chrono::milliseconds(0));
  totals_->add(chunk.totals);
  auto written =
      shadow.take(chunk, [&](std::size_t index, const records::Fault& fault) { refuse(chunk, index, fault); });
  for (std::size_t k = 0; k < keys_.size(); ++k) keys_[k].add(chunk.keys[k]);
  input_digest_.add(chunk.in, chunk.in_digest);
  read_ += chunk.count;
  written_ += written;
  if (read_ - checkpoint_at_ >= checkpoint_records || shadow.bytes() - checkpoint_bytes_ >= checkpoint_bytes)
    checkpoint(shadow);
  settle(shadow, false);
  tell_progress();
}

void RecordRun::refuse(Chunk& chunk, std::size_t index, const records::Fault& fault) {
  // Nobody is told of a record in a file that has changed: who repaired it may have repaired this one, too.
  await_proof();
  auto number = chunk.first + index;
  auto record = chunk.record(index, layout_.in);
  // It was converted, and counted, before the table said no.
  if (fault.kind == records::FaultKind::refused_by_table) take_back_totals(record);
  rejects_.refuse(number, record, fault, place(number - rejects_.count()));
}

void RecordRun::take_back_totals(std::string_view record) {
  records::Desk desk(pass_.program);
  std::vector<records::Row> rows;
  pass_.program.convert(desk, record.data(), rows);
  auto totals = desk.totals();
  for (auto& total : totals) {
    total.before = negated(total.before);
    total.after = negated(total.after);
  }
  totals_->add(totals);
}

std::vector<Catalogue::Total> RecordRun::proven_totals() const {
  std::vector<Catalogue::Total> totals;
  for (const auto& total : totals_->totals()) {
    const auto& conversion = pass_.program.steps()[total.step].conversion;
    if (plain(total.before) != plain(total.after))
      throw Error(msg::totals_differ, {{"conversion", conversion},
                                       {"file", pass_.file.name},
                                       {"path", pass_.file.path.string()},
                                       {"field", total.field},
                                       {"before", total.before},
                                       {"after", total.after}});
    totals.push_back({conversion, total.field, total.before, total.after});
  }
  return totals;
}

}  // namespace dfi::migrations
