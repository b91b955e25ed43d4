#include "server/services/release_protection.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/domain/disclosure/release.h"
#include "server/services/release_table.h"

namespace concordat::services {
namespace {

using domain::disclosure::Finding;
using domain::disclosure::Options;
using domain::disclosure::Pooling;
using domain::disclosure::ProtectedRelease;
using HiddenFigure = v1::DisclosureReport::HiddenFigure;
using MeasureLine = v1::DisclosureReport::MeasureLine;

// What the contract says of the report's lists.
constexpr int kMostHiddenListed = 1000;
constexpr size_t kMostBrokenSums = 1000;
constexpr size_t kMostNarrowCounts = 1000;
constexpr size_t kMostMeasuresNamed = 20;
constexpr size_t kMostBlocksNamed = 10;

void AddBreakdown(const std::string& breakdown,
                  google::protobuf::RepeatedPtrField<v1::Observation::Breakdown>& breakdowns) {
  if (breakdown.empty()) return;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(breakdown, absl::MaxSplits('=', 1));
  v1::Observation::Breakdown& added = *breakdowns.Add();
  added.set_dimension(parts.first);
  added.set_item(parts.second);
}

// Whether the text has a number, in digits or as a word. What is small is hidden, so words
// for more do not matter.
bool SaysANumber(absl::string_view text) {
  static const auto* const kWords = new absl::flat_hash_set<absl::string_view>{
      "one",    "two",    "three", "four",   "five",  "six",  "seven",
      "eight",  "nine",   "ten",   "once",   "twice", "both", "pair",
      "couple", "single", "third", "fourth", "fifth", "half", "dozen"};
  if (absl::c_any_of(text, absl::ascii_isdigit)) return true;
  const std::string lower = absl::AsciiStrToLower(text);
  size_t begin = 0;
  for (size_t i = 0; i <= lower.size(); ++i) {
    if (i < lower.size() && absl::ascii_isalpha(static_cast<unsigned char>(lower[i]))) continue;
    if (kWords->contains(absl::string_view(lower).substr(begin, i - begin))) return true;
    begin = i + 1;
  }
  return false;
}

class Protection {
 public:
  Protection(const ReleaseInputs& inputs, const std::string& release)
      : inputs_(inputs), release_(release) {}

  absl::StatusOr<ProtectedFigures> Run(const std::function<bool()>& is_cancelled) {
    const absl::Time begun = absl::Now();
    for (const ReleaseBlock& block : inputs_.blocks) {
      if (is_cancelled()) return absl::CancelledError("nobody waits for this preview");
      RETURN_IF_ERROR(ProtectBlock(block));
    }
    if (!unprotected_.empty()) return Unprotected();
    v1::DisclosureReport& report = result_.report;
    int64_t figures = 0;
    int64_t hidden = 0;
    for (const MeasureLine& line : report.measures()) {
      figures += line.figures();
      hidden += line.primary() + line.complementary() + line.dependent() + line.carried_over();
    }
    report.set_hidden_share(
        figures == 0 ? 0 : static_cast<double>(hidden) / static_cast<double>(figures));
    report.set_agencies_pool(true);
    report.set_duration_millis(absl::ToInt64Milliseconds(absl::Now() - begun));
    return std::move(result_);
  }

 private:
  absl::Status ProtectBlock(const ReleaseBlock& block) {
    const ReleaseTable table(block, inputs_.children);
    Options options;
    options.pooling = Pooling::kPooled;
    const absl::StatusOr<ProtectedRelease> release =
        domain::disclosure::Protect(table.table(), options);
    if (!release.ok()) {
      // Counts that no whole numbers fit are as little to be protected as derivable ones.
      if (!absl::IsFailedPrecondition(release.status()) &&
          !absl::IsInvalidArgument(release.status())) {
        return release.status();
      }
      unprotected_.insert(block.measure->name());
      unprotected_blocks_.push_back(
          absl::StrCat(block.measure->name(), " of ", FormatDay(*ToCivilDay(block.period.start())),
                       " to ", FormatDay(*ToCivilDay(block.period.end()))));
      return absl::OkStatus();
    }
    NoteBrokenSums(block, table);
    NoteNarrowCounts(block, *release);
    MeasureLine& line = LineOf(block);
    const std::vector<DisclosedFigure> figures = table.Disclose(*release);
    const bool hides_any = absl::c_any_of(figures, [](const DisclosedFigure& figure) {
      return figure.symbol == v1::Observation::CONFIDENTIAL;
    });
    for (size_t i = 0; i < figures.size(); ++i) {
      AddObservation(block, block.figures[i], figures[i], hides_any);
      Report(block, block.figures[i], figures[i], line);
    }
    return absl::OkStatus();
  }

  // Blocks of one measure follow each other.
  MeasureLine& LineOf(const ReleaseBlock& block) {
    auto& lines = *result_.report.mutable_measures();
    if (!lines.empty() && lines.rbegin()->measure() == block.measure->name()) {
      return *lines.rbegin();
    }
    MeasureLine& line = *lines.Add();
    line.set_measure(block.measure->name());
    line.set_profile(block.profile.name);
    line.set_threshold(static_cast<int32_t>(block.profile.rule.minimum_shown));
    line.set_rounding_base(static_cast<int32_t>(block.profile.rule.rounding_base));
    return line;
  }

  void NoteBrokenSums(const ReleaseBlock& block, const ReleaseTable& table) {
    for (const BrokenSum& broken : table.broken_sums()) {
      if (result_.broken_sums.size() == kMostBrokenSums) return;
      auto& noted = result_.broken_sums.emplace_back();
      noted.set_measure(block.measure->name());
      noted.set_area(broken.area);
      *noted.mutable_period() = block.period;
      AddBreakdown(broken.breakdown, *noted.mutable_breakdowns());
      noted.set_dimension(broken.dimension);
    }
  }

