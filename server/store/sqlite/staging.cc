#include "server/store/sqlite/staging.h"

#include "base/status.h"

namespace concordat::store {

absl::StatusOr<Staging> Staging::Prepare(Connection& connection) {
  Staging staging;
  ASSIGN_OR_RETURN(staging.find_,
                   connection.Prepare("SELECT id, store_revision FROM submission WHERE name=?"));
  ASSIGN_OR_RETURN(
      staging.add_,
      connection.Prepare("INSERT INTO submission (name, provider) VALUES (?,?) RETURNING id"));
  ASSIGN_OR_RETURN(staging.stage_,
                   connection.Prepare("INSERT INTO figure (submission, measure, period, area, "
                                      "breakdown, row, body) VALUES (?,?,?,?,?,?,?) "
                                      "ON CONFLICT DO NOTHING RETURNING id"));
  ASSIGN_OR_RETURN(staging.unstage_,
                   connection.Prepare("DELETE FROM figure WHERE measure=? AND period=? AND area=? "
                                      "AND breakdown=? AND submission=?"));
  ASSIGN_OR_RETURN(staging.drop_,
                   connection.Prepare("DELETE FROM figure WHERE id IN (SELECT id FROM figure "
                                      "WHERE submission=? LIMIT ?) RETURNING id"));
  ASSIGN_OR_RETURN(staging.forget_, connection.Prepare("DELETE FROM submission WHERE id=?"));
  ASSIGN_OR_RETURN(
      staging.apply_,
      connection.Prepare("UPDATE submission SET store_revision=?, recorded=? WHERE id=?"));
  return staging;
}

absl::StatusOr<int64_t> Staging::Find(absl::string_view submission) const {
  Query query = find_.Start();
  query.Bind(submission);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return 0;
  if (query.Int(1) != 0) return absl::FailedPreconditionError("the submission was applied");
  return query.Int(0);
}

absl::StatusOr<std::vector<size_t>> Staging::Stage(absl::string_view submission,
                                                   absl::string_view provider,
                                                   absl::Span<const FigureRow> rows) {
  ASSIGN_OR_RETURN(int64_t id, Find(submission));
  if (id == 0) {
    Query query = add_.Start();
    query.Bind(submission).Bind(provider);
    RETURN_IF_ERROR(query.Step().status());
    id = query.Int(0);
  }
  std::vector<size_t> refused;
  for (size_t i = 0; i < rows.size(); ++i) {
    const FigureRow& row = rows[i];
    Query query = stage_.Start();
    query.Bind(id)
        .Bind(row.measure)
        .Bind(row.key.period)
        .Bind(row.key.area)
        .Bind(row.key.breakdown)
        .Bind(row.row)
        .BindBlob(row.body);
    ASSIGN_OR_RETURN(const bool kept, query.Step());
    if (!kept) refused.push_back(i);
  }
  return refused;
}

absl::Status Staging::Unstage(absl::string_view submission, absl::Span<const FigureRow> rows) {
  ASSIGN_OR_RETURN(const int64_t id, Find(submission));
  for (const FigureRow& row : rows) {
    Query query = unstage_.Start();
    query.Bind(row.measure)
        .Bind(row.key.period)
        .Bind(row.key.area)
        .Bind(row.key.breakdown)
        .Bind(id);
    RETURN_IF_ERROR(query.Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Staging::Drop(absl::string_view submission, size_t most) {
  ASSIGN_OR_RETURN(const int64_t id, Find(submission));
  if (id == 0) return false;
  size_t dropped = 0;
  {
    Query query = drop_.Start();
    query.Bind(id).Bind(static_cast<int64_t>(most));
    while (true) {
      ASSIGN_OR_RETURN(const bool found, query.Step());
      if (!found) break;
      ++dropped;
    }
  }
  if (dropped == most) return true;
  Query query = forget_.Start();
  query.Bind(id);
  RETURN_IF_ERROR(query.Run());
  return false;
}

absl::Status Staging::Apply(absl::string_view submission, int64_t revision, absl::Time recorded) {
  ASSIGN_OR_RETURN(const int64_t id, Find(submission));
  Query query = apply_.Start();
  query.Bind(revision).Bind(absl::ToUnixMicros(recorded)).Bind(id);
  return query.Run();
}

}  // namespace concordat::store
