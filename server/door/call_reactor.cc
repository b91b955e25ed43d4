#include "server/door/call_reactor.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "grpcpp/server_context.h"
#include "server/ops/log.h"

namespace concordat::door {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxMethodBytes = 200;
constexpr size_t kMaxResourceBytes = 300;
constexpr size_t kPseudonymBytes = 16;
constexpr size_t kMaxContributors = 500;
// However far away a caller's deadline is.
constexpr absl::Duration kLongestCall = absl::Hours(24);
// How long a stream whose access has ended may wait for its reader, so that one
// who reads is told why. With the watch's interval, less than a second.
constexpr std::chrono::milliseconds kGraceOfEndedAccess(300);

// A method's path as it may stand in a record: printable, and cut.
std::string Recordable(absl::string_view path) {
  std::string text(path.substr(0, kMaxMethodBytes));
  std::replace_if(
      text.begin(), text.end(),
      [](unsigned char c) { return !absl::ascii_isgraph(c) || c == '"' || c == '\\'; }, '?');
  return text;
}

// Resources in an answer: the items of its first repeated message field, or one.
int64_t RowsIn(const Message& reply) {
  const google::protobuf::Descriptor& type = *reply.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!absl::EndsWith(type.name(), "Response")) return 1;
    if (field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      return reply.GetReflection()->FieldSize(reply, &field);
    }
  }
  return 1;
}

absl::string_view FirstProperty(const grpc::AuthContext& context, const char* name) {
  const auto values = context.FindPropertyValues(name);
  if (values.empty()) return {};
  return {values[0].data(), values[0].size()};
}

absl::Time DeadlineOf(const grpc::ServerContext& context, absl::Time arrival,
                      absl::Duration by_default) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return arrival + by_default;
  return absl::FromChrono(deadline);
}

// The subject of a token as records name it.
std::string PseudonymOf(const auth::AccessToken& token, const std::string& key) {
  const std::string subject = absl::StrCat(token.issuer, "\n", token.subject);
  return absl::BytesToHexString(HmacSha256(key, subject).substr(0, kPseudonymBytes));
}

// Whether a call was refused for what its caller did or is, and not for what the
// server cannot do.
bool IsOfCaller(const absl::Status& outcome) {
  return !outcome.ok() && !absl::IsUnavailable(outcome) && !absl::IsInternal(outcome) &&
         ReasonOf(outcome) != v1::ERROR_REASON_UNSPECIFIED;
}

absl::Status Overdue() {
  return MakeError(v1::DEADLINE_PASSED, "the request did not arrive in time");
}

}  // namespace

absl::Status Presentable(const absl::Status& status) {
  if (status.ok() || ReasonOf(status) != v1::ERROR_REASON_UNSPECIFIED) return status;
  return MakeError(v1::INTERNAL_ERROR,
                   "the server failed; quote the receipt to the operator, who finds the record");
}

absl::Status AccessEnded() {
  return MakeError(v1::ACCESS_ENDED,
                   "the agreement, the client or its certificate no longer allows this call");
}

absl::Status WitnessesMissing() {
  return MakeError(v1::WITNESSES_MISSING,
                   "too few witnesses have cosigned the audit log, so there is no answer; nothing "
                   "was changed; tell the operator");
}

void AddToDigest(Sha256& digest, absl::string_view message) {
  const auto size = static_cast<uint32_t>(message.size());
  const char length[4] = {static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                          static_cast<char>(size >> 8), static_cast<char>(size)};
  digest.Update({length, sizeof(length)});
  digest.Update(message);
}

CallReactor::CallReactor(Door& door, grpc::ServerCompletionQueue& queue)
    : door_(door), queue_(queue) {}

void CallReactor::Await(Door& door, grpc::ServerCompletionQueue& queue) {
  auto* call = new CallReactor(door, queue);
  door.service_.RequestCall(&call->context_, &call->stream_, &queue, &queue, &call->started_);
}

