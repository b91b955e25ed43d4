// What redaction leaves of a text, and which fields hold text that people write.
// Pure functions, safe from any thread.
#ifndef CONCORDAT_SERVER_DOMAIN_TOMBSTONE_H_
#define CONCORDAT_SERVER_DOMAIN_TOMBSTONE_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace concordat::domain {

// Stands in the place of a redacted text. Not the empty text: titles are required,
// and a reader has to see that something stood there.
inline constexpr absl::string_view kTombstone = "[redacted]";

// Whether the field holds free text of a plan, action, report, measure, return,
// submission, release or figure. Names, identifiers, digests, dates and enums are none:
// what they say is not written by anybody, or holds the data together.
bool IsFreeText(const google::protobuf::FieldDescriptor& field);

// Puts the tombstone in the place of each free text of `message`, and of all that it
// holds, which holds `text`, as a whole. The steps of a due date are words of its
// text, and go with it. Returns how many texts it replaced. `text` is not empty.
int64_t RedactTexts(google::protobuf::Message& message, absl::string_view text);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_TOMBSTONE_H_
