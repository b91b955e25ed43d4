#include "server/store/sqlite/freezing.h"

#include <string>

#include "absl/strings/str_join.h"
#include "base/status.h"

namespace concordat::store {

absl::StatusOr<Freezing> Freezing::Prepare(Connection& connection) {
  Freezing freezing;
  ASSIGN_OR_RETURN(freezing.put_observation_,
                   connection.Prepare("INSERT INTO observation (release, ordinal, measure, area, "
                                      "level, topics, body) VALUES (?,?,?,?,?,?,?)"));
  ASSIGN_OR_RETURN(freezing.put_lines_,
                   connection.Prepare("INSERT INTO line_page (release, last_ordinal, line_index, "
                                      "texts) VALUES (?,?,?,?)"));
  return freezing;
}

absl::Status Freezing::PutObservations(absl::string_view release,
                                       const std::vector<ObservationRow>& rows) {
  for (const ObservationRow& row : rows) {
    const std::string topics = absl::StrJoin(row.topics, " ");
    Query query = put_observation_.Start();
    query.Bind(release)
        .Bind(row.ordinal)
        .Bind(row.measure)
        .Bind(row.area)
        .Bind(static_cast<int64_t>(row.level))
        .Bind(topics)
        .BindBlob(row.body);
    RETURN_IF_ERROR(query.Run());
  }
  return absl::OkStatus();
}

absl::Status Freezing::PutLines(absl::string_view release, absl::Span<const LineRow> lines) {
  const LinePage page = MakeLinePage(lines);
  Query query = put_lines_.Start();
  query.Bind(release).Bind(lines.back().ordinal).BindBlob(page.index).BindBlob(page.texts);
  return query.Run();
}

}  // namespace concordat::store