void CallReactor::OnStarted(bool ok) {
  if (!ok) {
    delete this;
    return;
  }
  Await(door_, queue_);
  arrival_ = door_.clock_.Now();
  method_ = door_.methods_.Find(context_.method());
  peer_ = context_.peer();
  door_.peers_.called(peer_);
  if (const auto peer = context_.auth_context(); peer != nullptr && peer->IsPeerAuthenticated()) {
    certificate_pem_ = FirstProperty(*peer, "x509_pem_cert");
  }
  SetExpiry(door_.limits_.request_deadline);
  absl::Status room = door_.calls_.Add(*this, certificate_pem_);
  if (!room.ok()) return Decide(std::move(room));
  awaits_request_.store(true, std::memory_order_relaxed);
  stream_.Read(&request_bytes_, &read_);
}

void CallReactor::OnReadDone(bool ok) {
  if (refused_unread_) {
    awaits_request_.store(false, std::memory_order_relaxed);
    return DeleteWhenDone();
  }
  const absl::Time deadline = DeadlineOfCall();
  SetExpiry(deadline - door_.clock_.Now());
  // After it: the watch does not hold a call whose request is here to when that was due.
  awaits_request_.store(false, std::memory_order_release);
  Decide(Admit(ok, deadline));
}

void CallReactor::Decide(absl::Status outcome) {
  // Decided by what is in force now, not when the caller sent its headers.
  policy_ = door_.policy_.Get();
  decided_ = door_.clock_.Now();
  // A caller is identified even if the call is not admitted, so that the record
  // of the refusal says whose call it was.
  const absl::Status identified = Identify();
  if (outcome.ok()) outcome = identified;
  if (outcome.ok()) {
    // Authorised before validated (AIP-211); what cannot be parsed is reported
    // only to those who may call the method.
    const absl::Status parsed = Parse();
    outcome = Authorise();
    if (outcome.ok()) {
      outcome = door_.quotas_.TakeRequest(*principal_, call_->grant(), decided_, standings_);
    }
    if (outcome.ok()) outcome = parsed;
  }
  if (outcome.ok()) outcome = Validate();
  if (outcome.ok()) outcome = Serve();
  if (outcome.ok() && stepped_read_ != nullptr) return TakeStep();
  RecordInTurn(std::move(outcome));
}

RefusalBrake::Duration CallReactor::Brake() {
  const auto verdict = door_.brake_.Take(certificate_pem_, std::chrono::steady_clock::now());
  close_connection_ = verdict.close;
  return verdict.delay;
}

void CallReactor::RecordInTurn(absl::Status outcome) {
  RefusalBrake::Duration delay{0};
  if (IsOfCaller(outcome)) {
    delay = Brake();
  } else if (change_pending_) {
    // If it is refused, then by the log's thread, which cannot wait.
    delay = door_.brake_.DelayOf(certificate_pem_, std::chrono::steady_clock::now());
  }
  if (delay == RefusalBrake::Duration::zero() || door_.draining_.load(std::memory_order_acquire)) {
    return Record(outcome);
  }
  waiting_outcome_ = std::move(outcome);
  SetExpiry(absl::FromChrono(delay) + door_.limits_.default_deadline);
  turn_alarm_ = std::make_unique<grpc::Alarm>();
  const int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(delay).count();
  turn_alarm_->Set(
      &queue_,
      gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_micros(micros, GPR_TIMESPAN)),
      &turn_);
}

void CallReactor::OnTurn(bool /*ok*/) { Record(waiting_outcome_); }

absl::Status CallReactor::Admit(bool ok, absl::Time deadline) {
  if (late_.load(std::memory_order_relaxed)) return Overdue();
  if (!ok) {
    return MakeError(v1::CALLER_GONE, "the call ended before its request had arrived whole");
  }
  if (door_.draining_.load(std::memory_order_acquire)) {
    return MakeError(v1::SHUTTING_DOWN, "the server is shutting down; connect again");
  }
  RETURN_IF_ERROR(CheckRequestSize());
  if (door_.clock_.Now() > deadline) {
    return MakeError(v1::DEADLINE_PASSED, "the deadline passed before the call was served");
  }
  return absl::OkStatus();
}

