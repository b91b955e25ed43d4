#include "concordat/client.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/internal/extract_verifier.h"
#include "client/internal/row_messages.h"

namespace concordat {
namespace {

constexpr size_t kRequestIdBytes = 16;

// A change without a request id cannot be sent twice safely, so it gets one.
CallOptions WithRequestId(CallOptions options) {
  if (options.request_id.empty()) {
    options.request_id = absl::BytesToHexString(RandomBytes(kRequestIdBytes));
  }
  return options;
}

// The range over all pages of `method`.
template <typename Item, typename Request, typename Response>
PagedRange<Item, Response> Pages(
    std::shared_ptr<Connection> connection,
    absl::StatusOr<Response> (Connection::*method)(const Request&, const CallOptions&),
    Request request, CallOptions options,
    google::protobuf::RepeatedPtrField<Item>* (Response::*items_of)()) {
  return PagedRange<Item, Response>(
      [connection = std::move(connection), method, request = std::move(request),
       options = std::move(options)](const std::string& page_token) mutable {
        // The caller may start in the middle with a token of its own.
        if (!page_token.empty()) request.set_page_token(page_token);
        return ((*connection).*method)(request, options);
      },
      items_of);
}

}  // namespace

absl::StatusOr<Client> Client::Connect(const ClientOptions& options) {
  ASSIGN_OR_RETURN(std::shared_ptr<Connection> connection, MakeConnection(options));
  return Client(std::move(connection));
}

PagedRange<v1::Plan, v1::ListPlansResponse> Client::ListPlans(v1::ListPlansRequest request,
                                                              CallOptions options) {
  return Pages(connection_, &Connection::ListPlans, std::move(request), std::move(options),
               &v1::ListPlansResponse::mutable_plans);
}

absl::StatusOr<v1::Plan> Client::GetPlan(const v1::GetPlanRequest& request, CallOptions options) {
  return connection_->GetPlan(request, options);
}

absl::StatusOr<v1::PlanStatus> Client::GetPlanStatus(const v1::GetPlanStatusRequest& request,
                                                     CallOptions options) {
  return connection_->GetPlanStatus(request, options);
}

PagedRange<v1::Action, v1::ListActionsResponse> Client::ListActions(v1::ListActionsRequest request,
                                                                    CallOptions options) {
  return Pages(connection_, &Connection::ListActions, std::move(request), std::move(options),
               &v1::ListActionsResponse::mutable_actions);
}

absl::StatusOr<v1::Action> Client::GetAction(const v1::GetActionRequest& request,
                                             CallOptions options) {
  return connection_->GetAction(request, options);
}

PagedRange<v1::ProgressReport, v1::ListProgressReportsResponse> Client::ListProgressReports(
    v1::ListProgressReportsRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListProgressReports, std::move(request),
               std::move(options), &v1::ListProgressReportsResponse::mutable_reports);
}

absl::StatusOr<v1::ApplyPlanResponse> Client::ApplyPlan(const v1::ApplyPlanRequest& request,
                                                        CallOptions options) {
  return connection_->ApplyPlan(request, WithRequestId(std::move(options)));
}

PagedRange<v1::Measure, v1::ListMeasuresResponse> Client::ListMeasures(
    v1::ListMeasuresRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListMeasures, std::move(request), std::move(options),
               &v1::ListMeasuresResponse::mutable_measures);
}

absl::StatusOr<v1::Measure> Client::GetMeasure(const v1::GetMeasureRequest& request,
                                               CallOptions options) {
  return connection_->GetMeasure(request, options);
}

absl::StatusOr<v1::ApplyMeasuresResponse> Client::ApplyMeasures(
    const v1::ApplyMeasuresRequest& request, CallOptions options) {
  return connection_->ApplyMeasures(request, WithRequestId(std::move(options)));
}

PagedRange<v1::Return, v1::ListReturnsResponse> Client::ListReturns(v1::ListReturnsRequest request,
                                                                    CallOptions options) {
  return Pages(connection_, &Connection::ListReturns, std::move(request), std::move(options),
               &v1::ListReturnsResponse::mutable_returns);
}

