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

// What the rows of one period have alike, as a layout writes it.
struct PeriodCells {
  // The columns of the standard.
  std::string time;
  // The first and last day; empty in a layout that lacks them.
  std::string days;
};

// One figure, and what its row has in common with others: of its own period, area and
// measure, as the file's writer made it. All of it must outlive the call that uses it.
struct FigureRow {
  const v1::Observation& observation;
  const v1::Measure& measure;
  const PeriodCells& period_cells;
  absl::string_view area_cells;
  absl::string_view measure_cells;
};

// Writes one file: its head, then its rows. The same calls give the same bytes. Not
// thread-safe. What many rows have alike is made once, by the functions for cells, and
// kept by the caller: in a file of a million rows that is most of the work.
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

  virtual PeriodCells CellsOf(const v1::Period& period) const = 0;
  virtual std::string CellsOf(const AreaPath& areas) const = 0;
  virtual std::string CellsOf(const v1::Measure& measure) const = 0;
  // Appends one figure's row, with its line end.
  virtual void AppendRow(const FigureRow& row, std::string& out) const = 0;
};

// The writer of `format`; never null.
std::unique_ptr<ExtractWriter> MakeExtractWriter(v1::ExtractObservationsRequest::Format format);

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_EXTRACT_WRITER_H_