absl::Status CallReactor::CheckRequestSize() const {
  const size_t size = request_bytes_.Length();
  if (size <= door_.limits_.max_request_bytes) return absl::OkStatus();
  return MakeError(v1::REQUEST_TOO_LARGE,
                   absl::StrCat("the request has ", size, " bytes; at most ",
                                door_.limits_.max_request_bytes, " are accepted; split it"),
                   {{"max_bytes", absl::StrCat(door_.limits_.max_request_bytes)}});
}

absl::Status CallReactor::Malformed() const {
  return MakeError(v1::REQUEST_MALFORMED,
                   absl::StrCat("the request's bytes are not a ",
                                method_->request_prototype->GetDescriptor()->full_name()));
}

absl::Time CallReactor::DeadlineOfCall() const {
  return DeadlineOf(context_, arrival_, door_.limits_.default_deadline);
}

absl::Status CallReactor::Identify() {
  if (certificate_pem_.empty()) {
    return MakeError(v1::CLIENT_UNKNOWN, "the connection has no verified client certificate");
  }
  ASSIGN_OR_RETURN(certificate_, door_.certificates_.Parse(certificate_pem_));
  ASSIGN_OR_RETURN(principal_, policy_->Identify(certificate_, decided_));
  // After it, so that the record of a revoked certificate says whose it was. A
  // resumed TLS session never met the handshake's checks, so every call looks.
  RETURN_IF_ERROR(door_.revocation_.Get()->Check(*certificate_, decided_));
  // The token never stays with the connection, which other calls share.
  ASSIGN_OR_RETURN(const auto token, ReadBearerToken(context_.client_metadata()));
  if (!token.has_value()) return absl::OkStatus();
  ASSIGN_OR_RETURN(auto verified,
                   door_.tokens_.Get()->Verify(*token, certificate_->sha256, decided_));
  ASSIGN_OR_RETURN(principal_, policy_->IdentifyToken(*principal_, std::move(verified)));
  return absl::OkStatus();
}

absl::Status CallReactor::Parse() {
  if (method_ == nullptr) return absl::OkStatus();
  request_.reset(method_->request_prototype->New());
  grpc::Slice slice;
  const bool parsed = request_bytes_.DumpToSingleSlice(&slice).ok() &&
                      request_->ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
  if (!parsed) {
    request_.reset();
    return Malformed();
  }
  resource_ = method_->fields->ResourceOf(*request_);
  if (method_->change) {
    request_digest_ = Sha256Of({reinterpret_cast<const char*>(slice.begin()), slice.size()});
  } else if (method_->take) {
    AddToUploadDigest(slice);
  }
  return absl::OkStatus();
}

absl::Status CallReactor::Authorise() {
  if (method_ == nullptr) {
    return MakeError(v1::METHOD_UNKNOWN, "the server has no such method; check the SDK's version");
  }
  ASSIGN_OR_RETURN(metadata_, ReadMetadata(context_.client_metadata()));
  auth::RequestFacts facts;
  facts.purpose = metadata_.purpose;
  facts.agreement = metadata_.agreement;
  facts.has_on_behalf_of = !metadata_.on_behalf_of.empty();
  facts.resource = resource_;
  ASSIGN_OR_RETURN(auth::Grant grant,
                   policy_->Authorise(*principal_, method_->rule, facts, decided_));
  call_ = std::shared_ptr<const Call>(new Call(principal_, std::move(grant), policy_, decided_,
                                               method_->path, facts.has_on_behalf_of,
                                               metadata_.purpose));
  return absl::OkStatus();
}

