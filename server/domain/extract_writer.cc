#include "server/domain/extract_writer.h"

#include "server/domain/extract.h"
#include "server/domain/tidy_extract.h"

namespace concordat::domain {

std::unique_ptr<ExtractWriter> MakeExtractWriter(v1::ExtractObservationsRequest::Format format) {
  switch (format) {
    case v1::ExtractObservationsRequest::EXCEL_CSV:
      return MakeExcelCsvWriter();
    case v1::ExtractObservationsRequest::TIDY_CSV:
      return MakeTidyWriter();
    case v1::ExtractObservationsRequest::TIDY_METADATA:
      return MakeTidyMetadataWriter();
    case v1::ExtractObservationsRequest::NDJSON:
      return MakeNdjsonWriter();
    default:
      return MakeCsvWriter();
  }
}

}  // namespace concordat::domain
