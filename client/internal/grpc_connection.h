// The Connection over gRPC: one place that adds metadata, deadlines, retries
// and receipts to every call.
#ifndef CONCORDAT_CLIENT_INTERNAL_GRPC_CONNECTION_H_
#define CONCORDAT_CLIENT_INTERNAL_GRPC_CONNECTION_H_

#include <memory>
#include <string>

#include "client/internal/retry.h"
#include "concordat/connection.h"
#include "concordat/options.h"
#include "concordat/v1/agreement_service.grpc.pb.h"
#include "concordat/v1/audit_service.grpc.pb.h"
#include "concordat/v1/directory_service.grpc.pb.h"
#include "concordat/v1/measure_service.grpc.pb.h"
#include "concordat/v1/plan_service.grpc.pb.h"
#include "concordat/v1/release_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

namespace concordat::internal {

// Thread-safe.
class GrpcConnection final : public Connection {
 public:
  // Of `options`, takes the target (for messages), the default purpose and the
  // deadlines; the channel is already made from the rest.
  GrpcConnection(std::shared_ptr<grpc::Channel> channel, const ClientOptions& options,
                 Sleeper sleep);

  absl::StatusOr<v1::ListPlansResponse> ListPlans(const v1::ListPlansRequest& request,
                                                  const CallOptions& options) override;
  absl::StatusOr<v1::Plan> GetPlan(const v1::GetPlanRequest& request,
                                   const CallOptions& options) override;
  absl::StatusOr<v1::PlanStatus> GetPlanStatus(const v1::GetPlanStatusRequest& request,
                                               const CallOptions& options) override;
  absl::StatusOr<v1::ListActionsResponse> ListActions(const v1::ListActionsRequest& request,
                                                      const CallOptions& options) override;
  absl::StatusOr<v1::Action> GetAction(const v1::GetActionRequest& request,
                                       const CallOptions& options) override;
  absl::StatusOr<v1::ListProgressReportsResponse> ListProgressReports(
      const v1::ListProgressReportsRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::ApplyPlanResponse> ApplyPlan(const v1::ApplyPlanRequest& request,
                                                  const CallOptions& options) override;

  absl::StatusOr<v1::ListMeasuresResponse> ListMeasures(const v1::ListMeasuresRequest& request,
                                                        const CallOptions& options) override;
  absl::StatusOr<v1::Measure> GetMeasure(const v1::GetMeasureRequest& request,
                                         const CallOptions& options) override;
  absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasures(const v1::ApplyMeasuresRequest& request,
                                                          const CallOptions& options) override;
  absl::StatusOr<v1::ListReturnsResponse> ListReturns(const v1::ListReturnsRequest& request,
                                                      const CallOptions& options) override;
  absl::StatusOr<v1::Return> SetReturnState(const v1::SetReturnStateRequest& request,
                                            const CallOptions& options) override;
  absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(const v1::ChaseReturnsRequest& request,
                                                        const CallOptions& options) override;
  absl::StatusOr<v1::SubmitObservationsResponse> SubmitObservations(
      SubmissionMessages& messages, const CallOptions& options) override;

  absl::StatusOr<v1::ListReleasesResponse> ListReleases(const v1::ListReleasesRequest& request,
                                                        const CallOptions& options) override;
  absl::StatusOr<v1::Release> GetRelease(const v1::GetReleaseRequest& request,
                                         const CallOptions& options) override;
  absl::StatusOr<v1::ListObservationsResponse> ListObservations(
      const v1::ListObservationsRequest& request, const CallOptions& options) override;
  absl::Status ExtractObservations(const v1::ExtractObservationsRequest& request,
                                   ExtractMessageSink sink, const CallOptions& options) override;
  absl::StatusOr<v1::Scorecard> GetScorecard(const v1::GetScorecardRequest& request,
                                             const CallOptions& options) override;
  absl::StatusOr<v1::ImportReleaseResponse> ImportRelease(const v1::ImportReleaseRequest& request,
                                                          const CallOptions& options) override;
  absl::StatusOr<v1::PreviewReleaseResponse> PreviewRelease(
      const v1::PreviewReleaseRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::Release> PublishRelease(const v1::PublishReleaseRequest& request,
                                             const CallOptions& options) override;
  absl::StatusOr<v1::Release> WithdrawRelease(const v1::WithdrawReleaseRequest& request,
                                              const CallOptions& options) override;

  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const v1::ListAgreementsRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::Agreement> GetAgreement(const v1::GetAgreementRequest& request,
                                             const CallOptions& options) override;
  absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(const v1::ExplainAccessRequest& request,
                                                          const CallOptions& options) override;
  absl::StatusOr<v1::ListAccessResponse> ListAccess(const v1::ListAccessRequest& request,
                                                    const CallOptions& options) override;
  absl::StatusOr<v1::ApplyAgreementResponse> ApplyAgreement(
      const v1::ApplyAgreementRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::ApproveAgreementResponse> ApproveAgreement(
      const v1::ApproveAgreementRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::SuspendAgreementResponse> SuspendAgreement(
      const v1::SuspendAgreementRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::ResumeAgreementResponse> ResumeAgreement(
      const v1::ResumeAgreementRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::EndAgreementResponse> EndAgreement(const v1::EndAgreementRequest& request,
                                                        const CallOptions& options) override;

  absl::StatusOr<v1::ListAgenciesResponse> ListAgencies(const v1::ListAgenciesRequest& request,
                                                        const CallOptions& options) override;
  absl::StatusOr<v1::ListClientsResponse> ListClients(const v1::ListClientsRequest& request,
                                                      const CallOptions& options) override;
  absl::StatusOr<v1::ApplyDirectoryResponse> ApplyDirectory(
      const v1::ApplyDirectoryRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::RevokeClientResponse> RevokeClient(const v1::RevokeClientRequest& request,
                                                        const CallOptions& options) override;
  absl::StatusOr<v1::WhoAmIResponse> WhoAmI(const v1::WhoAmIRequest& request,
                                            const CallOptions& options) override;
  absl::StatusOr<v1::ListRefusedHandshakesResponse> ListRefusedHandshakes(
      const v1::ListRefusedHandshakesRequest& request, const CallOptions& options) override;

  absl::StatusOr<v1::ListAuditEntriesResponse> ListAuditEntries(
      const v1::ListAuditEntriesRequest& request, const CallOptions& options) override;
  absl::Status StreamAuditEntries(const v1::StreamAuditEntriesRequest& request, AuditEntrySink sink,
                                  const CallOptions& options) override;
  absl::StatusOr<v1::AuditSummary> SummariseAudit(const v1::SummariseAuditRequest& request,
                                                  const CallOptions& options) override;
  absl::StatusOr<v1::Checkpoint> GetCheckpoint(const v1::GetCheckpointRequest& request,
                                               const CallOptions& options) override;
  absl::StatusOr<v1::GetInclusionProofResponse> GetInclusionProof(
      const v1::GetInclusionProofRequest& request, const CallOptions& options) override;
  absl::StatusOr<v1::GetConsistencyProofResponse> GetConsistencyProof(
      const v1::GetConsistencyProofRequest& request, const CallOptions& options) override;
  absl::Status ReadTiles(const v1::ReadTilesRequest& request, TileSink sink,
                         const CallOptions& options) override;
  absl::Status ReadEntryBundles(const v1::ReadEntryBundlesRequest& request, EntryBundleSink sink,
                                const CallOptions& options) override;
  absl::StatusOr<v1::Redaction> RedactText(const v1::RedactTextRequest& request,
                                           const CallOptions& options) override;

 private:
  // What a call does decides its deadline and whether it may be repeated.
  enum class Kind { kRead, kChange };

  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(Kind kind, const std::unique_ptr<Stub>& stub,
                                grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request, const CallOptions& options);

  // Hands each message of a stream to `sink`, whose error cancels it. Begun anew
  // only while nothing came.
  template <typename Stub, typename Request, typename Response>
  absl::Status Stream(const std::unique_ptr<Stub>& stub,
                      std::unique_ptr<grpc::ClientReaderInterface<Response>> (Stub::*method)(
                          grpc::ClientContext*, const Request&),
                      const Request& request, absl::FunctionRef<absl::Status(Response)> sink,
                      const CallOptions& options);

  // `options` with the client's defaults; an error when they cannot be sent.
  absl::StatusOr<CallOptions> Complete(const CallOptions& options) const;
  // Makes an attempt's context ready.
  static void Prepare(grpc::ClientContext& context, const CallOptions& options,
                      absl::Time deadline);
  // Reads what came back beside the message.
  absl::Status Conclude(const grpc::ClientContext& context, const grpc::Status& status,
                        const CallOptions& options) const;

  const std::string target_;
  const std::string default_purpose_;
  const absl::Duration read_deadline_;
  const absl::Duration change_deadline_;
  const absl::Duration stream_deadline_;
  const absl::Duration submission_deadline_;
  const Sleeper sleep_;
  const std::unique_ptr<v1::PlanService::StubInterface> plans_;
  const std::unique_ptr<v1::MeasureService::StubInterface> measures_;
  const std::unique_ptr<v1::ReleaseService::StubInterface> releases_;
  const std::unique_ptr<v1::AgreementService::StubInterface> agreements_;
  const std::unique_ptr<v1::DirectoryService::StubInterface> directory_;
  const std::unique_ptr<v1::AuditService::StubInterface> audit_;
};

}  // namespace concordat::internal

#endif  // CONCORDAT_CLIENT_INTERNAL_GRPC_CONNECTION_H_