absl::Status CallReactor::Validate() {
  const std::vector<FieldViolation> violations = method_->fields->Check(*request_);
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

absl::Status CallReactor::Serve() {
  if (method_->change) {
    change_pending_ = true;
    return absl::OkStatus();
  }
  if (method_->open) {
    ASSIGN_OR_RETURN(source_, method_->open(call_, *request_));
    RETURN_IF_ERROR(door_.quotas_.OpenStream(*principal_, call_->grant(), standings_));
    has_stream_place_ = true;
    if (quota::DailyRows::Limits(call_->grant())) {
      ASSIGN_OR_RETURN(const int64_t rows, source_->CountRows());
      daily_rows_ = quota::DailyRows(call_->grant(), rows, decided_);
    }
    stage_ = Stage::kStreamOpening;
    return absl::OkStatus();
  }
  if (method_->take) {
    ASSIGN_OR_RETURN(sink_, method_->take(call_, *request_));
    RETURN_IF_ERROR(door_.quotas_.OpenStream(*principal_, call_->grant(), standings_));
    has_stream_place_ = true;
    stage_ = Stage::kStreamOpening;
    return absl::OkStatus();
  }
  if (method_->begin) {
    ASSIGN_OR_RETURN(stepped_read_, method_->begin(call_, *request_));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const MessagePtr reply, method_->read(*call_, *request_));
  TakeReply(*reply);
  return absl::OkStatus();
}

void CallReactor::TakeStep() {
  if (late_.load(std::memory_order_relaxed)) {
    return RecordInTurn(MakeError(v1::DEADLINE_PASSED, "the deadline passed before the answer"));
  }
  if (door_.draining_.load(std::memory_order_acquire)) {
    return RecordInTurn(MakeError(v1::SHUTTING_DOWN, "the server is shutting down; connect again"));
  }
  if (!IsStillAllowed(door_.clock_.Now())) return RecordInTurn(AccessEnded());
  const absl::StatusOr<std::optional<MessagePtr>> reply = stepped_read_->Step();
  if (!reply.ok()) return RecordInTurn(reply.status());
  if (reply->has_value()) {
    TakeReply(***reply);
    return RecordInTurn(absl::OkStatus());
  }
  StepLater(stepped_read_->pause());
}

void CallReactor::StepLater(absl::Duration pause) {
  step_alarm_ = std::make_unique<grpc::Alarm>();
  const gpr_timespec wait = gpr_time_from_micros(absl::ToInt64Microseconds(pause), GPR_TIMESPAN);
  step_alarm_->Set(&queue_, gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), wait), &next_step_);
}

void CallReactor::OnNextStep(bool /*ok*/) {
  if (stepped_read_ != nullptr) return TakeStep();
  PrepareStream();
}

void CallReactor::TakeReply(const Message& reply) {
  rows_ = RowsIn(reply);
  TakeReplyBytes(reply.SerializeAsString());
}

void CallReactor::TakeReplyBytes(std::string bytes) {
  reply_ = std::move(bytes);
  has_reply_ = true;
  bytes_ += static_cast<int64_t>(reply_.size());
  if (!digest_.has_value()) digest_.emplace();
  AddToDigest(*digest_, reply_);
}

absl::Status CallReactor::Reported(const absl::Status& outcome) const {
  const v1::ErrorReason reason = ReasonOf(outcome);
  if (!outcome.ok() && (reason == v1::ERROR_REASON_UNSPECIFIED || reason == v1::INTERNAL_ERROR)) {
    ops::Log(ops::Severity::kError, "call_failed",
             {{"method", Recordable(context_.method())},
              {"error", outcome.ToString(absl::StatusToStringMode::kWithNoExtraData)}});
  }
  return Presentable(outcome);
}

void CallReactor::Record(const absl::Status& outcome) {
  outcome_ = Reported(outcome);
  // The end of a stream is always recorded: what was sent was sent.
  if (stage_ != Stage::kStreamEnding && !door_.log_.witnessed()) return Done(WitnessesMissing());
  door_.log_.Append(*this);
}

