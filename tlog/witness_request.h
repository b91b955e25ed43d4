// What a log sends to a witness to have a checkpoint cosigned (C2SP tlog-witness
// v1.0.0, add-checkpoint). Pure functions, safe from any thread.
#ifndef CONCORDAT_TLOG_WITNESS_REQUEST_H_
#define CONCORDAT_TLOG_WITNESS_REQUEST_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Largest request that is read: a proof, and a checkpoint with 16 post-quantum
// signatures of 5 kB each.
inline constexpr size_t kMaxWitnessRequestBytes = size_t{128} << 10;

// The content type of a witness's answer with the size that it knows.
inline constexpr char kTreeSizeContentType[] = "text/x.tlog.size";

// A request as it stands, nothing of it verified.
struct WitnessRequest {
  // The size of the checkpoint that the witness cosigned last; 0 for none.
  uint64_t old_size = 0;
  // That the tree grew from `old_size`: 32 bytes a hash, at most 63.
  std::vector<std::string> proof;
  // The signed checkpoint, byte for byte.
  std::string checkpoint;
};

// Reads the body of a request; FormatWitnessRequest of the result gives the same
// bytes again. INVALID_ARGUMENT when it is malformed or too large; its checkpoint
// is not looked into.
absl::StatusOr<WitnessRequest> ParseWitnessRequest(absl::string_view body);

// Writes the body. INVALID_ARGUMENT when ParseWitnessRequest would refuse it.
absl::StatusOr<std::string> FormatWitnessRequest(const WitnessRequest& request);

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_WITNESS_REQUEST_H_
