#include "client/internal/extract_verifier.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::internal {
namespace {

using Response = v1::ExtractObservationsResponse;

constexpr size_t kMaxChunkBytes = 64 * 1024;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("the extract is damaged: ", what, "; throw away what was written"));
}

absl::Status CountsDiffer(absl::string_view what, int64_t came, int64_t stated) {
  return Damaged(absl::StrCat(came, " ", what, " came, but its manifest says ", stated));
}

}  // namespace

ExtractVerifier::ExtractVerifier(const v1::ExtractObservationsRequest& request)
    : release_(request.parent()),
      has_rows_(request.format() != v1::ExtractObservationsRequest::TIDY_METADATA),
      is_csv_(request.format() != v1::ExtractObservationsRequest::NDJSON) {}

absl::Status ExtractVerifier::Accept(const Response& message) {
  if (expected_ == Expected::kEnd) return Damaged("a message came after its manifest");
  if (message.has_header() != (expected_ == Expected::kHeader)) {
    return Damaged(message.has_header() ? "its header came twice"
                                        : "its header did not come first");
  }
  switch (message.part_case()) {
    case Response::kHeader:
      return AcceptHeader(message.header());
    case Response::kChunk:
      return AcceptChunk(message.chunk());
    case Response::kManifest:
      return AcceptManifest(message.manifest());
    case Response::PART_NOT_SET:
      break;
  }
  return Damaged("a message has no known part");
}

absl::Status ExtractVerifier::AcceptHeader(const Response::Header& header) {
  if (header.release() != release_) return Damaged("it is of another release");
  summary_.header = header;
  expected_ = Expected::kChunkOrManifest;
  return absl::OkStatus();
}

absl::Status ExtractVerifier::AcceptChunk(const Response::Chunk& chunk) {
  if (chunk.index() != chunks_) {
    return Damaged(
        absl::StrCat("chunk ", chunk.index(), " came where chunk ", chunks_, " was to come"));
  }
  if (chunk.data().size() > kMaxChunkBytes) {
    return Damaged(absl::StrCat("chunk ", chunks_, " is larger than 64 KiB"));
  }
  if (Sha256Of(chunk.data()) != chunk.sha256()) {
    return Damaged(absl::StrCat("the digest of chunk ", chunks_, " is wrong"));
  }
  digest_.Update(chunk.data());
  CountLines(chunk.data());
  bytes_ += static_cast<int64_t>(chunk.data().size());
  ++chunks_;
  return absl::OkStatus();
}

absl::Status ExtractVerifier::AcceptManifest(const Response::Manifest& manifest) {
  if (manifest.chunks() != chunks_) return CountsDiffer("chunks", chunks_, manifest.chunks());
  if (manifest.bytes() != bytes_) return CountsDiffer("bytes", bytes_, manifest.bytes());
  if (manifest.rows() != Rows()) return CountsDiffer("rows", Rows(), manifest.rows());
  if (digest_.Finish() != manifest.sha256()) return Damaged("the digest of the whole is wrong");
  summary_.manifest = manifest;
  expected_ = Expected::kEnd;
  return absl::OkStatus();
}

void ExtractVerifier::CountLines(absl::string_view data) {
  for (const char c : data) {
    // A quoted CSV field may hold line ends; a doubled quote toggles twice.
    if (c == '"' && is_csv_) in_quotes_ = !in_quotes_;
    if (c == '\n' && !in_quotes_) ++lines_;
  }
}

int64_t ExtractVerifier::Rows() const {
  if (!has_rows_) return 0;
  const bool has_header_line = is_csv_ && lines_ > 0;
  return has_header_line ? lines_ - 1 : lines_;
}

absl::StatusOr<ExtractSummary> ExtractVerifier::Finish() {
  if (expected_ != Expected::kEnd) return Damaged("it ended before its manifest");
  return std::move(summary_);
}

}  // namespace concordat::internal
