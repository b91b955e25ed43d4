// The way to use a Concordat service from C++.
#ifndef CONCORDAT_CLIENT_H_
#define CONCORDAT_CLIENT_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "concordat/connection.h"
#include "concordat/extract.h"
#include "concordat/options.h"
#include "concordat/paged_range.h"
#include "concordat/submission.h"

namespace concordat {

// A client of one Concordat service.
//
// A value: copies share one connection, which closes with the last of them.
// Thread-safe. Connecting costs a TLS handshake, so keep a client and reuse it.
//
// Errors are absl::Status with the code that error_reason.proto documents.
// `ReasonOf` and `PayloadOf` of base/status.h read the reason and its details,
// and `PayloadOf<Receipt>` the record that the service made of the refusal. A
// service that cannot be reached is UNAVAILABLE without a reason.
//
// Reads are tried again while the service is UNAVAILABLE, with growing random
// waits up to the call's deadline, so that a restart of a few seconds is not
// noticed. Changes are too, because each carries a request id. A host that is not
// known and a TLS handshake that fails are given up sooner, after five times.
class Client {
 public:
  // Makes a client from its certificate. Reads files and waits for nothing;
  // INVALID_ARGUMENT says what is wrong with an option or a file.
  static absl::StatusOr<Client> Connect(const ClientOptions& options);

  // A client over another connection, such as MockConnection. Not null.
  explicit Client(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}

  // Plans, by name.
  PagedRange<v1::Plan, v1::ListPlansResponse> ListPlans(v1::ListPlansRequest request = {},
                                                        CallOptions options = {});
  // One plan with its themes, objectives and recommendations.
  absl::StatusOr<v1::Plan> GetPlan(const v1::GetPlanRequest& request, CallOptions options = {});
  // How a plan stands: its actions counted by theme, status, agency and
  // recommendation.
  absl::StatusOr<v1::PlanStatus> GetPlanStatus(const v1::GetPlanStatusRequest& request,
                                               CallOptions options = {});
  // Actions of one plan, or of all with the parent `plans/-`, by name. For the
  // next poll, keep `first_page().read_time()`.
  PagedRange<v1::Action, v1::ListActionsResponse> ListActions(v1::ListActionsRequest request,
                                                              CallOptions options = {});
  // One action with its effective rag.
  absl::StatusOr<v1::Action> GetAction(const v1::GetActionRequest& request,
                                       CallOptions options = {});
  // Progress reports of one action, newest first.
  PagedRange<v1::ProgressReport, v1::ListProgressReportsResponse> ListProgressReports(
      v1::ListProgressReportsRequest request, CallOptions options = {});
  // Makes the stored plan equal to the one sent. The same again changes nothing.
  absl::StatusOr<v1::ApplyPlanResponse> ApplyPlan(const v1::ApplyPlanRequest& request,
                                                  CallOptions options = {});

  // Measures, by name.
  PagedRange<v1::Measure, v1::ListMeasuresResponse> ListMeasures(
      v1::ListMeasuresRequest request = {}, CallOptions options = {});
  // One measure.
  absl::StatusOr<v1::Measure> GetMeasure(const v1::GetMeasureRequest& request,
                                         CallOptions options = {});
  // Adds and revises measures, all or nothing.
  absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasures(const v1::ApplyMeasuresRequest& request,
                                                          CallOptions options = {});
  // What is owed for periods that have ended, by due day and name.
  PagedRange<v1::Return, v1::ListReturnsResponse> ListReturns(v1::ListReturnsRequest request = {},
                                                              CallOptions options = {});
  // Says about a return what its figures do not.
  absl::StatusOr<v1::Return> SetReturnState(const v1::SetReturnStateRequest& request,
                                            CallOptions options = {});
  // Notes that agencies are reminded of what is overdue, and says of what.
  absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(const v1::ChaseReturnsRequest& request,
                                                        CallOptions options = {});
  // Sends figures, all or none: SUBMISSION_INVALID names the first rows that are wrong.
  // `progress` is told of the rows handed over. May take as long as an extract, unless
  // the call's `deadline` says otherwise. A coordinator sends another agency's figures
  // with the header's `source`.
  absl::StatusOr<v1::SubmitObservationsResponse> SubmitObservations(
      const v1::SubmissionHeader& header, RowSource& rows, SubmissionProgress progress,
      CallOptions options = {});
  absl::StatusOr<v1::SubmitObservationsResponse> SubmitObservations(
      const v1::SubmissionHeader& header, RowSource& rows, CallOptions options = {});

