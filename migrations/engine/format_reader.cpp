// SPDX-License-Identifier: Apache-2.0
// Formats: what one level of a data file looks like.
#include "migrations/engine/definition_reader.hpp"

namespace dfi::migrations {
namespace {

Kind read_kind(Reader& reader) {
  auto kind = reader.text("kind");
  if (kind == "sqlite") return Kind::sqlite;
  if (kind == "config") return Kind::config;
  if (kind == "area") return Kind::area;
  if (kind == "records") return Kind::records;
  throw reader.wrong("kind", "must be sqlite, config, area or records");
}

ValueType read_type(Reader& reader) {
  auto name = reader.text("type");
  for (auto type : {ValueType::boolean, ValueType::integer, ValueType::text})
    if (name == type_name(type)) return type;
  throw reader.wrong("type", "must be text, integer or boolean");
}

ConfigKey read_key(const fs::path& path, Reader& reader) {
  ConfigKey key{reader.text("name"), read_type(reader), reader.value("default"), "", ""};
  if (type_of(key.standard) != key.type)
    throw reader.wrong("default", fmt::format("must be of type {}", type_name(key.type)));
  Reader comment(path, reader.table("comment"));
  key.english = comment.text("en");
  key.german = comment.text("de");
  comment.close();
  reader.close();
  return key;
}

void read_config_format(const fs::path& path, Reader& reader, Format& format) {
  Reader title(path, reader.table("title"));
  format.english = title.text("en");
  format.german = title.text("de");
  title.close();
  std::set<std::string> names;
  for (auto& entry : reader.tables("keys")) {
    format.keys.push_back(read_key(path, entry));
    const auto& name = format.keys.back().name;
    if (name == "format_level") throw entry.wrong("name", "format_level is written by the engine itself");
    if (!names.insert(name).second) throw entry.wrong("name", fmt::format("'{}' stands here twice", name));
  }
  if (format.keys.empty()) throw reader.wrong("keys", "is missing");
  for (auto& entry : reader.tables("tables")) {
    ConfigTables tables{entry.text("name"), entry.texts("lists"), "", ""};
    Reader comment(path, entry.table("comment"));
    tables.english = comment.text("en");
    tables.german = comment.text("de");
    comment.close();
    entry.close();
    if (!names.insert(tables.name).second)
      throw entry.wrong("name", fmt::format("'{}' stands here twice", tables.name));
    for (const auto& list : tables.lists)
      if (names.count(list)) throw entry.wrong("lists", fmt::format("'{}' is a key already", list));
    format.tables.push_back(std::move(tables));
  }
}

void read_area_format(Reader& reader, Format& format) {
  auto length = reader.integer("length");
  if (length < 1 || length > (64 << 20)) throw reader.wrong("length", "must be from 1 to 67108864 bytes");
  format.length = static_cast<std::uintmax_t>(length);
  format.ccsid = static_cast<int>(reader.integer_or("ccsid", records::ccsid_none));
  auto fill = reader.text("fill");
  if (fill.size() != 1) throw reader.wrong("fill", "must be one byte");
  format.fill = fill[0];
  if (format.ccsid == records::ccsid_none) return;
  const auto* page = records::find_code_page(format.ccsid);
  if (!page || format.ccsid == records::ccsid_utf8)
    throw reader.wrong("ccsid", "is no single-byte code page known here");
  const int byte = page->find(static_cast<unsigned char>(fill[0]));
  if (byte < 0) throw reader.wrong("fill", "is no character of this code page");
  format.fill = static_cast<char>(byte);
}

void read_sqlite_format(Reader& reader, Format& format) {
  format.schema = reader.text("schema");
  format.schema_line = reader.line("schema");
  format.journal_mode = reader.text_or("journal_mode", "delete");
  if (format.journal_mode != "wal" && format.journal_mode != "delete")
    throw reader.wrong("journal_mode", "must be wal or delete");
  for (auto& entry : reader.tables("carry_over")) {
    format.carry_over.push_back({entry.text("table"), entry.text("requeue"), entry.texts_or_none("follow")});
    entry.close();
  }
}

records::Ends read_ends(Reader& reader) {
  auto name = reader.text_or("ends", "none");
  if (name == "none") return records::Ends::none;
  if (name == "lf") return records::Ends::lf;
  if (name == "crlf") return records::Ends::crlf;
  if (name == "nl") return records::Ends::nl;
  throw reader.wrong("ends", "must be none, lf, crlf or nl");
}

void read_record_format(const fs::path& path, Reader& reader, Format& format) {
  auto record = std::make_shared<records::RecordFormat>();
  record->file = format.file;
  record->level = format.level;
  auto length = reader.integer("length");
  if (length < 1 || length > 65535) throw reader.wrong("length", "must be from 1 to 65535 bytes");
  record->length = static_cast<std::size_t>(length);
  record->ccsid = static_cast<int>(reader.integer("ccsid"));
  if (record->ccsid != records::ccsid_none && !records::find_code_page(record->ccsid))
    throw reader.wrong("ccsid", "is no code page known here");
  record->ends = read_ends(reader);
  record->key = reader.texts_or_none("key");
  const auto fields = reader.text("fields");
  try {
    records::parse_fields(fields, *record);
  } catch (const records::Malformed& slip) {
    // The text begins behind the opening quotes: with """ and a line break its first line is the next one.
    throw malformed(path, reader.line("fields") + slip.line, slip.what());
  }
  format.record = std::move(record);
}

}  // namespace

Format read_format(const fs::path& path) {
  auto document = parse_definition(path);
  Reader reader(path, document);
  Format format;
  format.origin = path;
  format.file = reader.text("file");
  format.level = read_level(reader, "level");
  format.kind = read_kind(reader);
  auto name = fmt::format("{}.{}.toml", format.file, format.level);
  if (path.filename() != name) throw reader.wrong("level", fmt::format("does not fit the name of the file: {}", name));
  switch (format.kind) {
    case Kind::sqlite: read_sqlite_format(reader, format); break;
    case Kind::config: read_config_format(path, reader, format); break;
    case Kind::area: read_area_format(reader, format); break;
    case Kind::records: read_record_format(path, reader, format); break;
  }
  reader.close();
  return format;
}

}  // namespace dfi::migrations
