// SPDX-License-Identifier: Apache-2.0
// One pass over a record file: chunks of records on several threads, written in their order; checkpoints, rejects,
// exact control totals, unique keys, digests; goes on at a checkpoint after proving input and output. Internal to the
// engine.
#pragma once
#include "migrations/engine/kinds.hpp"
#include "migrations/records/program.hpp"

namespace dfi::migrations {

/// What one conversion says of records it cannot convert.
struct RejectRule {
  OnError on_error = OnError::abort;
  RejectLimit max_rejects;
};

struct RecordPass {
  const DataFile& file;             // what messages name
  const records::Program& program;  // ends in records (run_record_pass) or rows (run_load_pass)
  fs::path input, output;
  fs::path rejects, reject_lines;  // made only if something is rejected
  std::vector<RejectRule> rules;   // one a step of the program, so that fused steps keep their own
  std::string digest;              // of definitions: a checkpoint of others is worth nothing
  Before before = {};
};

struct RecordPassResult {
  std::uint64_t read = 0, written = 0, rejected = 0, went_on_at = 0;
  std::vector<Catalogue::Total> totals;
  std::string input_digest, output_digest;
};

/// Record file to record file. On return `output` and the reject files are complete and synced.
RecordPassResult run_record_pass(const RecordPass& pass, const Policy& policy, Supervisor& supervisor);

/// Record file into the tables of a fresh SQLite file (`output`, created here with `schema`): a transaction a
/// checkpoint, the position stored in it. Synced on return; user_version is `level`.
RecordPassResult run_load_pass(const RecordPass& pass, const std::string& schema, int level, const Policy& policy,
                               Supervisor& supervisor);

}  // namespace dfi::migrations
