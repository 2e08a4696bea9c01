// SPDX-License-Identifier: Apache-2.0
#include "tests/history/dirt.hpp"

#include <algorithm>
#include <functional>

#include "base/database.hpp"
#include "base/file.hpp"

namespace dfi::history {
namespace {

using records::Field;
using records::Type;

class Spoiler {
 public:
  Spoiler(const fs::path& path, const records::RecordFormat& format)
      : path_(path), format_(format), total_(record_total(path, format)) {}

  /// Puts bytes into the first field that `fits`, of the next record.
  void spoil(const std::function<bool(const Field&)>& fits, std::size_t from, const std::string& bytes,
             const std::string& what) {
    for (const auto& field : format_.fields)
      if (fits(field)) return put(field, from, bytes, what);
  }
  void repeat_a_record() {
    if (format_.key.empty() || next_ >= total_) return;
    const auto text = read_file(path_);
    patch(path_, next_ * format_.length, text.substr((next_ - 1) * format_.length, format_.length));
    note(format_.key.front(), "the record before once more");
  }
  bool is_key(const Field& field) const {
    return std::find(format_.key.begin(), format_.key.end(), field.name) != format_.key.end();
  }
  std::vector<Dirt> found;

 private:
  void put(const Field& field, std::size_t from, const std::string& bytes, const std::string& what) {
    if (next_ >= total_) return;
    patch(path_, next_ * format_.length + field.offset + from, bytes);
    note(field.name, what);
  }
  void note(const std::string& field, const std::string& what) {
    found.push_back({format_.file, field, what, next_ + 1});
    next_ += 3;
  }

  const fs::path& path_;
  const records::RecordFormat& format_;
  std::size_t total_, next_ = 1;  // the second record is the first that is spoilt
};

std::vector<Dirt> spoil_records(const fs::path& path, const records::RecordFormat& format) {
  Spoiler spoiler(path, format);
  const auto is = [&](Type type, records::Meaning meaning) {
    return [=, &spoiler](const Field& f) { return f.type == type && f.meaning == meaning && !spoiler.is_key(f); };
  };
  spoiler.spoil(is(Type::packed, records::Meaning::plain), 0, "\xaa", "AA is no digit");
  // The month stands in front of the day and behind a year of two or four digits.
  spoiler.spoil([](const Field& f) { return f.type == Type::zoned && f.form == "YYMMDD"; }, 2, "\xf1\xf3", "month 13");
  spoiler.spoil([](const Field& f) { return f.type == Type::zoned && f.form == "YYYYMMDD"; }, 4, "\xf1\xf3",
                "month 13");
  // The texts of these files went into the code page with the euro in 5.80.
  spoiler.spoil([](const Field& f) { return (f.name == "KANAME" || f.name == "PRNAME") && f.page->ccsid == 273; }, 0,
                "\x9f", "a character that CCSID 1141 does not have");
  spoiler.spoil([](const Field& f) { return f.name == "KASTAT" || f.name == "STCODE"; }, 0, "\xe7", "unknown code X");
  spoiler.repeat_a_record();
  return spoiler.found;
}

}  // namespace

std::vector<Dirt> add_dirt(const fs::path& path, const migrations::Format& format) {
  if (format.kind == migrations::Kind::records && !format.record->key.empty())
    return spoil_records(path, *format.record);
  if (format.file == "FAXSTAT" && format.level == 3) {
    open_database(path, Access::read_write).exec("UPDATE FAXSTAT SET STDAT = '20010231' WHERE STID = 2");
    return {{format.file, "STDAT", "31 February", 2}};
  }
  return {};
}

}  // namespace dfi::history
