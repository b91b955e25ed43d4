#include "server/services/returns.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/periods.h"
#include "server/domain/returns.h"
#include "server/services/apply.h"
#include "server/services/paging.h"
#include "server/services/return_reading.h"

namespace concordat::services {
namespace {

using store::Kind;
using v1::Return;

// A page ends where it has looked at so many returns, however few of them passed.
constexpr int kMostJudged = 5000;
// What the answer holds of one agency: the contract's count, and room for others.
constexpr int kMostReminded = 1000;
constexpr size_t kMostReminderBytes = kMaxPageBytes / 2;
// How many reminders a return shows; its earlier revisions have the rest.
constexpr int kMostChases = 50;
// How far ahead states can be asked for, and due days be extended, in days.
constexpr int kMostDaysAhead = 366;

std::optional<absl::CivilDay> DayOr(bool is_set, const google::type::Date& date) {
  return is_set ? ToCivilDay(date) : std::nullopt;
}

// What may be said, by whom, and with what. `request.state` is no computed one.
absl::Status CheckWhatIsSaid(const v1::SetReturnStateRequest& request, bool is_office,
                             const Return& judged, absl::CivilDay own_due) {
  const bool about_figures_alone =
      request.state() == Return::NIL || request.state() == Return::NOT_AVAILABLE;
  if (!is_office && (!about_figures_alone || judged.state() == Return::QUERIED)) {
    return MakeError(v1::ROLE_MISSING,
                     "an agency says that there are no figures; the rest, and the end of a query, "
                     "is a COORDINATOR's to say",
                     {{"roles", "COORDINATOR"}});
  }
  std::vector<FieldViolation> violations;
  const bool complete = domain::IsComplete(judged);
  switch (request.state()) {
    case Return::STATE_UNSPECIFIED:
      break;
    case Return::NIL:
    case Return::NOT_AVAILABLE:
    case Return::EXTENDED:
      if (complete) violations.push_back({"state", "cannot be said: all its figures are there"});
      break;
    case Return::QUERIED:
      if (judged.areas_received() == 0) {
        violations.push_back({"state", "cannot be said: there are no figures to ask about"});
      }
      break;
    default:
      violations.push_back({"state", "is computed; say NIL, NOT_AVAILABLE, QUERIED or EXTENDED"});
  }
  const std::optional<absl::CivilDay> extended =
      DayOr(request.has_extended_to(), request.extended_to());
  if ((request.state() == Return::EXTENDED) != extended.has_value()) {
    violations.push_back({"extended_to", "is required with EXTENDED, and only then"});
  } else if (extended.has_value() &&
             (*extended <= own_due || *extended > own_due + kMostDaysAhead)) {
    violations.push_back({"extended_to", absl::StrCat("must be after the due day and at most ",
                                                      kMostDaysAhead, " days later")});
  }
  return FromViolations(violations);
}

// FIELDS_INVALID when the filter names a measure that nobody owes; that its own agency does
// not, for who sees no other agency's, whether or not there is such a measure.
absl::Status CheckOwedMeasure(const store::Reader& reader, const auth::Grant& grant,
                              const OwedFilter& filter, store::ReadPoint point) {
  if (filter.measure.empty()) return absl::OkStatus();
  v1::Measure measure;
  const absl::StatusOr<store::Row> row = reader.Find(grant, Kind::kMeasure, filter.measure, point);
  if (!row.ok() && !absl::IsNotFound(row.status())) return row.status();
  if (row.ok() && !measure.ParseFromString(row->body)) {
    return absl::DataLossError("a stored measure cannot be read");
  }
  const bool sees_all = grant.sees_all_agencies();
  const bool is_owed = absl::c_any_of(measure.duties(), [&](const v1::Measure::Duty& duty) {
    return sees_all || duty.agency() == filter.agency;
  });
  if (is_owed) return absl::OkStatus();
  return InvalidField("measure", sees_all ? "names no measure whose figures are collected"
                                          : "names no measure that the agency owes");
}

// FIELDS_INVALID in `field` when no measure has a duty of the agency.
absl::Status CheckOwingAgency(const store::Reader& reader, const auth::Grant& grant,
                              store::ReadPoint point, absl::string_view field,
                              const std::string& agency) {
  bool owes = false;
  bool damaged = false;
  RETURN_IF_ERROR(reader.Scan(
      grant, Kind::kMeasure, {"measures/", "", point, std::nullopt}, [&](const store::Row& row) {
        v1::Measure measure;
        damaged |= !measure.ParseFromString(row.body);
        owes = absl::c_any_of(measure.duties(), [&](const v1::Measure::Duty& duty) {
          return duty.agency() == agency;
        });
        return !owes;
      }));
  if (damaged) return absl::DataLossError("a stored measure cannot be read");
  if (owes) return absl::OkStatus();
  return InvalidField(field, "names no agency whose figures are collected");
}

// Stores what was said; returns the number of its revision.
absl::StatusOr<int64_t> Store(store::Transaction& transaction, const auth::Grant& grant,
                              absl::string_view name, const Return& said) {
  Changes changes;
  return ApplyResource(transaction, grant, Kind::kReturn, std::string(name), said, {},
                       {transaction.CommitTime()}, changes);
}

absl::Status NoteChase(store::Transaction& transaction, const auth::Grant& grant,
                       const OwedReturn& owed, const Return::Chase& chase) {
  Return said = owed.said;
  if (said.chases_size() == kMostChases) said.mutable_chases()->DeleteSubrange(0, 1);
  *said.add_chases() = chase;
  return Store(transaction, grant, owed.name(), said).status();
}

// One agency's reminder, and the returns that it is about.
struct Draft {
  v1::ChaseReturnsResponse::Reminder reminder;
  std::vector<OwedReturn> owed;
  size_t bytes = 0;

