// What holds for every table: 200 random ones, 2,000 with CONCORDAT_LONG.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "server/domain/disclosure/random_table.h"
#include "server/domain/disclosure/release.h"
#include "server/domain/disclosure/succession.h"

namespace concordat::domain::disclosure {
namespace {

int Runs() { return std::getenv("CONCORDAT_LONG") != nullptr ? 2000 : 200; }

// Two hierarchies of three levels, some with counts that nobody sent. Counts are held by up
// to three agencies: each has the districts of some groups, and nobody the totals above.
struct Case {
  explicit Case(uint64_t seed) : random(seed) {
    dimensions = {RandomDimension(random), RandomDimension(random)};
    const Profile profile = Below(3, random) == 0 ? kNhsHospital : kDfeChildren;
    table = RandomCube(dimensions, profile, random);
    if (Below(3, random) == 0) LeaveOut(table, random);
    const int64_t agencies = Below(4, random);
    for (Count& count : table.counts) {
      const int node = std::stoi(count.name.substr(0, count.name.find('.')));
      if (agencies == 0 || !dimensions[0].IsLeaf(node)) continue;
      const int group = dimensions[0].parents[static_cast<size_t>(node)];
      count.holders = {"agencies/" + std::to_string(group % agencies)};
    }
    options.pooling = Below(2, random) == 0 ? Pooling::kPooled : Pooling::kSeparate;
    options.audit.every_limit = false;
  }

  std::mt19937_64 random;
  std::vector<Dimension> dimensions;
  Table table;
  Options options;
};

// Everything that a release promises of its figures. The audit is made again from the
// names that are hidden, which is all that it is told.
void ExpectKept(const Table& table, const ProtectedRelease& release, const Options& options) {
  std::vector<std::string> hidden;
  size_t next = 0;
  for (const Count& count : table.counts) {
    if (!count.is_published) continue;
    const ShownFigure& figure = release.figures[next++];
    ASSERT_EQ(figure.name, count.name);
    if (count.availability == Availability::kNotAvailable) {
      EXPECT_EQ(figure.symbol, Symbol::kNotAvailable);
    } else if (figure.symbol == Symbol::kConfidential) {
      EXPECT_GT(count.value, 0) << "a true zero is hidden: " << count.name;
      hidden.push_back(count.name);
    } else {
      EXPECT_FALSE(IsSmall(count.profile, count.value)) << "a small count is shown: " << count.name;
      EXPECT_FALSE(count.was_hidden && count.value > 0) << "shown again: " << count.name;
      EXPECT_EQ(figure.value, RoundHalfUp(count.value, count.profile.rounding_base));
    }
  }
  const auto findings = AuditHidden(table, hidden, options);
  ASSERT_TRUE(findings.ok()) << findings.status();
  for (const Finding& finding : *findings) {
    EXPECT_TRUE(finding.is_protected || finding.is_unavoidable)
        << finding.name << " against " << finding.attacker << ": " << finding.derivable.low
        << " to " << finding.derivable.high;
  }
}

// A release may be refused only where hiding everything would not help. It gives nothing away.
bool IsRightlyRefused(const Table& table, const absl::Status& status, const Options& options) {
  if (!absl::IsFailedPrecondition(status)) return false;
  std::vector<std::string> all;
  for (const Count& count : table.counts) {
    const bool is_there = count.availability == Availability::kAvailable && count.value > 0;
    if (count.is_published && is_there) all.push_back(count.name);
  }
  const auto findings = AuditHidden(table, all, options);
  return findings.ok() && std::any_of(findings->begin(), findings->end(), [](const Finding& each) {
           return !each.is_protected && !each.is_unavoidable;
         });
}

TEST(ProtectionPropertyTest, NoHiddenFigureIsDerivableFromTwoReleasesAndARevision) {
  int refused = 0;
  for (int run = 0; run < Runs(); ++run) {
    SCOPED_TRACE(run);
    Case it(static_cast<uint64_t>(run) + 1);
    const auto first = Protect(it.table, it.options);
    if (!first.ok()) {
      ASSERT_TRUE(IsRightlyRefused(it.table, first.status(), it.options)) << first.status();
      ++refused;
      continue;
    }
    ExpectKept(it.table, *first, it.options);
    if (testing::Test::HasFailure()) return;

    // The second knows both, so that its audit is of the union of the two.
    const Table second = Following(it.table, *first, Revised(it.dimensions, it.table, it.random));
    const auto next = Protect(second, it.options);
    ASSERT_TRUE(next.ok()) << next.status();
    ExpectKept(second, *next, it.options);
    if (testing::Test::HasFailure()) return;
  }
  // None of the first 200, and four of 2,000.
  EXPECT_LE(refused, Runs() / 500);
}

TEST(ProtectionPropertyTest, HidingEachReleaseForItselfIsCaughtWhenTheyAreLaidTogether) {
  int caught = 0;
  for (int run = 0; run < 10; ++run) {
    Case it(static_cast<uint64_t>(run) + 1);
    const auto first = Protect(it.table, it.options);
    const Table revised = Revised(it.dimensions, it.table, it.random);
    const auto alone = Protect(revised, it.options);
    ASSERT_TRUE(first.ok() && alone.ok());
    std::vector<std::string> hidden;
    for (const ShownFigure& figure : alone->figures) {
      if (figure.symbol == Symbol::kConfidential) hidden.push_back(figure.name);
    }
    const auto findings = AuditHidden(Following(it.table, *first, revised), hidden, it.options);
    ASSERT_TRUE(findings.ok()) << findings.status();
    for (const Finding& finding : *findings) {
      if (finding.is_protected || finding.is_unavoidable) continue;
      ++caught;
      break;
    }
  }
  EXPECT_GE(caught, 5);
}

}  // namespace
}  // namespace concordat::domain::disclosure
