// SPDX-License-Identifier: Apache-2.0
// Literal answers of servers and reasons of failed steps, each with the doctor's rule it must lead to.
#pragma once
#include <string>
#include <vector>

namespace faxmail::test {

struct DoctorRow {
  std::string rule;   // id
  std::string phase;  // empty: the event's own
  std::string reply;  // as the server writes it, CRLF left out; empty: none
  std::string event = {}, reason = {};
  std::vector<std::string> named;  // what the sentence must name, in both languages
  std::string auth = {};
  int tls = -1;  // 0, 1; else unknown
  std::string server = "mail.example.com";
};

std::vector<DoctorRow> rows_of_the_way();    // name, connection, encryption
std::vector<DoctorRow> rows_of_the_login();  // AUTH, tokens
std::vector<DoctorRow> rows_of_the_mail();   // sender, limits, recipient, message

}  // namespace faxmail::test
