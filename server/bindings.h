// The one table of which function serves which RPC.
#ifndef CONCORDAT_SERVER_BINDINGS_H_
#define CONCORDAT_SERVER_BINDINGS_H_

#include <vector>

#include "google/protobuf/descriptor.h"
#include "server/door/method_table.h"
#include "server/services/agreement_service.h"
#include "server/services/audit_service.h"
#include "server/services/directory_service.h"
#include "server/services/measure_service.h"
#include "server/services/plan_service.h"
#include "server/services/release_service.h"

namespace concordat {

// All services of the contract.
struct Services {
  services::PlanService plans;
  services::MeasureService measures;
  services::ReleaseService releases;
  services::AgreementService agreements;
  services::DirectoryService directory;
  services::AuditService audit;
};

// Binds every RPC. `services` outlives `table`.
void Bind(const Services& services, door::MethodTable& table);

// Every service of the contract, for MethodTable::Check.
std::vector<const google::protobuf::ServiceDescriptor*> ContractServices();

}  // namespace concordat

#endif  // CONCORDAT_SERVER_BINDINGS_H_
