// A Connection that tests of programs built on the SDK can direct.
#ifndef CONCORDAT_CLIENT_MOCKS_MOCK_CONNECTION_H_
#define CONCORDAT_CLIENT_MOCKS_MOCK_CONNECTION_H_

#include "concordat/connection.h"
#include "gmock/gmock.h"

namespace concordat {

// Give it to a client with `Client(std::make_shared<MockConnection>())`, after
// its expectations were set. Lists are mocked page by page.
class MockConnection : public Connection {
 public:
  // Both in mock_connection.cc: made in every file, they would double its time to compile.
  MockConnection();
  ~MockConnection() override;

  MOCK_METHOD(absl::StatusOr<v1::ListPlansResponse>, ListPlans,
              (const v1::ListPlansRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Plan>, GetPlan, (const v1::GetPlanRequest&, const CallOptions&),
              (override));
  MOCK_METHOD(absl::StatusOr<v1::PlanStatus>, GetPlanStatus,
              (const v1::GetPlanStatusRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListActionsResponse>, ListActions,
              (const v1::ListActionsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Action>, GetAction,
              (const v1::GetActionRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListProgressReportsResponse>, ListProgressReports,
              (const v1::ListProgressReportsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ApplyPlanResponse>, ApplyPlan,
              (const v1::ApplyPlanRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListMeasuresResponse>, ListMeasures,
              (const v1::ListMeasuresRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Measure>, GetMeasure,
              (const v1::GetMeasureRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ApplyMeasuresResponse>, ApplyMeasures,
              (const v1::ApplyMeasuresRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListReturnsResponse>, ListReturns,
              (const v1::ListReturnsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Return>, SetReturnState,
              (const v1::SetReturnStateRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ChaseReturnsResponse>, ChaseReturns,
              (const v1::ChaseReturnsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::SubmitObservationsResponse>, SubmitObservations,
              (SubmissionMessages&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListReleasesResponse>, ListReleases,
              (const v1::ListReleasesRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Release>, GetRelease,
              (const v1::GetReleaseRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListObservationsResponse>, ListObservations,
              (const v1::ListObservationsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::Status, ExtractObservations,
              (const v1::ExtractObservationsRequest&, ExtractMessageSink, const CallOptions&),
              (override));
  MOCK_METHOD(absl::StatusOr<v1::Scorecard>, GetScorecard,
              (const v1::GetScorecardRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ImportReleaseResponse>, ImportRelease,
              (const v1::ImportReleaseRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::PreviewReleaseResponse>, PreviewRelease,
              (const v1::PreviewReleaseRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Release>, PublishRelease,
              (const v1::PublishReleaseRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Release>, WithdrawRelease,
              (const v1::WithdrawReleaseRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListAgreementsResponse>, ListAgreements,
              (const v1::ListAgreementsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Agreement>, GetAgreement,
              (const v1::GetAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ExplainAccessResponse>, ExplainAccess,
              (const v1::ExplainAccessRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListAccessResponse>, ListAccess,
              (const v1::ListAccessRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ApplyAgreementResponse>, ApplyAgreement,
              (const v1::ApplyAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ApproveAgreementResponse>, ApproveAgreement,
              (const v1::ApproveAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::SuspendAgreementResponse>, SuspendAgreement,
              (const v1::SuspendAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ResumeAgreementResponse>, ResumeAgreement,
              (const v1::ResumeAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::EndAgreementResponse>, EndAgreement,
              (const v1::EndAgreementRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListAgenciesResponse>, ListAgencies,
              (const v1::ListAgenciesRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListClientsResponse>, ListClients,
              (const v1::ListClientsRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ApplyDirectoryResponse>, ApplyDirectory,
              (const v1::ApplyDirectoryRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::RevokeClientResponse>, RevokeClient,
              (const v1::RevokeClientRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::WhoAmIResponse>, WhoAmI,
              (const v1::WhoAmIRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListRefusedHandshakesResponse>, ListRefusedHandshakes,
              (const v1::ListRefusedHandshakesRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::ListAuditEntriesResponse>, ListAuditEntries,
              (const v1::ListAuditEntriesRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::Status, StreamAuditEntries,
              (const v1::StreamAuditEntriesRequest&, AuditEntrySink, const CallOptions&),
              (override));
  MOCK_METHOD(absl::StatusOr<v1::AuditSummary>, SummariseAudit,
              (const v1::SummariseAuditRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::Checkpoint>, GetCheckpoint,
              (const v1::GetCheckpointRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::GetInclusionProofResponse>, GetInclusionProof,
              (const v1::GetInclusionProofRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::StatusOr<v1::GetConsistencyProofResponse>, GetConsistencyProof,
              (const v1::GetConsistencyProofRequest&, const CallOptions&), (override));
  MOCK_METHOD(absl::Status, ReadTiles, (const v1::ReadTilesRequest&, TileSink, const CallOptions&),
              (override));
  MOCK_METHOD(absl::Status, ReadEntryBundles,
              (const v1::ReadEntryBundlesRequest&, EntryBundleSink, const CallOptions&),
              (override));
  MOCK_METHOD(absl::StatusOr<v1::Redaction>, RedactText,
              (const v1::RedactTextRequest&, const CallOptions&), (override));
};

}  // namespace concordat

#endif  // CONCORDAT_CLIENT_MOCKS_MOCK_CONNECTION_H_
