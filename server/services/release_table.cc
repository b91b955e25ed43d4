#include "server/services/release_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "server/domain/rounding.h"
#include "server/domain/submission.h"

namespace concordat::services {
namespace {

using domain::disclosure::Availability;
using domain::disclosure::Count;
using domain::disclosure::Interval;
using domain::disclosure::ProtectedRelease;
using domain::disclosure::Ratio;
using domain::disclosure::Reason;
using domain::disclosure::ShownFigure;
using domain::disclosure::Symbol;
using v1::Measure;
using v1::Observation;
using Hidden = v1::DisclosureReport::HiddenFigure;

// What a figure's value is made of.
enum class Shape {
  // A symbol says why there is no value.
  kNone,
  kCount,
  // Of numerator and denominator.
  kRatio,
  // Neither: an average of so many cases, its denominator.
  kPlain,
  // Should be one of these, and cannot be protected as one.
  kOpaque,
};

bool IsWhole(double value) {
  return value >= 0 && value <= static_cast<double>(domain::disclosure::kLargestCount) &&
         std::floor(value) == value;
}

Shape ShapeOf(const Measure& measure, const v1::SubmittedObservation& figure) {
  if (figure.symbol() != Observation::NONE) return Shape::kNone;
  if (measure.unit() == Measure::COUNT) {
    return figure.has_value() && IsWhole(figure.value()) ? Shape::kCount : Shape::kOpaque;
  }
  if (domain::IsMadeOfParts(measure)) {
    const bool has_counts = figure.has_numerator() && IsWhole(figure.numerator()) &&
                            figure.has_denominator() && IsWhole(figure.denominator());
    return has_counts ? Shape::kRatio : Shape::kOpaque;
  }
  const bool has_cases = figure.has_denominator() && IsWhole(figure.denominator());
  return has_cases || measure.denominator_public() ? Shape::kPlain : Shape::kOpaque;
}

Availability AvailabilityOf(Observation::Symbol symbol) {
  return symbol == Observation::NOT_APPLICABLE ? Availability::kNotApplicable
                                               : Availability::kNotAvailable;
}

int64_t PerOf(const Measure& measure) {
  return measure.unit() == Measure::RATE ? std::max<int64_t>(1, measure.rate_per()) : 100;
}

// As many as the measure asks for and exact arithmetic allows.
int DecimalsOf(const Measure& measure) {
  int decimals = 0;
  for (int64_t scale = PerOf(measure) * 10;
       decimals < measure.decimal_places() && scale <= domain::disclosure::kLargestRatioScale;
       scale *= 10) {
    ++decimals;
  }
  return decimals;
}

// Every digit that tells two numbers apart.
std::string Exactly(double number) { return absl::StrFormat("%.17g", number); }

// The counts of a version among those of all figures.
std::string OwnCountsOf(const Measure& measure, const TableFigure& version) {
  return absl::StrCat(FigureName(version.key), "\n", CountsOf(measure, version.figure));
}

// A version among those of all figures: its counts in the table, a population too.
std::string ContentOf(const Measure& measure, const TableFigure& version) {
  const bool has_population = measure.denominator_public() && HasDenominatorCount(measure) &&
                              version.figure.has_denominator();
  return absl::StrCat(OwnCountsOf(measure, version), "\n",
                      has_population ? Exactly(version.figure.denominator()) : "");
}

// The strongest of the reasons for which one of a figure's parts is hidden.
Hidden::Why StrongestReason(const std::vector<const ShownFigure*>& parts) {
  Hidden::Why why = Hidden::WHY_UNSPECIFIED;
  const auto rank = [](Hidden::Why reason) {
    switch (reason) {
      case Hidden::PRIMARY:
        return 4;
      case Hidden::CARRIED_OVER:
        return 3;
      case Hidden::COMPLEMENTARY:
        return 2;
      case Hidden::DEPENDENT:
        return 1;
      default:
        return 0;
    }
  };
  for (const ShownFigure* part : parts) {
    Hidden::Why reason = Hidden::WHY_UNSPECIFIED;
    switch (part->reason) {
      case Reason::kShown:
        break;
      case Reason::kSmall:
      case Reason::kSmallPart:
      case Reason::kSmallRest:
        reason = Hidden::PRIMARY;
        break;
      case Reason::kCarriedOver:
        reason = Hidden::CARRIED_OVER;
        break;
      case Reason::kComplementary:
        reason = Hidden::COMPLEMENTARY;
        break;
      case Reason::kDependent:
        reason = Hidden::DEPENDENT;
        break;
    }
    if (rank(reason) > rank(why)) why = reason;
  }
  return why;
}

Observation::Symbol SymbolOf(Symbol symbol) {
  switch (symbol) {
    case Symbol::kValue:
      return Observation::NONE;
    case Symbol::kConfidential:
      return Observation::CONFIDENTIAL;
    case Symbol::kNotAvailable:
      return Observation::NOT_AVAILABLE;
    case Symbol::kNotApplicable:
      return Observation::NOT_APPLICABLE;
    case Symbol::kLow:
      return Observation::LOW;
  }
  return Observation::NOT_AVAILABLE;
}

bool IsHidden(const ShownFigure& shown) { return shown.symbol == Symbol::kConfidential; }

}  // namespace

std::string CountsOf(const Measure& measure, const v1::SubmittedObservation& figure) {
  const Shape shape = ShapeOf(measure, figure);
  const bool has_value = shape == Shape::kCount || shape == Shape::kOpaque;
  const bool has_denominator =
      figure.has_denominator() && (shape == Shape::kOpaque || !measure.denominator_public());
  return absl::StrCat(static_cast<int>(shape), "/", static_cast<int>(figure.symbol()), "/",
                      has_value && figure.has_value() ? Exactly(figure.value()) : "", "/",
                      figure.has_numerator() ? Exactly(figure.numerator()) : "", "/",
                      has_denominator ? Exactly(figure.denominator()) : "");
}

ReleaseTable::ReleaseTable(const ReleaseBlock& block, const AreaChildren& children)
    : block_(block) {
  ReleaseSums sums(*block_.measure, block_.profile.rule, children, table_);
  std::vector<NamedFigure> newest;
  std::vector<std::string> content;
  for (const TableFigure& figure : block_.figures) {
    newest.push_back({&figure.key, FigureName(figure.key)});
    AddFigure(figure, newest.back().name, /*is_published=*/true);
    TieNumerator(figure, newest.back().name);
    content.push_back(ContentOf(*block_.measure, figure));
    versions_[content.back()] = newest.back().name;
  }
  sums.Add(newest);
  absl::c_sort(content);
  releases_.insert(std::move(content));
  for (const EarlierRelease& release : block_.earlier) AddEarlier(release, sums);
  broken_sums_ = sums.Finish();
}

void ReleaseTable::AddFigure(const TableFigure& figure, const std::string& name,
                             bool is_published) {
  const Measure& measure = *block_.measure;
  switch (ShapeOf(measure, figure.figure)) {
    case Shape::kCount:
      AddCount(name, figure, figure.figure.value(), is_published);
      break;
    case Shape::kRatio:
      AddCount(absl::StrCat(name, kNumeratorEnding), figure, figure.figure.numerator(),
               is_published);
      if (HasDenominatorCount(measure)) AddDenominator(name, figure, is_published);
      AddRatio(figure, name, is_published);
      break;
    case Shape::kPlain:
      if (figure.figure.has_denominator() && HasDenominatorCount(measure)) {
        AddDenominator(name, figure, is_published);
      }
      break;
    case Shape::kOpaque:
    case Shape::kNone:
      // Of what is hidden as a whole no count is stated, known or not.
      is_published = is_published && figure.figure.symbol() != Observation::NONE;
      if (measure.unit() == Measure::COUNT) {
        AddGap(name, figure, is_published);
        break;
      }
      if (domain::IsMadeOfParts(measure)) {
        AddGap(absl::StrCat(name, kNumeratorEnding), figure, is_published);
      }
      if (!HasDenominatorCount(measure)) break;
      if (measure.denominator_public() && IsWhole(figure.figure.denominator()) &&
          figure.figure.has_denominator()) {
        AddDenominator(name, figure, is_published);
      } else {
        AddGap(absl::StrCat(name, kDenominatorEnding), figure, is_published);
        table_.counts.back().profile = DenominatorProfile(measure, block_.profile.rule);
      }
      break;
  }
}

void ReleaseTable::AddDenominator(const std::string& name, const TableFigure& figure,
                                  bool is_published) {
  AddCount(absl::StrCat(name, kDenominatorEnding), figure, figure.figure.denominator(),
           is_published);
  table_.counts.back().profile = DenominatorProfile(*block_.measure, block_.profile.rule);
}

void ReleaseTable::TieNumerator(const TableFigure& version, const std::string& name) {
  if (ShapeOf(*block_.measure, version.figure) != Shape::kRatio) return;
  const auto [first, is_new] = first_names_.emplace(OwnCountsOf(*block_.measure, version), name);
  if (is_new) return;
  table_.sums.push_back(
      {absl::StrCat(first->second, kNumeratorEnding), {absl::StrCat(name, kNumeratorEnding)}});
}

void ReleaseTable::AddCount(const std::string& name, const TableFigure& figure, double value,
                            bool is_published) {
  Count count;
  count.name = name;
  count.value = static_cast<int64_t>(value);
  count.profile = block_.profile.rule;
  count.is_published = is_published;
  count.holders = figure.holders;
  counts_[name] = table_.counts.size();
  table_.counts.push_back(std::move(count));
}

void ReleaseTable::AddGap(const std::string& name, const TableFigure& figure, bool is_published) {
  AddCount(name, figure, 0, is_published);
  table_.counts.back().availability = AvailabilityOf(figure.figure.symbol());
}

void ReleaseTable::AddRatio(const TableFigure& figure, const std::string& name, bool is_published) {
  const Measure& measure = *block_.measure;
  Ratio ratio;
  ratio.name = name;
  ratio.numerator = absl::StrCat(name, kNumeratorEnding);
  if (!HasDenominatorCount(measure)) {
    ratio.population = static_cast<int64_t>(figure.figure.denominator());
    if (ratio.population == 0) return;
  } else {
    ratio.denominator = absl::StrCat(name, kDenominatorEnding);
    // A rate may be of those who are counted too. Where it is not, the rest is large.
    ratio.is_share = figure.figure.numerator() <= figure.figure.denominator();
  }
  ratio.per = PerOf(measure);
  ratio.decimals = DecimalsOf(measure);
  ratio.is_published = is_published;
  ratios_[name] = table_.ratios.size();
  table_.ratios.push_back(std::move(ratio));
}

std::string ReleaseTable::VersionName(const TableFigure& version) {
  std::string& name = versions_[ContentOf(*block_.measure, version)];
  if (name.empty()) {
    // No area begins like this, whatever items are called.
    name = absl::StrCat("@", version.revision, " ", FigureName(version.key));
    AddFigure(version, name, /*is_published=*/false);
    TieNumerator(version, name);
  }
  return name;
}

void ReleaseTable::AddEarlier(const EarlierRelease& release, ReleaseSums& sums) {
  std::vector<std::string> content;
  for (const EarlierFigure& figure : release.figures) {
    content.push_back(ContentOf(*block_.measure, figure.version));
  }
  absl::c_sort(content);
  const bool is_new = releases_.insert(std::move(content)).second;
  std::vector<NamedFigure> figures;
  for (const EarlierFigure& figure : release.figures) {
    NamedFigure& named = figures.emplace_back(NamedFigure{&figure.version.key, ""});
    const bool is_opaque = ShapeOf(*block_.measure, figure.version.figure) == Shape::kOpaque;
    if (figure.version.figure.symbol() != Observation::NOT_AVAILABLE && !is_opaque) {
      named.name = VersionName(figure.version);
    } else if (is_new) {
      // What nobody has said may have changed since: so 100 % of one may be of another count.
      named.name = absl::StrCat("@release", releases_.size(), " ", FigureName(figure.version.key));
      AddFigure(figure.version, named.name, /*is_published=*/false);
    }
    Remember(release, figure, named.name);
  }
  // The same figures once more say nothing more.
  if (is_new) sums.Add(figures);
}

void ReleaseTable::Remember(const EarlierRelease& release, const EarlierFigure& figure,
                            const std::string& name) {
  const std::string newest = FigureName(figure.version.key);
  for (const absl::string_view ending :
       {absl::string_view(), kNumeratorEnding, kDenominatorEnding}) {
    Count* count = FindCount(absl::StrCat(name, ending));
    if (count != nullptr && count->profile.already_public) continue;
    if (count != nullptr && figure.was_shown && count->availability == Availability::kAvailable &&
        count->value > 0) {
      const Interval said = domain::disclosure::ShownInterval(release.rule, count->value);
      count->known = count->known.has_value() ? count->known->Within(said) : said;
    }
    if (!figure.was_hidden) continue;
    if (count != nullptr) count->was_hidden = true;
    // A reader would take the revised figure for the hidden one.
    if (Count* revised = FindCount(absl::StrCat(newest, ending)); revised != nullptr) {
      revised->was_hidden = true;
    }
  }
  if (Ratio* ratio = FindRatio(name); ratio != nullptr) {
    ratio->was_shown = ratio->was_shown || figure.was_shown;
    ratio->was_hidden = ratio->was_hidden || figure.was_hidden;
  }
  if (Ratio* revised = FindRatio(newest); revised != nullptr && figure.was_hidden) {
    revised->was_hidden = true;
  }
}

std::vector<DisclosedFigure> ReleaseTable::Disclose(const ProtectedRelease& release) const {
  Shown shown;
  for (const ShownFigure& figure : release.figures) shown[figure.name] = &figure;
  std::vector<DisclosedFigure> figures;
  figures.reserve(block_.figures.size());
  for (const TableFigure& figure : block_.figures) figures.push_back(DiscloseOne(figure, shown));
  return figures;
}

DisclosedFigure ReleaseTable::DiscloseOne(const TableFigure& figure, const Shown& shown) const {
  const Shape shape = ShapeOf(*block_.measure, figure.figure);
  const v1::SubmittedObservation& sent = figure.figure;
  DisclosedFigure disclosed;
  if (shape == Shape::kNone) {
    disclosed.symbol = sent.symbol();
    return disclosed;
  }
  if (shape == Shape::kOpaque) {
    if (!block_.profile.rule.already_public) {
      disclosed.symbol = Observation::CONFIDENTIAL;
      disclosed.why = Hidden::PRIMARY;
      return disclosed;
    }
    if (sent.has_value()) disclosed.value = sent.value();
    if (sent.has_numerator()) disclosed.numerator = sent.numerator();
    if (sent.has_denominator()) disclosed.denominator = sent.denominator();
    return disclosed;
  }

  const std::string name = FigureName(figure.key);
  const auto find = [&](absl::string_view ending) -> const ShownFigure* {
    const auto found = shown.find(absl::StrCat(name, ending));
    return found == shown.end() ? nullptr : found->second;
  };
  const ShownFigure* const whole = find("");
  const ShownFigure* const numerator = find(kNumeratorEnding);
  const ShownFigure* const denominator = find(kDenominatorEnding);
  std::vector<const ShownFigure*> parts;
  for (const ShownFigure* part : {whole, numerator, denominator}) {
    if (part != nullptr) parts.push_back(part);
  }
  if (absl::c_any_of(parts, [](const ShownFigure* part) { return IsHidden(*part); })) {
    disclosed.symbol = Observation::CONFIDENTIAL;
    disclosed.why = StrongestReason(parts);
    for (const ShownFigure* part : parts) {
      if (part->narrowest.has_value() && !disclosed.narrowest.has_value()) {
        disclosed.narrowest = part->narrowest;
      }
    }
    return disclosed;
  }

  switch (shape) {
    case Shape::kCount:
      disclosed.symbol = SymbolOf(whole->symbol);
      if (whole->symbol == Symbol::kValue) disclosed.value = static_cast<double>(whole->value);
      disclosed.is_rounded = static_cast<double>(whole->value) != sent.value();
      break;
    case Shape::kRatio:
      // Without a ratio there is nothing that it would be divided by.
      disclosed.symbol = whole == nullptr ? Observation::NOT_APPLICABLE : SymbolOf(whole->symbol);
      if (disclosed.symbol != Observation::NONE) break;
      disclosed.value =
          static_cast<double>(whole->value) / std::pow(10.0, DecimalsOf(*block_.measure));
      disclosed.numerator = static_cast<double>(numerator->value);
      disclosed.denominator =
          denominator == nullptr ? sent.denominator() : static_cast<double>(denominator->value);
      disclosed.is_rounded =
          disclosed.numerator != sent.numerator() || disclosed.denominator != sent.denominator();
      break;
    default:
      // More places would tell which of the counts that are rounded alike it is of.
      if (sent.has_value()) {
        disclosed.value = domain::RoundHalfUp(sent.value(), block_.profile.rule.rounding_base > 1
                                                                ? 0
                                                                : block_.measure->decimal_places());
        disclosed.is_rounded = disclosed.value != sent.value();
      }
      if (denominator != nullptr && denominator->symbol == Symbol::kValue) {
        disclosed.denominator = static_cast<double>(denominator->value);
        disclosed.is_rounded = disclosed.is_rounded || disclosed.denominator != sent.denominator();
      }
      break;
  }
  return disclosed;
}

Count* ReleaseTable::FindCount(const std::string& name) {
  const auto found = counts_.find(name);
  return found == counts_.end() ? nullptr : &table_.counts[found->second];
}

Ratio* ReleaseTable::FindRatio(const std::string& name) {
  const auto found = ratios_.find(name);
  return found == ratios_.end() ? nullptr : &table_.ratios[found->second];
}

}  // namespace concordat::services
