// The messages that a submission's rows are sent in.
#ifndef CONCORDAT_CLIENT_INTERNAL_ROW_MESSAGES_H_
#define CONCORDAT_CLIENT_INTERNAL_ROW_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "concordat/submission.h"

namespace concordat::internal {

// A header, rows, an end. Not thread-safe.
class RowMessages final : public SubmissionMessages {
 public:
  // `rows` outlives it.
  RowMessages(v1::SubmissionHeader header, RowSource& rows, SubmissionProgress progress)
      : header_(std::move(header)), rows_(rows), progress_(progress) {}

  absl::Status Begin() override;
  absl::StatusOr<std::optional<v1::SubmitObservationsRequest>> Next() override;

 private:
  enum class Part { kHeader, kRows, kNothing };

  const v1::SubmissionHeader header_;
  RowSource& rows_;
  const SubmissionProgress progress_;
  Part next_ = Part::kHeader;
  int64_t row_count_ = 0;
};

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_ROW_MESSAGES_H_
