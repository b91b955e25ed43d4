// A stream of messages that a method takes, one at a time: the next one is read only
// when the one before is put away, so that a large upload costs one message of memory.
#ifndef CONCORDAT_SERVER_DOOR_MESSAGE_SINK_H_
#define CONCORDAT_SERVER_DOOR_MESSAGE_SINK_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "server/store/store.h"

namespace concordat::door {

// What a sink waits for.
enum class SinkNeed {
  // The next message.
  kMessage,
  // To write what it has put aside, with Write.
  kWrite,
  // A step of its own work, with Step.
  kStep,
  // The same, in a while: somebody else is at what it needs.
  kStepLater,
  // Nothing but Finish.
  kFinish,
};

// Not thread-safe; the door calls one function after the other. The opening record is
// durable before the first of them. Nothing that is written is seen before Finish, and
// the sink's end without it, for whatever reason, leaves nothing but what Drop drops.
template <typename Message, typename Reply>
class MessageSink {
 public:
  virtual ~MessageSink() = default;

  // What it waits for now.
  virtual SinkNeed need() const = 0;
  // Whether its last message has come.
  virtual bool is_complete() const = 0;
  // On a door's thread, with need kMessage, or when it is complete and another message comes
  // all the same, which it refuses. `violations` is what the field rules say of the message.
  // An error ends the stream, and the caller gets it.
  virtual absl::Status Take(Message message, const std::vector<FieldViolation>& violations) = 0;
  // On the log's thread, with need kWrite: writes a little, so that the writer is not
  // held for long. An error is the database's.
  virtual absl::Status Write(store::Batch& batch) = 0;
  // On a door's thread, with need kStep or kStepLater: some milliseconds of work, and no
  // read transaction between two of them. An error ends the stream.
  virtual absl::Status Step() = 0;
  // On the log's thread, with need kFinish, once: makes what was taken visible, and
  // answers. The change is undone when it returns an error, or `is_dry_run`.
  virtual absl::StatusOr<Reply> Finish(store::Transaction& transaction) = 0;
  // On the log's thread, when the ending record is durable, while `must_drop`: drops
  // some of what was written in vain.
  virtual absl::Status Drop(store::Batch& batch) = 0;
  virtual bool must_drop() const = 0;

  virtual bool is_dry_run() const = 0;
  // Rows in the messages so far, for the audit record.
  virtual int64_t rows() const = 0;
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_MESSAGE_SINK_H_
