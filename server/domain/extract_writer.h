// A file of an extract, in one of its layouts.
#ifndef CONCORDAT_SERVER_DOMAIN_EXTRACT_WRITER_H_
#define CONCORDAT_SERVER_DOMAIN_EXTRACT_WRITER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "server/domain/extract_text.h"

namespace concordat::domain {

// Writes one file: its head, then its rows. The same calls give the same bytes. Not
// thread-safe.
class ExtractWriter {
 public:
  virtual ~ExtractWriter() = default;

  virtual absl::string_view media_type() const = 0;
  // The end of the file's name, such as `.csv`.
  virtual absl::string_view file_suffix() const = 0;

  // Whether Survey has to see every figure before Head is asked for.
  virtual bool needs_survey() const { return false; }
  // FIELDS_INVALID when the layout has no place for the figure.
  virtual absl::Status Survey(const v1::Observation& /*observation*/,
                              const v1::Measure& /*measure*/) {
    return absl::OkStatus();
  }

  // What stands before the first row; empty when nothing does.
  virtual std::string Head() const { return ""; }
  // Whether figures have rows: not in a file about the file.
  virtual bool has_rows() const { return true; }
  // Appends one figure's row, with its line end.
  virtual void AppendRow(const v1::Observation& observation, const v1::Measure& measure,
                         const AreaPath& areas, std::string& out) const = 0;
};

// The writer of `format`; never null.
std::unique_ptr<ExtractWriter> MakeExtractWriter(v1::ExtractObservationsRequest::Format format);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_EXTRACT_WRITER_H_
