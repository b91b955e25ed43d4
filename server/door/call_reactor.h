// One call on its way through the seven steps of the door.
#ifndef CONCORDAT_SERVER_DOOR_CALL_REACTOR_H_
#define CONCORDAT_SERVER_DOOR_CALL_REACTOR_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/principal.h"
#include "base/digest.h"
#include "concordat/v1/audit.pb.h"
#include "grpcpp/alarm.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/support/byte_buffer.h"
#include "server/door/call.h"
#include "server/door/calls_in_hand.h"
#include "server/door/door.h"
#include "server/door/metadata.h"
#include "server/door/upload_pace.h"

namespace concordat::door {

// Deletes itself when gRPC is done with it. A unary call is a stream of one:
// read the request, decide, make it durable, then let the answer go. The steps
// run on the door's threads up to the hand-over to the audit log, and from there
// on the log's thread, never on two at once. Starting an operation of gRPC is
// therefore always the last thing that a step does.
class CallReactor final : public audit::Entry, public CallsInHand::Member {
 public:
  // What gRPC reports when an operation of a call is done; its tag.
  class Event {
   public:
    using Reaction = void (CallReactor::*)(bool ok);
    Event(CallReactor& call, Reaction reaction) : call_(call), reaction_(reaction) {}
    void React(bool ok) { (call_.*reaction_)(ok); }

   private:
    CallReactor& call_;
    const Reaction reaction_;
  };

  // Waits for the next call on `queue`; it frees itself when it has ended, or
  // when the server shuts down before one came.
  static void Await(Door& door, grpc::ServerCompletionQueue& queue);

  // audit::Entry.
  absl::Status Prepare(store::Batch& batch, v1::AuditRecord& record) override;
  absl::string_view resource_owner() const override { return resource_owner_; }
  bool is_recorded() const override { return unrecorded_ == Unrecorded::kNone; }
  void Done(absl::StatusOr<v1::Receipt> receipt) override;

  // CallsInHand::Member. A call whose request has not come is refused; any later
  // one is cancelled, since its caller does not take what is sent. A stream is
  // late, too, soon after its access has ended.
  void EndIfLate(CallsInHand::Moment now) override;

 private:
  CallReactor(Door& door, grpc::ServerCompletionQueue& queue);

  // Reactions: a call came, its request was read, a further message of an upload was,
  // a message of a stream was written, the answer was sent.
  void OnStarted(bool ok);
  void OnReadDone(bool ok);
  void OnPartRead(bool ok);
  void OnWriteDone(bool ok);
  void OnFinished(bool ok);
  // The request is overdue.
  void OnOverdue(bool ok);
  // A refusal, or a change of a caller who floods, has waited its turn.
  void OnTurn(bool ok);
  // Other calls have had their turn since the last step of this one.
  void OnNextStep(bool ok);
  // The same of an upload that has arrived whole.
  void OnUploadStep(bool ok);
  // Once the answer was sent, and gRPC has reported all that it still owes.
  void DeleteWhenDone();

  // What the record in hand is about.
  enum class Stage { kCall, kStreamOpening, kStreamEnding };
  // What an upload is at the log for, if not for a record.
  enum class Unrecorded { kNone, kWrite, kLookUp, kDrop };

  // All steps up to the hand-over to the log, if `outcome` is OK; else the call
  // is refused with it, once it is known whose call it was.
  void Decide(absl::Status outcome);
  // Steps 1 to 4. On success the request is parsed and the call made.
  absl::Status Admit(bool ok, absl::Time deadline);
  absl::Status Identify();
  absl::Status Parse();
  absl::Status Authorise();
  absl::Status Validate();
  // Step 5 for methods that read, and for the opening of streams and of reads in
  // steps.
  absl::Status Serve();
  // Takes one step of a read that takes many.
  void TakeStep();
  // Step 5 for methods that change, on the log's thread (call_writing.cc).
  absl::Status Change(store::Batch& batch);
  absl::Status ChangeOnce(store::Batch& batch);
  bool IsDryRun() const;

  // Counts one refusal of the caller; it may have to wait.
  RefusalBrake::Duration Brake();
  // Records the outcome, when it is its turn.
  void RecordInTurn(absl::Status outcome);

  // What the caller sees of `outcome`; what it may not see goes to the
  // operator's log.
  absl::Status Reported(const absl::Status& outcome) const;
  // An upload (call_upload.cc): does what its sink needs next, on any thread; takes one
  // message; writes what has no record, and goes on from there; drops what was written
  // in vain before it answers.
  void GoOnTaking();
  absl::Status TakePart();
  absl::Status WriteUnrecorded(store::Batch& batch);
  void OnUnrecordedDone(const absl::Status& written);
  void DropOrFinish();
  // As MayGoOn, but for a server that is shutting down.
  absl::Status MayGoOnTaking() const;
  void AddToUploadDigest(const grpc::Slice& bytes);

  // REQUEST_TOO_LARGE for the message in `request_bytes_`.
  absl::Status CheckRequestSize() const;
  // REQUEST_MALFORMED.
  absl::Status Malformed() const;
  absl::Time DeadlineOfCall() const;

