#include "server/domain/extract_writer.h"

#include "server/domain/extract.h"
#include "server/domain/tidy_extract.h"

namespace concordat::domain {
namespace {

constexpr absl::string_view kCsv = "text/csv; charset=utf-8";

class CsvWriter final : public ExtractWriter {
 public:
  absl::string_view media_type() const override { return kCsv; }
  absl::string_view file_suffix() const override { return ".csv"; }
  std::string Head() const override { return ExtractCsvHeader(); }
  void AppendRow(const v1::Observation& observation, const v1::Measure& measure,
                 const AreaPath& areas, std::string& out) const override {
    AppendCsvRow(observation, measure, areas, out);
  }
};

class ExcelCsvWriter final : public ExtractWriter {
 public:
  absl::string_view media_type() const override { return kCsv; }
  absl::string_view file_suffix() const override { return ".csv"; }
  std::string Head() const override { return ExtractExcelCsvHeader(); }
  void AppendRow(const v1::Observation& observation, const v1::Measure& measure,
                 const AreaPath& areas, std::string& out) const override {
    AppendExcelCsvRow(observation, measure, areas, out);
  }
};

class NdjsonWriter final : public ExtractWriter {
 public:
  absl::string_view media_type() const override { return "application/x-ndjson"; }
  absl::string_view file_suffix() const override { return ".ndjson"; }
  void AppendRow(const v1::Observation& observation, const v1::Measure& measure,
                 const AreaPath& areas, std::string& out) const override {
    AppendNdjsonRow(observation, measure, areas, out);
  }
};

}  // namespace

std::unique_ptr<ExtractWriter> MakeExtractWriter(v1::ExtractObservationsRequest::Format format) {
  switch (format) {
    case v1::ExtractObservationsRequest::EXCEL_CSV:
      return std::make_unique<ExcelCsvWriter>();
    case v1::ExtractObservationsRequest::TIDY_CSV:
      return MakeTidyWriter();
    case v1::ExtractObservationsRequest::TIDY_METADATA:
      return MakeTidyMetadataWriter();
    case v1::ExtractObservationsRequest::NDJSON:
      return std::make_unique<NdjsonWriter>();
    default:
      return std::make_unique<CsvWriter>();
  }
}

}  // namespace concordat::domain
