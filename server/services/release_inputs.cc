#include "server/services/release_inputs.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "concordat/v1/submission.pb.h"
#include "server/domain/returns.h"
#include "server/services/apply.h"
#include "server/services/released_times.h"
#include "server/services/return_reading.h"

namespace concordat::services {
namespace {

using domain::disclosure::Profile;
using store::Kind;
using store::Row;

absl::Status Unreadable(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("a stored ", what, " cannot be read"));
}

struct Days {
  absl::CivilDay from;
  absl::CivilDay to;

  bool Hold(const v1::Period& period) const {
    return ToCivilDay(period.start()) >= from && ToCivilDay(period.end()) <= to;
  }
};

// The figures of one period, by area and breakdown.
using PeriodFigures = std::map<std::pair<std::string, std::string>, TableFigure>;

// Revisions of figures, by VersionKey.
using Versions = std::map<std::string, TableFigure>;

// An earlier release of submitted figures, before its figures are read.
struct PublishedRelease {
  v1::Release message;
  absl::Time committed;
};

store::FigureKey KeyOfObservation(const v1::Observation& observation) {
  store::FigureKey key{store::PeriodKey(observation.period()), observation.area(), ""};
  if (!observation.breakdowns().empty()) {
    key.breakdown =
        absl::StrCat(observation.breakdowns(0).dimension(), "=", observation.breakdowns(0).item());
  }
  return key;
}

// The rule that an earlier release was made under, by its report: none where it had no
// figure of the measure.
std::optional<Profile> RuleThen(const v1::Release& release, const std::string& measure) {
  for (const v1::DisclosureReport::MeasureLine& line : release.report().measures()) {
    if (line.measure() != measure) continue;
    return Profile{line.threshold(), std::max(1, line.rounding_base()),
                   line.profile() == v1::ALREADY_PUBLIC};
  }
  return std::nullopt;
}

class InputReader {
 public:
  InputReader(const ReleaseView& view, const v1::Release& release)
      : view_(view),
        release_(release.name()),
        selection_(release.selection()),
        // Days that are set were checked by the door.
        days_{ToCivilDay(selection_.period_from()).value_or(absl::CivilDay::max()),
              ToCivilDay(selection_.period_to()).value_or(absl::CivilDay::min())} {}

  absl::StatusOr<ReleaseInputs> Read() {
    if (days_.to < days_.from) {
      return InvalidField("release.selection.period_to", "is before period_from");
    }
    RETURN_IF_ERROR(ReadAreas());
    RETURN_IF_ERROR(ReadReleases());
    const std::set<std::string> measures(selection_.measures().begin(),
                                         selection_.measures().end());
    for (const std::string& measure : measures) RETURN_IF_ERROR(ReadMeasure(measure));
    RETURN_IF_ERROR(CheckImports(measures));
    inputs_.digest = digest_.Finish();
    return std::move(inputs_);
  }

 private:
  void Digest(absl::string_view bytes) {
    digest_.Update(absl::StrCat(bytes.size(), ":"));
    digest_.Update(bytes);
  }

  absl::Status ReadAreas() {
    bool damaged = false;
    RETURN_IF_ERROR(view_.reader.Scan(
        view_.grant, Kind::kArea, {"areas/", "", view_.point, std::nullopt}, [&](const Row& row) {
          v1::Area& area = inputs_.areas[row.name];
          damaged |= !area.ParseFromString(row.body);
          if (!area.parent().empty()) inputs_.children[area.parent()].push_back(row.name);
          Digest(row.body);
          return true;
        }));
    return damaged ? Unreadable("area") : absl::OkStatus();
  }

  // Earlier releases that can have figures of the selection, oldest first.
  absl::Status ReadReleases() {
    bool damaged = false;
    RETURN_IF_ERROR(view_.reader.Scan(
        view_.grant, Kind::kRelease, {"releases/", "", view_.point, std::nullopt},
        [&](const Row& row) {
          PublishedRelease release;
          damaged |= !release.message.ParseFromString(row.body);
          // A withdrawal changes nothing of what is known.
          if (!release.message.has_selection() || !Overlaps(release.message.selection())) {
            return true;
          }
          Digest(absl::StrCat(row.name, "@", release.message.digest()));
          release.committed = ToTime(release.message.frozen_time());
          releases_.push_back(std::move(release));
          return true;
        }));
    absl::c_stable_sort(releases_, [](const PublishedRelease& a, const PublishedRelease& b) {
      return a.committed < b.committed;
    });
    return damaged ? Unreadable("release") : absl::OkStatus();
  }

