// Checks an extract while it arrives: order, digests, and the manifest.
#ifndef CONCORDAT_CLIENT_INTERNAL_EXTRACT_VERIFIER_H_
#define CONCORDAT_CLIENT_INTERNAL_EXTRACT_VERIFIER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "concordat/extract.h"
#include "concordat/v1/release_service.pb.h"

namespace concordat::internal {

// One extract. Not thread-safe.
class ExtractVerifier {
 public:
  explicit ExtractVerifier(const v1::ExtractObservationsRequest& request);

  // Takes the next message. DATA_LOSS when it is not what has to come next, or
  // is damaged; its bytes must then not be used.
  absl::Status Accept(const v1::ExtractObservationsResponse& message);

  // The extract, once its stream ended well. DATA_LOSS when its manifest did not
  // come. No other call may follow.
  absl::StatusOr<ExtractSummary> Finish();

 private:
  enum class Expected { kHeader, kChunkOrManifest, kEnd };

  absl::Status AcceptHeader(const v1::ExtractObservationsResponse::Header& header);
  absl::Status AcceptChunk(const v1::ExtractObservationsResponse::Chunk& chunk);
  absl::Status AcceptManifest(const v1::ExtractObservationsResponse::Manifest& manifest);
  void CountLines(absl::string_view data);
  int64_t Rows() const;

  const std::string release_;
  const bool has_rows_;
  const bool is_csv_;
  Expected expected_ = Expected::kHeader;
  Sha256 digest_;
  int64_t chunks_ = 0;
  int64_t bytes_ = 0;
  int64_t lines_ = 0;
  bool in_quotes_ = false;
  ExtractSummary summary_;
};

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_EXTRACT_VERIFIER_H_
