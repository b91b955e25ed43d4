#include "client/cli/agreement_words.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/cli/html.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using google::protobuf::RepeatedPtrField;
using v1::Agreement;

// Collects the clauses of one chapter. What has no value is no clause.
class ChapterWriter {
 public:
  explicit ChapterWriter(std::string title) { chapter_.title = std::move(title); }

  ChapterWriter& Say(const std::string& label, std::vector<std::string> values) {
    if (!values.empty()) chapter_.clauses.push_back({label, std::move(values)});
    return *this;
  }
  ChapterWriter& Say(const std::string& label, const std::string& value) {
    return value.empty() ? *this : Say(label, std::vector<std::string>{value});
  }
  ChapterWriter& Say(const std::string& label, const RepeatedPtrField<std::string>& values) {
    return Say(label, std::vector<std::string>(values.begin(), values.end()));
  }
  ChapterWriter& YesOrNo(const std::string& label, bool value) {
    return Say(label, std::string(value ? "yes" : "no"));
  }

  Chapter Finish() { return std::move(chapter_); }

 private:
  Chapter chapter_;
};

template <typename Enum>
std::vector<std::string> EnumWords(const google::protobuf::RepeatedField<int>& values) {
  std::vector<std::string> words;
  for (const int value : values) words.push_back(LowerWords(NameOf(static_cast<Enum>(value))));
  return words;
}

// Names, or `all` for the wildcard of their collection.
std::vector<std::string> NamesOrAll(const RepeatedPtrField<std::string>& names) {
  std::vector<std::string> words;
  for (const std::string& name : names) {
    words.push_back(name.size() > 2 && name.substr(name.size() - 2) == "/-" ? "all" : name);
  }
  return words;
}

std::vector<std::string> PartyWords(const Agreement& agreement) {
  std::vector<std::string> words;
  for (const Agreement::Party& party : agreement.parties()) {
    const char* role = "takes part";
    if (party.provides() && party.receives()) {
      role = "gives and gets data";
    } else if (party.provides()) {
      role = "gives data";
    } else if (party.receives()) {
      role = "gets data";
    }
    words.push_back(absl::StrCat(party.agency(), " ", role));
  }
  return words;
}

std::string LimitWords(int64_t limit) { return limit == 0 ? "no limit" : absl::StrCat(limit); }

std::string DisclosureWords(v1::DisclosureProfile profile) {
  return profile == v1::DISCLOSURE_PROFILE_UNSPECIFIED ? "each measure's own rule"
                                                       : LowerWords(NameOf(profile));
}

std::string GeographyWords(v1::GeographicLevel level) {
  return level == v1::GEOGRAPHIC_LEVEL_UNSPECIFIED ? "no figures" : LowerWords(NameOf(level));
}

std::vector<std::string> PaperWords(const Agreement& agreement) {
  std::vector<std::string> words;
  for (const Agreement::Approval& approval : agreement.approvals()) {
    words.push_back(
        absl::StrCat(DayText(approval.date()), " ", approval.body(), " for ", approval.agency()));
  }
  return words;
}

std::vector<std::string> ApprovalWords(const Agreement& agreement) {
  std::vector<std::string> words;
  for (const Agreement::RecordedApproval& approval : agreement.recorded_approvals()) {
    words.push_back(absl::StrCat(ShortInstantText(approval.time()), " ", approval.client(),
                                 ", terms ", approval.terms_digest(), ": ", approval.reason()));
  }
  return words;
}

std::string ActWords(const Agreement& agreement) {
  if (!agreement.has_last_act()) return "";
  const Agreement::Act& act = agreement.last_act();
  return absl::StrCat(ShortInstantText(act.time()), " ", LowerWords(NameOf(act.kind())), " by ",
                      act.client(), ": ", act.reason());
}

std::vector<std::string> WithholdingWords(const Agreement& agreement) {
  std::vector<std::string> words;
  for (const Agreement::Withholding& withholding : agreement.withholdings()) {
    words.push_back(absl::StrCat(ShortInstantText(withholding.time()), " by ", withholding.client(),
                                 ": ", withholding.reason()));
  }
  return words;
}

Chapter WhenAndWhether(const Agreement& agreement) {
  return ChapterWriter("How it stands")
      .Say("Title", agreement.display_name())
      .Say("State", LowerWords(NameOf(agreement.state())))
      .Say("First day", DayText(agreement.effective_from()))
      .Say("Last day",
           agreement.has_effective_to() ? DayText(agreement.effective_to()) : "until it is ended")
      .Say("Review", DayText(agreement.review_date()))
      .YesOrNo("Stops when the review lapses", agreement.suspend_when_review_lapses())
      .Say("Signed on paper", PaperWords(agreement))
      .Say("Approved", ApprovalWords(agreement))
      .Say("Last act", ActWords(agreement))
      .Say("Contributions suspended", WithholdingWords(agreement))
      .Finish();
}

Chapter WhoAndWhy(const Agreement& agreement) {
  return ChapterWriter("Who shares, and why")
      .Say("Parties", PartyWords(agreement))
      .YesOrNo("Joint controllers", agreement.joint_controllers())
      .Say("Purposes", agreement.purposes())
      .Say("Purposes in words", agreement.purpose_text())
      .Say("Lawful basis", agreement.lawful_basis())
      .Say("Special category data", agreement.special_category_condition())
      .Finish();
}

