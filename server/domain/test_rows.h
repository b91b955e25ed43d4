// Whole rows of an extract, for tests.
#ifndef CONCORDAT_SERVER_DOMAIN_TEST_ROWS_H_
#define CONCORDAT_SERVER_DOMAIN_TEST_ROWS_H_

#include <string>

#include "server/domain/extract_writer.h"

namespace concordat::domain {

// The row of one figure, with its line end.
inline std::string RowOf(const ExtractWriter& writer, const v1::Observation& observation,
                         const v1::Measure& measure, const AreaPath& areas) {
  const PeriodCells period_cells = writer.CellsOf(observation.period());
  const std::string area_cells = writer.CellsOf(areas);
  const std::string measure_cells = writer.CellsOf(measure);
  std::string row;
  writer.AppendRow({observation, measure, period_cells, area_cells, measure_cells}, row);
  return row;
}

}  // namespace concordat::domain

#endif  // CONCORDAT_SERVER_DOMAIN_TEST_ROWS_H_
