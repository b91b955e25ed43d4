#include "server/store/sqlite/rewriting.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::store {
namespace {

// Reads are short. A backup's is not, and the audit log does not wait for it.
constexpr absl::Duration kPatienceWithReaders = absl::Milliseconds(100);

}  // namespace

absl::StatusOr<Rewriting> Rewriting::Prepare(Connection& connection) {
  Rewriting rewriting;
  rewriting.connection_ = &connection;
  ASSIGN_OR_RETURN(rewriting.rewrite_revision_,
                   connection.Prepare("UPDATE resource SET body=?, committed=? WHERE kind=? AND "
                                      "name=? AND revision=?"));
  ASSIGN_OR_RETURN(
      rewriting.rewrite_observation_,
      connection.Prepare("UPDATE observation SET body=? WHERE release=? AND ordinal=?"));
  ASSIGN_OR_RETURN(rewriting.drop_lines_,
                   connection.Prepare("DELETE FROM line_page WHERE release=?"));
  // CROSS JOIN, so that the submission's own figures lead whatever the planner thinks.
  ASSIGN_OR_RETURN(
      rewriting.find_figures_,
      connection.Prepare(
          "SELECT figure.measure, figure.period, figure.area, figure.breakdown, figure.row, "
          "figure.body, submission.name FROM figure AS own INDEXED BY figure_by_submission "
          "CROSS JOIN figure INDEXED BY figure_by_key ON figure.measure=own.measure AND "
          "figure.period=own.period AND figure.area=own.area AND figure.breakdown=own.breakdown "
          "CROSS JOIN submission ON submission.id=figure.submission WHERE own.submission="
          "(SELECT id FROM submission WHERE name=?) AND instr(figure.body, ?)>0 AND "
          "submission.store_revision>0"));
  ASSIGN_OR_RETURN(rewriting.rewrite_figure_,
                   connection.Prepare("UPDATE figure SET body=? WHERE measure=? AND period=? AND "
                                      "area=? AND breakdown=? AND submission=(SELECT id FROM "
                                      "submission WHERE name=?)"));
  ASSIGN_OR_RETURN(rewriting.find_replies_,
                   connection.Prepare("SELECT client, method, request_id, reply FROM reply WHERE "
                                      "instr(reply, ?)>0"));
  ASSIGN_OR_RETURN(rewriting.rewrite_reply_,
                   connection.Prepare("UPDATE reply SET reply=? WHERE client=? AND method=? AND "
                                      "request_id=?"));
  ASSIGN_OR_RETURN(rewriting.find_proposal_,
                   connection.Prepare("SELECT client, time FROM redaction_proposal WHERE digest=? "
                                      "AND time>=?"));
  ASSIGN_OR_RETURN(rewriting.put_proposal_,
                   connection.Prepare("INSERT OR REPLACE INTO redaction_proposal (digest, client, "
                                      "time) VALUES (?,?,?)"));
  ASSIGN_OR_RETURN(rewriting.drop_proposal_,
                   connection.Prepare("DELETE FROM redaction_proposal WHERE digest=?"));
  ASSIGN_OR_RETURN(rewriting.forget_proposals_,
                   connection.Prepare("DELETE FROM redaction_proposal WHERE time<?"));
  ASSIGN_OR_RETURN(rewriting.empty_log_, connection.Prepare("PRAGMA wal_checkpoint(TRUNCATE)"));
  return rewriting;
}

absl::Status Rewriting::RewriteRevision(Kind kind, const Row& row, absl::Time committed) {
  tables_.insert("resource");
  Query query = rewrite_revision_.Start();
  query.BindBlob(row.body)
      .Bind(absl::ToUnixMicros(committed))
      .Bind(static_cast<int64_t>(kind))
      .Bind(row.name)
      .Bind(row.revision);
  return query.Run();
}

absl::Status Rewriting::RewriteObservation(absl::string_view release, const ObservationRow& row) {
  tables_.insert("observation");
  Query query = rewrite_observation_.Start();
  query.BindBlob(row.body).Bind(release).Bind(row.ordinal);
  return query.Run();
}

