// What the rows of an extract have in common: measures, areas and periods, read and
// written once.
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

// Of one extract. What it is made with must outlive it; what it gives lives as long as
// it does, but for a period's. Holds as much as the directory and the measures of one
// release do. Not thread-safe.
class ExtractCells {
 public:
  // All reads are of `point`, and ask for `grant`.
  ExtractCells(const store::Store& store, const auth::Grant& grant, store::ReadPoint point,
               const domain::ExtractWriter& writer)
      : store_(store), grant_(grant), point_(point), writer_(writer) {}

  struct OfMeasure {
    // Its title, unit and decimal places: what rows ask for. The rest is not kept, since
    // readers may be many and slow.
    v1::Measure measure;
    std::string cells;
    // A row of it is in the file: its provider's contribution leaves. The caller's to set.
    bool has_left = false;
  };
  // Of a figure's measure and area, by name. As Store::Find where it cannot be read.
  absl::StatusOr<OfMeasure*> Measure(const std::string& name);
  absl::StatusOr<const std::string*> Area(const std::string& name);
  // Valid until the next call.
  const domain::PeriodCells& Period(const v1::Period& period);

 private:
  // Kind, first day and last day: all that the cells show of a period.
  using PeriodKey = std::tuple<int, int, int, int, int, int, int>;

  template <typename Message>
  absl::Status Read(store::Kind kind, const std::string& name, Message& message) const;

  const store::Store& store_;
  const auth::Grant& grant_;
  const store::ReadPoint point_;
  const domain::ExtractWriter& writer_;
  absl::node_hash_map<std::string, OfMeasure> measures_;
  absl::node_hash_map<std::string, std::string> area_cells_;
  absl::node_hash_map<PeriodKey, domain::PeriodCells> periods_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_EXTRACT_CELLS_H_
