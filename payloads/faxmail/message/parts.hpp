// SPDX-License-Identifier: Apache-2.0
// The parts of a MIME message (RFC 2045, 2046, 2387). A part is its header lines, a blank line and its body, everything
// ASCII in short lines ended by CRLF.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace faxmail {

struct Attachment {
  std::string name;  // file name without directory, UTF-8
  std::string type;  // "application/pdf" or "image/tiff"
  std::string content;

  /// Throws os_error or Error mail_attachment_kind (only PDF and TIF).
  static Attachment read(const std::filesystem::path& file);
};

/// A picture shown in the HTML text.
struct Logo {
  std::string name;    // of FAXLGO
  std::string format;  // "png", "jpeg" or "gif"
  std::string content;
};

std::string random_hex(std::size_t bytes);
/// All line ends become CRLF, also a lone CR: nothing in a text can look like the end of the mail to some server.
std::string crlf_lines(std::string_view text);
/// "&lt;" for "<" and so on: a text that stands in HTML.
std::string html_escaped(std::string_view text);

/// `subtype`: plain, html. As 7bit if it is ASCII in short lines, else base64. Throws Error mail_not_utf8.
std::string text_part(const std::string& text, const std::string& subtype);
/// The same for bytes that came in without a word about them.
std::string unlabelled_part(const std::string& lines);
/// True if these CRLF lines cannot travel as 7bit text.
bool needs_encoding(std::string_view lines);
std::string attachment_part(const Attachment& attachment);
std::string logo_part(const Logo& logo, const std::string& content_id);
/// `kind`: mixed, alternative, related; `parameters` such as "; type=\"text/html\"".
std::string multipart(const std::string& kind, const std::vector<std::string>& parts,
                      const std::string& parameters = {});

}  // namespace faxmail
