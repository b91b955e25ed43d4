#include "client/internal/row_messages.h"

#include "base/status.h"

namespace concordat::internal {
namespace {

// Few enough that the service is busy with a message for a millisecond or two, and far
// below a message's 1 MiB whatever the rows hold.
constexpr int kRowsAMessage = 100;

}  // namespace

absl::Status RowMessages::Begin() {
  next_ = Part::kHeader;
  row_count_ = 0;
  return rows_.Rewind();
}

absl::StatusOr<std::optional<v1::SubmitObservationsRequest>> RowMessages::Next() {
  v1::SubmitObservationsRequest message;
  switch (next_) {
    case Part::kHeader:
      *message.mutable_header() = header_;
      next_ = Part::kRows;
      return message;
    case Part::kRows: {
      while (message.rows().rows_size() < kRowsAMessage) {
        ASSIGN_OR_RETURN(std::optional<v1::SubmittedObservation> row, rows_.Next());
        if (!row.has_value()) break;
        *message.mutable_rows()->add_rows() = *std::move(row);
      }
      row_count_ += message.rows().rows_size();
      progress_(row_count_);
      if (message.rows().rows_size() > 0) return message;
      message.mutable_end()->set_row_count(row_count_);
      next_ = Part::kNothing;
      return message;
    }
    case Part::kNothing:
      break;
  }
  return std::nullopt;
}

}  // namespace concordat::internal
