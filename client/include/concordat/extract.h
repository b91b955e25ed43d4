// What came of an extract.
#ifndef CONCORDAT_EXTRACT_H_
#define CONCORDAT_EXTRACT_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concordat/v1/release_service.pb.h"

namespace concordat {

// Takes the next bytes of the file, at most 64 KiB, in order. An error cancels
// the extract, which then returns it. The file is whole only when
// Client::Extract returned OK: until then, write where it can be thrown away.
using ExtractSink = absl::FunctionRef<absl::Status(absl::string_view bytes)>;

// A complete extract whose digests all agree.
struct ExtractSummary {
  // The release, and the agreement it left under.
  v1::ExtractObservationsResponse::Header header;
  // Rows, bytes and SHA-256 of the whole file.
  v1::ExtractObservationsResponse::Manifest manifest;
};

}  // namespace concordat

#endif  // CONCORDAT_EXTRACT_H_
