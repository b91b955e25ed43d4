#include "server/services/release_sums.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/domain/disclosure/consistency.h"
#include "server/domain/submission.h"

namespace concordat::services {
namespace {

using domain::disclosure::Availability;
using domain::disclosure::Contradictions;
using domain::disclosure::Count;
using domain::disclosure::Profile;
using domain::disclosure::Ratio;
using domain::disclosure::Sum;
using v1::Measure;

// Areas are a shallow tree; one that goes round ends here.
constexpr size_t kDeepestArea = 8;

// What follows the names of the counts that a figure of the measure has.
std::vector<absl::string_view> EndingsOf(const Measure& measure) {
  if (measure.unit() == Measure::COUNT) return {absl::string_view()};
  std::vector<absl::string_view> endings;
  if (domain::IsMadeOfParts(measure)) {
    endings.push_back(kNumeratorEnding);
  }
  if (HasDenominatorCount(measure)) endings.push_back(kDenominatorEnding);
  return endings;
}

// The name of the figure that a count is of.
absl::string_view WithoutEnding(absl::string_view count) {
  for (const absl::string_view ending : {kNumeratorEnding, kDenominatorEnding}) {
    if (absl::ConsumeSuffix(&count, ending)) break;
  }
  return count;
}

}  // namespace

// Identifiers have no `#`, and what names an item has a `=`.
bool ReleaseSums::StandsForOthers(const Node& node) {
  return absl::StrContains(node.area, '#') ||
         (!node.breakdown.empty() && !absl::StrContains(node.breakdown, '='));
}

bool HasDenominatorCount(const Measure& measure) {
  return !measure.denominator_public() || measure.unit() == Measure::PERCENT;
}

Profile DenominatorProfile(const Measure& measure, const Profile& profile) {
  return measure.denominator_public() ? domain::disclosure::kAlreadyPublic : profile;
}

std::string FigureName(const store::FigureKey& key) {
  return key.breakdown.empty() ? key.area : absl::StrCat(key.area, "|", key.breakdown);
}

ReleaseSums::ReleaseSums(const Measure& measure, const Profile& profile,
                         const AreaChildren& children, domain::disclosure::Table& table)
    : measure_(measure),
      profile_(profile),
      children_(children),
      table_(table),
      is_count_(measure.unit() == Measure::COUNT) {
  for (const auto& [area, parts] : children_) {
    for (const std::string& part : parts) parents_[part] = area;
  }
}

void ReleaseSums::Add(const std::vector<NamedFigure>& figures) {
  ++releases_;
  Read(figures);
  const std::vector<std::string> outermost = Outermost();
  for (const absl::string_view ending : EndingsOf(measure_)) {
    ending_ = ending;
    const bool has_any = absl::c_any_of(figures, [&](const NamedFigure& figure) {
      return places_.contains(absl::StrCat(figure.name, ending));
    });
    if (!has_any) continue;
    for (const std::string& area : outermost) {
      AddAreas(area);
      for (const auto& [dimension, breakdowns] : breakdowns_) {
        AddDimension(area, dimension, breakdowns);
      }
    }
  }
}

void ReleaseSums::Read(const std::vector<NamedFigure>& figures) {
  names_.clear();
  areas_.clear();
  breakdowns_.clear();
  sent_.clear();
  for (size_t i = places_.size(); i < table_.counts.size(); ++i) places_[table_.counts[i].name] = i;
  for (const NamedFigure& figure : figures) {
    const std::string& breakdown = figure.key->breakdown;
    names_[FigureName(*figure.key)] = figure.name;
    sent_.insert(figure.key->area);
    const std::string dimension = breakdown.substr(0, breakdown.find('='));
    if (!breakdown.empty()) breakdowns_[dimension].insert(breakdown);
    for (const std::string& area : WithParents(figure.key->area)) {
      areas_[""].insert(area);
      areas_[dimension].insert(area);
    }
  }
  for (auto& [dimension, breakdowns] : breakdowns_) {
    if (!IsWhole(dimension, breakdowns)) breakdowns.insert(absl::StrCat(dimension, "#others"));
  }
}

std::vector<std::string> ReleaseSums::WithParents(const std::string& area) const {
  std::vector<std::string> areas = {area};
  for (auto parent = parents_.find(area); parent != parents_.end() && areas.size() < kDeepestArea;
       parent = parents_.find(parent->second)) {
    areas.push_back(parent->second);
  }
  return areas;
}

std::vector<std::string> ReleaseSums::Outermost() const {
  absl::btree_set<std::string> outermost;
  for (const std::string& area : sent_) {
    std::string top;
    for (const std::string& each : WithParents(area)) {
      if (sent_.contains(each)) top = each;
    }
    outermost.insert(std::move(top));
  }
  return {outermost.begin(), outermost.end()};
}

bool ReleaseSums::HasAny(const std::string& dimension, const std::string& area) const {
  const auto found = areas_.find(dimension);
  return found != areas_.end() && found->second.contains(area);
}

// Items may have been sent before they had other names, or before there was no such
// dimension any more.
bool ReleaseSums::IsWhole(const std::string& dimension,
                          const absl::btree_set<std::string>& breakdowns) const {
  const auto declared = absl::c_find_if(measure_.dimensions(),
                                        [&](const auto& each) { return each.name() == dimension; });
  return declared != measure_.dimensions().end() &&
         absl::c_all_of(declared->items(), [&](const std::string& item) {
           return breakdowns.contains(absl::StrCat(dimension, "=", item));
         });
}

void ReleaseSums::AddAreas(const std::string& area) {
  const auto children = children_.find(area);
  if (children == children_.end()) return;
  std::vector<Node> parts;
  for (const std::string& child : children->second) {
    if (HasAny("", child)) parts.push_back({child, ""});
  }
  if (parts.empty()) return;
  const bool lacks_some = parts.size() < children->second.size();
  const std::vector<Node> sent = parts;
  if (lacks_some) parts.push_back({absl::StrCat(area, "#others"), ""});
  AddSum({area, ""}, parts, {area, "", ""});
  for (const Node& child : sent) AddAreas(child.area);
}

void ReleaseSums::AddDimension(const std::string& area, const std::string& dimension,
                               const absl::btree_set<std::string>& breakdowns) {
  if (!HasAny(dimension, area)) return;
  const auto add_items = [&](const std::string& of) {
    std::vector<Node> items;
    for (const std::string& breakdown : breakdowns) items.push_back({of, breakdown});
    AddSum({of, ""}, items, {area, "", dimension});
  };
  add_items(area);

  const auto children = children_.find(area);
  if (children == children_.end()) return;
  std::vector<std::string> parts;
  std::vector<Node> without;
  for (const std::string& child : children->second) {
    if (HasAny(dimension, child)) {
      parts.push_back(child);
    } else if (HasAny("", child)) {
      without.push_back({child, ""});
    }
  }
  if (parts.empty()) return;
  // All that sent no such breakdown are one: what each of them has of an item is not to be
  // told apart.
  const std::string others = absl::StrCat(area, "#without ", dimension);
  const bool lacks_some = parts.size() < children->second.size();
  for (const std::string& breakdown : breakdowns) {
    std::vector<Node> nodes;
    for (const std::string& part : parts) nodes.push_back({part, breakdown});
    if (lacks_some) nodes.push_back({others, breakdown});
    AddSum({area, breakdown}, nodes, {area, breakdown, ""});
  }
  if (lacks_some) {
    if (parts.size() + without.size() < children->second.size()) {
      without.push_back({absl::StrCat(area, "#others"), ""});
    }
    add_items(others);
    AddSum({others, ""}, without, {area, "", ""});
  }
  for (const std::string& part : parts) AddDimension(part, dimension, breakdowns);
}

bool ReleaseSums::IsDeclared(const BrokenSum& described) const {
  return described.dimension.empty() ? measure_.additivity().over_area()
                                     : measure_.additivity().over_category();
}

bool ReleaseSums::ComesOutRight(const Node& total, const std::vector<Node>& parts) const {
  const Count* whole = Find(total);
  if (whole == nullptr) return false;
  int64_t rest = whole->value;
  for (const Node& part : parts) {
    if (StandsForOthers(part)) continue;
    const Count* count = Find(part);
    if (count == nullptr) return false;
    rest -= count->value;
  }
  return rest == 0;
}

void ReleaseSums::AddSum(const Node& total, std::vector<Node> parts, const BrokenSum& described) {
  // Where what is there comes out right, a reader would take the others for zero.
  if (ComesOutRight(total, parts)) {
    parts.erase(std::remove_if(parts.begin(), parts.end(), StandsForOthers), parts.end());
  } else if (is_count_ && !IsDeclared(described)) {
    return;
  }
  const size_t whole = PlaceOf(total, {});
  // Who holds the total is the only one who may be expected to know what is in it.
  const std::vector<std::string> holders = table_.counts[whole].holders;
  Sum sum;
  sum.total = table_.counts[whole].name;
  for (const Node& part : parts) sum.parts.push_back(table_.counts[PlaceOf(part, holders)].name);
  absl::c_sort(sum.parts);
  if (!seen_.insert(absl::StrCat(sum.total, "\n", absl::StrJoin(sum.parts, "\n"))).second) return;
  const bool is_ours = ending_ != kDenominatorEnding || !measure_.denominator_public();
  if (releases_ == 1 && is_ours && IsDeclared(described)) declared_[table_.sums.size()] = described;
  table_.sums.push_back(std::move(sum));
}

std::string ReleaseSums::NameOf(const Node& node) const {
  const std::string figure = FigureName({"", node.area, node.breakdown});
  const auto name = names_.find(figure);
  if (name != names_.end()) return absl::StrCat(name->second, ending_);
  if (releases_ == 1) return absl::StrCat(figure, ending_);
  return absl::StrCat("@release", releases_, " ", figure, ending_);
}

const Count* ReleaseSums::Find(const Node& node) const {
  const auto place = places_.find(NameOf(node));
  if (place == places_.end()) return nullptr;
  const Count& count = table_.counts[place->second];
  return count.availability == Availability::kNotAvailable ? nullptr : &count;
}

Profile ReleaseSums::ProfileOfCounts() const {
  return ending_ == kDenominatorEnding ? DenominatorProfile(measure_, profile_) : profile_;
}

size_t ReleaseSums::PlaceOf(const Node& node, const std::vector<std::string>& holders) {
  Count count;
  count.name = NameOf(node);
  if (const auto place = places_.find(count.name); place != places_.end()) return place->second;
  count.availability = Availability::kNotAvailable;
  count.profile = ProfileOfCounts();
  count.is_published = false;
  count.holders = holders;
  places_[count.name] = table_.counts.size();
  table_.counts.push_back(std::move(count));
  return table_.counts.size() - 1;
}

std::vector<BrokenSum> ReleaseSums::Finish() {
  // A rate may be of something else than it is per; then most are above 1. A single one may be
  // a mistake.
  const auto above =
      absl::c_count_if(table_.ratios, [](const Ratio& ratio) { return !ratio.is_share; });
  const bool are_shares = above == 0 || 2 * above < std::ssize(table_.ratios);
  const bool has_shares =
      domain::IsMadeOfParts(measure_) && HasDenominatorCount(measure_) && are_shares;
  if (has_shares) {
    absl::flat_hash_set<std::string> denominators;
    for (const Count& count : table_.counts) {
      if (absl::EndsWith(count.name, kDenominatorEnding)) denominators.insert(count.name);
    }
    for (const Count& count : table_.counts) {
      if (count.availability != Availability::kNotAvailable ||
          !absl::EndsWith(count.name, kNumeratorEnding)) {
        continue;
      }
      Ratio ratio;
      ratio.name = count.name.substr(0, count.name.size() - kNumeratorEnding.size());
      ratio.numerator = count.name;
      ratio.denominator = absl::StrCat(ratio.name, kDenominatorEnding);
      ratio.is_share = true;
      ratio.is_published = false;
      if (denominators.contains(ratio.denominator)) table_.ratios.push_back(std::move(ratio));
    }
  }
  const Contradictions found = domain::disclosure::FindContradictions(table_);
  std::vector<BrokenSum> broken;
  for (const size_t sum : found.sums) {
    const auto declared = declared_.find(sum);
    if (declared == declared_.end() || absl::c_linear_search(broken, declared->second)) continue;
    broken.push_back(declared->second);
  }
  for (auto sum = found.sums.rbegin(); sum != found.sums.rend(); ++sum) {
    if (AddRest(*sum)) continue;
    table_.sums.erase(table_.sums.begin() + static_cast<std::ptrdiff_t>(*sum));
  }
  for (const size_t share : found.shares) table_.ratios[share].is_share = false;
  if (has_shares) AddSharesOfRests();
  return broken;
}

void ReleaseSums::AddSharesOfRests() {
  for (const auto& [figures, rests] : rests_) {
    if (!rests.numerator || !rests.denominator || *rests.numerator > *rests.denominator) continue;
    Ratio ratio;
    ratio.name = rests.name;
    ratio.numerator = absl::StrCat(rests.name, kNumeratorEnding);
    ratio.denominator = absl::StrCat(rests.name, kDenominatorEnding);
    ratio.is_share = true;
    ratio.is_published = false;
    table_.ratios.push_back(std::move(ratio));
  }
}

bool ReleaseSums::AddRest(size_t place) {
  Sum& sum = table_.sums[place];
  const Count& total = table_.counts[places_.at(sum.total)];
  int64_t rest = total.value;
  for (const std::string& part : sum.parts) {
    const Count& count = table_.counts[places_.at(part)];
    if (count.availability == Availability::kNotAvailable) return false;
    rest -= count.value;
  }
  if (total.availability == Availability::kNotAvailable || rest <= 0) return false;
  std::string figures;
  for (const std::string& part : sum.parts) {
    absl::StrAppend(&figures, WithoutEnding(part), "\n");
  }
  const absl::string_view whole = WithoutEnding(total.name);
  Rests& rests = rests_[absl::StrCat(whole, "\n", figures)];
  if (rests.name.empty()) rests.name = absl::StrCat("@rest", rests_.size() - 1, " ", whole);
  const absl::string_view ending = absl::string_view(total.name).substr(whole.size());
  if (ending == kNumeratorEnding) rests.numerator = rest;
  if (ending == kDenominatorEnding) rests.denominator = rest;
  Count count;
  count.name = absl::StrCat(rests.name, ending);
  count.availability = Availability::kNotAvailable;
  count.profile = total.profile;
  count.is_published = false;
  count.holders = total.holders;
  sum.parts.push_back(count.name);
  absl::c_sort(sum.parts);
  table_.counts.push_back(std::move(count));
  return true;
}

}  // namespace concordat::services
