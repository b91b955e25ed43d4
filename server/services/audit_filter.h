// Which records of the audit log a reader asked for, and what it sees of each.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_FILTER_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_FILTER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/grant.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/audit.pb.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// Of ListAuditEntriesRequest and StreamAuditEntriesRequest, whose filters are the
// same.

// What of the filters no single field's rule can judge. FIELDS_INVALID for an
// interval that ends before it begins, for a method or kind of resource that the
// contract lacks, and, to an auditor, for names that nobody bears.
template <typename Request>
absl::Status CheckAuditFilter(const door::Call& call, const Request& request);

// Whether the record meets all filters that are set but `from` and `to`, which the
// store applies.
template <typename Request>
bool PassesAuditFilter(const Request& request, const v1::AuditRecord& record);

// The stored record as the grant's agency sees it. An auditor sees all of it. Of another agency's
// call, an agency does not see what identifies a person, a connection or a credential of it, nor
// who else contributed to the answer. INTERNAL_ERROR, as RecordCheck has it, for bytes that are no
// record.
absl::StatusOr<v1::AuditEntry> ReadAuditEntry(const auth::Grant& grant, const store::AuditRow& row);

// The data set in a rule's text, such as `AGREEMENT PLANS READ`.
v1::DataSet DataSetOf(absl::string_view rule);

// Whether the contract has a method of this path, such as
// `/concordat.v1.PlanService/GetPlan`.
bool IsContractMethod(absl::string_view path);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_FILTER_H_
