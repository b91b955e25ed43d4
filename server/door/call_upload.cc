// The part of CallReactor that takes a stream of messages (message_sink.h).
#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/door/call_reactor.h"

namespace concordat::door {
namespace {

// How long an upload waits before it asks again whether it is its turn.
constexpr std::chrono::milliseconds kTurn{20};

gpr_timespec In(std::chrono::nanoseconds delay) {
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_nanos(delay.count(), GPR_TIMESPAN));
}

}  // namespace

void CallReactor::AddToUploadDigest(const grpc::Slice& bytes) {
  if (!upload_digest_.has_value()) upload_digest_.emplace();
  AddToDigest(*upload_digest_, {reinterpret_cast<const char*>(bytes.begin()), bytes.size()});
}

absl::Status CallReactor::MayGoOnTaking() const {
  RETURN_IF_ERROR(MayGoOn(door_.clock_.Now()));
  if (!door_.draining_.load(std::memory_order_acquire)) return absl::OkStatus();
  return MakeError(v1::SHUTTING_DOWN, "the server is shutting down; connect again");
}

void CallReactor::GoOnTaking() {
  const absl::Time now = door_.clock_.Now();
  const UploadPace::Moment moment = std::chrono::steady_clock::now();
  const SinkNeed need = sink_->need();
  if (need != SinkNeed::kWrite) pace_.End(moment);
  // What the sender still says after the last message is heard before anything is judged.
  if (need == SinkNeed::kMessage || (sink_->is_complete() && !sender_closed_)) {
    // A sender that stands still is not waited for, however far its deadline is.
    SetExpiry(std::min(DeadlineOfCall() - now, door_.limits_.default_deadline));
    request_bytes_.Clear();
    return stream_.Read(&request_bytes_, &part_read_);
  }
  switch (need) {
    case SinkNeed::kMessage:
    case SinkNeed::kWrite:
      SetExpiry(DeadlineOfCall() - now);
      unrecorded_ = Unrecorded::kWrite;
      return door_.log_.Append(*this);
    case SinkNeed::kStep:
    case SinkNeed::kStepLater:
    case SinkNeed::kFinish:
      SetExpiry(DeadlineOfCall() - now);
      step_alarm_ = std::make_unique<grpc::Alarm>();
      step_alarm_->Set(&queue_, In(need == SinkNeed::kStepLater ? kTurn : pace_.RestAt(moment)),
                       &upload_step_);
  }
}

void CallReactor::OnPartRead(bool ok) {
  absl::Status taken = MayGoOnTaking();
  sender_closed_ = !ok;
  if (taken.ok() && !ok && !sink_->is_complete()) {
    taken = MakeError(v1::CALLER_GONE,
                      "the stream ended before its last message, and nothing of it is kept");
  }
  if (taken.ok() && ok) taken = TakePart();
  if (!taken.ok()) return EndStream(taken);
  GoOnTaking();
}

absl::Status CallReactor::TakePart() {
  RETURN_IF_ERROR(CheckRequestSize());
  grpc::Slice slice;
  MessagePtr message(method_->request_prototype->New());
  if (!request_bytes_.DumpToSingleSlice(&slice).ok() ||
      !message->ParseFromArray(slice.begin(), static_cast<int>(slice.size()))) {
    return Malformed();
  }
  AddToUploadDigest(slice);
  const std::vector<FieldViolation> violations = method_->fields->Check(*message);
  return sink_->Take(std::move(message), violations);
}

void CallReactor::OnUploadStep(bool /*ok*/) {
  pace_.Begin(std::chrono::steady_clock::now());
  absl::Status taken = MayGoOnTaking();
  if (!taken.ok()) return EndStream(taken);
  if (sink_->is_complete() && !looked_up_ && !metadata_.request_id.empty() &&
      !sink_->is_dry_run()) {
    // Before it is judged: what was accepted once may break a rule by now.
    looked_up_ = true;
    unrecorded_ = Unrecorded::kLookUp;
    return door_.log_.Append(*this);
  }
  if (sink_->need() == SinkNeed::kFinish || is_replay_) {
    if (!door_.log_.witnessed()) return EndStream(WitnessesMissing());
    change_pending_ = true;
    return EndStream(absl::OkStatus());
  }
  taken = sink_->Step();
  if (!taken.ok()) return EndStream(taken);
  GoOnTaking();
}

absl::Status CallReactor::WriteUnrecorded(store::Batch& batch) {
  switch (unrecorded_) {
    case Unrecorded::kNone:
      break;
    case Unrecorded::kWrite:
      return sink_->Write(batch);
    case Unrecorded::kDrop:
      return sink_->Drop(batch);
    case Unrecorded::kLookUp: {
      ASSIGN_OR_RETURN(const auto reply, batch.FindReply(principal_->client, method_->path,
                                                         metadata_.request_id, door_.clock_.Now()));
      is_replay_ = reply.has_value();
    }
  }
  return absl::OkStatus();
}

void CallReactor::OnUnrecordedDone(const absl::Status& written) {
  const bool dropped = std::exchange(unrecorded_, Unrecorded::kNone) == Unrecorded::kDrop;
  // The ending is on record, and its answer goes out whatever becomes of the rest: what
  // is not dropped now is dropped by the next start.
  if (dropped) return written.ok() ? DropOrFinish() : FinishWith(outcome_);
  if (!written.ok()) {
    door_.counters_.without_answer.fetch_add(1, std::memory_order_relaxed);
    streaming_.store(false, std::memory_order_release);
    return FinishWith(written);
  }
  GoOnTaking();
}

void CallReactor::DropOrFinish() {
  const bool drops =
      sink_ != nullptr && sink_->must_drop() && !door_.draining_.load(std::memory_order_acquire);
  if (!drops) return FinishWith(outcome_);
  SetExpiry(absl::InfiniteDuration());
  unrecorded_ = Unrecorded::kDrop;
  door_.log_.Append(*this);
}

}  // namespace concordat::door