absl::Status CallReactor::Prepare(store::Batch& batch, v1::AuditRecord& record) {
  if (!is_recorded()) return WriteUnrecorded(batch);
  if (change_pending_) {
    change_pending_ = false;
    decided_ = door_.clock_.Now();
    // An earlier change may have taken the right to this one away, or time has.
    absl::Status changed;
    if (sink_ != nullptr) {
      // The watch may still be looking at who calls: that does not change any more.
      if (!IsStillAllowed(decided_)) changed = AccessEnded();
      request_digest_ = upload_digest_->Finish();
    } else {
      policy_ = door_.policy_.Get();
      changed = Identify();
      if (changed.ok()) changed = Authorise();
    }
    if (changed.ok()) changed = Change(batch);
    // The database failing is no refusal of this call: it stops the log.
    if (!changed.ok() && ReasonOf(changed) == v1::ERROR_REASON_UNSPECIFIED) return changed;
    outcome_ = std::move(changed);
    if (IsOfCaller(outcome_)) Brake();
  }
  if (stage_ != Stage::kStreamEnding && outcome_.ok()) {
    const absl::Status checked = CheckFigures(batch);
    // If it was the database that failed, so does the record.
    if (!checked.ok()) {
      outcome_ = Reported(checked);
      stage_ = Stage::kCall;
    }
  }
  if (stage_ == Stage::kStreamOpening && outcome_.ok()) {
    absl::Status taken = daily_rows_.Take(batch, standings_);
    if (!taken.ok()) {
      if (ReasonOf(taken) == v1::ERROR_REASON_UNSPECIFIED) return taken;
      outcome_ = std::move(taken);
      stage_ = Stage::kCall;
    }
  } else if (stage_ == Stage::kStreamEnding) {
    RETURN_IF_ERROR(daily_rows_.GiveBack(batch, rows_));
  }
  FillRecord(record);
  return AddRecipient(batch, record);
}

void CallReactor::FillRecord(v1::AuditRecord& record) {
  const absl::Time now = door_.clock_.Now();
  switch (stage_) {
    case Stage::kCall:
      record.set_event(v1::AuditRecord::CALL);
      break;
    case Stage::kStreamOpening:
      record.set_event(v1::AuditRecord::STREAM_OPENED);
      break;
    case Stage::kStreamEnding:
      record.set_event(v1::AuditRecord::STREAM_ENDED);
      record.set_opening_index(static_cast<int64_t>(opening_index_));
      break;
  }
  record.set_decision(outcome_.ok() ? v1::AuditRecord::ALLOWED : v1::AuditRecord::REFUSED);
  *record.mutable_time() = ToTimestamp(now);
  record.set_latency_micros(
      static_cast<uint64_t>(std::max<int64_t>(0, absl::ToInt64Microseconds(now - arrival_))));
  record.set_method(method_ != nullptr ? method_->path : Recordable(context_.method()));
  record.set_resource(resource_.substr(0, kMaxResourceBytes));
  if (call_ != nullptr && !call_->notes_->redacted_resource.empty()) {
    record.set_resource(call_->notes_->redacted_resource);
    record.set_justification(call_->notes_->justification);
  }
  resource_owner_ = policy_->ContributorOf(record.resource());
  if (call_ != nullptr) {
    record.set_release(call_->notes_->release);
    if (!call_->notes_->submission.empty()) record.set_resource(call_->notes_->submission);
    // Of a refused call nothing left; of a stream, what its messages held.
    if (outcome_.ok() || stage_ == Stage::kStreamEnding) {
      for (const std::string& agency : call_->notes_->contributors) {
        if (static_cast<size_t>(record.contributors_size()) == kMaxContributors) break;
        record.add_contributors(agency);
      }
    }
  }
  if (principal_ != nullptr) {
    record.set_agency(principal_->agency);
    record.set_client(principal_->client);
  }
  record.set_on_behalf_of(metadata_.on_behalf_of);
  record.set_purpose(metadata_.purpose);
  if (call_ != nullptr && call_->grant().agreement() != nullptr) {
    const auth::CompiledAgreement& agreement = *call_->grant().agreement();
    record.set_purpose(call_->grant().purpose());
    record.set_agreement(agreement.message.name());
    record.set_agreement_version(agreement.message.version());
    record.set_agreement_digest(agreement.digest);
  }
  record.set_policy_digest(policy_->digest());
  if (method_ != nullptr) record.set_rule(method_->rule_text);
  record.set_status_code(static_cast<int>(outcome_.code()));
  if (!outcome_.ok()) record.set_reason(v1::ErrorReason_Name(ReasonOf(outcome_)));
  if (sink_ != nullptr && stage_ == Stage::kStreamEnding) record.set_rows(sink_->rows());
  if (digest_.has_value() && (outcome_.ok() || stage_ == Stage::kStreamEnding)) {
    record.set_released(method_->descriptor->output_type()->full_name());
    if (sink_ == nullptr) record.set_rows(rows_);
    record.set_bytes(bytes_);
    record.set_response_digest(digest_->Finish());
  }
  record.set_request_id(metadata_.request_id);
  record.set_trace_id(metadata_.trace_id);
  record.set_peer(peer_);
  if (const auto peer = context_.auth_context(); peer != nullptr) {
    // gRPC says that the connection is secured, and not by which version.
    if (peer->IsPeerAuthenticated()) record.set_tls_version("tls");
    record.set_tls_resumed(FirstProperty(*peer, "ssl_session_reused") == "true");
  }
  if (certificate_ != nullptr) {
    record.set_certificate_sha256(certificate_->sha256);
    record.set_certificate_serial(certificate_->serial);
  }
  if (principal_ != nullptr && principal_->token != nullptr) {
    const auth::AccessToken& token = *principal_->token;
    record.set_token_issuer(token.issuer);
    record.set_token_subject(PseudonymOf(token, door_.pseudonym_key_));
    record.set_token_id_digest(token.id_sha256);
    record.set_token_key_id(token.key_id);
  }
}

