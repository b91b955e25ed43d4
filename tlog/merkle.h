// Hashing of the transparency log's tree (RFC 6962 section 2.1).
#ifndef CONCORDAT_TLOG_MERKLE_H_
#define CONCORDAT_TLOG_MERKLE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Largest record that an entry bundle can hold: its length is written in 16
// bits (C2SP tlog-tiles).
inline constexpr size_t kMaxRecordBytes = 65535;

// SHA-256 of a zero byte and the record, 32 bytes.
std::string LeafHash(absl::string_view record);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_MERKLE_H_
