#include "server/domain/due.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "base/civil_time.h"
#include "re2/re2.h"

namespace concordat::domain {
namespace {

// Everything below matches text as Normalise leaves it.
constexpr char kMonth[] =
    "(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)";
constexpr char kYear[] = "((?:19|20)\\d\\d)";
// What a dated step may be called.
constexpr char kStep[] =
    "(pilot|roll out|plan in place|initial report|work experience|"
    "ceaig(?: - y\\d{1,2})?|y\\d{1,2})";
// What comes before the month that something is to begin in.
constexpr char kStart[] =
    "(?:from|(?:service )?to commence|(?:new programme )?to be delivered from)";

// A pattern for whole texts or for the head of one, in any letter case.
std::string Pattern(absl::string_view pattern) { return absl::StrCat("(?i)", pattern); }

// Single spaces, none at the ends, and `-` for every dash.
std::string Normalise(absl::string_view text) {
  std::string normal = absl::StrReplaceAll(text, {{"\n", " "},
                                                  {"\r", " "},
                                                  {"\t", " "},
                                                  {"\xC2\xA0", " "},
                                                  {"\xE2\x80\x93", "-"},
                                                  {"\xE2\x80\x94", "-"}});
  absl::RemoveExtraAsciiWhitespace(&normal);
  return normal;
}

int MonthNumber(absl::string_view name) {
  constexpr absl::string_view kNames = "janfebmaraprmayjunjulaugsepoctnovdec";
  const std::string head = absl::AsciiStrToLower(name.substr(0, 3));
  return static_cast<int>(kNames.find(head)) / 3 + 1;
}

absl::CivilDay LastDayOf(absl::CivilMonth month) { return absl::CivilDay(month + 1) - 1; }

absl::CivilDay LastDayOf(const std::string& month, int year) {
  return LastDayOf(absl::CivilMonth(year, MonthNumber(month)));
}

// `January 2019`, `By the end of January 2019`, `31st January 2019` or `2019-01-31`.
std::optional<absl::CivilDay> ParseDate(const std::string& text) {
  static const RE2* const kByMonth =
      new RE2(Pattern(absl::StrCat("(?:by )?(?:(?:the )?end of )?", kMonth, " ", kYear)));
  static const RE2* const kByDay =
      new RE2(Pattern(absl::StrCat("(?:by )?(\\d{1,2})(?:st|nd|rd|th)? ", kMonth, " ", kYear)));
  std::string month;
  int day = 0;
  int year = 0;
  if (RE2::FullMatch(text, *kByMonth, &month, &year)) return LastDayOf(month, year);
  if (RE2::FullMatch(text, *kByDay, &day, &month, &year)) {
    google::type::Date date;
    date.set_year(year);
    date.set_month(MonthNumber(month));
    date.set_day(day);
    return ToCivilDay(date);
  }
  return ParseDay(text);
}

// The end of `Spring Term 2019`, by the convention of the header.
std::optional<absl::CivilDay> ParseTerm(const std::string& text) {
  static const RE2* const kTerm =
      new RE2(Pattern(absl::StrCat("(autumn|spring|summer) term ", kYear)));
  std::string term;
  int year = 0;
  if (!RE2::FullMatch(text, *kTerm, &term, &year)) return std::nullopt;
  absl::AsciiStrToLower(&term);
  return LastDayOf(absl::CivilMonth(year, term == "autumn" ? 12 : term == "spring" ? 3 : 8));
}

std::optional<absl::CivilDay> ParseStart(const std::string& text) {
  static const RE2* const kStarting =
      new RE2(Pattern(absl::StrCat(kStart, " ", kMonth, " ", kYear)));
  std::string month;
  int year = 0;
  if (!RE2::FullMatch(text, *kStarting, &month, &year)) return std::nullopt;
  return LastDayOf(month, year);
}

// The named and dated steps that make up all of `text`; none when anything of
// it is something else. A step may follow another without a mark, as papers
// put them in lines that a copy runs together.
std::vector<v1::Due::Stage> ParseStages(const std::string& text) {
  static const RE2* const kStage = new RE2(
      Pattern(absl::StrCat(kStep, "(?: by | ?- ?| )", kMonth, " ", kYear, "(?:$| )(?:[/;] )?")));
  std::vector<v1::Due::Stage> stages;
  re2::StringPiece rest(text);
  std::string label;
  std::string month;
  int year = 0;
  while (RE2::Consume(&rest, *kStage, &label, &month, &year)) {
    v1::Due::Stage& stage = stages.emplace_back();
    stage.set_label(label);
    *stage.mutable_date() = ToDate(LastDayOf(month, year));
  }
  if (!rest.empty()) stages.clear();
  return stages;
}

std::optional<v1::Due::Kind> ParseRecurring(const std::string& text) {
  static const RE2* const kMonthly = new RE2(Pattern("monthly(?: monitoring)?"));
  static const RE2* const kQuarterly = new RE2(Pattern("quarterly(?: monitoring)?"));
  if (RE2::FullMatch(text, *kMonthly)) return v1::Due::MONTHLY;
  if (RE2::FullMatch(text, *kQuarterly)) return v1::Due::QUARTERLY;
  return std::nullopt;
}

absl::CivilDay EndOfQuarter(absl::CivilDay day) {
  const int last_month = (day.month() - 1) / 3 * 3 + 3;
  return LastDayOf(absl::CivilMonth(day.year(), last_month));
}

// The dates that `next_date` can be.
std::vector<absl::CivilDay> DatesOf(const v1::Due& due, absl::CivilDay on) {
  std::vector<absl::CivilDay> dates;
  const auto add = [&dates](const google::type::Date& date) {
    if (const std::optional<absl::CivilDay> day = ToCivilDay(date)) dates.push_back(*day);
  };
  switch (due.kind()) {
    case v1::Due::MONTHLY:
      dates.push_back(LastDayOf(absl::CivilMonth(on)));
      break;
    case v1::Due::QUARTERLY:
      dates.push_back(EndOfQuarter(on));
      break;
    case v1::Due::STAGED:
      for (const v1::Due::Stage& stage : due.stages()) add(stage.date());
      break;
    case v1::Due::BY_DATE:
    case v1::Due::TERM:
    case v1::Due::STARTING:
      add(due.date());
      break;
    default:
      break;
  }
  return dates;
}

}  // namespace

v1::Due ParseDue(absl::string_view text) {
  v1::Due due;
  due.set_text(std::string(text));
  const std::string normal = Normalise(text);
  const auto set = [&due](v1::Due::Kind kind, absl::CivilDay date) {
    due.set_kind(kind);
    *due.mutable_date() = ToDate(date);
  };
  if (normal.empty()) {
    due.set_kind(v1::Due::NOT_SET);
  } else if (const auto recurring = ParseRecurring(normal)) {
    due.set_kind(*recurring);
  } else if (const auto date = ParseDate(normal)) {
    set(v1::Due::BY_DATE, *date);
  } else if (const auto term_end = ParseTerm(normal)) {
    set(v1::Due::TERM, *term_end);
  } else if (const auto start = ParseStart(normal)) {
    set(v1::Due::STARTING, *start);
  } else if (const auto stages = ParseStages(normal); !stages.empty()) {
    absl::CivilDay latest = absl::CivilDay::min();
    for (const v1::Due::Stage& stage : stages) {
      latest = std::max(latest, ToCivilDay(stage.date()).value_or(latest));
      *due.add_stages() = stage;
    }
    set(stages.size() == 1 ? v1::Due::BY_DATE : v1::Due::STAGED, latest);
  }
  return due;
}

void ResolveNextDate(v1::Due& due, absl::CivilDay on) {
  std::optional<absl::CivilDay> next;
  for (const absl::CivilDay date : DatesOf(due, on)) {
    if (date >= on && (!next.has_value() || date < *next)) next = date;
  }
  if (next.has_value()) {
    *due.mutable_next_date() = ToDate(*next);
  } else {
    due.clear_next_date();
  }
}

bool IsPastDue(const v1::Due& due, v1::Action::Status status, absl::CivilDay on) {
  if (status == v1::Action::COMPLETE || status == v1::Action::WITHDRAWN) return false;
  const std::optional<absl::CivilDay> date = ToCivilDay(due.date());
  if (!date.has_value() || on <= *date) return false;
  switch (due.kind()) {
    case v1::Due::BY_DATE:
    case v1::Due::TERM:
    case v1::Due::STAGED:
      return true;
    case v1::Due::STARTING:
      return status == v1::Action::PLANNED || status == v1::Action::STATUS_UNSPECIFIED;
    default:
      return false;
  }
}

}  // namespace concordat::domain
