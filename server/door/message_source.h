// A stream's messages, drawn one at a time: the next one is made only when the
// one before has left, so that a slow reader costs one message of memory.
#ifndef CONCORDAT_SERVER_DOOR_MESSAGE_SOURCE_H_
#define CONCORDAT_SERVER_DOOR_MESSAGE_SOURCE_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"

namespace concordat::door {

// Not thread-safe; the door draws from one thread at a time. It holds no read
// transaction between two draws.
template <typename Message>
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  // Takes one step of what has to be done before the first message is drawn; true when
  // nothing is left to do. Other calls have their turn between two steps.
  virtual absl::StatusOr<bool> Prepare() { return true; }
  // The next message; nothing when the stream is at its end.
  virtual absl::StatusOr<std::optional<Message>> Next() = 0;
  // Rows in the messages so far, for the audit record.
  virtual int64_t rows() const = 0;
  // Rows in all its messages, counted before the first is drawn: what a quota of
  // rows is asked for. 0 for a stream that none counts.
  virtual absl::StatusOr<int64_t> CountRows() { return 0; }
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_MESSAGE_SOURCE_H_