  // That no figure of a block was imported (released_times.h).
  absl::Status CheckImports(const std::set<std::string>& measures) const {
    ASSIGN_OR_RETURN(
        const ReleasedTimes imports,
        ReleasedTimes::Read(view_.reader, view_.grant, view_.point, Origin::kImported, measures));
    std::map<std::string, std::string> releases;
    for (const ReleaseBlock& block : inputs_.blocks) {
      if (block.profile.rule.already_public) continue;
      const std::string& measure = block.measure->name();
      const std::optional<std::string> release = imports.Find(measure, block.period);
      if (release.has_value()) releases.try_emplace(measure, *release);
    }
    std::vector<FieldViolation> violations;
    for (const auto& [measure, release] : releases) {
      violations.push_back(
          {"release.selection",
           absl::StrCat("has figures of ", measure, " about a time that ", release,
                        ", which was imported, has figures about: what is hidden could be worked "
                        "out from those; leave out the measure or the time")});
    }
    return FromViolations(violations);
  }

  bool Overlaps(const v1::ReleaseSelection& other) const {
    const bool meets =
        ToCivilDay(other.period_from()) <= days_.to && ToCivilDay(other.period_to()) >= days_.from;
    return meets && absl::c_any_of(other.measures(), [&](const std::string& measure) {
             return absl::c_linear_search(selection_.measures(), measure);
           });
  }

  absl::Status ReadMeasure(const std::string& name) {
    const absl::StatusOr<Row> row =
        view_.reader.Find(view_.grant, Kind::kMeasure, name, view_.point);
    if (absl::IsNotFound(row.status())) {
      const auto place = absl::c_find(selection_.measures(), name) - selection_.measures().begin();
      return InvalidField(absl::StrCat("release.selection.measures[", place, "]"),
                          "names a measure that is not stored");
    }
    RETURN_IF_ERROR(row.status());
    auto measure = std::make_shared<v1::Measure>();
    if (!measure->ParseFromString(row->body)) return Unreadable("measure");
    std::vector<Profile> rules;
    for (const PublishedRelease& release : releases_) {
      if (const auto rule = RuleThen(release.message, name); rule.has_value()) {
        rules.push_back(*rule);
      }
    }
    const ReleaseProfile profile =
        StrictestProfile(*measure, release_, view_.policy, view_.now, rules);
    Digest(row->body);
    Digest(absl::StrCat(profile.rule.minimum_shown, "/", profile.rule.rounding_base, "/",
                        profile.rule.already_public));

    std::map<std::string, PeriodFigures> periods;
    Versions versions;
    RETURN_IF_ERROR(ReadFigures(*measure, periods, versions));
    RETURN_IF_ERROR(ReadReturns(name, periods));
    std::map<std::string, std::vector<EarlierRelease>> earlier;
    if (view_.reads_earlier) RETURN_IF_ERROR(ReadEarlier(name, versions, earlier));
    for (auto& [key, figures] : periods) {
      ReleaseBlock block;
      block.measure = measure;
      block.period = figures.begin()->second.figure.period();
      block.profile = profile;
      for (auto& [place, figure] : figures) block.figures.push_back(std::move(figure));
      block.earlier = std::move(earlier[key]);
      inputs_.blocks.push_back(std::move(block));
    }
    return absl::OkStatus();
  }

  store::FigureRange RangeOf(const std::string& measure) const {
    store::FigureRange range;
    range.measure = measure;
    range.from = FormatDay(days_.from);
    // Days are texts there, and the last of four digits of years is followed by none.
    constexpr int kLastYear = 9999;
    if (const absl::CivilDay after = days_.to + 1; after.year() <= kLastYear) {
      range.to = FormatDay(after);
    }
    return range;
  }

  // By the second day in the key (store::PeriodKey). The range is of first days alone.
  bool EndsInTime(const store::FigureKey& key) const {
    const std::string last_day = FormatDay(days_.to);
    return absl::string_view(key.period).substr(last_day.size() + 1, last_day.size()) <= last_day;
  }

