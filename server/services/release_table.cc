#include "server/services/release_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace concordat::services {
namespace {

using domain::disclosure::Availability;
using domain::disclosure::Count;
using domain::disclosure::Interval;
using domain::disclosure::ProtectedRelease;
using domain::disclosure::Ratio;
using domain::disclosure::Reason;
using domain::disclosure::ShownFigure;
using domain::disclosure::Sum;
using domain::disclosure::Symbol;
using v1::Measure;
using v1::Observation;
using Hidden = v1::DisclosureReport::HiddenFigure;

constexpr absl::string_view kNumerator = "#numerator";
constexpr absl::string_view kDenominator = "#denominator";
// Areas are a shallow tree; one that goes round ends here.
constexpr int kDeepestArea = 8;

// What a figure's value is made of.
enum class Shape {
  // A symbol says why there is no value.
  kNone,
  kCount,
  // Of numerator and denominator.
  kRatio,
  // Neither: a number of days, an average.
  kPlain,
  // Should be a count or a ratio, and cannot be protected as one.
  kOpaque,
};

bool IsRatioUnit(const Measure& measure) {
  return measure.unit() == Measure::PERCENT || measure.unit() == Measure::RATE;
}

bool IsWhole(double value) {
  return value >= 0 && value <= static_cast<double>(domain::disclosure::kLargestCount) &&
         std::floor(value) == value;
}

Shape ShapeOf(const Measure& measure, const v1::SubmittedObservation& figure) {
  if (figure.symbol() != Observation::NONE) return Shape::kNone;
  if (measure.unit() == Measure::COUNT) {
    return figure.has_value() && IsWhole(figure.value()) ? Shape::kCount : Shape::kOpaque;
  }
  if (IsRatioUnit(measure)) {
    const bool has_counts = figure.has_numerator() && IsWhole(figure.numerator()) &&
                            figure.has_denominator() && IsWhole(figure.denominator());
    return has_counts ? Shape::kRatio : Shape::kOpaque;
  }
  const bool is_countable = !figure.has_denominator() || IsWhole(figure.denominator());
  return is_countable ? Shape::kPlain : Shape::kOpaque;
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

std::string KeyText(const std::string& area, const std::string& breakdown) {
  return breakdown.empty() ? area : absl::StrCat(area, "|", breakdown);
}

// What makes two revisions of a figure the same to a reader.
std::string ContentOf(const v1::SubmittedObservation& figure) {
  return absl::StrCat(static_cast<int>(figure.symbol()), "/",
                      figure.has_value() ? absl::StrCat(figure.value()) : "", "/",
                      figure.has_numerator() ? absl::StrCat(figure.numerator()) : "", "/",
                      figure.has_denominator() ? absl::StrCat(figure.denominator()) : "");
}

std::string VersionKey(const TableFigure& version) {
  return absl::StrCat(KeyText(version.key.area, version.key.breakdown), "\n",
                      ContentOf(version.figure));
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

// A sum that may hold: names without the endings of numerators and denominators.
struct ReleaseTable::Candidate {
  std::string total;
  std::vector<std::string> parts;
  BrokenSum described;
};

ReleaseTable::ReleaseTable(const ReleaseBlock& block, const AreaChildren& children)
    : block_(block), children_(children) {
  Layer newest;
  std::vector<const TableFigure*> figures;
  for (const TableFigure& figure : block_.figures) {
    const std::string name = KeyText(figure.key.area, figure.key.breakdown);
    AddFigure(figure, name, /*is_published=*/true);
    versions_[VersionKey(figure)] = name;
    newest[name] = name;
    figures.push_back(&figure);
  }
  AddSums(newest, figures, /*reports_broken=*/true);
  for (const EarlierRelease& release : block_.earlier) AddEarlier(release);
}

void ReleaseTable::AddFigure(const TableFigure& figure, const std::string& name,
                             bool is_published) {
  const Measure& measure = *block_.measure;
  const bool has_denominator_count = !measure.denominator_public();
  switch (ShapeOf(measure, figure.figure)) {
    case Shape::kCount:
      AddCount(name, figure, figure.figure.value(), is_published);
      break;
    case Shape::kRatio:
      AddCount(absl::StrCat(name, kNumerator), figure, figure.figure.numerator(), is_published);
      if (has_denominator_count) {
        AddCount(absl::StrCat(name, kDenominator), figure, figure.figure.denominator(),
                 is_published);
      }
      AddRatio(figure, name, is_published);
      break;
    case Shape::kPlain:
      if (figure.figure.has_denominator() && has_denominator_count) {
        AddCount(absl::StrCat(name, kDenominator), figure, figure.figure.denominator(),
                 is_published);
      }
      break;
    case Shape::kNone:
      if (measure.unit() == Measure::COUNT) {
        AddGap(name, figure, is_published);
      } else if (IsRatioUnit(measure)) {
        AddGap(absl::StrCat(name, kNumerator), figure, is_published);
        if (has_denominator_count) AddGap(absl::StrCat(name, kDenominator), figure, is_published);
      }
      break;
    case Shape::kOpaque:
      break;
  }
}

void ReleaseTable::AddCount(const std::string& name, const TableFigure& figure, double value,
                            bool is_published) {
  Count count;
  count.name = name;
  count.value = static_cast<int64_t>(value);
  count.profile = block_.profile.rule;
  count.is_published = is_published;
  if (!figure.holder.empty()) count.holders = {figure.holder};
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
  ratio.numerator = absl::StrCat(name, kNumerator);
  if (measure.denominator_public()) {
    ratio.population = static_cast<int64_t>(figure.figure.denominator());
    if (ratio.population == 0) return;
  } else {
    ratio.denominator = absl::StrCat(name, kDenominator);
    ratio.is_share = measure.unit() == Measure::PERCENT &&
                     figure.figure.numerator() <= figure.figure.denominator();
  }
  ratio.per = PerOf(measure);
  ratio.decimals = DecimalsOf(measure);
  ratio.is_published = is_published;
  ratios_[name] = table_.ratios.size();
  table_.ratios.push_back(std::move(ratio));
}

std::string ReleaseTable::VersionName(const TableFigure& version) {
  std::string& name = versions_[VersionKey(version)];
  if (name.empty()) {
    name = absl::StrCat(KeyText(version.key.area, version.key.breakdown), "@", version.revision);
    AddFigure(version, name, /*is_published=*/false);
  }
  return name;
}

void ReleaseTable::AddEarlier(const EarlierRelease& release) {
  Layer layer;
  std::vector<const TableFigure*> figures;
  for (const EarlierFigure& figure : release.figures) {
    const std::string name = VersionName(figure.version);
    layer[KeyText(figure.version.key.area, figure.version.key.breakdown)] = name;
    figures.push_back(&figure.version);
    Remember(release, figure, name);
  }
  AddSums(layer, figures, /*reports_broken=*/false);
}

void ReleaseTable::Remember(const EarlierRelease& release, const EarlierFigure& figure,
                            const std::string& name) {
  const std::string newest = KeyText(figure.version.key.area, figure.version.key.breakdown);
  for (const absl::string_view ending : {absl::string_view(), kNumerator, kDenominator}) {
    Count* count = FindCount(absl::StrCat(name, ending));
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

std::optional<std::vector<std::string>> ReleaseTable::Cover(const Layer& layer,
                                                            const std::string& area,
                                                            const std::string& breakdown,
                                                            int depth) const {
  const auto children = children_.find(area);
  if (children == children_.end() || depth > kDeepestArea) return std::nullopt;
  std::vector<std::string> cover;
  for (const std::string& child : children->second) {
    if (const auto found = layer.find(KeyText(child, breakdown)); found != layer.end()) {
      cover.push_back(found->second);
      continue;
    }
    const auto below = Cover(layer, child, breakdown, depth + 1);
    if (!below.has_value()) return std::nullopt;
    cover.insert(cover.end(), below->begin(), below->end());
  }
  return cover;
}

void ReleaseTable::AddSums(const Layer& layer, const std::vector<const TableFigure*>& figures,
                           bool reports_broken) {
  const Measure& measure = *block_.measure;
  // What a ratio is made of is added up by readers wherever that comes out right.
  const bool is_count = measure.unit() == Measure::COUNT;
  for (const TableFigure* figure : figures) {
    const auto& [period, area, breakdown] = figure->key;
    const std::string& total = layer.at(KeyText(area, breakdown));
    if (!is_count || measure.additivity().over_area()) {
      if (auto parts = Cover(layer, area, breakdown, 0); parts.has_value()) {
        AddSum({total, *std::move(parts), {area, breakdown, ""}}, reports_broken);
      }
    }
    if (!breakdown.empty() || (is_count && !measure.additivity().over_category())) continue;
    for (const Measure::Dimension& dimension : measure.dimensions()) {
      Candidate candidate{total, {}, {area, breakdown, dimension.name()}};
      for (const std::string& item : dimension.items()) {
        const auto found = layer.find(KeyText(area, absl::StrCat(dimension.name(), "=", item)));
        if (found != layer.end()) candidate.parts.push_back(found->second);
      }
      const bool is_whole = candidate.parts.size() == static_cast<size_t>(dimension.items_size());
      if (is_whole && !candidate.parts.empty()) AddSum(candidate, reports_broken);
    }
  }
}

void ReleaseTable::AddSum(const Candidate& candidate, bool reports_broken) {
  for (const absl::string_view ending : {absl::string_view(), kNumerator, kDenominator}) {
    const bool is_declared = ending.empty();
    Sum sum;
    sum.total = absl::StrCat(candidate.total, ending);
    const Count* total = FindCount(sum.total);
    if (total == nullptr) continue;
    const bool has_total = total->availability != Availability::kNotAvailable;
    int64_t rest = total->value;
    bool has_gap = false;
    bool has_all = true;
    for (const std::string& name : candidate.parts) {
      const Count* part = FindCount(absl::StrCat(name, ending));
      has_all = has_all && part != nullptr;
      if (part == nullptr) break;
      rest -= part->value;
      has_gap = has_gap || part->availability == Availability::kNotAvailable;
      sum.parts.push_back(part->name);
    }
    if (!has_all || (!has_total && !is_declared)) continue;
    const bool holds = !has_total || rest == 0 || (has_gap && rest > 0);
    if (!holds) {
      if (is_declared && reports_broken) broken_sums_.push_back(candidate.described);
      continue;
    }
    absl::c_sort(sum.parts);
    if (!absl::c_linear_search(table_.sums, sum)) table_.sums.push_back(std::move(sum));
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

  const std::string name = KeyText(figure.key.area, figure.key.breakdown);
  const auto find = [&](absl::string_view ending) -> const ShownFigure* {
    const auto found = shown.find(absl::StrCat(name, ending));
    return found == shown.end() ? nullptr : found->second;
  };
  const ShownFigure* const whole = find("");
  const ShownFigure* const numerator = find(kNumerator);
  const ShownFigure* const denominator = find(kDenominator);
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
      if (sent.has_value()) disclosed.value = sent.value();
      if (denominator != nullptr && denominator->symbol == Symbol::kValue) {
        disclosed.denominator = static_cast<double>(denominator->value);
        disclosed.is_rounded = disclosed.denominator != sent.denominator();
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