absl::Status Rewriting::DropLines(absl::string_view release) {
  tables_.insert("line_page");
  Query query = drop_lines_.Start();
  query.Bind(release);
  return query.Run();
}

absl::Status Rewriting::ScanFiguresWithText(absl::string_view submission, absl::string_view text,
                                            absl::FunctionRef<bool(const FigureRow&)> visit) const {
  Query query = find_figures_.Start();
  query.Bind(submission).BindBlob(text);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    FigureRow row;
    row.measure = std::string(query.Text(0));
    row.key = {std::string(query.Text(1)), std::string(query.Text(2)), std::string(query.Text(3))};
    row.row = query.Int(4);
    row.body = std::string(query.Text(5));
    row.submission = std::string(query.Text(6));
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::Status Rewriting::RewriteFigure(const FigureRow& row) {
  tables_.insert("figure");
  Query query = rewrite_figure_.Start();
  query.BindBlob(row.body)
      .Bind(row.measure)
      .Bind(row.key.period)
      .Bind(row.key.area)
      .Bind(row.key.breakdown)
      .Bind(row.submission);
  return query.Run();
}

absl::Status Rewriting::RewriteReplies(
    absl::string_view text,
    absl::FunctionRef<absl::StatusOr<std::string>(absl::string_view, absl::string_view)> rewrite) {
  struct Found {
    std::string client;
    std::string method;
    std::string request_id;
    std::string reply;
  };
  // A table is not changed while it is read.
  std::vector<Found> replies;
  {
    Query query = find_replies_.Start();
    query.BindBlob(text);
    while (true) {
      ASSIGN_OR_RETURN(const bool found, query.Step());
      if (!found) break;
      replies.push_back({std::string(query.Text(0)), std::string(query.Text(1)),
                         std::string(query.Text(2)), std::string(query.Text(3))});
    }
  }
  for (const Found& found : replies) {
    ASSIGN_OR_RETURN(const std::string reply, rewrite(found.method, found.reply));
    tables_.insert("reply");
    Query query = rewrite_reply_.Start();
    query.BindBlob(reply).Bind(found.client).Bind(found.method).Bind(found.request_id);
    RETURN_IF_ERROR(query.Run());
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<RedactionProposal>> Rewriting::FindProposal(
    absl::string_view digest, absl::Time not_before) const {
  Query query = find_proposal_.Start();
  query.BindBlob(digest).Bind(absl::ToUnixMicros(not_before));
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) return std::nullopt;
  return RedactionProposal{std::string(query.Text(0)), absl::FromUnixMicros(query.Int(1))};
}

absl::Status Rewriting::PutProposal(absl::string_view digest, const RedactionProposal& proposal,
                                    absl::Time forget_before) {
  {
    Query forget = forget_proposals_.Start();
    forget.Bind(absl::ToUnixMicros(forget_before));
    RETURN_IF_ERROR(forget.Run());
  }
  Query query = put_proposal_.Start();
  query.BindBlob(digest).Bind(proposal.client).Bind(absl::ToUnixMicros(proposal.time));
  return query.Run();
}

absl::Status Rewriting::DropProposal(absl::string_view digest) {
  Query query = drop_proposal_.Start();
  query.BindBlob(digest);
  return query.Run();
}

absl::Status Rewriting::RebuildTables() {
  for (const std::string& table : tables_) {
    RETURN_IF_ERROR(connection_->Execute(
        absl::StrCat("CREATE TABLE rebuilt AS SELECT * FROM ", table, "; DELETE FROM ", table,
                     "; INSERT INTO ", table, " SELECT * FROM rebuilt; DROP TABLE rebuilt")
            .c_str()));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> Rewriting::EmptyLog() {
  RETURN_IF_ERROR(connection_->SetPatience(kPatienceWithReaders));
  absl::StatusOr<bool> emptied = [&]() -> absl::StatusOr<bool> {
    Query query = empty_log_.Start();
    RETURN_IF_ERROR(query.Step().status());
    return query.Int(0) == 0;
  }();
  RETURN_IF_ERROR(connection_->SetPatience(Connection::kPatience));
  return emptied;
}

}  // namespace concordat::store
