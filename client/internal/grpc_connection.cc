#include "client/internal/grpc_connection.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "client/internal/call_metadata.h"
#include "client/internal/credentials.h"
#include "client/internal/grpc_status.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/channel_arguments.h"

namespace concordat {
namespace internal {
namespace {

// Not longer than the waits before a retry (retry.h), so that a retry finds a new
// connection and not the memory of the failed one.
constexpr int kFirstReconnectMilliseconds = 100;
constexpr int kLongestReconnectMilliseconds = 1000;

// A handshake that failed so often in one call was refused: more would only fill
// the service's list of refusals. A restart breaks one at most.
constexpr int kMostLastingFaults = 5;

// HTTP/2's own (RFC 9113, 6.9.2).
constexpr int kSmallestWindow = 65535;

// How often in turn an extract may break off without having brought a chunk.
constexpr int kMostCallsInVain = 5;

// How long a stream is begun anew; the rest of its time is for what it carries.
constexpr absl::Duration kTimeToBeginAStream = absl::Seconds(30);

std::shared_ptr<grpc::Channel> MakeChannel(
    const ClientOptions& options, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  if (!options.user_agent.empty()) arguments.SetUserAgentPrefix(options.user_agent);
  if (!options.server_name.empty()) arguments.SetSslTargetNameOverride(options.server_name);
  if (options.stream_window_bytes > 0) {
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, options.stream_window_bytes);
  }
  // What is repeated is decided here, not by a record in the name service.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMilliseconds);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMilliseconds);
  return grpc::CreateCustomChannel(options.target, credentials, arguments);
}

// Waits, and lets `channel` connect meanwhile: while no call is made, gRPC looks
// after its connections every 5 s only.
void WaitOn(grpc::Channel& channel, absl::Duration wait) {
  const absl::Time end = absl::Now() + wait;
  channel.WaitForConnected(absl::ToChronoTime(end));
  absl::SleepFor(end - absl::Now());
}

}  // namespace

GrpcConnection::GrpcConnection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options,
                               Sleeper sleep)
    : target_(options.target),
      default_purpose_(options.default_purpose),
      read_deadline_(options.deadline),
      change_deadline_(options.apply_deadline),
      stream_deadline_(options.extract_deadline),
      submission_deadline_(options.submission_deadline),
      sleep_(std::move(sleep)),
      plans_(v1::PlanService::NewStub(channel)),
      measures_(v1::MeasureService::NewStub(channel)),
      releases_(v1::ReleaseService::NewStub(channel)),
      agreements_(v1::AgreementService::NewStub(channel)),
      directory_(v1::DirectoryService::NewStub(channel)),
      audit_(v1::AuditService::NewStub(channel)) {}

absl::StatusOr<CallOptions> GrpcConnection::Complete(const CallOptions& options) const {
  CallOptions complete = options;
  if (complete.purpose.empty()) complete.purpose = default_purpose_;
  if (complete.receipt != nullptr) complete.receipt->Clear();
  RETURN_IF_ERROR(CheckMetadata(complete));
  return complete;
}

void GrpcConnection::Prepare(grpc::ClientContext& context, const CallOptions& options,
                             absl::Time deadline) {
  context.set_deadline(absl::ToChronoTime(deadline));
  AddMetadata(options, context);
}

absl::Status GrpcConnection::Conclude(const grpc::ClientContext& context,
                                      const grpc::Status& status,
                                      const CallOptions& options) const {
  const std::optional<Receipt> receipt = ReadReceipt(context);
  if (options.receipt != nullptr) {
    *options.receipt = receipt.has_value() ? *receipt : Receipt();
  }
  return ToAbslStatus(status, target_, receipt);
}

template <typename Stub, typename Request, typename Response>
absl::StatusOr<Response> GrpcConnection::Call(Kind kind, const std::unique_ptr<Stub>& stub,
                                              grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                           const Request&,
                                                                           Response*),
                                              const Request& request, const CallOptions& options) {
  ASSIGN_OR_RETURN(const CallOptions complete, Complete(options));
  const absl::Time deadline =
      absl::Now() +
      complete.deadline.value_or(kind == Kind::kRead ? read_deadline_ : change_deadline_);
  const bool may_repeat = kind == Kind::kRead || !complete.request_id.empty();
  int lasting_faults = 0;
  Response response;
  RETURN_IF_ERROR(RunWithRetry(
      [&] {
        grpc::ClientContext context;
        Prepare(context, complete, deadline);
        response.Clear();
        const grpc::Status status = ((*stub).*method)(&context, request, &response);
        if (IsLastingFault(status)) ++lasting_faults;
        return Conclude(context, status, complete);
      },
      [&] { return may_repeat && lasting_faults < kMostLastingFaults; }, deadline, sleep_));
  return response;
}

