// SPDX-License-Identifier: Apache-2.0
// Conversions killed at any durable operation, then `resume` or `rollback`: what only few conversions have, and so need
// not stand in every table. A load, further names of a record file, a corrected definition, other wishes on the way.
#include "messages/record_pass.hpp"
#include "tests/crash/matrix.hpp"
#include "tests/support/records.hpp"

namespace dfi::test {
namespace {

Words update_110(Host& host) { return {"update", host.release("1.10").string()}; }

// One checkpoint inside the file.
void with_a_load(Host& host) {
  add_records(host);
  make_tables_of_records(host);
  host.install_100();
  fill_records(host, 140000);
}

void with_further_names(Host& host) {
  add_records(host);
  host.install_100();
  fill_records(host, 1000);
  fs::create_hard_link(host.data("DEMORECS"), host.data("RECORDS.hard"));
  fs::create_symlink("DEMORECS", host.data("RECORDS.link"));
}

// The update stopped at a record behind the checkpoint.
void stopped_at_a_record(Host& host, std::uint32_t records, std::uint32_t bad) {
  add_records(host);
  host.install_100();
  fill_records(host, records, {bad});
  host.execute("DEMOSTAT", "CREATE VIEW OWN AS SELECT STID FROM DEMOSTAT");
  EXPECT_TRUE(ended(host.dfinstall(update_110(host)), 30, msg::record_refused));
}

fs::path correction(const Host& host) { return host.directory() / "FIX1.SAVF"; }

// The hotline's conversion of DEMORECS does not take the sum along that cannot be read.
void with_a_correction(Host& host) {
  stopped_at_a_record(host, 1000, 700);
  const auto source = host.directory() / "corrected";
  fs::copy(host.source("1.10"), source, fs::copy_options::recursive);
  const auto conversion = source / "definitions/1.10/CVTRECS2.toml";
  replace_in(conversion, "[verify]\nsum = [\"RCSUM\"]\n", "[map]\nRCSUM = \"default(0)\"\n[verify]\n");
  replace_in(conversion, "drop = [\"RCRES\"]", "drop = [\"RCRES\", \"RCSUM\"]");
  packer::write_definitions(host.release("1.10").string(), packer::read_source(source),
                            {"FIX1", {}, {"1.10"}, "fix", "Korrektur"}, correction(host), host.key());
}

Words resume_with_ptf(Host& host) { return {"resume", "--with-ptf", correction(host).string()}; }

void stopped_late(Host& host) { stopped_at_a_record(host, 140000, 139000); }

Words resume_otherwise(Host&) { return {"resume", "--on-error=reject", "--max-rejects=1", "--dependents=save-only"}; }

const std::vector<Scenario> conversions{
    {"LoadUpdate", with_a_load, update_110},
    {"FurtherNames", with_further_names, update_110},
    {"ResumeWithPtf", with_a_correction, resume_with_ptf, false, false, resume_with_ptf},
    {"ResumeWithOtherWishes", stopped_late, resume_otherwise, false, false, resume_otherwise},
};

struct ConversionMatrix : ::testing::TestWithParam<std::tuple<std::size_t, Way>> {};

std::string name_of(const ::testing::TestParamInfo<std::tuple<std::size_t, Way>>& info) {
  const auto& [number, way] = info.param;
  return std::string(conversions[number].name) + (way == Way::resume ? "Resume" : "Rollback");
}

/// Whether the hard link is still a name of the data file, not only equal to it.
class Names : public Bench {
 public:
  using Bench::Bench;
  std::string torn() {
    const auto hard = host_.data("RECORDS.hard");
    if (!fs::exists(hard) || fs::equivalent(hard, host_.data("DEMORECS"))) return "";
    return "RECORDS.hard is another file than DEMORECS\n";
  }
};

TEST_P(ConversionMatrix, EndsExactlyInTheNewOrTheOldState) {
  const auto [number, way] = GetParam();
  Names bench(conversions[number]);
  if (HasFailure()) return;
  const long n = bench.measure();
  if (HasFailure()) return;
  ASSERT_GT(n, 10);
  int points = 0, failures = 0;
  for (const long k : sample(n, static_cast<long>(number) + (way == Way::resume ? 0 : 4), 9)) {
    auto wrong = bench.killed_at(k, way);
    wrong += bench.torn();
    EXPECT_TRUE(wrong.empty()) << wrong << "killed at operation " << k << " of " << n;
    ++points;
    if (!wrong.empty() && ++failures == 5) break;
  }
  report_points("conversion killed at an operation", name_of({GetParam(), 0}), points - failures, points,
                std::to_string(n) + " operations");
}

INSTANTIATE_TEST_SUITE_P(Crash, ConversionMatrix,
                         ::testing::Combine(::testing::Range<std::size_t>(0, conversions.size()),
                                            ::testing::Values(Way::resume, Way::rollback)),
                         name_of);

}  // namespace
}  // namespace dfi::test
