#include "server/domain/submission.h"

#include <cmath>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/domain/disclosure/table.h"
#include "server/domain/periods.h"
#include "server/domain/rounding.h"

namespace concordat::domain {
namespace {

constexpr size_t kMostSent = 20;
constexpr auto kLargestCount = static_cast<double>(disclosure::kLargestCount);
// All whole numbers up to it are held exactly.
constexpr double kLargestExact = 9'007'199'254'740'991;

std::string AboveLargestCount() {
  return absl::StrCat("is more than ", disclosure::kLargestCount,
                      ", the largest count that is protected");
}

// Which period of the measure holds the first day of `period`; empty when none does.
std::string WholePeriodText(const v1::Measure& measure, const v1::Period& period) {
  const std::optional<absl::CivilDay> start = ToCivilDay(period.start());
  const std::optional<v1::Period> whole =
      start.has_value() ? PeriodHolding(measure, *start) : std::nullopt;
  if (!whole.has_value()) return "";
  return absl::StrCat(
      "; the one that holds its first day is ", FormatDay(*ToCivilDay(whole->start())), " to ",
      FormatDay(*ToCivilDay(whole->end())), ", ", v1::Period::Kind_Name(whole->kind()));
}

// Whether a value of the unit cannot be below zero.
bool IsNeverNegative(v1::Measure::Unit unit) {
  return unit == v1::Measure::COUNT || unit == v1::Measure::RATE || unit == v1::Measure::DAYS ||
         unit == v1::Measure::MONTHS;
}

}  // namespace

bool IsMadeOfParts(const v1::Measure& measure) {
  return measure.unit() == v1::Measure::PERCENT || measure.unit() == v1::Measure::RATE;
}

void SubmissionProblems::Add(int64_t row, absl::string_view column, absl::string_view description) {
  ++count_;
  // Of a million rows that are wrong, all but the first cost no more than this.
  if (!HasRoomFor(row)) return;
  v1::RowProblem problem;
  problem.set_row(row);
  problem.set_column(std::string(column));
  problem.set_description(std::string(description));
  Keep(std::move(problem));
}

void SubmissionProblems::Add(const SubmissionProblems& others) {
  count_ += others.count_;
  for (const auto& [row, problem] : others.kept_) Keep(problem);
}

std::vector<v1::RowProblem> SubmissionProblems::kept() const {
  std::vector<v1::RowProblem> problems;
  problems.reserve(kept_.size());
  for (const auto& [row, problem] : kept_) problems.push_back(problem);
  return problems;
}

bool SubmissionProblems::HasRoomFor(int64_t row) const {
  return kept_.size() < kMostKept || row < kept_.rbegin()->first;
}

void SubmissionProblems::Keep(v1::RowProblem problem) {
  const int64_t row = problem.row();
  if (!HasRoomFor(row)) return;
  kept_.emplace(row, std::move(problem));
  if (kept_.size() > kMostKept) kept_.erase(std::prev(kept_.end()));
}

absl::Status SubmissionProblems::ToStatus() const {
  if (count_ == 0) return absl::OkStatus();
  google::rpc::BadRequest bad_request;
  for (const auto& [row, problem] : kept_) {
    if (static_cast<size_t>(bad_request.field_violations_size()) == kMostSent) break;
    auto* violation = bad_request.add_field_violations();
    violation->set_field(row == 0 ? absl::StrCat("header.", problem.column())
                                  : absl::StrCat("rows[", row, "].", problem.column()));
    violation->set_description(problem.description());
  }
  const auto& first = bad_request.field_violations(0);
  absl::Status status = MakeError(v1::SUBMISSION_INVALID,
                                  absl::StrCat("nothing was applied: ", count_,
                                               count_ == 1 ? " problem: " : " problems; first ",
                                               first.field(), ": ", first.description()),
                                  {{"problems", absl::StrCat(count_)}});
  AttachPayload(status, bad_request);
  return status;
}

std::optional<double> ComputedValue(const v1::Measure& measure, double numerator,
                                    double denominator) {
  if (!IsMadeOfParts(measure) || !(denominator > 0)) return std::nullopt;
  const double per =
      measure.unit() == v1::Measure::PERCENT ? 100.0 : static_cast<double>(measure.rate_per());
  return numerator * per / denominator;
}

MeasureRules::MeasureRules(v1::Measure measure) : measure_(std::move(measure)) {
  for (const v1::Measure::Duty& duty : measure_.duties()) {
    areas_of_[duty.agency()].insert(duty.areas().begin(), duty.areas().end());
  }
  for (const v1::Measure::Dimension& dimension : measure_.dimensions()) {
    items_of_[dimension.name()].insert(dimension.items().begin(), dimension.items().end());
  }
}

bool MeasureRules::CheckRow(absl::string_view provider, absl::CivilDay today,
                            v1::SubmittedObservation& figure, SubmissionProblems& problems) const {
  const int64_t before = problems.count();
  CheckPlaceAndTime(provider, today, figure, problems);
  CheckBreakdown(figure, problems);
  CheckFigure(figure, problems);
  figure.mutable_period()->clear_label();
  return problems.count() == before;
}

void MeasureRules::CheckPlaceAndTime(absl::string_view provider, absl::CivilDay today,
                                     const v1::SubmittedObservation& figure,
                                     SubmissionProblems& problems) const {
  const auto duty = areas_of_.find(provider);
  if (duty == areas_of_.end()) {
    problems.Add(figure.row(), "measure",
                 "the provider has no duty to report this measure; ask the board's office, or name "
                 "whose figures they are (`--provider`)");
  } else if (!duty->second.contains(figure.area())) {
    problems.Add(figure.row(), "area",
                 "is not one of the areas that the provider reports for this measure");
  }
  if (!measure_.has_collected_from()) {
    problems.Add(figure.row(), "period", "no figures of this measure are collected");
  } else if (!IsWholePeriod(measure_, figure.period())) {
    problems.Add(figure.row(), "period",
                 absl::StrCat("is not one whole period of the measure, whose frequency is ",
                              v1::Measure::Frequency_Name(measure_.frequency()),
                              WholePeriodText(measure_, figure.period())));
  } else if (!IsCollected(measure_, figure.period())) {
    problems.Add(figure.row(), "period",
                 "is before or after the periods that are collected for this measure");
  } else if (ToCivilDay(figure.period().end()).value_or(today) >= today) {
    problems.Add(figure.row(), "period", "has not ended yet");
  }
}

void MeasureRules::CheckBreakdown(const v1::SubmittedObservation& figure,
                                  SubmissionProblems& problems) const {
  for (const v1::Observation::Breakdown& breakdown : figure.breakdowns()) {
    const auto items = items_of_.find(breakdown.dimension());
    if (items == items_of_.end()) {
      problems.Add(figure.row(), "breakdowns", "the measure has no such dimension");
    } else if (!items->second.contains(breakdown.item())) {
      problems.Add(
          figure.row(), "breakdowns",
          "the item is not one of the dimension, in exactly these letters; leave dimension "
          "and item out for the total");
    }
  }
}

void MeasureRules::CheckFigure(v1::SubmittedObservation& figure,
                               SubmissionProblems& problems) const {
  const auto wrong = [&](absl::string_view column, absl::string_view description) {
    problems.Add(figure.row(), column, description);
  };
  // The field rules have refused what is not a finite number.
  if (figure.symbol() != v1::Observation::NONE) {
    if (figure.symbol() != v1::Observation::NOT_APPLICABLE &&
        figure.symbol() != v1::Observation::NOT_AVAILABLE) {
      wrong("symbol",
            "only not applicable (z) and not available (x) can be sent; hiding small numbers is "
            "the service's work: send the number");
    }
    if (figure.has_value() || figure.has_numerator() || figure.has_denominator()) {
      wrong("value", "cannot stand beside a symbol that says why there is none");
    }
    return;
  }
  if (IsMadeOfParts(measure_) && (figure.has_numerator() || figure.has_denominator())) {
    CheckParts(figure, problems);
  } else if (IsMadeOfParts(measure_) && measure_.disclosure_minimum() > 0) {
    wrong("numerator",
          "is required, and the denominator: without them the service cannot hide what is of a few "
          "alone; `x` as the value says that it is not available");
  } else if (!figure.has_value()) {
    wrong("value", "is required; `x` says that it is not available");
  }
  if (!IsMadeOfParts(measure_)) CheckCases(figure, problems);
  if (!figure.has_value()) return;
  if (IsNeverNegative(measure_.unit()) && figure.value() < 0) {
    wrong("value", "must not be negative");
  }
  if (measure_.unit() == v1::Measure::COUNT) {
    if (figure.value() != std::floor(figure.value())) {
      wrong("value", "must be a whole number: it counts");
    }
    if (figure.value() > kLargestCount) wrong("value", AboveLargestCount());
  } else if (std::fabs(figure.value()) > kLargestExact) {
    wrong("value", "is larger than can be held exactly");
  }
}

void MeasureRules::CheckCases(const v1::SubmittedObservation& figure,
                              SubmissionProblems& problems) const {
  const auto wrong = [&](absl::string_view column, absl::string_view description) {
    problems.Add(figure.row(), column, description);
  };
  if (figure.has_numerator()) wrong("numerator", "is only for a percentage or a rate");
  if (measure_.unit() == v1::Measure::COUNT) {
    if (figure.has_denominator()) wrong("denominator", "is not for a count");
    return;
  }
  if (!figure.has_denominator()) {
    if (measure_.disclosure_minimum() > 0 && !measure_.denominator_public()) {
      wrong("denominator",
            "is required: the number of cases that the value is the average of; without it the "
            "service cannot hide what is of a few alone");
    }
  } else if (figure.denominator() <= 0) {
    wrong("denominator",
          "must be more than 0; of no cases there is no average: send `z` as the value alone");
  } else if (figure.denominator() != std::floor(figure.denominator())) {
    wrong("denominator", "must be a whole number: it counts cases");
  } else if (figure.denominator() > kLargestCount) {
    wrong("denominator", AboveLargestCount());
  }
}

void MeasureRules::CheckParts(v1::SubmittedObservation& figure,
                              SubmissionProblems& problems) const {
  const auto wrong = [&](absl::string_view column, absl::string_view description) {
    problems.Add(figure.row(), column, description);
  };
  if (!figure.has_numerator() || !figure.has_denominator()) {
    return wrong(figure.has_numerator() ? "denominator" : "numerator",
                 "is required beside the other one");
  }
  if (figure.numerator() < 0) return wrong("numerator", "must not be negative");
  if (figure.denominator() <= 0) {
    return wrong("denominator",
                 "must be more than 0; of nothing there is no share: send `z` as the value alone");
  }
  if (figure.numerator() > kLargestCount) return wrong("numerator", AboveLargestCount());
  if (figure.denominator() > kLargestCount) return wrong("denominator", AboveLargestCount());
  // What is no whole number is no count that could be protected: it would be hidden always.
  if (measure_.disclosure_minimum() > 0) {
    constexpr absl::string_view kCounts = "must be a whole number: it counts";
    if (figure.numerator() != std::floor(figure.numerator())) return wrong("numerator", kCounts);
    if (figure.denominator() != std::floor(figure.denominator())) {
      return wrong("denominator", kCounts);
    }
  }
  if (measure_.unit() == v1::Measure::PERCENT && figure.numerator() > figure.denominator()) {
    return wrong("numerator", "must not be more than the denominator");
  }
  const std::optional<double> computed =
      ComputedValue(measure_, figure.numerator(), figure.denominator());
  if (!computed.has_value() || !std::isfinite(*computed)) {
    return wrong("numerator", "is too large beside its denominator");
  }
  const double rounded = RoundHalfUp(*computed, measure_.decimal_places());
  if (!figure.has_value()) {
    figure.set_value(rounded);
  } else if (RoundHalfUp(figure.value(), measure_.decimal_places()) != rounded) {
    wrong("value", absl::StrCat("does not recompute from numerator and denominator to ",
                                measure_.decimal_places(),
                                " decimal places; leave it out, and it is "
                                "computed"));
  }
}

}  // namespace concordat::domain
