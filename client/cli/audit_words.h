// Records of the audit log, and their summary, in plain words.
#ifndef CONCORDAT_CLIENT_CLI_AUDIT_WORDS_H_
#define CONCORDAT_CLIENT_CLI_AUDIT_WORDS_H_

#include <string>
#include <vector>

#include "client/cli/list_output.h"
#include "concordat/v1/audit.pb.h"
#include "concordat/v1/audit_service.pb.h"

namespace concordat::cli {

// `GetPlan` of `/concordat.v1.PlanService/GetPlan`.
std::string ShortMethod(const std::string& method);

// `allowed`, or `refused` and why.
Cell DecisionCell(const v1::AuditRecord& record);

// Every field of the record that has a value, with a label of its own.
std::vector<Fact> EntryFacts(const v1::AuditEntry& entry);

// The checkpoint of a summary as this program sees it.
enum class SignatureCheck {
  // No key was given.
  kNotChecked,
  // Signed by the key that was given.
  kValid,
  // Not signed by it.
  kInvalid,
};

// Where the record keeping of a summary stands: what the service found, and what
// this program checked. Sound: neither found anything wrong.
struct Verification {
  std::string records;
  std::string signature;
  bool sound = true;
};
Verification VerificationOf(const v1::AuditSummary& summary, SignatureCheck check);

// The facts at the head of a summary: whose, of when, and its verification.
std::vector<Fact> SummaryFacts(const v1::AuditSummary& summary, const Verification& verification);

// One part of a summary under its title.
struct SummaryPart {
  std::string title;
  Table table;
  // What is said when there is no row.
  std::string none;
};
std::vector<SummaryPart> SummaryParts(const v1::AuditSummary& summary);

// The summary as one record a group, with the part that it belongs to.
std::string SummaryCsv(const v1::AuditSummary& summary);

// The summary as one HTML page that needs no other file, for filing.
std::string SummaryHtml(const v1::AuditSummary& summary, const Verification& verification);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_AUDIT_WORDS_H_
