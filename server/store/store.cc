#include "server/store/store.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/resource_name.h"
#include "base/status.h"

namespace concordat::store {
namespace {

bool NameIsCovered(const auth::Grant& grant, Kind kind, absl::string_view name) {
  switch (kind) {
    case Kind::kPlan:
      return grant.CoversPlan(name);
    case Kind::kAction:
    case Kind::kProgressReport:
      return grant.CoversPlan(absl::StrCat("plans/", IdentifierAt(name, 0)));
    case Kind::kMeasure:
      return grant.CoversMeasure(name);
    case Kind::kReturn:
      return grant.CoversMeasure(ParentOf(name));
    case Kind::kRelease:
      return grant.CoversRelease(name);
    case Kind::kAgency:
    case Kind::kClient:
      return grant.CoversDirectory();
    case Kind::kArea:
      return grant.CoversAreas();
    case Kind::kSubmission:
      return grant.basis() == v1::AccessRule::ROLE;
    case Kind::kAgreement:
      // Parties see their agreements: the service compares the parties.
      return grant.basis() != v1::AccessRule::AGREEMENT;
  }
  return false;
}

bool IsJudgedByTopic(Kind kind) {
  return kind == Kind::kAction || kind == Kind::kMeasure || kind == Kind::kProgressReport;
}

}  // namespace

absl::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kAgency:
      return "Agency";
    case Kind::kClient:
      return "Client";
    case Kind::kArea:
      return "Area";
    case Kind::kAgreement:
      return "Agreement";
    case Kind::kPlan:
      return "Plan";
    case Kind::kAction:
      return "Action";
    case Kind::kMeasure:
      return "Measure";
    case Kind::kRelease:
      return "Release";
    case Kind::kProgressReport:
      return "ProgressReport";
    case Kind::kSubmission:
      return "Submission";
    case Kind::kReturn:
      return "Return";
  }
  return "resource";
}

absl::Status JudgeScope(const auth::Grant& grant, Kind kind, absl::string_view name,
                        const std::vector<std::string>* topics) {
  if (!NameIsCovered(grant, kind, name)) return grant.OutOfScope();
  if (IsJudgedByTopic(kind) && grant.limits_topics() &&
      (topics == nullptr || !grant.CoversTopics(*topics))) {
    return grant.OutOfScope();
  }
  return absl::OkStatus();
}

}  // namespace concordat::store
