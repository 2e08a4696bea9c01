// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/conversion/entry.hpp"

#include <array>
#include <string_view>

namespace bench {
namespace {

using Words = std::array<std::string_view, 8>;

// Each word of the lists called umlaut has one, no other word has.
constexpr Words name_umlaut = {"Bäckerei", "Küchenstudio", "Möbelhaus", "Gärtnerei",
                               "Ökohof",   "Straßenbau",   "Übersee",   "Ärztehaus"};
constexpr Words name_plain = {"Druckerei", "Spedition", "Autohaus", "Tischlerei",
                              "Kanzlei",   "Apotheke",  "Verlag",   "Hafenamt"};
constexpr Words place = {"Nord", "Am Markt", "Musterstadt", "Mitte", "Beispielhausen", "Am Hafen", "West", "Altstadt"};
constexpr Words form = {"GmbH", "AG", "KG", "e. K.", "OHG", "& Co. KG", "eG", "GbR"};
constexpr Words subject_umlaut = {"Auftragsbestätigung",     "Rückfrage zu Lieferung",  "Angebot Grünanlage",
                                  "Nachträgliche Lieferung", "Änderung der Bestellung", "Räumung Lager",
                                  "Schlußabrechnung",        "Öffnungszeiten"};
constexpr Words subject_plain = {"Rechnung", "Lieferschein", "Bestellung", "Mahnung",
                                 "Angebot",  "Vertrag",      "Protokoll",  "Speditionsauftrag"};
constexpr Words user = {"QSYSOPR", "FAXUSER1", "FAXUSER2", "EINKAUF", "VERKAUF", "LAGER", "BUCHHALTG", "VERSAND"};

// splitmix64: any number is a seed, so that entries do not depend on those before them.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  unsigned below(unsigned limit) { return static_cast<unsigned>((next() >> 32) * limit >> 32); }
  bool percent(unsigned share) { return below(100) < share; }
  std::string_view of(const Words& words) { return words[below(8)]; }

 private:
  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }
  std::uint64_t state_;
};

void add_digits(std::string& text, unsigned value, std::size_t count) {
  const auto digits = std::to_string(value);
  text.append(count - digits.size(), '0').append(digits);
}

void make_texts(Chance& chance, Entry& entry) {
  entry.user = chance.of(user);
  entry.name = chance.of(chance.percent(78) ? name_umlaut : name_plain);
  entry.name.append(" ").append(chance.of(place)).append(" ").append(chance.of(form));
  entry.number = chance.percent(30) ? "+43 (0)1 / " : "+49 (0)711 / ";
  add_digits(entry.number, chance.below(10'000'000), 7);
  entry.number.append("-");
  add_digits(entry.number, chance.below(1000), 3);
  entry.subject = chance.of(chance.percent(43) ? subject_umlaut : subject_plain);
  entry.subject.append(" Nr. ");
  add_digits(entry.subject, chance.below(1'000'000), 6);
  if (chance.percent(50)) entry.subject.append(" / Musterprojekt");
  entry.mail = "fax";
  add_digits(entry.mail, chance.below(100'000), 5);
  entry.mail.append("@niederlassung.example.com");
}

}  // namespace

void make_entry(std::uint64_t number, Entry& entry) {
  Chance chance(number * 1000);
  entry.id = static_cast<std::int64_t>(number);
  entry.status = "SSSSSSFQ"[chance.below(8)];
  entry.date =
      static_cast<int>((2001 + chance.below(20)) * 10000 + (1 + chance.below(12)) * 100 + 1 + chance.below(28));
  entry.time = static_cast<int>(chance.below(24) * 10000 + chance.below(60) * 100 + chance.below(60));
  make_texts(chance, entry);
  entry.pages = static_cast<int>(chance.percent(2) ? 1 + chance.below(999) : 1 + chance.below(9));
  entry.seconds = entry.pages * static_cast<int>(20 + chance.below(70));
  entry.cost =
      chance.percent(3) ? -static_cast<int>(chance.below(50'000)) : entry.pages * static_cast<int>(chance.below(90));
  entry.retries = chance.percent(1) ? -1 : static_cast<int>(chance.percent(15) ? chance.below(13) : 0);
  entry.preferred_plus = chance.percent(25);
}

}  // namespace bench
