#include "server/services/audit_tally.h"

#include <algorithm>

#include "absl/algorithm/container.h"
#include "base/civil_time.h"
#include "server/services/audit_filter.h"

namespace concordat::services {
namespace {

using v1::AuditRecord;

// Whether the record is the outcome of a call: its only record, or a stream's last.
bool IsOutcome(const AuditRecord& record) {
  return record.event() == AuditRecord::CALL || record.event() == AuditRecord::STREAM_ENDED ||
         record.event() == AuditRecord::STREAM_INTERRUPTED;
}

// Whether the call was served. What left of a stream before it was cut, left.
bool WasServed(const AuditRecord& record) {
  return record.decision() == AuditRecord::ALLOWED || !record.released().empty();
}

// The method; empty for one that the contract lacks, whatever the caller wrote.
std::string MethodOf(const AuditRecord& record) {
  return IsContractMethod(record.method()) ? record.method() : std::string();
}

template <typename Accesses, typename Groups>
void Write(const Accesses& accesses, Groups& groups) {
  for (const auto& [key, access] : accesses) {
    v1::AuditSummary::Access& group = *groups.Add();
    group.set_client(std::get<0>(key));
    group.set_purpose(std::get<1>(key));
    group.set_agreement(std::get<2>(key));
    group.set_agreement_version(std::get<3>(key));
    group.set_data_set(static_cast<v1::DataSet>(std::get<4>(key)));
    group.set_method(std::get<5>(key));
    group.set_served(access.served);
    group.set_rows(access.rows);
    *group.mutable_first_time() = ToTimestamp(access.first);
    *group.mutable_last_time() = ToTimestamp(access.last);
  }
}

}  // namespace

void AuditTally::Add(const AuditRecord& record) {
  const bool own = record.agency() == agency_;
  if (!IsOutcome(record) || (!own && !absl::c_linear_search(record.contributors(), agency_))) {
    return;
  }
  if (own && record.decision() == AuditRecord::REFUSED) {
    ++refusals_[{record.client(), MethodOf(record), record.reason()}];
  }
  if (!WasServed(record)) return;
  // Without an agreement nothing was decided by the purpose, which may be any text.
  const std::string purpose = record.agreement().empty() ? "" : record.purpose();
  Access& access =
      (own ? own_
           : others_)[{record.client(), purpose, record.agreement(), record.agreement_version(),
                       DataSetOf(record.rule()), MethodOf(record)}];
  const absl::Time time = ToTime(record.time());
  ++access.served;
  access.rows += record.rows();
  access.first = std::min(access.first, time);
  access.last = std::max(access.last, time);
}

void AuditTally::AddTo(v1::AuditSummary& summary) const {
  Write(own_, *summary.mutable_own_calls());
  Write(others_, *summary.mutable_calls_of_others());
  for (const auto& [key, count] : refusals_) {
    v1::AuditSummary::Refusals& group = *summary.add_refusals();
    group.set_client(std::get<0>(key));
    group.set_method(std::get<1>(key));
    group.set_reason(std::get<2>(key));
    group.set_count(count);
  }
}

}  // namespace concordat::services
