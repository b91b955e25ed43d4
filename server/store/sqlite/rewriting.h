// Redaction in SQLite: rows are changed where they stand, and what they held leaves
// the files.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_REWRITING_H_
#define CONCORDAT_SERVER_STORE_SQLITE_REWRITING_H_

#include <optional>
#include <string>

#include "absl/container/btree_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/store/sqlite/connection.h"
#include "server/store/store.h"

namespace concordat::store {

// Prepared statements of the writing connection. Not thread-safe.
class Rewriting {
 public:
  Rewriting() = default;
  // `connection` outlives the object.
  static absl::StatusOr<Rewriting> Prepare(Connection& connection);

  // As Transaction promises; the caller has judged the scope.
  absl::Status RewriteRevision(Kind kind, const Row& row, absl::Time committed);
  absl::Status RewriteObservation(absl::string_view release, const ObservationRow& row);
  absl::Status DropLines(absl::string_view release);
  absl::Status ScanFiguresWithText(absl::string_view submission, absl::string_view text,
                                   absl::FunctionRef<bool(const FigureRow&)> visit) const;
  absl::Status RewriteFigure(const FigureRow& row);
  absl::Status RewriteReplies(absl::string_view text,
                              absl::FunctionRef<absl::StatusOr<std::string>(
                                  absl::string_view method, absl::string_view reply)>
                                  rewrite);
  absl::StatusOr<std::optional<RedactionProposal>> FindProposal(absl::string_view digest,
                                                                absl::Time not_before) const;
  absl::Status PutProposal(absl::string_view digest, const RedactionProposal& proposal,
                           absl::Time forget_before);
  absl::Status DropProposal(absl::string_view digest);

  // Whether anything was rewritten since Forget.
  bool any() const { return !tables_.empty(); }
  // Of a change that was undone, or is about to begin.
  void Forget() { tables_.clear(); }
  // Builds the tables that were rewritten anew, within the transaction that is open.
  // Overwriting a row is not enough: a tree that was balanced keeps copies of rows in
  // the gaps of its pages. Takes time in proportion to the tables.
  absl::Status RebuildTables();
  // Empties the write-ahead log, which holds the pages as they were. False when a
  // reader stood in the way; no transaction is open.
  absl::StatusOr<bool> EmptyLog();

 private:
  Connection* connection_ = nullptr;
  Statement rewrite_revision_;
  Statement rewrite_observation_;
  Statement drop_lines_;
  Statement find_figures_;
  Statement rewrite_figure_;
  Statement find_replies_;
  Statement rewrite_reply_;
  Statement find_proposal_;
  Statement put_proposal_;
  Statement drop_proposal_;
  Statement forget_proposals_;
  Statement empty_log_;
  absl::btree_set<std::string> tables_;
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_REWRITING_H_
