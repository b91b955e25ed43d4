#include "server/services/audit_filter.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/audit_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "server/services/apply.h"
#include "server/services/record_check.h"
#include "tlog/merkle.h"

namespace concordat::services {
namespace {

// The kinds of name that a request can be about, and so a record.
constexpr absl::string_view kResourcePatterns[] = {
    "agencies/{agency}",
    "agencies/{agency}/clients/{client}",
    "agreements/{agreement}",
    "areas/{area}",
    "measures/{measure}",
    "measures/{measure}/returns/{return}",
    "plans/{plan}",
    "plans/{plan}/actions/{action}",
    "plans/{plan}/actions/{action}/reports/{report}",
    "releases/{release}",
    "releases/{release}/observations/{observation}",
    "submissions/{submission}",
};

bool IsResourceName(absl::string_view name) {
  return absl::c_any_of(kResourcePatterns, [&](absl::string_view pattern) {
    return MatchesPattern(name, pattern, /*wildcard=*/true);
  });
}

// An auditor's grant. The one of a call that only auditors make has the basis ROLE.
bool SeesWholeLog(const auth::Grant& grant) {
  return grant.sees_all_agencies() || grant.basis() == v1::AccessRule::ROLE;
}

// Leaves of another agency's record what is `reader`'s to know.
void Trim(absl::string_view reader, v1::AuditRecord& record) {
  record.clear_on_behalf_of();
  record.clear_request_id();
  record.clear_trace_id();
  record.clear_peer();
  record.clear_certificate_sha256();
  record.clear_certificate_serial();
  record.clear_token_issuer();
  record.clear_token_subject();
  record.clear_token_id_digest();
  record.clear_token_key_id();
  // Whoever knows most of an answer could try out the rest.
  record.clear_response_digest();
  const bool contributed = absl::c_linear_search(record.contributors(), reader);
  record.clear_contributors();
  if (contributed) record.add_contributors(std::string(reader));
}

}  // namespace

template <typename Request>
absl::Status CheckAuditFilter(const door::Call& call, const Request& request) {
  std::vector<FieldViolation> violations;
  if (request.has_from() && request.has_to() && ToTime(request.from()) > ToTime(request.to())) {
    violations.push_back({"from", "is after `to`"});
    violations.push_back({"to", "is before `from`"});
  }
  // The contract is public, so that this tells nobody anything.
  if (!request.method().empty() && !IsContractMethod(request.method())) {
    violations.push_back(
        {"method", "is no method of the contract; write /concordat.v1.PlanService/GetPlan"});
  }
  if (!request.resource().empty() && !IsResourceName(request.resource())) {
    violations.push_back({"resource", "is no name of a resource, such as plans/development-2018"});
  }
  // The directory forgets nobody: clients are revoked, agencies and agreements end,
  // but all of them stay. To those who do not see all of it, it is closed: what is
  // not there, and what they may not see, leave the list empty alike.
  if (SeesWholeLog(call.grant())) {
    const auth::Policy& policy = call.policy();
    if (!request.agency().empty() && !policy.HasAgency(request.agency())) {
      violations.push_back({"agency", "names an agency that the directory lacks"});
    }
    if (!request.client().empty() && !policy.HasClient(request.client())) {
      violations.push_back({"client", "names a client that the directory lacks"});
    }
    if (!request.agreement().empty() && !policy.HasAgreement(request.agreement())) {
      violations.push_back({"agreement", "names an agreement that there never was"});
    }
  }
  return FromViolations(violations);
}

template <typename Request>
bool PassesAuditFilter(const Request& request, const v1::AuditRecord& record) {
  return (request.agency().empty() || record.agency() == request.agency()) &&
         (request.client().empty() || record.client() == request.client()) &&
         (request.method().empty() || record.method() == request.method()) &&
         (request.decision() == v1::AuditRecord::DECISION_UNSPECIFIED ||
          record.decision() == request.decision()) &&
         (request.agreement().empty() || record.agreement() == request.agreement()) &&
         (request.resource().empty() || record.resource() == request.resource() ||
          absl::StartsWith(record.resource(), absl::StrCat(request.resource(), "/")));
}

template absl::Status CheckAuditFilter(const door::Call&, const v1::ListAuditEntriesRequest&);
template absl::Status CheckAuditFilter(const door::Call&, const v1::StreamAuditEntriesRequest&);
template bool PassesAuditFilter(const v1::ListAuditEntriesRequest&, const v1::AuditRecord&);
template bool PassesAuditFilter(const v1::StreamAuditEntriesRequest&, const v1::AuditRecord&);

absl::StatusOr<v1::AuditEntry> ReadAuditEntry(const auth::Grant& grant,
                                              const store::AuditRow& row) {
  v1::AuditEntry entry;
  v1::AuditRecord& record = *entry.mutable_record();
  if (!record.ParseFromString(row.record)) {
    return RecordUnreadable(row.index);
  }
  entry.set_index(row.index);
  entry.set_leaf_hash(tlog::LeafHash(row.record));
  entry.set_data_set(DataSetOf(record.rule()));
  if (SeesWholeLog(grant)) return entry;
  record.clear_salt();
  if (record.agency() != grant.agency()) Trim(grant.agency(), record);
  return entry;
}

v1::DataSet DataSetOf(absl::string_view rule) {
  const std::vector<std::string> words = absl::StrSplit(rule, ' ');
  v1::DataSet data_set = v1::DATA_SET_UNSPECIFIED;
  if (words.size() > 1) v1::DataSet_Parse(words[1], &data_set);
  return data_set;
}

bool IsContractMethod(absl::string_view path) {
  if (!absl::StartsWith(path, "/concordat.v1.")) return false;
  const std::string name = absl::StrReplaceAll(path.substr(1), {{"/", "."}});
  return google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name) != nullptr;
}

}  // namespace concordat::services
