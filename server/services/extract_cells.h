// The rows of an extract. What they have in common, their measures, areas and periods, is
// read and written once.
#ifndef CONCORDAT_SERVER_SERVICES_EXTRACT_CELLS_H_
#define CONCORDAT_SERVER_SERVICES_EXTRACT_CELLS_H_

#include <string>
#include <tuple>

#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "auth/grant.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"
#include "server/domain/extract_writer.h"
#include "server/store/store.h"

namespace concordat::services {

// Of one extract. What it is made with must outlive it. Holds as much as the directory
// and the measures of one release do. Not thread-safe.
class ExtractCells {
 public:
  // All reads are of `point`, and ask for `grant`.
  ExtractCells(const store::Reader& reader, const auth::Grant& grant, store::ReadPoint point,
               const domain::ExtractWriter& writer)
      : reader_(reader), grant_(grant), point_(point), writer_(writer) {}

  // The figure's measure: its title as it is frozen beside the figure, its unit and its
  // decimal places. As Reader::Find where it cannot be read. Valid as long as this object.
  absl::StatusOr<const v1::Measure*> MeasureOf(const v1::Observation& figure);
  // Appends the figure's row. As Reader::Find where what it names cannot be read.
  absl::Status AppendRow(const v1::Observation& figure, std::string& out);

 private:
  struct OfMeasure {
    // What rows ask for. The rest is not kept, since readers may be many and slow.
    v1::Measure measure;
    std::string cells;
  };
  // Kind, first day and last day: all that the cells show of a period.
  using PeriodKey = std::tuple<int, int, int, int, int, int, int>;

  absl::StatusOr<const OfMeasure*> Measure(const v1::Observation& figure);
  // With the name that is frozen beside the figure.
  absl::StatusOr<const std::string*> Area(const v1::Observation& figure);
  // Valid until the next call.
  const domain::PeriodCells& Period(const v1::Period& period);
  template <typename Message>
  absl::Status Read(store::Kind kind, const std::string& name, Message& message) const;

  const store::Reader& reader_;
  const auth::Grant& grant_;
  const store::ReadPoint point_;
  const domain::ExtractWriter& writer_;
  absl::node_hash_map<std::string, OfMeasure> measures_;
  absl::node_hash_map<std::string, std::string> area_cells_;
  absl::node_hash_map<PeriodKey, domain::PeriodCells> periods_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_EXTRACT_CELLS_H_