template <typename Stub, typename Request, typename Response>
absl::Status GrpcConnection::Stream(const std::unique_ptr<Stub>& stub,
                                    std::unique_ptr<grpc::ClientReaderInterface<Response>> (
                                        Stub::*method)(grpc::ClientContext*, const Request&),
                                    const Request& request,
                                    absl::FunctionRef<absl::Status(Response)> sink,
                                    const CallOptions& options) {
  ASSIGN_OR_RETURN(const CallOptions complete, Complete(options));
  const absl::Time now = absl::Now();
  const absl::Time deadline = now + complete.deadline.value_or(stream_deadline_);
  bool anything_came = false;
  int lasting_faults = 0;
  return RunWithRetry(
      [&] {
        grpc::ClientContext context;
        Prepare(context, complete, deadline);
        auto reader = ((*stub).*method)(&context, request);
        absl::Status taken;
        Response message;
        while (taken.ok() && reader->Read(&message)) {
          anything_came = true;
          taken = sink(std::move(message));
          message.Clear();
        }
        if (!taken.ok()) context.TryCancel();
        const grpc::Status status = reader->Finish();
        if (IsLastingFault(status)) ++lasting_faults;
        const absl::Status outcome = Conclude(context, status, complete);
        return taken.ok() ? outcome : taken;
      },
      [&] { return !anything_came && lasting_faults < kMostLastingFaults; },
      std::min(deadline, now + kTimeToBeginAStream), sleep_);
}

absl::StatusOr<v1::ListPlansResponse> GrpcConnection::ListPlans(const v1::ListPlansRequest& request,
                                                                const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::ListPlans, request, options);
}

absl::StatusOr<v1::Plan> GrpcConnection::GetPlan(const v1::GetPlanRequest& request,
                                                 const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::GetPlan, request, options);
}

absl::StatusOr<v1::PlanStatus> GrpcConnection::GetPlanStatus(
    const v1::GetPlanStatusRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::GetPlanStatus, request,
              options);
}

absl::StatusOr<v1::ListActionsResponse> GrpcConnection::ListActions(
    const v1::ListActionsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::ListActions, request, options);
}

absl::StatusOr<v1::Action> GrpcConnection::GetAction(const v1::GetActionRequest& request,
                                                     const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::GetAction, request, options);
}

absl::StatusOr<v1::ListProgressReportsResponse> GrpcConnection::ListProgressReports(
    const v1::ListProgressReportsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, plans_, &v1::PlanService::StubInterface::ListProgressReports, request,
              options);
}

absl::StatusOr<v1::ApplyPlanResponse> GrpcConnection::ApplyPlan(const v1::ApplyPlanRequest& request,
                                                                const CallOptions& options) {
  return Call(Kind::kChange, plans_, &v1::PlanService::StubInterface::ApplyPlan, request, options);
}

absl::StatusOr<v1::ListMeasuresResponse> GrpcConnection::ListMeasures(
    const v1::ListMeasuresRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, measures_, &v1::MeasureService::StubInterface::ListMeasures, request,
              options);
}

absl::StatusOr<v1::Measure> GrpcConnection::GetMeasure(const v1::GetMeasureRequest& request,
                                                       const CallOptions& options) {
  return Call(Kind::kRead, measures_, &v1::MeasureService::StubInterface::GetMeasure, request,
              options);
}

absl::StatusOr<v1::ApplyMeasuresResponse> GrpcConnection::ApplyMeasures(
    const v1::ApplyMeasuresRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, measures_, &v1::MeasureService::StubInterface::ApplyMeasures, request,
              options);
}

absl::StatusOr<v1::ListReturnsResponse> GrpcConnection::ListReturns(
    const v1::ListReturnsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, measures_, &v1::MeasureService::StubInterface::ListReturns, request,
              options);
}

