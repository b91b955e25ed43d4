#include "server/services/apply_measures.h"

#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "base/civil_time.h"
#include "base/mail_address.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/periods.h"
#include "server/services/apply.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

// A return is called by its period, a dot and its agency, in 63 bytes; no period takes
// more than 21.
constexpr size_t kLongestAgency = 41;
// Figures of earlier periods are none that an agency still owes.
constexpr absl::CivilDay kEarliest(1990, 1, 1);

// Finds what contradicts itself, or names what is not there.
class MeasuresChecker {
 public:
  MeasuresChecker(const store::Transaction& transaction, const auth::Grant& grant)
      : transaction_(transaction), grant_(grant) {}

  absl::StatusOr<std::vector<FieldViolation>> Check(const v1::ApplyMeasuresRequest& request) {
    absl::flat_hash_set<std::string> names;
    for (int i = 0; i < request.measures_size(); ++i) {
      const v1::Measure& measure = request.measures(i);
      path_ = absl::StrCat("measures[", i, "]");
      if (!names.insert(measure.name()).second) Violate("name", "stands twice");
      CheckUnit(measure);
      RETURN_IF_ERROR(CheckMeaning(measure));
      CheckDisclosure(measure);
      CheckDimensions(measure);
      CheckCollection(measure);
      RETURN_IF_ERROR(CheckAgencies(measure));
    }
    return std::move(violations_);
  }

 private:
  void Violate(absl::string_view field, std::string description) {
    violations_.push_back({absl::StrCat(path_, ".", field), std::move(description)});
  }

  void CheckUnit(const v1::Measure& measure) {
    if ((measure.unit() == v1::Measure::RATE) != (measure.rate_per() > 0)) {
      Violate("rate_per", "is required with the unit RATE, and only then");
    }
    if (measure.has_tolerance() && !measure.has_target()) {
      Violate("tolerance", "means nothing without a target");
    }
    if (measure.has_tolerance() && measure.tolerance() < 0) {
      Violate("tolerance", "must not be negative");
    }
    if (measure.has_target() && measure.polarity() == v1::Measure::NEUTRAL) {
      Violate("target", "means nothing for a neutral measure");
    }
    // Not a number fails this too.
    const double jump = measure.jump_factor();
    if (jump != 0 && !(jump > 1 && std::isfinite(jump))) {
      Violate("jump_factor", "must be more than 1, or 0 for no check");
    }
  }

  // What figures mean must not change once some were sent: their quarters and a year of the
  // same measure, each protected by itself, would together say what one of them hides, and
  // so would periods that overlap. Sums that held stay sums, for earlier releases too.
  absl::Status CheckMeaning(const v1::Measure& measure) {
    const absl::StatusOr<v1::Measure> stored =
        Current<v1::Measure>(transaction_, grant_, Kind::kMeasure, measure.name());
    if (absl::IsNotFound(stored.status())) return absl::OkStatus();
    RETURN_IF_ERROR(stored.status());
    std::vector<absl::string_view> changed;
    if (measure.unit() != stored->unit()) changed.emplace_back("unit");
    if (measure.rate_per() != stored->rate_per()) changed.emplace_back("rate_per");
    if (measure.frequency() != stored->frequency()) changed.emplace_back("frequency");
    if (measure.denominator_public() != stored->denominator_public()) {
      changed.emplace_back("denominator_public");
    }
    if (stored->additivity().over_area() && !measure.additivity().over_area()) {
      changed.emplace_back("additivity.over_area");
    }
    if (stored->additivity().over_category() && !measure.additivity().over_category()) {
      changed.emplace_back("additivity.over_category");
    }
    AddChangedDays(measure, *stored, changed);
    if (LacksItems(measure, *stored)) changed.emplace_back("dimensions");
    if (changed.empty()) return absl::OkStatus();
    bool has_figures = false;
    store::FigureRange range;
    range.measure = measure.name();
    RETURN_IF_ERROR(transaction_.ScanSubmitted(grant_, range, transaction_.Latest(),
                                               [&](const store::FigureRow&) {
                                                 has_figures = true;
                                                 return false;
                                               }));
    for (const absl::string_view field : changed) {
      if (!has_figures) break;
      Violate(field, field == "dimensions"
                         ? "must keep all their items once figures were sent; others may be added"
                         : "must not change once figures were sent: make a new measure");
    }
    return absl::OkStatus();
  }

