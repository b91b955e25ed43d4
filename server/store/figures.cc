#include "server/store/figures.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace concordat::store {
namespace {

std::string DayText(const google::type::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

}  // namespace

std::string PeriodKey(const v1::Period& period) {
  return absl::StrCat(DayText(period.start()), "/", DayText(period.end()), "/",
                      static_cast<int>(period.kind()));
}

std::string BreakdownKey(const v1::SubmittedObservation& figure) {
  if (figure.breakdowns().empty()) return "";
  return absl::StrCat(figure.breakdowns(0).dimension(), "=", figure.breakdowns(0).item());
}

FigureKey KeyOf(const v1::SubmittedObservation& figure) {
  return {PeriodKey(figure.period()), figure.area(), BreakdownKey(figure)};
}

}  // namespace concordat::store
