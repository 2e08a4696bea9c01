// SPDX-License-Identifier: Apache-2.0
// Reading encoded words (RFC 2047), the opposite of encode_header_text().
#pragma once
#include <string>
#include <string_view>

namespace faxmail {

/// UTF-8 text of a header value. A word in an unknown or wrong encoding stays as it is; control characters, encoded or
/// not, become blanks, so that the result may be shown and written into a header again.
std::string decode_words(std::string_view text);

}  // namespace faxmail
