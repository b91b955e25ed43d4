// Entry bundles (C2SP tlog-tiles v0.1.0): records one after the other, each after
// its length in 16 bits, big-endian. Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_ENTRY_BUNDLE_H_
#define CONCORDAT_TLOG_ENTRY_BUNDLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Appends a record. INVALID_ARGUMENT, and nothing is appended, when it has more
// than kMaxRecordBytes bytes.
absl::Status AppendEntry(absl::string_view record, std::string& bundle);

// The records of a bundle, views into `bundle`, which must have `width` of them
// (1 to 256) and not a byte more. DATA_LOSS else.
absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bundle,
                                                                int width);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_ENTRY_BUNDLE_H_
