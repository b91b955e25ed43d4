// AgreementService: the agreements that everything else is decided by.
#ifndef CONCORDAT_SERVER_SERVICES_AGREEMENT_SERVICE_H_
#define CONCORDAT_SERVER_SERVICES_AGREEMENT_SERVICE_H_

#include "absl/status/statusor.h"
#include "concordat/v1/agreement_service.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// Each method is the RPC of its name (agreement_service.proto). Thread-safe.
class AgreementService {
 public:
  explicit AgreementService(const store::Store& store) : store_(store) {}

  absl::StatusOr<v1::ListAgreementsResponse> ListAgreements(
      const door::Call& call, const v1::ListAgreementsRequest& request) const;
  absl::StatusOr<v1::Agreement> GetAgreement(const door::Call& call,
                                             const v1::GetAgreementRequest& request) const;
  absl::StatusOr<v1::ApplyAgreementResponse> ApplyAgreement(
      const door::Call& call, const v1::ApplyAgreementRequest& request,
      store::Transaction& transaction) const;
  absl::StatusOr<v1::ApproveAgreementResponse> ApproveAgreement(
      const door::Call& call, const v1::ApproveAgreementRequest& request,
      store::Transaction& transaction) const;
  absl::StatusOr<v1::SuspendAgreementResponse> SuspendAgreement(
      const door::Call& call, const v1::SuspendAgreementRequest& request,
      store::Transaction& transaction) const;
  absl::StatusOr<v1::ResumeAgreementResponse> ResumeAgreement(
      const door::Call& call, const v1::ResumeAgreementRequest& request,
      store::Transaction& transaction) const;
  absl::StatusOr<v1::EndAgreementResponse> EndAgreement(const door::Call& call,
                                                        const v1::EndAgreementRequest& request,
                                                        store::Transaction& transaction) const;
  absl::StatusOr<v1::ExplainAccessResponse> ExplainAccess(
      const door::Call& call, const v1::ExplainAccessRequest& request) const;
  absl::StatusOr<v1::ListAccessResponse> ListAccess(const door::Call& call,
                                                    const v1::ListAccessRequest& request) const;

 private:
  const store::Store& store_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AGREEMENT_SERVICE_H_