  // Figures under an item that is gone, or has another name, could not be put right any more, and
  // would be counted beside those under its new name.
  static bool LacksItems(const v1::Measure& measure, const v1::Measure& stored) {
    return absl::c_any_of(stored.dimensions(), [&](const v1::Measure::Dimension& before) {
      const auto after = absl::c_find_if(
          measure.dimensions(), [&](const auto& each) { return each.name() == before.name(); });
      return after == measure.dimensions().end() ||
             absl::c_any_of(before.items(), [&](const std::string& item) {
               return !absl::c_linear_search(after->items(), item);
             });
    });
  }

  // When the measure is collected may change, but not which days make a period.
  static void AddChangedDays(const v1::Measure& measure, const v1::Measure& stored,
                             std::vector<absl::string_view>& changed) {
    // The days of one that is collected no more would be forgotten.
    if (stored.has_collected_from() && !measure.has_collected_from()) {
      changed.emplace_back("collected_from");
      return;
    }
    const std::optional<absl::CivilDay> day = ToCivilDay(stored.collected_from());
    if (!day.has_value() || measure.frequency() != stored.frequency()) return;
    const std::optional<v1::Period> before = domain::PeriodHolding(stored, *day);
    if (!before.has_value()) return;
    const v1::Period after = domain::PeriodHolding(measure, *day).value_or(v1::Period());
    if (ToCivilDay(after.start()) != ToCivilDay(before->start())) {
      changed.emplace_back("collected_from");
    } else if (ToCivilDay(after.end()) != ToCivilDay(before->end())) {
      changed.emplace_back("collected_until");
    }
  }

  void CheckDisclosure(const v1::Measure& measure) {
    const v1::DisclosureProfile profile = measure.disclosure_profile();
    if (profile != v1::DISCLOSURE_PROFILE_UNSPECIFIED &&
        (profile == v1::ALREADY_PUBLIC) != (measure.disclosure_minimum() == 0)) {
      Violate("disclosure_minimum", "must be 0 with ALREADY_PUBLIC, and only then");
    }
    if (measure.rounding_base() != 0 && profile != v1::CUSTOM) {
      Violate("rounding_base", "belongs to the profile CUSTOM alone");
    }
  }

  void CheckDimensions(const v1::Measure& measure) {
    absl::flat_hash_set<std::string> names;
    for (int i = 0; i < measure.dimensions_size(); ++i) {
      const v1::Measure::Dimension& dimension = measure.dimensions(i);
      const std::string path = absl::StrCat("dimensions[", i, "]");
      if (!names.insert(dimension.name()).second) Violate(path + ".name", "stands twice");
      absl::flat_hash_set<std::string> items;
      for (int item = 0; item < dimension.items_size(); ++item) {
        // Those who type them do not mind letter case.
        const std::string lower = absl::AsciiStrToLower(dimension.items(item));
        const std::string item_path = absl::StrCat(path, ".items[", item, "]");
        if (absl::StripAsciiWhitespace(lower) != lower || lower.empty()) {
          Violate(item_path, "must not be empty, nor begin or end with a space");
        } else if (lower == "total") {
          Violate(item_path, "is no item: the figure without a breakdown is the total");
        } else if (!items.insert(lower).second) {
          Violate(item_path, "stands twice");
        }
      }
    }
  }

  void CheckCollection(const v1::Measure& measure) {
    if (!measure.has_collected_from()) {
      if (measure.duties_size() > 0) Violate("collected_from", "is required with duties");
      if (measure.has_collected_until()) Violate("collected_until", "needs collected_from");
      return;
    }
    // Dates that are set were checked by the door.
    const absl::CivilDay from = ToCivilDay(measure.collected_from()).value_or(kEarliest);
    const std::optional<absl::CivilDay> until =
        measure.has_collected_until() ? ToCivilDay(measure.collected_until()) : std::nullopt;
    if (from < kEarliest) Violate("collected_from", "is before 1990");
    if (until.has_value() && *until < from) Violate("collected_until", "is before collected_from");
    if (measure.frequency() == v1::Measure::ONCE && !until.has_value()) {
      Violate("collected_until", "is required with the frequency ONCE");
      return;
    }
    const auto first = domain::PeriodHolding(measure, from);
    if (first.has_value() && ToCivilDay(first->start()) != from) {
      Violate("collected_from", "is not the first day of a period of the frequency");
    }
    if (!until.has_value()) return;
    const auto last = domain::PeriodHolding(measure, *until);
    if (last.has_value() && ToCivilDay(last->end()) != *until) {
      Violate("collected_until", "is not the last day of a period of the frequency");
    }
  }

