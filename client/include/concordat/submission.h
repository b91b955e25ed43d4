// Figures on their way to the service: where the rows come from, and what is told on
// the way.
#ifndef CONCORDAT_SUBMISSION_H_
#define CONCORDAT_SUBMISSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/submission.pb.h"

namespace concordat {

// The rows of a submission, one after the other: of a file, a database or a list. Not
// thread-safe.
class RowSource {
 public:
  virtual ~RowSource() = default;
  // The next row, with its number in `row`; nothing at the end. An error ends the
  // submission, of which nothing is then applied.
  virtual absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() = 0;
  // Back before the first row. The same rows have to come again: what is sent twice
  // under one request id is applied once.
  virtual absl::Status Rewind() = 0;
};

// Rows that are in memory.
class ListedRows final : public RowSource {
 public:
  explicit ListedRows(std::vector<v1::SubmittedObservation> rows) : rows_(std::move(rows)) {}

  absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
    if (next_ == rows_.size()) return std::nullopt;
    return rows_[next_++];
  }
  absl::Status Rewind() override {
    next_ = 0;
    return absl::OkStatus();
  }

 private:
  std::vector<v1::SubmittedObservation> rows_;
  size_t next_ = 0;
};

// Is told how many rows were handed over so far. Starts again when a broken connection
// makes the client begin anew.
using SubmissionProgress = absl::FunctionRef<void(int64_t rows)>;

// The messages of one submission, as a connection sends them. Not thread-safe.
class SubmissionMessages {
 public:
  virtual ~SubmissionMessages() = default;
  // Back before the first message; called before each attempt.
  virtual absl::Status Begin() = 0;
  // The next message; nothing after the last. An error cancels the call.
  virtual absl::StatusOr<std::optional<v1::SubmitObservationsRequest>> Next() = 0;
};

}  // namespace concordat

#endif  // CONCORDAT_SUBMISSION_H_