absl::StatusOr<v1::Return> GrpcConnection::SetReturnState(const v1::SetReturnStateRequest& request,
                                                          const CallOptions& options) {
  return Call(Kind::kChange, measures_, &v1::MeasureService::StubInterface::SetReturnState, request,
              options);
}

absl::StatusOr<v1::ChaseReturnsResponse> GrpcConnection::ChaseReturns(
    const v1::ChaseReturnsRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, measures_, &v1::MeasureService::StubInterface::ChaseReturns, request,
              options);
}

absl::StatusOr<v1::SubmitObservationsResponse> GrpcConnection::SubmitObservations(
    SubmissionMessages& messages, const CallOptions& options) {
  ASSIGN_OR_RETURN(const CallOptions complete, Complete(options));
  const absl::Time deadline = absl::Now() + complete.deadline.value_or(submission_deadline_);
  int lasting_faults = 0;
  bool source_failed = false;
  v1::SubmitObservationsResponse response;
  RETURN_IF_ERROR(RunWithRetry(
      [&]() -> absl::Status {
        grpc::ClientContext context;
        Prepare(context, complete, deadline);
        response.Clear();
        auto writer = measures_->SubmitObservations(&context, &response);
        absl::Status source = messages.Begin();
        while (source.ok()) {
          absl::StatusOr<std::optional<v1::SubmitObservationsRequest>> next = messages.Next();
          source = next.status();
          // A write that fails has met the end of the call, whose status says why.
          if (!source.ok() || !next->has_value() || !writer->Write(**next)) break;
        }
        if (source.ok()) {
          writer->WritesDone();
        } else {
          source_failed = true;
          context.TryCancel();
        }
        const grpc::Status status = writer->Finish();
        if (IsLastingFault(status)) ++lasting_faults;
        absl::Status outcome = Conclude(context, status, complete);
        return source.ok() ? outcome : source;
      },
      [&] {
        return !complete.request_id.empty() && !source_failed &&
               lasting_faults < kMostLastingFaults;
      },
      deadline, sleep_));
  return response;
}

absl::StatusOr<v1::ListReleasesResponse> GrpcConnection::ListReleases(
    const v1::ListReleasesRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, releases_, &v1::ReleaseService::StubInterface::ListReleases, request,
              options);
}

absl::StatusOr<v1::Release> GrpcConnection::GetRelease(const v1::GetReleaseRequest& request,
                                                       const CallOptions& options) {
  return Call(Kind::kRead, releases_, &v1::ReleaseService::StubInterface::GetRelease, request,
              options);
}

absl::StatusOr<v1::ListObservationsResponse> GrpcConnection::ListObservations(
    const v1::ListObservationsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, releases_, &v1::ReleaseService::StubInterface::ListObservations, request,
              options);
}

absl::Status GrpcConnection::ExtractObservations(const v1::ExtractObservationsRequest& request,
                                                 ExtractMessageSink sink,
                                                 const CallOptions& options) {
  const absl::Time deadline = absl::Now() + options.deadline.value_or(stream_deadline_);
  v1::ExtractObservationsRequest rest = request;
  CallOptions call = options;
  std::optional<std::string> header;
  for (int calls_in_vain = 0;;) {
    bool brought_a_chunk = false;
    const auto take = [&](v1::ExtractObservationsResponse message) -> absl::Status {
      if (message.has_header() && header.has_value()) {
        // Said already, before the line broke.
        if (message.header().SerializeAsString() == *header) return absl::OkStatus();
        return absl::DataLossError(
            "the release, or the agreement it leaves under, changed while the line was broken; "
            "extract it again from the beginning");
      }
      if (message.has_header()) header = message.header().SerializeAsString();
      const bool is_chunk = message.has_chunk();
      const int64_t next = message.chunk().index() + 1;
      RETURN_IF_ERROR(sink(std::move(message)));
      if (is_chunk) {
        brought_a_chunk = true;
        rest.set_first_chunk(next);
      }
      return absl::OkStatus();
    };
    absl::Status status = Stream(releases_, &v1::ReleaseService::StubInterface::ExtractObservations,
                                 rest, ExtractMessageSink(take), call);
    calls_in_vain = brought_a_chunk ? 0 : calls_in_vain + 1;
    const bool broke_off = absl::IsUnavailable(status) && header.has_value();
    if (!broke_off || calls_in_vain == kMostCallsInVain) return status;
    sleep_(status, LongestBackoff(calls_in_vain + 1));
    call.deadline = deadline - absl::Now();
    if (*call.deadline <= absl::ZeroDuration()) return status;
  }
}