absl::StatusOr<v1::Return> Client::SetReturnState(const v1::SetReturnStateRequest& request,
                                                  CallOptions options) {
  return connection_->SetReturnState(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::ChaseReturnsResponse> Client::ChaseReturns(
    const v1::ChaseReturnsRequest& request, CallOptions options) {
  return connection_->ChaseReturns(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::SubmitObservationsResponse> Client::SubmitObservations(
    const v1::SubmissionHeader& header, RowSource& rows, SubmissionProgress progress,
    CallOptions options) {
  internal::RowMessages messages(header, rows, progress);
  return connection_->SubmitObservations(messages, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::SubmitObservationsResponse> Client::SubmitObservations(
    const v1::SubmissionHeader& header, RowSource& rows, CallOptions options) {
  return SubmitObservations(
      header, rows, [](int64_t) {}, std::move(options));
}

PagedRange<v1::Release, v1::ListReleasesResponse> Client::ListReleases(
    v1::ListReleasesRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListReleases, std::move(request), std::move(options),
               &v1::ListReleasesResponse::mutable_releases);
}

absl::StatusOr<v1::Release> Client::GetRelease(const v1::GetReleaseRequest& request,
                                               CallOptions options) {
  return connection_->GetRelease(request, options);
}

PagedRange<v1::Observation, v1::ListObservationsResponse> Client::ListObservations(
    v1::ListObservationsRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListObservations, std::move(request), std::move(options),
               &v1::ListObservationsResponse::mutable_observations);
}

absl::StatusOr<ExtractSummary> Client::Extract(const v1::ExtractObservationsRequest& request,
                                               ExtractSink sink, CallOptions options) {
  Receipt receipt;
  // Damage found here is reported with the receipt of the extract that had it.
  Receipt* const wanted_receipt = std::exchange(options.receipt, &receipt);
  internal::ExtractVerifier verifier(request);
  absl::Status status = connection_->ExtractObservations(
      request,
      [&](v1::ExtractObservationsResponse message) -> absl::Status {
        RETURN_IF_ERROR(verifier.Accept(message));
        return message.has_chunk() ? sink(message.chunk().data()) : absl::OkStatus();
      },
      options);
  if (wanted_receipt != nullptr) *wanted_receipt = receipt;
  RETURN_IF_ERROR(status);
  absl::StatusOr<ExtractSummary> summary = verifier.Finish();
  if (!summary.ok() && !receipt.origin().empty()) {
    absl::Status damage = summary.status();
    AttachPayload(damage, receipt);
    return damage;
  }
  return summary;
}

absl::StatusOr<v1::Scorecard> Client::GetScorecard(const v1::GetScorecardRequest& request,
                                                   CallOptions options) {
  return connection_->GetScorecard(request, options);
}

absl::StatusOr<v1::ImportReleaseResponse> Client::ImportRelease(
    const v1::ImportReleaseRequest& request, CallOptions options) {
  return connection_->ImportRelease(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::PreviewReleaseResponse> Client::PreviewRelease(
    const v1::PreviewReleaseRequest& request, CallOptions options) {
  if (!options.deadline.has_value()) options.deadline = absl::Minutes(10);
  return connection_->PreviewRelease(request, options);
}

absl::StatusOr<v1::Release> Client::PublishRelease(const v1::PublishReleaseRequest& request,
                                                   CallOptions options) {
  return connection_->PublishRelease(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::Release> Client::WithdrawRelease(const v1::WithdrawReleaseRequest& request,
                                                    CallOptions options) {
  return connection_->WithdrawRelease(request, WithRequestId(std::move(options)));
}

PagedRange<v1::Agreement, v1::ListAgreementsResponse> Client::ListAgreements(
    v1::ListAgreementsRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListAgreements, std::move(request), std::move(options),
               &v1::ListAgreementsResponse::mutable_agreements);
}

absl::StatusOr<v1::Agreement> Client::GetAgreement(const v1::GetAgreementRequest& request,
                                                   CallOptions options) {
  return connection_->GetAgreement(request, options);
}

absl::StatusOr<v1::ExplainAccessResponse> Client::ExplainAccess(
    const v1::ExplainAccessRequest& request, CallOptions options) {
  return connection_->ExplainAccess(request, options);
}

PagedRange<v1::ListAccessResponse::Access, v1::ListAccessResponse> Client::ListAccess(
    v1::ListAccessRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListAccess, std::move(request), std::move(options),
               &v1::ListAccessResponse::mutable_access);
}

absl::StatusOr<v1::ApplyAgreementResponse> Client::ApplyAgreement(
    const v1::ApplyAgreementRequest& request, CallOptions options) {
  return connection_->ApplyAgreement(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::ApproveAgreementResponse> Client::ApproveAgreement(
    const v1::ApproveAgreementRequest& request, CallOptions options) {
  return connection_->ApproveAgreement(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::SuspendAgreementResponse> Client::SuspendAgreement(
    const v1::SuspendAgreementRequest& request, CallOptions options) {
  return connection_->SuspendAgreement(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::ResumeAgreementResponse> Client::ResumeAgreement(
    const v1::ResumeAgreementRequest& request, CallOptions options) {
  return connection_->ResumeAgreement(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::EndAgreementResponse> Client::EndAgreement(
    const v1::EndAgreementRequest& request, CallOptions options) {
  return connection_->EndAgreement(request, WithRequestId(std::move(options)));
}

PagedRange<v1::Agency, v1::ListAgenciesResponse> Client::ListAgencies(
    v1::ListAgenciesRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListAgencies, std::move(request), std::move(options),
               &v1::ListAgenciesResponse::mutable_agencies);
}

PagedRange<v1::Client, v1::ListClientsResponse> Client::ListClients(v1::ListClientsRequest request,
                                                                    CallOptions options) {
  return Pages(connection_, &Connection::ListClients, std::move(request), std::move(options),
               &v1::ListClientsResponse::mutable_clients);
}

absl::StatusOr<v1::ApplyDirectoryResponse> Client::ApplyDirectory(
    const v1::ApplyDirectoryRequest& request, CallOptions options) {
  return connection_->ApplyDirectory(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::RevokeClientResponse> Client::RevokeClient(
    const v1::RevokeClientRequest& request, CallOptions options) {
  return connection_->RevokeClient(request, WithRequestId(std::move(options)));
}

absl::StatusOr<v1::WhoAmIResponse> Client::WhoAmI(CallOptions options) {
  return connection_->WhoAmI(v1::WhoAmIRequest(), options);
}

PagedRange<v1::RefusedHandshake, v1::ListRefusedHandshakesResponse> Client::ListRefusedHandshakes(
    v1::ListRefusedHandshakesRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListRefusedHandshakes, std::move(request),
               std::move(options), &v1::ListRefusedHandshakesResponse::mutable_refused);
}

PagedRange<v1::AuditEntry, v1::ListAuditEntriesResponse> Client::ListAuditEntries(
    v1::ListAuditEntriesRequest request, CallOptions options) {
  return Pages(connection_, &Connection::ListAuditEntries, std::move(request), std::move(options),
               &v1::ListAuditEntriesResponse::mutable_entries);
}

absl::Status Client::StreamAuditEntries(const v1::StreamAuditEntriesRequest& request,
                                        Connection::AuditEntrySink sink, CallOptions options) {
  return connection_->StreamAuditEntries(request, sink, options);
}

absl::StatusOr<v1::AuditSummary> Client::SummariseAudit(const v1::SummariseAuditRequest& request,
                                                        CallOptions options) {
  return connection_->SummariseAudit(request, options);
}

absl::StatusOr<v1::Checkpoint> Client::GetCheckpoint(CallOptions options) {
  return connection_->GetCheckpoint(v1::GetCheckpointRequest(), options);
}

absl::StatusOr<v1::GetInclusionProofResponse> Client::GetInclusionProof(
    const v1::GetInclusionProofRequest& request, CallOptions options) {
  return connection_->GetInclusionProof(request, options);
}

absl::StatusOr<v1::GetConsistencyProofResponse> Client::GetConsistencyProof(
    const v1::GetConsistencyProofRequest& request, CallOptions options) {
  return connection_->GetConsistencyProof(request, options);
}

absl::Status Client::ReadTiles(const v1::ReadTilesRequest& request, Connection::TileSink sink,
                               CallOptions options) {
  return connection_->ReadTiles(request, sink, options);
}

absl::Status Client::ReadEntryBundles(const v1::ReadEntryBundlesRequest& request,
                                      Connection::EntryBundleSink sink, CallOptions options) {
  return connection_->ReadEntryBundles(request, sink, options);
}

absl::StatusOr<v1::Redaction> Client::RedactText(const v1::RedactTextRequest& request,
                                                 CallOptions options) {
  return connection_->RedactText(request, WithRequestId(std::move(options)));
}

}  // namespace concordat