  // Those of the newest revisions go into `periods`, and all revisions into `versions`.
  absl::Status ReadFigures(const v1::Measure& measure,
                           std::map<std::string, PeriodFigures>& periods, Versions& versions) {
    store::FigureRange range = RangeOf(measure.name());
    range.all_revisions = view_.reads_earlier;
    // Read after the scan: a visitor asks the store for nothing else.
    std::vector<store::FigureRow> rows;
    int64_t keys = count_;
    RETURN_IF_ERROR(view_.reader.ScanSubmitted(view_.grant, range, view_.point,
                                               [&](const store::FigureRow& row) {
                                                 if (!EndsInTime(row.key)) return true;
                                                 if (rows.empty() || !(rows.back().key == row.key))
                                                   ++keys;
                                                 rows.push_back(row);
                                                 return keys <= kMostReleaseFigures;
                                               }));
    for (auto begin = rows.begin(); begin != rows.end();) {
      const auto end = std::find_if(
          begin, rows.end(), [&](const store::FigureRow& row) { return !(row.key == begin->key); });
      Digest(absl::StrCat(begin->measure, "|", begin->key.period, "|", begin->key.area, "|",
                          begin->key.breakdown, "@", begin->revision));
      Digest(begin->body);
      RETURN_IF_ERROR(Count());
      ASSIGN_OR_RETURN(std::vector<TableFigure> revisions,
                       RevisionsOf(measure, absl::MakeConstSpan(&*begin, end - begin)));
      periods[begin->key.period].emplace(std::pair(begin->key.area, begin->key.breakdown),
                                         revisions.front());
      for (TableFigure& revision : revisions) {
        versions[VersionKey(revision.key, revision.revision)] = std::move(revision);
      }
      begin = end;
    }
    return absl::OkStatus();
  }

  // Of one figure. Who sent it with the counts of a revision knows that one.
  static absl::StatusOr<std::vector<TableFigure>> RevisionsOf(
      const v1::Measure& measure, absl::Span<const store::FigureRow> rows) {
    std::vector<TableFigure> revisions;
    std::map<std::string, std::vector<std::string>> holders;
    for (const store::FigureRow& row : rows) {
      TableFigure& figure = revisions.emplace_back();
      figure.key = row.key;
      figure.revision = row.revision;
      if (!figure.figure.ParseFromString(row.body)) return Unreadable("figure");
      std::vector<std::string>& same = holders[CountsOf(measure, figure.figure)];
      if (!absl::c_linear_search(same, row.provider)) same.push_back(row.provider);
    }
    for (TableFigure& figure : revisions)
      figure.holders = holders[CountsOf(measure, figure.figure)];
    return revisions;
  }

  absl::Status Count() {
    if (++count_ <= kMostReleaseFigures) return absl::OkStatus();
    return InvalidField("release.selection",
                        absl::StrCat("has more than ", kMostReleaseFigures,
                                     " figures; choose fewer measures or a shorter time"));
  }

  // Says which returns are missing, and puts a symbol in the place of their figures.
  absl::Status ReadReturns(const std::string& measure,
                           std::map<std::string, PeriodFigures>& periods) {
    const absl::CivilDay today = DayOf(view_.now);
    const ReturnReader reader(view_.reader, view_.grant, view_.point, today);
    OwedFilter filter;
    filter.measure = measure;
    filter.period_from = days_.from;
    filter.period_to = days_.to;
    ASSIGN_OR_RETURN(const std::vector<OwedReturn> owed, reader.ReadOwed(filter));
    for (const OwedReturn& one : owed) {
      if (!days_.Hold(one.subject.period)) continue;
      Digest(absl::StrCat(one.name(), "@", one.said_revision));
      PeriodFigures& figures = periods[store::PeriodKey(one.subject.period)];
      std::vector<domain::Arrival> arrivals;
      for (const std::string& area : one.subject.duty->areas()) {
        if (figures.contains(std::pair(area, ""))) arrivals.push_back({area, view_.now, ""});
      }
      const v1::Return judged =
          domain::JudgeReturn(*one.measure, one.subject, arrivals, one.said, today);
      if (judged.state() == v1::Return::QUERIED) {
        inputs_.queried_returns.push_back(judged.name());
      } else if (!domain::IsComplete(judged) && judged.state() != v1::Return::NIL &&
                 judged.state() != v1::Return::NOT_AVAILABLE) {
        inputs_.missing_returns.push_back(judged.name());
      }
      RETURN_IF_ERROR(FillGaps(one, judged.state(), figures));
    }
    return absl::OkStatus();
  }