absl::StatusOr<v1::Scorecard> GrpcConnection::GetScorecard(const v1::GetScorecardRequest& request,
                                                           const CallOptions& options) {
  return Call(Kind::kRead, releases_, &v1::ReleaseService::StubInterface::GetScorecard, request,
              options);
}

absl::StatusOr<v1::ImportReleaseResponse> GrpcConnection::ImportRelease(
    const v1::ImportReleaseRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, releases_, &v1::ReleaseService::StubInterface::ImportRelease, request,
              options);
}

absl::StatusOr<v1::PreviewReleaseResponse> GrpcConnection::PreviewRelease(
    const v1::PreviewReleaseRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, releases_, &v1::ReleaseService::StubInterface::PreviewRelease, request,
              options);
}

absl::StatusOr<v1::Release> GrpcConnection::PublishRelease(const v1::PublishReleaseRequest& request,
                                                           const CallOptions& options) {
  return Call(Kind::kChange, releases_, &v1::ReleaseService::StubInterface::PublishRelease, request,
              options);
}

absl::StatusOr<v1::Release> GrpcConnection::WithdrawRelease(
    const v1::WithdrawReleaseRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, releases_, &v1::ReleaseService::StubInterface::WithdrawRelease,
              request, options);
}

absl::StatusOr<v1::ListAgreementsResponse> GrpcConnection::ListAgreements(
    const v1::ListAgreementsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, agreements_, &v1::AgreementService::StubInterface::ListAgreements,
              request, options);
}

absl::StatusOr<v1::ExplainAccessResponse> GrpcConnection::ExplainAccess(
    const v1::ExplainAccessRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, agreements_, &v1::AgreementService::StubInterface::ExplainAccess,
              request, options);
}

absl::StatusOr<v1::ListAccessResponse> GrpcConnection::ListAccess(
    const v1::ListAccessRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, agreements_, &v1::AgreementService::StubInterface::ListAccess, request,
              options);
}

absl::StatusOr<v1::Agreement> GrpcConnection::GetAgreement(const v1::GetAgreementRequest& request,
                                                           const CallOptions& options) {
  return Call(Kind::kRead, agreements_, &v1::AgreementService::StubInterface::GetAgreement, request,
              options);
}

absl::StatusOr<v1::ApplyAgreementResponse> GrpcConnection::ApplyAgreement(
    const v1::ApplyAgreementRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, agreements_, &v1::AgreementService::StubInterface::ApplyAgreement,
              request, options);
}

absl::StatusOr<v1::ApproveAgreementResponse> GrpcConnection::ApproveAgreement(
    const v1::ApproveAgreementRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, agreements_, &v1::AgreementService::StubInterface::ApproveAgreement,
              request, options);
}

absl::StatusOr<v1::SuspendAgreementResponse> GrpcConnection::SuspendAgreement(
    const v1::SuspendAgreementRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, agreements_, &v1::AgreementService::StubInterface::SuspendAgreement,
              request, options);
}

absl::StatusOr<v1::ResumeAgreementResponse> GrpcConnection::ResumeAgreement(
    const v1::ResumeAgreementRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, agreements_, &v1::AgreementService::StubInterface::ResumeAgreement,
              request, options);
}

absl::StatusOr<v1::EndAgreementResponse> GrpcConnection::EndAgreement(
    const v1::EndAgreementRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, agreements_, &v1::AgreementService::StubInterface::EndAgreement,
              request, options);
}

absl::StatusOr<v1::ListAgenciesResponse> GrpcConnection::ListAgencies(
    const v1::ListAgenciesRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, directory_, &v1::DirectoryService::StubInterface::ListAgencies, request,
              options);
}

absl::StatusOr<v1::ListClientsResponse> GrpcConnection::ListClients(
    const v1::ListClientsRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, directory_, &v1::DirectoryService::StubInterface::ListClients, request,
              options);
}

absl::StatusOr<v1::ApplyDirectoryResponse> GrpcConnection::ApplyDirectory(
    const v1::ApplyDirectoryRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, directory_, &v1::DirectoryService::StubInterface::ApplyDirectory,
              request, options);
}

