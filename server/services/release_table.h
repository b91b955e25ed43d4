// Submitted figures of one measure and period as a table for disclosure control, and
// back: what is shown of each figure.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_TABLE_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "concordat/v1/directory.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/submission.pb.h"
#include "server/domain/disclosure/release.h"
#include "server/domain/disclosure/table.h"
#include "server/services/release_profile.h"
#include "server/services/release_sums.h"
#include "server/store/figures.h"

namespace concordat::services {

// One revision of a submitted figure, or the lack of one.
struct TableFigure {
  store::FigureKey key;
  // 0 for a figure that nobody submitted: its symbol says why there is none.
  int64_t revision = 0;
  v1::SubmittedObservation figure;
  // The agencies that know it, `agencies/{agency}`: whoever sent it, with these counts.
  std::vector<std::string> holders;
};

// What makes two revisions of a figure the same to a reader: equal text for equal counts. A value
// that is computed from them is none, nor is an average, nor a population that is public.
std::string CountsOf(const v1::Measure& measure, const v1::SubmittedObservation& figure);

// What an earlier release had of a figure.
struct EarlierFigure {
  // The revision that it had.
  TableFigure version;
  // It stood there as `c`.
  bool was_hidden = false;
  // Its value stood there, as it was rounded then.
  bool was_shown = false;
};

struct EarlierRelease {
  // The rule that it was made under.
  domain::disclosure::Profile rule;
  std::vector<EarlierFigure> figures;
};

// All that decides about the figures of one measure and period. No sum holds between
// figures of different measures or periods, since a measure has periods of one
// frequency: each block is protected on its own.
struct ReleaseBlock {
  std::shared_ptr<const v1::Measure> measure;
  v1::Period period;
  ReleaseProfile profile;
  // The newest revisions, by key.
  std::vector<TableFigure> figures;
  // What releases before this one had of the block, oldest first, withdrawn ones too:
  // whoever has them still knows.
  std::vector<EarlierRelease> earlier;
};

// One figure of the release, as it is shown.
struct DisclosedFigure {
  v1::Observation::Symbol symbol = v1::Observation::NONE;
  std::optional<double> value;
  std::optional<double> numerator;
  std::optional<double> denominator;
  // The value shown is not the true one.
  bool is_rounded = false;
  // With CONFIDENTIAL.
  v1::DisclosureReport::HiddenFigure::Why why = v1::DisclosureReport::HiddenFigure::WHY_UNSPECIFIED;
  // With CONFIDENTIAL: what may be worked out of its count. Not set where its counts need
  // no protection by themselves.
  std::optional<domain::disclosure::Finding> narrowest;
};

// What a figure's counts are, by its measure's unit:
//
//   COUNT          its value
//   PERCENT, RATE  numerator and denominator; the value is a ratio of them. A
//                  denominator that is public is no count. Where a count is missing or
//                  no whole number, nothing can be protected, and the figure is hidden
//   others         the denominator: the cases that the value is the average of. Where it
//                  is missing the figure is hidden, unless it is public
//
// A figure is shown when all its counts are, and its ratio: one symbol hides them all.
class ReleaseTable {
 public:
  // `block` outlives the table.
  ReleaseTable(const ReleaseBlock& block, const AreaChildren& children);

  const domain::disclosure::Table& table() const { return table_; }
  // Declared sums of the newest revisions that do not hold, and so are none.
  const std::vector<BrokenSum>& broken_sums() const { return broken_sums_; }

  // The block's figures, in its order, as `release`, which was made of table(), shows
  // them.
  std::vector<DisclosedFigure> Disclose(const domain::disclosure::ProtectedRelease& release) const;

 private:
  // The protected figures by name.
  using Shown = absl::flat_hash_map<std::string, const domain::disclosure::ShownFigure*>;

  void AddFigure(const TableFigure& figure, const std::string& name, bool is_published);
  void AddCount(const std::string& name, const TableFigure& figure, double value,
                bool is_published);
  void AddDenominator(const std::string& name, const TableFigure& figure, bool is_published);
  void AddGap(const std::string& name, const TableFigure& figure, bool is_published);
  // Says that a numerator stands in two versions that have different populations.
  void TieNumerator(const TableFigure& version, const std::string& name);
  void AddRatio(const TableFigure& figure, const std::string& name, bool is_published);
  void AddEarlier(const EarlierRelease& release, ReleaseSums& sums);
  void Remember(const EarlierRelease& release, const EarlierFigure& figure,
                const std::string& name);
  // The name that a revision of a figure has in the table; added when it is new.
  std::string VersionName(const TableFigure& version);

  DisclosedFigure DiscloseOne(const TableFigure& figure, const Shown& shown) const;

  domain::disclosure::Count* FindCount(const std::string& name);
  domain::disclosure::Ratio* FindRatio(const std::string& name);

  const ReleaseBlock& block_;
  domain::disclosure::Table table_;
  std::vector<BrokenSum> broken_sums_;
  // Places in table_.
  absl::flat_hash_map<std::string, size_t> counts_;
  absl::flat_hash_map<std::string, size_t> ratios_;
  // Names of the newest figures and of older versions, by content.
  absl::flat_hash_map<std::string, std::string> versions_;
  // The first version that has the same counts, by content.
  absl::flat_hash_map<std::string, std::string> first_names_;
  // What the releases so far were made of, this one first.
  absl::flat_hash_set<std::vector<std::string>> releases_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_TABLE_H_