  // Does nothing when it is full.
  void Add(OwedReturn overdue, Return judged) {
    if (const int chases = judged.chases_size(); chases > 1) {
      judged.mutable_chases()->DeleteSubrange(0, chases - 1);
    }
    bytes += judged.ByteSizeLong();
    if (reminder.returns_size() == kMostReminded || bytes > kMostReminderBytes) return;
    if (!judged.contact().empty() &&
        !absl::c_linear_search(reminder.contacts(), judged.contact())) {
      reminder.add_contacts(judged.contact());
    }
    *reminder.add_returns() = std::move(judged);
    owed.push_back(std::move(overdue));
  }
};

// What is overdue now, by agency.
absl::StatusOr<std::map<std::string, Draft>> DraftReminders(ReturnReader& reader,
                                                            const v1::ChaseReturnsRequest& request,
                                                            absl::CivilDay today) {
  ASSIGN_OR_RETURN(std::vector<OwedReturn> all, reader.ReadOwed({}));
  const std::string due_today = FormatDay(today);
  std::map<std::string, Draft> drafts;
  for (OwedReturn& owed : all) {
    // They are in order of their due days: from here on none is overdue.
    if (owed.order >= due_today) break;
    const std::string& agency = owed.subject.duty->agency();
    if (request.agencies_size() > 0 && !absl::c_linear_search(request.agencies(), agency)) {
      continue;
    }
    ASSIGN_OR_RETURN(Return judged, reader.Judge(owed));
    if (judged.state() != Return::OVERDUE) continue;
    Draft& draft = drafts[agency];
    draft.Add(std::move(owed), std::move(judged));
  }
  return drafts;
}

}  // namespace

absl::StatusOr<v1::ListReturnsResponse> ListReturns(const store::Store& store,
                                                    const door::Call& call,
                                                    const v1::ListReturnsRequest& request) {
  OwedFilter filter;
  filter.agency = request.agency();
  if (!call.grant().sees_all_agencies()) {
    if (!filter.agency.empty() && filter.agency != call.grant().agency()) {
      return call.grant().OutOfScope();
    }
    filter.agency = call.grant().agency();
  }
  filter.measure = request.measure();
  // Dates that are set were checked by the door.
  filter.period_from = DayOr(request.has_period_from(), request.period_from());
  filter.period_to = DayOr(request.has_period_to(), request.period_to());
  const absl::CivilDay today = DayOf(call.now());
  const absl::CivilDay on = DayOr(request.has_on(), request.on()).value_or(today);
  if (on > today + kMostDaysAhead) {
    return InvalidField("on", absl::StrCat("is more than ", kMostDaysAhead, " days ahead"));
  }

  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store));
  ReturnReader reader(store, call.grant(), page.point, on);
  if (!request.agency().empty() && call.grant().sees_all_agencies()) {
    RETURN_IF_ERROR(CheckOwingAgency(store, call.grant(), page.point, "agency", request.agency()));
  }
  RETURN_IF_ERROR(CheckOwedMeasure(store, call.grant(), filter, page.point));
  ASSIGN_OR_RETURN(const std::vector<OwedReturn> all, reader.ReadOwed(filter));
  v1::ListReturnsResponse response;
  PageFiller filler(page);
  int judged_returns = 0;
  for (const OwedReturn& owed : all) {
    if (owed.order <= page.cursor) continue;
    ASSIGN_OR_RETURN(Return judged, reader.Judge(owed));
    const bool passes = request.states_size() == 0 ||
                        absl::c_linear_search(request.states(), static_cast<int>(judged.state()));
    if (passes) {
      if (!filler.Take(judged.ByteSizeLong(), owed.order)) break;
      call.NoteContributor(judged.agency());
      *response.add_returns() = std::move(judged);
    }
    if (++judged_returns == kMostJudged) {
      filler.EndAt(owed.order);
      break;
    }
  }
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<Return> SetReturnState(const door::Call& call,
                                      const v1::SetReturnStateRequest& request,
                                      store::Transaction& transaction) {
  const bool is_office = call.principal().Has(v1::COORDINATOR);
  const std::string agency = domain::AgencyOfReturn(LastIdentifier(request.name()));
  // Before anything is read, so that the answer says nothing of others.
  if (!is_office && agency != call.principal().agency) return call.grant().OutOfScope();

  ReturnReader reader(transaction, call.grant(), transaction.Latest(), DayOf(call.now()));
  ASSIGN_OR_RETURN(OwedReturn owed, reader.Find(request.name()));
  call.NoteContributor(agency);
  ASSIGN_OR_RETURN(const Return judged, reader.Judge(owed));
  RETURN_IF_ERROR(CheckEtag(request.etag(), judged.etag()));
  RETURN_IF_ERROR(
      CheckWhatIsSaid(request, is_office, judged,
                      domain::DueDay(*owed.measure, *owed.subject.duty, owed.subject.period)));

  Return said;
  said.set_state(request.state());
  said.set_reason(request.reason());
  said.set_set_by(call.principal().client);
  if (request.has_extended_to()) *said.mutable_due() = request.extended_to();
  *said.mutable_chases() = owed.said.chases();
  ASSIGN_OR_RETURN(owed.said_revision, Store(transaction, call.grant(), request.name(), said));
  owed.said = std::move(said);
  return reader.Judge(owed);
}

