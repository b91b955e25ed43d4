#include "server/bindings.h"

namespace concordat {

using services::AgreementService;
using services::AuditService;
using services::DirectoryService;
using services::MeasureService;
using services::PlanService;
using services::ReleaseService;

void Bind(const Services& services, door::MethodTable& table) {
  table.Read(services.plans, &PlanService::ListPlans);
  table.Read(services.plans, &PlanService::GetPlan);
  table.Read(services.plans, &PlanService::GetPlanStatus);
  table.Read(services.plans, &PlanService::ListActions);
  table.Read(services.plans, &PlanService::GetAction);
  table.Read(services.plans, &PlanService::ListProgressReports);
  table.Change(services.plans, &PlanService::ApplyPlan);

  table.Read(services.measures, &MeasureService::ListMeasures);
  table.Read(services.measures, &MeasureService::GetMeasure);
  table.Change(services.measures, &MeasureService::ApplyMeasures);
  table.Read(services.measures, &MeasureService::ListReturns);
  table.Change(services.measures, &MeasureService::SetReturnState);
  table.Change(services.measures, &MeasureService::ChaseReturns);
  table.Take(services.measures, &MeasureService::SubmitObservations);

  table.Read(services.releases, &ReleaseService::ListReleases);
  table.Read(services.releases, &ReleaseService::GetRelease);
  table.Read(services.releases, &ReleaseService::ListObservations);
  table.Stream(services.releases, &ReleaseService::ExtractObservations);
  table.Read(services.releases, &ReleaseService::GetScorecard);
  table.Change(services.releases, &ReleaseService::ImportRelease);
  table.ReadInSteps(services.releases, &ReleaseService::PreviewRelease);
  table.Change(services.releases, &ReleaseService::PublishRelease);
  table.Change(services.releases, &ReleaseService::WithdrawRelease);

  table.Read(services.agreements, &AgreementService::ListAgreements);
  table.Read(services.agreements, &AgreementService::GetAgreement);
  table.Read(services.agreements, &AgreementService::ExplainAccess);
  table.Read(services.agreements, &AgreementService::ListAccess);
  table.Change(services.agreements, &AgreementService::ApplyAgreement);
  table.Change(services.agreements, &AgreementService::ApproveAgreement);
  table.Change(services.agreements, &AgreementService::SuspendAgreement);
  table.Change(services.agreements, &AgreementService::ResumeAgreement);
  table.Change(services.agreements, &AgreementService::EndAgreement);

  table.Read(services.directory, &DirectoryService::ListAgencies);
  table.Read(services.directory, &DirectoryService::ListClients);
  table.Read(services.directory, &DirectoryService::WhoAmI);
  table.Read(services.directory, &DirectoryService::ListRefusedHandshakes);
  table.Change(services.directory, &DirectoryService::ApplyDirectory);
  table.Change(services.directory, &DirectoryService::RevokeClient);

  table.Read(services.audit, &AuditService::ListAuditEntries);
  table.Stream(services.audit, &AuditService::StreamAuditEntries);
  table.ReadInSteps(services.audit, &AuditService::SummariseAudit);
  table.Read(services.audit, &AuditService::GetCheckpoint);
  table.Read(services.audit, &AuditService::GetInclusionProof);
  table.Read(services.audit, &AuditService::GetConsistencyProof);
  table.Stream(services.audit, &AuditService::ReadTiles);
  table.Stream(services.audit, &AuditService::ReadEntryBundles);
  table.Change(services.audit, &AuditService::RedactText);
}

std::vector<const google::protobuf::ServiceDescriptor*> ContractServices() {
  std::vector<const google::protobuf::ServiceDescriptor*> found;
  for (const google::protobuf::Descriptor* request :
       {v1::GetPlanRequest::descriptor(), v1::GetMeasureRequest::descriptor(),
        v1::GetReleaseRequest::descriptor(), v1::GetAgreementRequest::descriptor(),
        v1::WhoAmIRequest::descriptor(), v1::ListAuditEntriesRequest::descriptor()}) {
    const google::protobuf::FileDescriptor& file = *request->file();
    for (int i = 0; i < file.service_count(); ++i) found.push_back(file.service(i));
  }
  return found;
}

}  // namespace concordat
