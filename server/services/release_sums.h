// The sums that hold between submitted figures of one measure and period.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_SUMS_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_SUMS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "concordat/v1/measure.pb.h"
#include "server/domain/disclosure/profile.h"
#include "server/domain/disclosure/table.h"
#include "server/store/figures.h"

namespace concordat::services {

// What follows a figure's name in the name of each of its counts. A figure that is a
// count itself has none.
inline constexpr absl::string_view kNumeratorEnding = "#numerator";
inline constexpr absl::string_view kDenominatorEnding = "#denominator";

// Whether what the measure's figures are of is a count of theirs, or a population beside them.
// That a percentage is of is both: it bounds the numerator, and everybody knows it.
bool HasDenominatorCount(const v1::Measure& measure);

// The rule of the denominators: what is public is known to everybody.
domain::disclosure::Profile DenominatorProfile(const v1::Measure& measure,
                                               const domain::disclosure::Profile& profile);

// Which areas an area consists of: `areas/{area}` by `areas/{area}`.
using AreaChildren = absl::flat_hash_map<std::string, std::vector<std::string>>;

// A declared sum that does not hold, by its total.
struct BrokenSum {
  std::string area;
  // As in a FigureKey.
  std::string breakdown;
  // The dimension whose items do not add up; empty for areas.
  std::string dimension;

  friend bool operator==(const BrokenSum&, const BrokenSum&) = default;
};

// A figure of one release, and its name in the table.
struct NamedFigure {
  // Outlives the call that it is given to.
  const store::FigureKey* key = nullptr;
  std::string name;
};

// `area`, or `area|dimension=item`: one name a figure, and what the table calls the
// newest revision.
std::string FigureName(const store::FigureKey& key);

// Adds to a table the sums between the figures that it has, release by release:
//
// - areas, and items of each dimension, where the measure declares that they add up;
// - whatever else comes out right, declared or not: a reader would try. Of ratios, and of
//   averages, the numerators and the denominators are what adds up.
//
// Readers add up what is there, whoever did not send the rest. So what a sum lacks, whether
// a total or a part, is a count of the table too, that is not available. Areas of which
// nothing was sent are one such count beside those that sent something, and so are the
// items that nobody sent. Where the others come out right without them, there are none.
class ReleaseSums {
 public:
  // All outlive it. `profile` is that of the counts. The table only grows.
  ReleaseSums(const v1::Measure& measure, const domain::disclosure::Profile& profile,
              const AreaChildren& children, domain::disclosure::Table& table);

  // The figures of one release, whose counts the table has where they are known.
  void Add(const std::vector<NamedFigure>& figures);

  // When all releases were added: says that no share is above 1 where its counts are
  // unknown either, nor a rate where most are not; and takes out what cannot hold
  // together, but for sums that are less than their total: part of that was counted nowhere
  // else. Returns the declared sums of the first release among both, but those of public
  // denominators: estimates of populations are rounded, and no agency can put them right.
  std::vector<BrokenSum> Finish();

 private:
  // A figure that somebody sent or not.
  struct Node {
    std::string area;
    std::string breakdown;
  };

  // What is left of a total of numerators, and of the same total of denominators.
  struct Rests {
    std::string name;
    std::optional<int64_t> numerator;
    std::optional<int64_t> denominator;
  };

  // Takes note of the figures of one release.
  void Read(const std::vector<NamedFigure>& figures);
  // The area of the figure and all that it is a part of, the outermost last.
  std::vector<std::string> WithParents(const std::string& area) const;
  // Of those of the release, the areas that are in no other.
  std::vector<std::string> Outermost() const;
  void AddAreas(const std::string& area);
  void AddDimension(const std::string& area, const std::string& dimension,
                    const absl::btree_set<std::string>& breakdowns);
  // Whether every item of the dimension is there.
  bool IsWhole(const std::string& dimension, const absl::btree_set<std::string>& breakdowns) const;
  // Whether it is what nobody sent, and no figure.
  static bool StandsForOthers(const Node& node);
  bool IsDeclared(const BrokenSum& described) const;
  // Whether all counts are there but those that stand for others, and add up.
  bool ComesOutRight(const Node& total, const std::vector<Node>& parts) const;
  void AddSum(const Node& total, std::vector<Node> parts, const BrokenSum& described);
  // What the table calls the figure's count.
  std::string NameOf(const Node& node) const;
  // The figure's count; nullptr where there is none or it is not available.
  const domain::disclosure::Count* Find(const Node& node) const;
  // The rule of the counts that are being added up.
  domain::disclosure::Profile ProfileOfCounts() const;
  // The place of a figure's count in the table; a new, unknown one where there is none.
  size_t PlaceOf(const Node& node, const std::vector<std::string>& holders);
  bool HasAny(const std::string& dimension, const std::string& area) const;
  // Where the parts of a sum, all of them known, are less than its total: says that an
  // unknown count makes up the rest.
  bool AddRest(size_t place);
  // Says that what is left of numerators is not above what is left of the denominators.
  void AddSharesOfRests();

  const v1::Measure& measure_;
  const domain::disclosure::Profile& profile_;
  const AreaChildren& children_;
  domain::disclosure::Table& table_;
  const bool is_count_;
  absl::flat_hash_map<std::string, std::string> parents_;
  // Places of counts in the table.
  absl::flat_hash_map<std::string, size_t> places_;
  absl::flat_hash_set<std::string> seen_;
  int releases_ = 0;
  // By what names the total and its parts without the endings.
  absl::btree_map<std::string, Rests> rests_;
  // The declared sums of the first release, by their places in the table.
  absl::flat_hash_map<size_t, BrokenSum> declared_;

  // Of the release that is being added: names in the table by FigureName,
  absl::flat_hash_map<std::string, std::string> names_;
  // areas in which something was sent, by dimension, the empty one for whatever it was,
  absl::flat_hash_map<std::string, absl::flat_hash_set<std::string>> areas_;
  // breakdowns that were sent, by dimension, with one for those that were not,
  absl::btree_map<std::string, absl::btree_set<std::string>> breakdowns_;
  // areas that were sent themselves,
  absl::btree_set<std::string> sent_;
  // and what follows the names of the counts that are being added up.
  absl::string_view ending_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_SUMS_H_