  absl::Status FillGaps(const OwedReturn& owed, v1::Return::State state, PeriodFigures& figures) {
    for (const std::string& area : owed.subject.duty->areas()) {
      TableFigure gap;
      gap.key = {store::PeriodKey(owed.subject.period), area, ""};
      gap.holders = {owed.subject.duty->agency()};
      gap.figure.set_measure(owed.measure->name());
      gap.figure.set_area(area);
      *gap.figure.mutable_period() = owed.subject.period;
      gap.figure.set_symbol(state == v1::Return::NIL ? v1::Observation::NOT_APPLICABLE
                                                     : v1::Observation::NOT_AVAILABLE);
      const auto [place, is_new] =
          figures.try_emplace(std::pair(area, std::string()), std::move(gap));
      if (is_new) RETURN_IF_ERROR(Count());
    }
    return absl::OkStatus();
  }

  // What earlier releases had of the measure, by period.
  absl::Status ReadEarlier(const std::string& measure, const Versions& versions,
                           std::map<std::string, std::vector<EarlierRelease>>& earlier) {
    const auto concerns = [&](const PublishedRelease& release) {
      return absl::c_linear_search(release.message.selection().measures(), measure);
    };
    if (absl::c_none_of(releases_, concerns)) return absl::OkStatus();
    for (const PublishedRelease& release : releases_) {
      if (!concerns(release)) continue;
      std::map<std::string, EarlierRelease> by_period;
      absl::Status failed;
      RETURN_IF_ERROR(view_.reader.ScanObservations(
          view_.grant, release.message.name(), -1, [&](const store::ObservationRow& row) {
            if (row.measure != measure) return true;
            v1::Observation observation;
            if (!observation.ParseFromString(row.body)) {
              failed = Unreadable("figure");
              return false;
            }
            if (!days_.Hold(observation.period())) return true;
            auto figure = EarlierOf(observation, versions);
            failed = figure.status();
            if (!failed.ok()) return false;
            EarlierRelease& period = by_period[figure->version.key.period];
            period.figures.push_back(*std::move(figure));
            return true;
          }));
      RETURN_IF_ERROR(failed);
      for (auto& [period, figures] : by_period) {
        figures.rule = RuleThen(release.message, measure).value_or(Profile{0, 1, false});
        earlier[period].push_back(std::move(figures));
      }
    }
    return absl::OkStatus();
  }

  static std::string VersionKey(const store::FigureKey& key, int64_t revision) {
    return absl::StrCat(key.period, "|", key.area, "|", key.breakdown, "@", revision);
  }

  static absl::StatusOr<EarlierFigure> EarlierOf(const v1::Observation& observation,
                                                 const Versions& versions) {
    EarlierFigure earlier;
    const store::FigureKey key = KeyOfObservation(observation);
    if (observation.revision() == 0) {
      earlier.version.key = key;
      earlier.version.figure.set_symbol(observation.symbol());
      return earlier;
    }
    const auto found = versions.find(VersionKey(key, observation.revision()));
    if (found == versions.end()) return Unreadable("revision of a released figure");
    earlier.version = found->second;
    earlier.was_hidden = observation.symbol() == v1::Observation::CONFIDENTIAL;
    earlier.was_shown = observation.symbol() == v1::Observation::NONE ||
                        observation.symbol() == v1::Observation::LOW;
    return earlier;
  }

  const ReleaseView& view_;
  const std::string& release_;
  const v1::ReleaseSelection& selection_;
  const Days days_;
  ReleaseInputs inputs_;
  Sha256 digest_;
  int64_t count_ = 0;
  std::vector<PublishedRelease> releases_;
};

}  // namespace

absl::StatusOr<ReleaseInputs> ReadReleaseInputs(const ReleaseView& view,
                                                const v1::Release& release) {
  return InputReader(view, release).Read();
}

}  // namespace concordat::services