void CallReactor::Done(absl::StatusOr<v1::Receipt> receipt) {
  if (!is_recorded()) return OnUnrecordedDone(receipt.status());
  if (!receipt.ok()) {
    door_.counters_.without_answer.fetch_add(1, std::memory_order_relaxed);
    has_reply_ = false;
    FinishWith(receipt.status());
    return;
  }
  if (stage_ == Stage::kStreamOpening && outcome_.ok()) {
    opening_index_ = receipt->index();
    stage_ = Stage::kStreamEnding;
    streaming_.store(true, std::memory_order_release);
    if (sink_ != nullptr) return GoOnTaking();
    // The log's thread has more to do than to make messages.
    StepLater();
    return;
  }
  context_.AddTrailingMetadata(kReceiptKey, receipt->SerializeAsString());
  for (const v1::QuotaStanding& standing : standings_) {
    context_.AddTrailingMetadata(kQuotaKey, quota::StandingText(standing, decided_));
  }
  DropOrFinish();
}

absl::Status CallReactor::MayGoOn(absl::Time now) const {
  // First: the watch then also cancels the call as if it were late.
  if (access_ended_.load(std::memory_order_acquire)) return AccessEnded();
  if (late_.load(std::memory_order_relaxed) || now > DeadlineOfCall()) {
    return MakeError(v1::DEADLINE_PASSED, "the deadline passed during the stream");
  }
  return IsStillAllowed(now) ? absl::OkStatus() : AccessEnded();
}

void CallReactor::PrepareStream() {
  if (absl::Status ended = MayGoOn(door_.clock_.Now()); !ended.ok()) return EndStream(ended);
  const absl::StatusOr<bool> prepared = source_->Prepare();
  if (!prepared.ok()) return EndStream(prepared.status());
  if (*prepared) return NextMessage();
  StepLater();
}

void CallReactor::NextMessage() {
  const absl::Time now = door_.clock_.Now();
  const absl::Time deadline = DeadlineOfCall();
  if (absl::Status ended = MayGoOn(now); !ended.ok()) return EndStream(ended);
  absl::StatusOr<std::optional<MessagePtr>> next = source_->Next();
  if (!next.ok()) return EndStream(next.status());
  if (!next->has_value()) return EndStream(absl::OkStatus());
  rows_ = source_->rows();
  TakeReplyBytes((**next)->SerializeAsString());
  has_reply_ = false;
  // Readers may be many and slow: each costs one copy of a message, not two.
  auto* message = new std::string(std::exchange(reply_, std::string()));
  grpc::Slice slice(
      message->data(), message->size(), [](void* sent) { delete static_cast<std::string*>(sent); },
      message);
  reply_buffer_ = grpc::ByteBuffer(&slice, 1);
  // A reader that stands still is not waited for, however far its deadline is.
  SetExpiry(std::min(deadline - now, door_.limits_.default_deadline));
  stream_.Write(reply_buffer_, &written_);
}

