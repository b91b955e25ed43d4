// The calls that a Client makes, behind an interface that tests can replace.
#ifndef CONCORDAT_CONNECTION_H_
#define CONCORDAT_CONNECTION_H_

#include <memory>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "concordat/options.h"
#include "concordat/submission.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"

namespace concordat {

// One method for each RPC of the contract, and one page for each list. Errors
// carry what the service said as payloads (base/status.h) and the receipt.
// Thread-safe.
class Connection {
 public:
  // Takes one message of an extract. An error cancels the stream.
  using ExtractMessageSink = absl::FunctionRef<absl::Status(v1::ExtractObservationsResponse)>;
  // The same of the audit log's streams.
  using AuditEntrySink = absl::FunctionRef<absl::Status(v1::StreamAuditEntriesResponse)>;
  using TileSink = absl::FunctionRef<absl::Status(v1::ReadTilesResponse)>;
  using EntryBundleSink = absl::FunctionRef<absl::Status(v1::ReadEntryBundlesResponse)>;

  virtual ~Connection() = default;

  // PlanService.
  virtual absl::StatusOr<v1::ListPlansResponse> ListPlans(const v1::ListPlansRequest& request,
                                                          const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Plan> GetPlan(const v1::GetPlanRequest& request,
                                           const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::PlanStatus> GetPlanStatus(const v1::GetPlanStatusRequest& request,
                                                       const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListActionsResponse> ListActions(const v1::ListActionsRequest& request,
                                                              const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Action> GetAction(const v1::GetActionRequest& request,
                                               const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListProgressReportsResponse> ListProgressReports(
      const v1::ListProgressReportsRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ApplyPlanResponse> ApplyPlan(const v1::ApplyPlanRequest& request,
                                                          const CallOptions& options) = 0;

  // MeasureService.
  virtual absl::StatusOr<v1::ListMeasuresResponse> ListMeasures(
      const v1::ListMeasuresRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Measure> GetMeasure(const v1::GetMeasureRequest& request,
                                                 const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasures(
      const v1::ApplyMeasuresRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListReturnsResponse> ListReturns(const v1::ListReturnsRequest& request,
                                                              const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Return> SetReturnState(const v1::SetReturnStateRequest& request,
                                                    const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(
      const v1::ChaseReturnsRequest& request, const CallOptions& options) = 0;
  // Sends the messages in turn; begun anew, with a request id, while the service is
  // UNAVAILABLE.
  virtual absl::StatusOr<v1::SubmitObservationsResponse> SubmitObservations(
      SubmissionMessages& messages, const CallOptions& options) = 0;

  // ReleaseService.
  virtual absl::StatusOr<v1::ListReleasesResponse> ListReleases(
      const v1::ListReleasesRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Release> GetRelease(const v1::GetReleaseRequest& request,
                                                 const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListObservationsResponse> ListObservations(
      const v1::ListObservationsRequest& request, const CallOptions& options) = 0;
  // The messages as they came, not verified: Client::Extract does that. If the line
  // breaks, the rest is asked for, and its header is left out.
  virtual absl::Status ExtractObservations(const v1::ExtractObservationsRequest& request,
                                           ExtractMessageSink sink, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Scorecard> GetScorecard(const v1::GetScorecardRequest& request,
                                                     const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ImportReleaseResponse> ImportRelease(
      const v1::ImportReleaseRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::PreviewReleaseResponse> PreviewRelease(
      const v1::PreviewReleaseRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Release> PublishRelease(const v1::PublishReleaseRequest& request,
                                                     const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Release> WithdrawRelease(const v1::WithdrawReleaseRequest& request,
                                                      const CallOptions& options) = 0;

  // AgreementService.
  virtual absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const v1::ListAgreementsRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Agreement> GetAgreement(const v1::GetAgreementRequest& request,
                                                     const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(
      const v1::ExplainAccessRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListAccessResponse> ListAccess(const v1::ListAccessRequest& request,
                                                            const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ApplyAgreementResponse> ApplyAgreement(
      const v1::ApplyAgreementRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ApproveAgreementResponse> ApproveAgreement(
      const v1::ApproveAgreementRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::SuspendAgreementResponse> SuspendAgreement(
      const v1::SuspendAgreementRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ResumeAgreementResponse> ResumeAgreement(
      const v1::ResumeAgreementRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::EndAgreementResponse> EndAgreement(
      const v1::EndAgreementRequest& request, const CallOptions& options) = 0;

  // DirectoryService.
  virtual absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(
      const v1::ListAgenciesRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListClientsResponse> ListClients(const v1::ListClientsRequest& request,
                                                              const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ApplyDirectoryResponse> ApplyDirectory(
      const v1::ApplyDirectoryRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::RevokeClientResponse> RevokeClient(
      const v1::RevokeClientRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::WhoAmIResponse> WhoAmI(const v1::WhoAmIRequest& request,
                                                    const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::ListRefusedHandshakesResponse> ListRefusedHandshakes(
      const v1::ListRefusedHandshakesRequest& request, const CallOptions& options) = 0;

  // AuditService.
  virtual absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const v1::ListAuditEntriesRequest& request, const CallOptions& options) = 0;
  virtual absl::Status StreamAuditEntries(const v1::StreamAuditEntriesRequest& request,
                                          AuditEntrySink sink, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::AuditSummary> SummariseAudit(const v1::SummariseAuditRequest& request,
                                                          const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Checkpoint> GetCheckpoint(const v1::GetCheckpointRequest& request,
                                                       const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request, const CallOptions& options) = 0;
  // Tiles and bundles as they came, not verified.
  virtual absl::Status ReadTiles(const v1::ReadTilesRequest& request, TileSink sink,
                                 const CallOptions& options) = 0;
  virtual absl::Status ReadEntryBundles(const v1::ReadEntryBundlesRequest& request,
                                        EntryBundleSink sink, const CallOptions& options) = 0;
  virtual absl::StatusOr<v1::Redaction> RedactText(const v1::RedactTextRequest& request,
                                                   const CallOptions& options) = 0;
};

// A connection over gRPC with TLS on both sides. Reads the files of `options`;
// INVALID_ARGUMENT says which option or file is wrong and how. Does not wait for
// the service: the first call connects.
absl::StatusOr<std::shared_ptr<Connection>> MakeConnection(const ClientOptions& options);

}  // namespace concordat

#endif  // CONCORDAT_CONNECTION_H_