Chapter WhatIsShared(const Agreement& agreement) {
  const Agreement::Scope& scope = agreement.scope();
  return ChapterWriter("What is shared")
      .Say("In words", agreement.data_items())
      .Say("Data sets", EnumWords<v1::DataSet>(scope.data_sets()))
      .Say("Plans", NamesOrAll(scope.plans()))
      .Say("Only these topics", scope.topics())
      .Say("Measures", NamesOrAll(scope.measures()))
      .Say("Releases", NamesOrAll(scope.releases()))
      .Say("Areas", NamesOrAll(scope.areas()))
      .Say("Finest geography", GeographyWords(scope.finest_geography()))
      .Say("Small numbers", DisclosureWords(agreement.disclosure_profile()))
      .Say("Roles that may ask", EnumWords<v1::Role>(agreement.roles()))
      .YesOrNo("Accepts a default purpose", agreement.accepts_default_purpose())
      .YesOrNo("Must name the person asked for", agreement.requires_on_behalf_of())
      .Say("Requests a minute", LimitWords(agreement.quotas().requests_per_minute()))
      .Say("Streams at once", LimitWords(agreement.quotas().concurrent_streams()))
      .Say("Extract rows a day", LimitWords(agreement.quotas().extract_rows_per_day()))
      .Finish();
}

Chapter HowItIsLookedAfter(const Agreement& agreement) {
  const Agreement::Contacts& contacts = agreement.contacts();
  return ChapterWriter("How it is looked after")
      .Say("Rights of individuals", agreement.individual_rights())
      .Say("Governance", agreement.governance())
      .Say("Kept", agreement.retention())
      .Say("Disposed of", agreement.disposal())
      .Say("Passed on", agreement.onward_sharing())
      .Say("Travels by", agreement.transfer_method())
      .Say("How often", agreement.frequency())
      .Say("Breaches go to", contacts.breach())
      .Say("Senior information risk owner", contacts.senior_information_risk_owner())
      .Say("Caldicott guardian", contacts.caldicott_guardian())
      .Say("Data protection officer", contacts.data_protection_officer())
      .Say("Impact assessment", agreement.dpia_reference())
      .Say("Information Sharing Gateway", agreement.isg_reference())
      .Say("History", agreement.history())
      .Finish();
}

// Values of `values` that `others` has not as often.
std::vector<std::string> Missing(const std::vector<std::string>& values,
                                 std::vector<std::string> others) {
  std::vector<std::string> missing;
  for (const std::string& value : values) {
    const auto found = std::find(others.begin(), others.end(), value);
    if (found == others.end()) {
      missing.push_back(value);
    } else {
      others.erase(found);
    }
  }
  return missing;
}

// The values of a clause; none when the version has no such clause.
std::vector<std::string> ValuesOf(const Chapter& chapter, const std::string& label) {
  for (const Clause& clause : chapter.clauses) {
    if (clause.label == label) return clause.values;
  }
  return {};
}

}  // namespace

std::vector<Chapter> InWords(const Agreement& agreement) {
  return {WhenAndWhether(agreement), WhoAndWhy(agreement), WhatIsShared(agreement),
          HowItIsLookedAfter(agreement)};
}

std::string StateWords(const Agreement& agreement) {
  const std::string state = LowerWords(NameOf(agreement.state()));
  if (agreement.in_force()) return absl::StrCat(state, ", in force");
  return agreement.state() == Agreement::ACTIVE ? absl::StrCat(state, ", not in force") : state;
}

std::string ReviewWords(const Agreement& agreement) {
  if (!agreement.has_days_until_review()) return "";
  const int days = agreement.days_until_review();
  if (days == 0) return "today";
  const std::string counted = Counted(std::abs(days), "day");
  return days > 0 ? absl::StrCat("in ", counted) : absl::StrCat(counted, " ago");
}

std::vector<ClauseChange> ChangesBetween(const Agreement& from, const Agreement& to) {
  std::vector<ClauseChange> changes;
  const std::vector<Chapter> before = InWords(from);
  const std::vector<Chapter> after = InWords(to);
  for (size_t i = 0; i < after.size(); ++i) {
    const auto compare = [&](const std::string& label) {
      ClauseChange change{label, Missing(ValuesOf(before[i], label), ValuesOf(after[i], label)),
                          Missing(ValuesOf(after[i], label), ValuesOf(before[i], label))};
      if (!change.removed.empty() || !change.added.empty()) changes.push_back(std::move(change));
    };
    for (const Clause& clause : after[i].clauses) compare(clause.label);
    for (const Clause& clause : before[i].clauses) {
      if (ValuesOf(after[i], clause.label).empty()) compare(clause.label);
    }
  }
  return changes;
}

std::string AgreementHtml(const Agreement& agreement) {
  std::string body = absl::StrCat(
      "<p>", HtmlEscaped(agreement.name()), ", version ", agreement.version(), "</p>\n",
      "<p>An approval covers the terms with this digest (SHA-256):</p>\n<p class=\"digest\">",
      HtmlEscaped(agreement.terms_digest()), "</p>\n");
  for (const Chapter& chapter : InWords(agreement)) {
    std::vector<HtmlFact> facts;
    for (const Clause& clause : chapter.clauses) facts.push_back({clause.label, clause.values});
    absl::StrAppend(&body, "<h2>", HtmlEscaped(chapter.title), "</h2>\n", HtmlFacts(facts));
  }
  return HtmlPage(agreement.display_name(), body);
}

}  // namespace concordat::cli