  absl::Status CheckAgencies(const v1::Measure& measure) {
    RETURN_IF_ERROR(CheckAgency("provider", measure.provider()));
    absl::flat_hash_set<std::string> agencies;
    // Who reports each area, by its name.
    absl::flat_hash_map<std::string, std::string> reporters;
    for (int i = 0; i < measure.duties_size(); ++i) {
      const v1::Measure::Duty& duty = measure.duties(i);
      const std::string path = absl::StrCat("duties[", i, "]");
      RETURN_IF_ERROR(CheckAgency(path + ".agency", duty.agency()));
      if (!agencies.insert(duty.agency()).second) {
        Violate(path + ".agency", "has another duty; put its areas together");
      }
      if (LastIdentifier(duty.agency()).size() > kLongestAgency) {
        Violate(path + ".agency", absl::StrCat("has an identifier of more than ", kLongestAgency,
                                               " bytes, too long for the names of returns"));
      }
      for (int area = 0; area < duty.areas_size(); ++area) {
        const std::string area_path = absl::StrCat(path, ".areas[", area, "]");
        ASSIGN_OR_RETURN(const bool known, IsStored(Kind::kArea, duty.areas(area)));
        if (!known) Violate(area_path, "names an area that the directory lacks");
        const auto [reporter, is_new] = reporters.try_emplace(duty.areas(area), duty.agency());
        if (is_new) continue;
        if (reporter->second == duty.agency()) {
          Violate(area_path, "stands twice");
        } else {
          Violate(area_path,
                  absl::StrCat("is reported by both ", reporter->second, " and ", duty.agency(),
                               "; one agency reports an area: take it from one of them"));
        }
      }
      if (!duty.contact().empty() && !IsMailAddress(duty.contact())) {
        Violate(path + ".contact", "is no e-mail address");
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckAgency(absl::string_view field, const std::string& agency) {
    ASSIGN_OR_RETURN(const bool known, IsStored(Kind::kAgency, agency));
    if (!known) Violate(field, "names an agency that the directory lacks");
    return absl::OkStatus();
  }

  absl::StatusOr<bool> IsStored(Kind kind, const std::string& name) {
    const auto [place, is_new] = stored_.try_emplace(name, false);
    if (is_new) {
      ASSIGN_OR_RETURN(place->second, Exists(transaction_, grant_, kind, name));
    }
    return place->second;
  }

  const store::Transaction& transaction_;
  const auth::Grant& grant_;
  std::string path_;
  std::vector<FieldViolation> violations_;
  // Whether agencies and areas are stored, by name.
  absl::flat_hash_map<std::string, bool> stored_;
};

}  // namespace

absl::StatusOr<v1::ApplyMeasuresResponse> ApplyMeasuresTo(store::Transaction& transaction,
                                                          const auth::Grant& grant,
                                                          const v1::ApplyMeasuresRequest& request) {
  ASSIGN_OR_RETURN(const std::vector<FieldViolation> violations,
                   MeasuresChecker(transaction, grant).Check(request));
  RETURN_IF_ERROR(FromViolations(violations));

  v1::ApplyMeasuresResponse response;
  for (v1::Measure measure : request.measures()) {
    if (!measure.etag().empty()) {
      const absl::StatusOr<Row> stored =
          transaction.Find(grant, Kind::kMeasure, measure.name(), transaction.Latest());
      RETURN_IF_ERROR(
          CheckEtag(measure.etag(), stored.ok() ? absl::StrCat(stored->revision) : "new"));
    }
    measure.clear_etag();
    RETURN_IF_ERROR(ApplyResource(transaction, grant, Kind::kMeasure, measure.name(), measure,
                                  {measure.topics().begin(), measure.topics().end()},
                                  {transaction.CommitTime()}, *response.mutable_changes())
                        .status());
  }
  return response;
}

}  // namespace concordat::services