  // Releases, by name, withdrawn ones too.
  PagedRange<v1::Release, v1::ListReleasesResponse> ListReleases(
      v1::ListReleasesRequest request = {}, CallOptions options = {});
  // One release.
  absl::StatusOr<v1::Release> GetRelease(const v1::GetReleaseRequest& request,
                                         CallOptions options = {});
  // Figures of one release, or of all with the parent `releases/-`. For the next
  // poll, keep `first_page().read_time()` and forget the figures of
  // `first_page().withdrawn_releases()`.
  PagedRange<v1::Observation, v1::ListObservationsResponse> ListObservations(
      v1::ListObservationsRequest request, CallOptions options = {});
  // The same figures as one file. Each chunk is verified before `sink` gets it,
  // and the whole against the manifest at the end; what does not agree, and an
  // extract without an end, is DATA_LOSS. Begun again, for 30 s at most, while nothing
  // came. One that broke off goes on at the chunk that was to come next, as a call of
  // its own with a receipt of its own, of which `options` gets the last.
  absl::StatusOr<ExtractSummary> Extract(const v1::ExtractObservationsRequest& request,
                                         ExtractSink sink, CallOptions options = {});
  // The board's table of a release.
  absl::StatusOr<v1::Scorecard> GetScorecard(const v1::GetScorecardRequest& request,
                                             CallOptions options = {});
  // Imports a release of figures that are already public.
  absl::StatusOr<v1::ImportReleaseResponse> ImportRelease(const v1::ImportReleaseRequest& request,
                                                          CallOptions options = {});
  // What a release of submitted figures would show, with its report. Waits for 10
  // minutes unless `options` has a deadline.
  absl::StatusOr<v1::PreviewReleaseResponse> PreviewRelease(
      const v1::PreviewReleaseRequest& request, CallOptions options = {});
  // Freezes a release as it was previewed.
  absl::StatusOr<v1::Release> PublishRelease(const v1::PublishReleaseRequest& request,
                                             CallOptions options = {});
  // Withdraws a release for good.
  absl::StatusOr<v1::Release> WithdrawRelease(const v1::WithdrawReleaseRequest& request,
                                              CallOptions options = {});

  // Agreements, by name.
  PagedRange<v1::Agreement, v1::ListAgreementsResponse> ListAgreements(
      v1::ListAgreementsRequest request = {}, CallOptions options = {});
  // One agreement, or an earlier version of it.
  absl::StatusOr<v1::Agreement> GetAgreement(const v1::GetAgreementRequest& request,
                                             CallOptions options = {});
  // Whether a request would be allowed, and which clauses of which agreement say so.
  absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(const v1::ExplainAccessRequest& request,
                                                          CallOptions options = {});
  // Who can see a data set, by agreement, agency and purpose.
  PagedRange<v1::ListAccessResponse::Access, v1::ListAccessResponse> ListAccess(
      v1::ListAccessRequest request, CallOptions options = {});
  // Adds or revises one agreement. In effect when this returns.
  absl::StatusOr<v1::ApplyAgreementResponse> ApplyAgreement(
      const v1::ApplyAgreementRequest& request, CallOptions options = {});
  // Approves the terms of a draft for this client's agency.
  absl::StatusOr<v1::ApproveAgreementResponse> ApproveAgreement(
      const v1::ApproveAgreementRequest& request, CallOptions options = {});
  // Suspends an agreement. In effect when this returns; open streams are cut
  // within a second.
  absl::StatusOr<v1::SuspendAgreementResponse> SuspendAgreement(
      const v1::SuspendAgreementRequest& request, CallOptions options = {});
  // Ends a suspension.
  absl::StatusOr<v1::ResumeAgreementResponse> ResumeAgreement(
      const v1::ResumeAgreementRequest& request, CallOptions options = {});
  // Ends an agreement for ever. In effect as SuspendAgreement is.
  absl::StatusOr<v1::EndAgreementResponse> EndAgreement(const v1::EndAgreementRequest& request,
                                                        CallOptions options = {});