  // Turns the outcome into what travels, and hands it to the log (step 6).
  void Record(const absl::Status& outcome);
  // Serialises the answer and adds it to the digest.
  void TakeReply(const google::protobuf::Message& reply);
  void TakeReplyBytes(std::string bytes);
  // Takes one step towards the stream's first message.
  void PrepareStream();
  // Draws the stream's next message and writes it, or ends the stream.
  void NextMessage();
  // OK until the deadline of the call or its access is over.
  absl::Status MayGoOn(absl::Time now) const;
  // Lets other calls have their turn before OnNextStep, and waits for as long.
  void StepLater(absl::Duration pause = absl::ZeroDuration());
  void EndStream(const absl::Status& outcome);
  // The call is late if it takes longer than this to its next expiry or end.
  void SetExpiry(absl::Duration from_now);
  // Whether an open stream may go on: by the policy and the revocation lists in
  // force. On any thread, while the stream is open.
  bool IsStillAllowed(absl::Time now) const;
  // On the watch's thread: notices that an open stream is allowed no longer, and
  // says when its reader has been given long enough to be told.
  bool IsToBeCut(CallsInHand::Moment now);
  // Step 7.
  void FinishWith(const absl::Status& status);

  // Call once for each record: the digest is finished by it.
  void FillRecord(v1::AuditRecord& record);
  // In the batch of the record in hand (call_writing.cc): refuses an answer with figures
  // of a release that an earlier call of the log withdrew after the answer was read.
  absl::Status CheckFigures(store::Batch& batch) const;
  // Remembers which releases the caller is given figures of, by the record in hand.
  absl::Status AddRecipient(store::Batch& batch, const v1::AuditRecord& record) const;

  Door& door_;
  grpc::ServerCompletionQueue& queue_;
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter stream_{&context_};
  Event started_{*this, &CallReactor::OnStarted};
  Event read_{*this, &CallReactor::OnReadDone};
  Event part_read_{*this, &CallReactor::OnPartRead};
  Event written_{*this, &CallReactor::OnWriteDone};
  Event finished_{*this, &CallReactor::OnFinished};
  Event overdue_{*this, &CallReactor::OnOverdue};
  Event turn_{*this, &CallReactor::OnTurn};
  Event next_step_{*this, &CallReactor::OnNextStep};
  Event upload_step_{*this, &CallReactor::OnUploadStep};
  absl::Time arrival_;
  // When the call's present step should be over.
  std::atomic<CallsInHand::Moment> expiry_{CallsInHand::Moment::max()};
  std::atomic<bool> late_{false};
  // A stream is open. While it is, principal_, certificate_ and call_ do not change.
  std::atomic<bool> streaming_{false};
  // The watch has seen that the stream is allowed no longer.
  std::atomic<bool> access_ended_{false};
  // When it is then cancelled, if its reader still has not read on. Touched by
  // the watch alone.
  CallsInHand::Moment cut_at_ = CallsInHand::Moment::max();
  std::atomic<bool> awaits_request_{false};
  // Takes the refusal of a late request to the door's thread. Set by the watch,
  // before the call leaves CallsInHand; null when it was never needed.
  std::unique_ptr<grpc::Alarm> alarm_;
  // Of the door's thread alone: a call that is refused while its request is
  // still awaited has more to hear of than its end.
  bool alarm_rang_ = false;
  bool refused_unread_ = false;
  bool ended_ = false;
  // While the outcome waits its turn; null when it never had to.
  std::unique_ptr<grpc::Alarm> turn_alarm_;
  absl::Status waiting_outcome_;
  // The caller floods: its connection is closed after the answer.
  bool close_connection_ = false;
  std::string peer_;
  // Of the verified peer; gRPC keeps it as long as the call. Empty for none.
  absl::string_view certificate_pem_;
  // When the call was identified and authorised.
  absl::Time decided_;
  const Method* method_ = nullptr;
  grpc::ByteBuffer request_bytes_;
  std::string request_digest_;
  CallMetadata metadata_;
  std::string resource_;
  // As the policy has it that the record was made by.
  absl::string_view resource_owner_;
  MessagePtr request_;
  std::shared_ptr<const auth::Policy> policy_;
  std::shared_ptr<const auth::Certificate> certificate_;
  std::shared_ptr<const auth::Principal> principal_;
  std::shared_ptr<const Call> call_;

  // How the quotas that apply stand.
  quota::Standings standings_;
  // It has a place among the caller's streams.
  bool has_stream_place_ = false;
  quota::DailyRows daily_rows_;

  Stage stage_ = Stage::kCall;
  absl::Status outcome_;
  bool change_pending_ = false;
  std::string reply_;
  grpc::ByteBuffer reply_buffer_;
  bool has_reply_ = false;
  std::unique_ptr<MessageSource<MessagePtr>> source_;
  // A read in steps that is not at its end, and what brings its next step.
  std::unique_ptr<SteppedRead<MessagePtr>> stepped_read_;
  std::unique_ptr<grpc::Alarm> step_alarm_;
  // An upload: what takes its messages, the digest over them, whether no other can come, and
  // whether they were looked up, and answered before, under their request id.
  std::unique_ptr<MessageSink<MessagePtr, MessagePtr>> sink_;
  std::optional<Sha256> upload_digest_;
  bool sender_closed_ = false;
  bool looked_up_ = false;
  bool is_replay_ = false;
  Unrecorded unrecorded_ = Unrecorded::kNone;
  UploadPace pace_;
  uint64_t opening_index_ = 0;
  std::optional<Sha256> digest_;
  int64_t rows_ = 0;
  int64_t bytes_ = 0;
};

// What a caller may see of `status`: one with an ErrorReason as it is, any
// other as INTERNAL_ERROR without its words.
absl::Status Presentable(const absl::Status& status);

// ACCESS_ENDED.
absl::Status AccessEnded();
// WITNESSES_MISSING.
absl::Status WitnessesMissing();

// Adds a message as records digest it: its length in four bytes, big-endian, then it.
void AddToDigest(Sha256& digest, absl::string_view message);

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_CALL_REACTOR_H_