void CallReactor::OnWriteDone(bool ok) {
  if (access_ended_.load(std::memory_order_acquire)) return EndStream(AccessEnded());
  if (late_.load(std::memory_order_relaxed)) {
    return EndStream(MakeError(v1::DEADLINE_PASSED, "the deadline passed during the stream"));
  }
  if (!ok) return EndStream(MakeError(v1::CALLER_GONE, "the caller went away"));
  NextMessage();
}

void CallReactor::SetExpiry(absl::Duration from_now) {
  const auto wait = absl::ToChronoNanoseconds(std::min(from_now, kLongestCall));
  expiry_.store(std::chrono::steady_clock::now() + wait, std::memory_order_relaxed);
}

void CallReactor::EndIfLate(CallsInHand::Moment now) {
  // First: a request that comes from now on may still be answered, and is not cancelled.
  const bool awaits_request = awaits_request_.load(std::memory_order_acquire);
  if (now <= expiry_.load(std::memory_order_relaxed) && !IsToBeCut(now)) return;
  if (!awaits_request) {
    if (!late_.exchange(true, std::memory_order_relaxed)) context_.TryCancel();
    return;
  }
  if (alarm_ != nullptr) return;
  alarm_ = std::make_unique<grpc::Alarm>();
  alarm_->Set(&queue_, gpr_now(GPR_CLOCK_MONOTONIC), &overdue_);
}

void CallReactor::OnOverdue(bool /*ok*/) {
  alarm_rang_ = true;
  // The request may have come at the last moment, and is answered then.
  if (ended_ || !awaits_request_.load(std::memory_order_relaxed)) return DeleteWhenDone();
  refused_unread_ = true;
  Decide(Overdue());
}

bool CallReactor::IsStillAllowed(absl::Time now) const {
  return door_.policy_.Get()->StillAllows(*principal_, call_->grant(), now) &&
         door_.revocation_.Get()->Check(*certificate_, now).ok();
}

bool CallReactor::IsToBeCut(CallsInHand::Moment now) {
  if (!streaming_.load(std::memory_order_acquire)) return false;
  if (access_ended_.load(std::memory_order_relaxed)) return now > cut_at_;
  if (!IsStillAllowed(door_.clock_.Now())) {
    cut_at_ = now + kGraceOfEndedAccess;
    access_ended_.store(true, std::memory_order_release);
  }
  return false;
}

void CallReactor::EndStream(const absl::Status& outcome) {
  streaming_.store(false, std::memory_order_release);
  Record(outcome);
}

void CallReactor::FinishWith(const absl::Status& status) {
  // Before the caller hears of the end, and may open the next.
  if (has_stream_place_) door_.quotas_.CloseStream(*principal_, call_->grant());
  auto& counter = status.ok() ? door_.counters_.served : door_.counters_.refused;
  counter.fetch_add(1, std::memory_order_relaxed);
  if (!status.ok()) {
    const grpc::Status sent(static_cast<grpc::StatusCode>(status.code()),
                            std::string(status.message()), ToProto(status).SerializeAsString());
    stream_.Finish(sent, &finished_);
  } else if (has_reply_) {
    grpc::Slice slice(reply_);
    reply_buffer_ = grpc::ByteBuffer(&slice, 1);
    stream_.WriteAndFinish(reply_buffer_, grpc::WriteOptions(), grpc::Status::OK, &finished_);
  } else {
    stream_.Finish(grpc::Status::OK, &finished_);
  }
}

void CallReactor::OnFinished(bool /*ok*/) {
  door_.calls_.Remove(*this, certificate_pem_);
  if (close_connection_) door_.peers_.close(peer_);
  ended_ = true;
  DeleteWhenDone();
}

void CallReactor::DeleteWhenDone() {
  const bool done = ended_ && !awaits_request_.load(std::memory_order_relaxed) &&
                    (alarm_ == nullptr || alarm_rang_);
  if (done) delete this;
}

}  // namespace concordat::door