  // Agencies, by name.
  PagedRange<v1::Agency, v1::ListAgenciesResponse> ListAgencies(
      v1::ListAgenciesRequest request = {}, CallOptions options = {});
  // Clients of one agency, or of all with the parent `agencies/-`, by name.
  PagedRange<v1::Client, v1::ListClientsResponse> ListClients(v1::ListClientsRequest request,
                                                              CallOptions options = {});
  // Adds and revises agencies, clients and areas, all or nothing.
  absl::StatusOr<v1::ApplyDirectoryResponse> ApplyDirectory(
      const v1::ApplyDirectoryRequest& request, CallOptions options = {});
  // Revokes a client for ever. In effect as SuspendAgreement is.
  absl::StatusOr<v1::RevokeClientResponse> RevokeClient(const v1::RevokeClientRequest& request,
                                                        CallOptions options = {});
  // Who the service takes this client for, and its agreements.
  absl::StatusOr<v1::WhoAmIResponse> WhoAmI(CallOptions options = {});
  // Connections that the service refused before they could call, newest first.
  PagedRange<v1::RefusedHandshake, v1::ListRefusedHandshakesResponse> ListRefusedHandshakes(
      v1::ListRefusedHandshakesRequest request = {}, CallOptions options = {});

  // Records of the audit log, newest first.
  PagedRange<v1::AuditEntry, v1::ListAuditEntriesResponse> ListAuditEntries(
      v1::ListAuditEntriesRequest request = {}, CallOptions options = {});
  // The same without pages, oldest first, for auditors: `sink` gets each message as
  // it comes, and its error ends the stream and is returned. A stream that broke is
  // taken up again with `first_index`.
  absl::Status StreamAuditEntries(const v1::StreamAuditEntriesRequest& request,
                                  Connection::AuditEntrySink sink, CallOptions options = {});
  // One agency's quarter: who saw what, what was refused, and whether the records
  // are whole.
  absl::StatusOr<v1::AuditSummary> SummariseAudit(const v1::SummariseAuditRequest& request,
                                                  CallOptions options = {});
  // The audit log's last signed checkpoint. Worth what its signatures are:
  // concordat/audit.h verifies them.
  absl::StatusOr<v1::Checkpoint> GetCheckpoint(CallOptions options = {});
  // The proof that a record is in the log; VerifyReceipt of concordat/audit.h
  // verifies it.
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request, CallOptions options = {});
  // The proof that the log grew by appending alone; VerifyConsistency of
  // concordat/audit.h verifies it.
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request, CallOptions options = {});
  // Tiles of the log's hashes, and bundles of its records in parts, as they come and
  // not verified. `sink` as of StreamAuditEntries.
  absl::Status ReadTiles(const v1::ReadTilesRequest& request, Connection::TileSink sink,
                         CallOptions options = {});
  absl::Status ReadEntryBundles(const v1::ReadEntryBundlesRequest& request,
                                Connection::EntryBundleSink sink, CallOptions options = {});
  // Proposes that a text becomes a tombstone in every revision, or approves it.
  absl::StatusOr<v1::Redaction> RedactText(const v1::RedactTextRequest& request,
                                           CallOptions options = {});

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace concordat

#endif  // CONCORDAT_CLIENT_H_
