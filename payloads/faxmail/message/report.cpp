// SPDX-License-Identifier: Apache-2.0
#include "payloads/faxmail/message/report.hpp"

#include <fmt/core.h>
#include <unistd.h>

#include "payloads/faxmail/message/encoding.hpp"
#include "payloads/faxmail/message/mail.hpp"
#include "payloads/faxmail/message/parts.hpp"

namespace faxmail {
namespace {

std::string host_name() {
  char host[256] = "";
  return ::gethostname(host, sizeof host - 1) == 0 && host[0] != '\0' ? host : "localhost";
}

/// Replies and subjects come from outside: nothing of them may end a line.
std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return text;
}

std::string ascii(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x7f) c = '?';
  return one_line(std::move(text));
}

/// The enhanced code a reply begins with (RFC 3463), else one that says as much as we know.
std::string status_of(const ReportedMail& mail, const ReportedRecipient& recipient) {
  const auto word = recipient.text.substr(0, recipient.text.find(' '));
  const bool enhanced =
      word.size() >= 5 && word.find_first_not_of("0123456789.") == std::string::npos && word[1] == '.';
  if (enhanced && (word[0] == '5') == mail.failed) return word;
  return mail.failed ? "5.0.0" : "4.0.0";
}

std::string for_people(const Report& report, const Texts& texts) {
  auto text = texts("report.head") + "\n";
  for (const auto& mail : report.mails) {
    text += "\n" +
            texts(mail.failed ? "report.failed" : "report.delayed",
                  {{"subject", one_line(mail.subject)}, {"message_id", mail.message_id}, {"accepted", mail.accepted}}) +
            "\n";
    for (const auto& recipient : mail.recipients)
      text += fmt::format("  {}: {} {}\n", recipient.address, recipient.code, one_line(recipient.text));
  }
  return text;
}

std::string for_programs(const Report& report) {
  std::string text = "Reporting-MTA: dns; " + host_name() + "\r\n";
  for (const auto& mail : report.mails)
    for (const auto& recipient : mail.recipients)
      text += fmt::format(
          "\r\nOriginal-Message-ID: {}\r\nFinal-Recipient: {}; {}\r\nAction: {}\r\nStatus: {}\r\nDiagnostic-Code: "
          "smtp; "
          "{} {}\r\n",
          ascii(mail.message_id), is_ascii(recipient.address) ? "rfc822" : "utf-8", ascii(recipient.address),
          mail.failed ? "failed" : "delayed", status_of(mail, recipient), recipient.code,
          ascii(recipient.text).substr(0, 400));
  return text;
}

}  // namespace

Submission compose_report(const Report& report, const Texts& texts) {
  const auto at = report.to.rfind('@');
  Address author{"faxmail", report.postmaster};
  if (author.spec.empty())
    author.spec = "MAILER-DAEMON" + (at == std::string::npos ? "@localhost" : report.to.substr(at));
  bool failed = false;
  for (const auto& mail : report.mails) failed = failed || mail.failed;
  Submission submission;
  submission.user = "faxmaild";
  submission.subject = texts(failed ? "report.subject_failed" : "report.subject_delayed");
  submission.message_id = new_message_id(author);
  submission.to = {report.to};
  const auto boundary = "=_" + random_hex(12);
  submission.message =
      fmt::format(
          "Date: {}\r\nFrom: {} <{}>\r\nTo: {}\r\nSubject: {}\r\nMessage-ID: {}\r\nAuto-Submitted: auto-replied\r\n"
          "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n "
          "boundary=\"{}\"\r\n\r\n",
          mail_date(), author.name, author.spec, report.to, encode_header_text(submission.subject, 9),
          submission.message_id, boundary) +
      fmt::format("--{}\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
                  boundary, base64_lines(for_people(report, texts))) +
      fmt::format("--{}\r\nContent-Type: message/delivery-status\r\n\r\n{}\r\n--{}--\r\n", boundary,
                  for_programs(report), boundary);
  return submission;
}

}  // namespace faxmail
