// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <chrono>

#include "tests/history/facts.hpp"

namespace dfi::history {
namespace {

constexpr std::array names{"Müßig & Söhne KG",       "Bäckerei Öhl",  "Übersee-Kontor GmbH", "Café Ålesund",
                           "Änderungsschneiderei",   "Fa. Ñandú",     "Große Straße 7 e.V.", "Example Ltd.",
                           "Drogerie \"Zum Löwen\"", "Æther-Funk AG", "Présence S.A.",       "Zähler & Küßner"};
constexpr std::array subjects{"Angebot über Prüfgeräte",        "Rechnung",      "Mahnung: Rückstand",   "Lieferschein",
                              "Auftragsbestätigung (geändert)", "Bestellung öS", "Reklamation Maß 12×8", ""};
constexpr std::array users{"QSECOFR", "FAXADM", "VERKAUF1", "EINKAUF", "BUCHH", "LAGER#2"};

std::string money(Chance& chance) {
  const auto amount = fmt::format("{}.{:02}", chance.below(400), chance.below(100));
  return chance.one_in(6) && amount != "0.00" ? "-" + amount : amount;
}

std::string phone(Chance& chance) { return fmt::format("+49{}{:07}", 30 + chance.below(900), chance.below(10000000)); }

std::string status(Chance& chance) {
  constexpr std::array list{"S", "S", "S", "S", "S", "S", "F", "H", "W", "A"};
  return chance.pick(list);
}

std::string new_status(const std::string& old) {
  if (old == "S") return "sent";
  return old == "F" ? "failed" : "held";
}

void add_mail(std::vector<Row>& rows, unsigned number, const std::string& state, const std::string& address) {
  const auto id = std::to_string(job_number(number));
  const auto mail = fmt::format("From: fax@example.com\r\nTo: {}\r\nSubject: Fax {}\r\n\r\nFür Sie.\r\n", address, id);
  rows[0].values.emplace_back("KASIZE", std::to_string(mail.size()));
  rows.push_back({"FAXRCP", {{"RCKA", id}, {"RCADDR", address}, {"RCSTAT", state == "held" ? "queued" : state}}});
  rows.push_back({"FAXMSG", {{"MSKA", id}, {"MSMAIL", mail}}});
}

}  // namespace

std::string day(unsigned number) {
  if (number % 31 == 0) return "2000-02-29";
  const std::chrono::sys_days first{std::chrono::year{1999} / 11 / 1};
  const std::chrono::year_month_day date{first + std::chrono::days{number * 7 % 970}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string time_of_day(Chance& chance) {
  return fmt::format("{:02}:{:02}:{:02}", chance.below(24), chance.below(60), chance.below(60));
}

std::string fill(const std::string& text, std::size_t length) {
  std::string result;
  for (std::size_t at = 0, characters = 0;; ++at) {
    const auto byte = static_cast<unsigned char>(text[at % text.size()]);
    if ((byte & 0xc0) != 0x80 && characters++ == length) return result;
    result += static_cast<char>(byte);
  }
}

std::vector<Row> job(unsigned number, const Style& style, Chance& chance) {
  const auto id = job_number(number);
  const auto old = status(chance);
  const auto date = day(number), time = time_of_day(chance), fax = fmt::format("FX{:07}", id);
  auto subject = chance.pick(subjects);
  if (chance.one_in(9)) subject = fill("Ergänzung zum Übergabeprotokoll, Blatt für Blatt; ", 50);
  if (chance.one_in(5)) subject = fmt::format("Angebot über {} {}", chance.below(900), style.euro ? "€" : "EUR");
  const auto cost = money(chance);
  std::vector<Row> rows{{style.host ? "" : "FAXKA", {{"KAID", style.host ? fax : std::to_string(id)}}}};
  auto& values = rows[0].values;
  const auto user = chance.pick(users);
  values.insert(values.end(),
                {{"KANR", std::to_string(id)},
                 {"KAKEY", chance.one_in(2) ? fmt::format("AUF-2001-{:06}", id) : fax},
                 {"KASTAT", style.host ? old : new_status(old)},
                 {"KAUSR", user},
                 {"KANAME", chance.one_in(8) ? fill("Übergrößenträger-Ausstattung ", 40) : chance.pick(names)},
                 {"KASUBJ", subject},
                 {"KAPAG", std::to_string(1 + chance.below(30))},
                 {"KADUR", std::to_string(chance.below(4000))},
                 {"KACOST", cost},
                 {"KATRY", std::to_string(chance.below(4))},
                 {"KALIN(1)", std::to_string(chance.below(4))},
                 {"KALIN(3)", std::to_string(chance.below(3))},
                 {"KATIM", time},
                 {"KADAT", date},
                 {"KATS", date + "T" + time + ".000Z"},
                 {"KAFROM", "fax@example.com"},
                 {"KAMSGID", fmt::format("<fax.{}@example.com>", id)},
                 {"KAREP", "2"}});
  if (old == "S") values.emplace_back("KASND", day(number + 1));
  const auto mail = fmt::format("einkauf{}@example.com", id % 50);
  const bool by_mail = chance.one_in(3);
  values.emplace_back(by_mail ? "KAMAIL" : "KANUM", by_mail ? mail : phone(chance));
  if (!style.host) add_mail(rows, number, new_status(old), mail);
  return rows;
}

std::vector<Row> attempt(unsigned number, const Style& style, Chance& chance) {
  constexpr std::array codes{"00", "00", "00", "17", "18", "34", "50", "99"};
  const auto code = chance.pick(codes);
  const auto date = day(number), time = time_of_day(chance);
  const auto fax = job_number(1 + chance.below(number));
  const auto word = code == "00" ? "SENT" : code < "50" ? "RETRY" : "FAIL";
  const auto digits = [](std::string text) {
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
  };
  return {{style.host ? "" : "FAXSTAT",
           {{"STID", std::to_string(number)},
            {"STNR", std::to_string(fax)},
            {"STKA", std::to_string(fax)},
            {"STKEY", chance.one_in(2) ? fmt::format("AUF-2001-{:06}", fax) : ""},
            {"STDAT", style.host ? date : digits(date)},
            {"STTIM", style.host ? time : digits(time)},
            {"STCODE", style.host ? code : word},
            {"STLIN", std::to_string(1 + chance.below(200))},
            {"STDUR", std::to_string(chance.below(900))},
            {"STUNI", money(chance)},
            {"STTS", date + "T" + time},
            {"STRCP", fmt::format("einkauf{}@example.com", fax % 50)},
            {"STSMTP", code == "00" ? "250" : "0"},
            {"STTEXT", code == "00" ? "2.0.0 Ok" : "kein Anschluß"}}}};
}

std::vector<Row> archived(unsigned number, const Style& style, Chance& chance) {
  const auto fax = job_number(number);
  const auto path = fmt::format("archiv/{}/Fax für Prüfung {:07}.TIF", 1999 + number % 4, fax);
  return {{style.host ? "" : "FAXARC",
           {{"ARID", std::to_string(number * 2)},
            {"ARNR", std::to_string(fax)},
            {"ARKA", std::to_string(fax)},
            {"ARDAT", day(number)},
            {"ARUNTIL", "2031-12-31"},
            {"ARPATH", (style.host ? "/Toolmaker/" : "/srv/toolmaker/") + path},
            {"ARSIZE", std::to_string(std::uint64_t{40000} * (1 + chance.below(200000)))},
            {"ARKEEP", std::to_string(chance.one_in(5) ? 10 : 6)},
            {"ARUSR", chance.pick(users)}}}};
}

}  // namespace dfi::history