absl::StatusOr<v1::RevokeClientResponse> GrpcConnection::RevokeClient(
    const v1::RevokeClientRequest& request, const CallOptions& options) {
  return Call(Kind::kChange, directory_, &v1::DirectoryService::StubInterface::RevokeClient,
              request, options);
}

absl::StatusOr<v1::WhoAmIResponse> GrpcConnection::WhoAmI(const v1::WhoAmIRequest& request,
                                                          const CallOptions& options) {
  return Call(Kind::kRead, directory_, &v1::DirectoryService::StubInterface::WhoAmI, request,
              options);
}

absl::StatusOr<v1::ListRefusedHandshakesResponse> GrpcConnection::ListRefusedHandshakes(
    const v1::ListRefusedHandshakesRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, directory_, &v1::DirectoryService::StubInterface::ListRefusedHandshakes,
              request, options);
}

absl::StatusOr<v1::ListAuditEntriesResponse> GrpcConnection::ListAuditEntries(
    const v1::ListAuditEntriesRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, audit_, &v1::AuditService::StubInterface::ListAuditEntries, request,
              options);
}

absl::Status GrpcConnection::StreamAuditEntries(const v1::StreamAuditEntriesRequest& request,
                                                AuditEntrySink sink, const CallOptions& options) {
  return Stream(audit_, &v1::AuditService::StubInterface::StreamAuditEntries, request, sink,
                options);
}

absl::StatusOr<v1::AuditSummary> GrpcConnection::SummariseAudit(
    const v1::SummariseAuditRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, audit_, &v1::AuditService::StubInterface::SummariseAudit, request,
              options);
}

absl::StatusOr<v1::Checkpoint> GrpcConnection::GetCheckpoint(
    const v1::GetCheckpointRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, audit_, &v1::AuditService::StubInterface::GetCheckpoint, request,
              options);
}

absl::StatusOr<v1::GetInclusionProofResponse> GrpcConnection::GetInclusionProof(
    const v1::GetInclusionProofRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, audit_, &v1::AuditService::StubInterface::GetInclusionProof, request,
              options);
}

absl::StatusOr<v1::GetConsistencyProofResponse> GrpcConnection::GetConsistencyProof(
    const v1::GetConsistencyProofRequest& request, const CallOptions& options) {
  return Call(Kind::kRead, audit_, &v1::AuditService::StubInterface::GetConsistencyProof, request,
              options);
}

absl::Status GrpcConnection::ReadTiles(const v1::ReadTilesRequest& request, TileSink sink,
                                       const CallOptions& options) {
  return Stream(audit_, &v1::AuditService::StubInterface::ReadTiles, request, sink, options);
}

absl::Status GrpcConnection::ReadEntryBundles(const v1::ReadEntryBundlesRequest& request,
                                              EntryBundleSink sink, const CallOptions& options) {
  return Stream(audit_, &v1::AuditService::StubInterface::ReadEntryBundles, request, sink, options);
}

absl::StatusOr<v1::Redaction> GrpcConnection::RedactText(const v1::RedactTextRequest& request,
                                                         const CallOptions& options) {
  return Call(Kind::kChange, audit_, &v1::AuditService::StubInterface::RedactText, request,
              options);
}

}  // namespace internal

absl::StatusOr<std::shared_ptr<Connection>> MakeConnection(const ClientOptions& options) {
  if (options.target.empty()) return absl::InvalidArgumentError("target is not set");
  if (options.stream_window_bytes != 0 && options.stream_window_bytes < internal::kSmallestWindow) {
    return absl::InvalidArgumentError(
        absl::StrCat("stream_window_bytes is neither 0 nor at least ", internal::kSmallestWindow));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::ChannelCredentials> credentials,
                   internal::ReadCredentials(options));
  const std::shared_ptr<grpc::Channel> channel = internal::MakeChannel(options, credentials);
  auto sleep = [channel, on_retry = options.on_retry](const absl::Status& outcome,
                                                      absl::Duration wait) {
    if (on_retry) on_retry(outcome);
    internal::WaitOn(*channel, wait);
  };
  return std::make_shared<internal::GrpcConnection>(channel, options, std::move(sleep));
}

}  // namespace concordat