  void NoteNarrowCounts(const ReleaseBlock& block, const ProtectedRelease& release) {
    absl::btree_map<std::string, int64_t> counts;
    for (const Finding& finding : release.findings) {
      if (finding.is_unavoidable && !finding.is_own) ++counts[finding.attacker];
    }
    for (const auto& [readers, count] : counts) {
      if (result_.narrow_counts.size() == kMostNarrowCounts) return;
      auto& noted = result_.narrow_counts.emplace_back();
      noted.set_measure(block.measure->name());
      *noted.mutable_period() = block.period;
      noted.set_readers(readers);
      noted.set_counts(count);
    }
  }

  void AddObservation(const ReleaseBlock& block, const TableFigure& figure,
                      const DisclosedFigure& disclosed, bool hides_any) {
    v1::Observation observation;
    observation.set_name(
        absl::StrFormat("%s/observations/f%05d", release_, result_.observations.size() + 1));
    observation.set_measure(block.measure->name());
    observation.set_area(figure.key.area);
    *observation.mutable_period() = figure.figure.period();
    AddBreakdown(figure.key.breakdown, *observation.mutable_breakdowns());
    observation.set_symbol(disclosed.symbol);
    if (disclosed.value.has_value()) observation.set_value(*disclosed.value);
    if (disclosed.numerator.has_value()) observation.set_numerator(*disclosed.numerator);
    if (disclosed.denominator.has_value()) observation.set_denominator(*disclosed.denominator);
    // Whoever saw it end would know that a hidden figure was revised or confirmed.
    observation.set_provisional(figure.figure.provisional() &&
                                disclosed.symbol != v1::Observation::CONFIDENTIAL);
    // What is said about a hidden figure may say how large it is, and so may a number in what
    // is said about another one.
    const std::string& commentary = figure.figure.commentary();
    if (disclosed.symbol != v1::Observation::CONFIDENTIAL &&
        !(hides_any && SaysANumber(commentary))) {
      observation.set_note(commentary);
    }
    observation.set_measure_display_name(block.measure->display_name());
    if (const auto area = inputs_.areas.find(figure.key.area); area != inputs_.areas.end()) {
      observation.set_area_display_name(area->second.display_name());
      observation.set_level(area->second.level());
    }
    observation.set_revision(figure.revision);
    result_.observations.push_back(std::move(observation));
    result_.topics.emplace_back(block.measure->topics().begin(), block.measure->topics().end());
  }

  void Report(const ReleaseBlock& block, const TableFigure& figure,
              const DisclosedFigure& disclosed, MeasureLine& line) {
    line.set_figures(line.figures() + 1);
    if (disclosed.is_rounded) line.set_rounded(line.rounded() + 1);
    if (disclosed.symbol != v1::Observation::CONFIDENTIAL) return;
    switch (disclosed.why) {
      case HiddenFigure::PRIMARY:
        line.set_primary(line.primary() + 1);
        break;
      case HiddenFigure::COMPLEMENTARY:
        line.set_complementary(line.complementary() + 1);
        break;
      case HiddenFigure::CARRIED_OVER:
        line.set_carried_over(line.carried_over() + 1);
        break;
      default:
        line.set_dependent(line.dependent() + 1);
        break;
    }
    v1::DisclosureReport& report = result_.report;
    report.set_hidden_count(report.hidden_count() + 1);
    if (report.hidden_size() == kMostHiddenListed) return;
    HiddenFigure& hidden = *report.add_hidden();
    hidden.set_measure(block.measure->name());
    hidden.set_area(figure.key.area);
    *hidden.mutable_period() = figure.figure.period();
    AddBreakdown(figure.key.breakdown, *hidden.mutable_breakdowns());
    hidden.set_why(disclosed.why);
    if (!disclosed.narrowest.has_value()) return;
    hidden.set_lowest(disclosed.narrowest->derivable.low);
    hidden.set_highest(disclosed.narrowest->derivable.high);
    hidden.set_required_width(disclosed.narrowest->values_needed);
  }

  absl::Status Unprotected() const {
    std::vector<std::string> names(unprotected_.begin(), unprotected_.end());
    if (names.size() > kMostMeasuresNamed) names.resize(kMostMeasuresNamed);
    std::vector<std::string> blocks = unprotected_blocks_;
    if (blocks.size() > kMostBlocksNamed) {
      blocks.resize(kMostBlocksNamed);
      blocks.push_back(absl::StrCat(unprotected_blocks_.size() - kMostBlocksNamed,
                                    " more measures and periods"));
    }
    return MakeError(v1::RELEASE_UNPROTECTED,
                     absl::StrCat("disclosure control cannot keep every hidden figure safe; leave "
                                  "out ",
                                  absl::StrJoin(blocks, ", "), ", or ask for coarser figures"),
                     {{"measures", absl::StrJoin(names, " ")}});
  }

  const ReleaseInputs& inputs_;
  const std::string& release_;
  ProtectedFigures result_;
  std::set<std::string> unprotected_;
  // With its days, in words.
  std::vector<std::string> unprotected_blocks_;
};

}  // namespace

absl::StatusOr<ProtectedFigures> ProtectFigures(const ReleaseInputs& inputs,
                                                const std::string& release,
                                                const std::function<bool()>& is_cancelled) {
  return Protection(inputs, release).Run(is_cancelled);
}

}  // namespace concordat::services
