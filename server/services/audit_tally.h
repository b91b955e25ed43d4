// Counts what the audit log says of one agency.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_TALLY_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_TALLY_H_

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "absl/time/time.h"
#include "concordat/v1/audit.pb.h"
#include "concordat/v1/audit_service.pb.h"

namespace concordat::services {

// What one agency's clients did, what others did with what it contributed, and what
// its clients were refused. A stream counts once, by its end; one that was cut counts
// as served for what had left, and as refused. What it counts by comes from the
// directory, the agreements and the contract, so that no caller can make it long. Not
// thread-safe.
class AuditTally {
 public:
  // `agencies/{agency}`.
  explicit AuditTally(std::string agency) : agency_(std::move(agency)) {}

  void Add(const v1::AuditRecord& record);
  // Appends the groups, in the order of their fields.
  void AddTo(v1::AuditSummary& summary) const;

 private:
  // Client, purpose, agreement, its version, data set, method.
  using AccessKey = std::tuple<std::string, std::string, std::string, int64_t, int, std::string>;
  // Client, method, reason.
  using RefusalKey = std::tuple<std::string, std::string, std::string>;
  struct Access {
    int64_t served = 0;
    int64_t rows = 0;
    absl::Time first = absl::InfiniteFuture();
    absl::Time last = absl::InfinitePast();
  };
  using Accesses = std::map<AccessKey, Access>;

  const std::string agency_;
  Accesses own_;
  Accesses others_;
  std::map<RefusalKey, int64_t> refusals_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_TALLY_H_
