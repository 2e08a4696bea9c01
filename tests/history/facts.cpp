// SPDX-License-Identifier: Apache-2.0
#include "tests/history/facts.hpp"

#include <fmt/core.h>

#include <stdexcept>

namespace dfi::history {
namespace {

constexpr std::array licence_names{"AFP", "ARC", "FAX", "LITE", "MAIL", "PCL"};

std::vector<Row> logo(unsigned number, const Style& style, Chance& chance) {
  std::string picture("II*\0", 4);
  while (picture.size() < 480) picture += static_cast<char>(chance.below(256));
  std::vector<Row> rows{{style.host ? "" : "FAXLGO",
                         {{"LGID", std::to_string(number)},
                          {"LGNAME", fmt::format("LOGO{:03}Ü", number)},
                          {"LGFMT", style.host ? "TIF" : "tif"},
                          {"LGWID", std::to_string(200 + chance.below(1500))},
                          {"LGHGT", std::to_string(100 + chance.below(900))},
                          {"LGDATA", picture}}}};
  if (!chance.one_in(4)) rows[0].values.emplace_back("LGCHG", day(number));
  return rows;
}

std::vector<Row> profile(unsigned number, const Style& style, Chance& chance) {
  constexpr std::array people{"Jörg Muster", "Änne Beispiel", "Zoë Exempel", "René Probe", "Übungsbenutzer"};
  constexpr std::array languages{"DEU", "DES", "ENU", "FRA"};
  const auto user = fmt::format("USER{:05}", number);
  const auto fraction = chance.one_in(3) ? ".50" : ".00";
  std::vector<Row> rows{
      {style.host ? "" : "FAXPRF",
       {{"PRUSER", user},
        {"PRNAME", chance.one_in(6) ? fill("Bevollmächtigte für Übergrößen und Maße ", 40) : chance.pick(people)},
        {"PRFON", fmt::format("+49 30 {:07}", chance.below(10000000))},
        {"PROPR", chance.one_in(4) ? "Y" : "N"},
        {"PRLNG", chance.pick(languages)},
        {"PRLGO", std::to_string(chance.below(40))}}}};
  const auto limit = fmt::format("{}{}", chance.below(300), fraction);
  if (!style.host || !chance.one_in(3)) rows[0].values.emplace_back("PRLIM", limit);
  if (!chance.one_in(4)) rows[0].values.emplace_back("PRSIN", day(number));
  for (unsigned quarter = 1; quarter <= 4; ++quarter) {
    const auto count = chance.one_in(3) ? 0 : chance.below(5000);
    if (style.host)
      rows[0].values.emplace_back(fmt::format("PRQTR({})", quarter), std::to_string(count));
    else if (count > 0)
      rows.push_back(
          {"FAXPRQ", {{"PQUSER", user}, {"PQQTR", std::to_string(quarter)}, {"PQCNT", std::to_string(count)}}});
  }
  return rows;
}

std::vector<Row> autofax(unsigned number, const Style& style, Chance& chance) {
  constexpr std::array pitches{"10", "12", "16.5", "13.25"};
  constexpr std::array samples{"  Fax-Nr.: +49 30 5550100", "Telefax für Müller & Söhne   030/5550199", "^FAX",
                               "An: einkauf@example.com"};
  const auto queue = number % 3 == 0 ? "RECHNUNGEN" : "DIRFAXPRT";
  std::vector<std::string> place;
  for (unsigned end : {66u, 132u, 60u}) place.push_back(std::to_string(1 + chance.below(end)));
  std::vector<Row> rows{{style.host ? "" : "FAXATF",
                         {{"ATID", std::to_string(number)},
                          {"ATKEY", fmt::format("{}-{:05}", queue, number)},
                          {"ATQUE", queue},
                          {"ATPIT", chance.pick(pitches)},
                          {"ATWRD", chance.one_in(2) ? "^FAX" : ""},
                          {"ATTYP", std::string(1, "NAK"[chance.below(3)])},
                          {"ATTXT", chance.pick(samples)}}}};
  auto& values = rows[0].values;
  constexpr std::array fields{"ATPOS(1)", "ATPOS(2)", "ATPOS(3)"}, columns{"ATLIN", "ATCOL", "ATLEN"};
  for (std::size_t i = 0; i < place.size(); ++i)
    values.emplace_back(style.host ? fields.at(i) : columns.at(i), place[i]);
  if (!chance.one_in(3)) values.emplace_back("ATCHG", day(number));
  return rows;
}

std::vector<Row> licence(unsigned number, const Style& style, Chance& chance) {
  std::vector<Row> rows{
      {style.host ? "" : "FAXLIC",
       {{"LCCODE", style.level == 1 ? licence_names.at(number - 1) : fmt::format("DF4500{}", number - 1)},
        {"LCKEY", fmt::format("{:05}-{:05}-{:05}", chance.below(100000), chance.below(100000), chance.below(100000))},
        {"LCGEN", "5"},
        {"LCSER", fmt::format("65{:05}", chance.below(100000))},
        {"LCUSR", std::to_string(chance.below(3) * 25)}}}};
  if (chance.one_in(2)) rows[0].values.emplace_back("LCEXP", day(number * 31));
  return rows;
}

}  // namespace

unsigned record_count(const std::string& file, unsigned records) {
  if (file == "FAXMAILC") return 1;
  if (file == "FAXSTAT") return 2 * records;
  if (file == "FAXLIC") return static_cast<unsigned>(licence_names.size());
  if (file == "FAXLGO") return records / 10 + 1;
  if (file == "FAXPRF" || file == "FAXATF") return records / 5 + 1;
  return records;
}

std::vector<Row> facts(const std::string& file, unsigned number, const Style& style, Chance& chance) {
  if (file == "FAXKA") return job(number, style, chance);
  if (file == "FAXSTAT") return attempt(number, style, chance);
  if (file == "FAXARC") return archived(number, style, chance);
  if (file == "FAXLGO") return logo(number, style, chance);
  if (file == "FAXPRF") return profile(number, style, chance);
  if (file == "FAXATF") return autofax(number, style, chance);
  if (file == "FAXLIC") return licence(number, style, chance);
  if (file == "FAXMAILC")
    return {{"",
             {{"MCSRV", "mail.example.com"},
              {"MCPORT", "2525"},
              {"MCAUTH", "N"},
              {"MCUSER", ""},
              {"MCSND", "fax@example.com"}}}};
  throw std::invalid_argument("no facts of " + file);
}

}  // namespace dfi::history