absl::StatusOr<v1::ChaseReturnsResponse> ChaseReturns(const door::Call& call,
                                                      const v1::ChaseReturnsRequest& request,
                                                      store::Transaction& transaction) {
  const absl::CivilDay today = DayOf(call.now());
  ReturnReader reader(transaction, call.grant(), transaction.Latest(), today);
  for (int i = 0; i < request.agencies_size(); ++i) {
    RETURN_IF_ERROR(CheckOwingAgency(transaction, call.grant(), transaction.Latest(),
                                     absl::StrCat("agencies[", i, "]"), request.agencies(i)));
  }
  ASSIGN_OR_RETURN(auto drafts, DraftReminders(reader, request, today));
  v1::ChaseReturnsResponse response;
  for (auto& [agency, draft] : drafts) {
    Return::Chase chase;
    *chase.mutable_time() = ToTimestamp(transaction.CommitTime());
    chase.set_client(call.principal().client);
    *chase.mutable_contacts() = draft.reminder.contacts();
    // Nobody is reminded where there is no contact.
    for (const OwedReturn& owed : draft.owed) {
      if (chase.contacts().empty()) break;
      RETURN_IF_ERROR(NoteChase(transaction, call.grant(), owed, chase));
    }
    call.NoteContributor(agency);
    draft.reminder.set_agency(agency);
    draft.reminder.set_agency_display_name(std::string(call.policy().AgencyDisplayName(agency)));
    *response.add_reminders() = std::move(draft.reminder);
  }
  if (response.ByteSizeLong() > kMaxPageBytes) {
    return InvalidField("agencies", "more is overdue than one answer holds; name fewer agencies");
  }
  return response;
}

}  // namespace concordat::services
