// The board's table of the bundled release, against the figures that are listed.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/civil_time.h"
#include "concordat/v1/release_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

using v1::Observation;
using v1::Scorecard;

constexpr char kRelease[] = "releases/papers-2018";

class ScorecardTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { partnership_ = new TestPartnership(); }
  static void TearDownTestSuite() {
    delete partnership_;
    partnership_ = nullptr;
  }
  static TestPartnership& partnership() { return *partnership_; }

  static v1::GetScorecardRequest RequestFor(const std::string& release) {
    v1::GetScorecardRequest request;
    request.set_name(release);
    return request;
  }

  static std::vector<Observation> Listed(const Partner& partner) {
    v1::ListObservationsRequest list;
    list.set_parent(kRelease);
    list.set_page_size(1000);
    const auto page = partnership().Get<v1::ListObservationsResponse>(partner, list);
    return {page.observations().begin(), page.observations().end()};
  }

 private:
  static TestPartnership* partnership_;
};

TestPartnership* ScorecardTest::partnership_ = nullptr;

TEST_F(ScorecardTest, HasTheNewestFigureOfEachMeasureThatIsListed) {
  const auto scorecard = partnership().Get<Scorecard>(kBoard, RequestFor(kRelease));
  std::map<std::string, absl::CivilDay> newest;
  for (const Observation& figure : Listed(kBoard)) {
    if (figure.comparator() != Observation::OWN || figure.breakdowns_size() > 0) continue;
    const std::string key = figure.measure() + " " + figure.area();
    newest[key] = std::max(newest[key], *ToCivilDay(figure.period().end()));
  }
  size_t found = 0;
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      if (!cell.has_figure()) continue;
      SCOPED_TRACE(row.measure().name() + " " + cell.area());
      EXPECT_EQ(*ToCivilDay(cell.figure().period().end()),
                newest.at(row.measure().name() + " " + cell.area()));
      EXPECT_EQ(cell.trend(cell.trend_size() - 1).name(), cell.figure().name());
      ++found;
    }
  }
  EXPECT_EQ(found, newest.size());
  EXPECT_GT(found, 50u);
  EXPECT_EQ(scorecard.agreement(), "agreements/multi-agency-assurance");
}

TEST_F(ScorecardTest, NeutralMeasuresAreNotJudged) {
  int judged = 0;
  for (const auto scorecard = partnership().Get<Scorecard>(kBoard, RequestFor(kRelease));
       const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      const bool is_neutral = row.measure().polarity() == v1::Measure::NEUTRAL;
      const bool was_judged = cell.band() > Scorecard::NO_TARGET || cell.rank() > 0 ||
                              cell.travel() == Scorecard::IMPROVED ||
                              cell.travel() == Scorecard::WORSENED;
      EXPECT_FALSE(is_neutral && was_judged) << row.measure().name();
      judged += was_judged ? 1 : 0;
    }
  }
  EXPECT_GT(judged, 10);
}

TEST_F(ScorecardTest, EndsWhereItIsAskedToEnd) {
  v1::GetScorecardRequest request = RequestFor(kRelease);
  *request.mutable_period_to() = ToDate(absl::CivilDay(2017, 3, 31));
  const auto scorecard = partnership().Get<Scorecard>(kBoard, request);
  EXPECT_GT(scorecard.rows_size(), 0);
  for (const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      for (const Observation& figure : cell.trend()) {
        EXPECT_LE(*ToCivilDay(figure.period().end()), absl::CivilDay(2017, 3, 31));
      }
    }
  }
}

TEST_F(ScorecardTest, ShowsNothingThatTheAgreementLeavesOut) {
  std::set<std::string> listed;
  for (const Observation& figure : Listed(kPolice)) listed.insert(figure.name());
  size_t shown = 0;
  for (const auto scorecard = partnership().Get<Scorecard>(kPolice, RequestFor(kRelease));
       const Scorecard::Row& row : scorecard.rows()) {
    for (const Scorecard::Cell& cell : row.cells()) {
      for (const Observation& figure : cell.trend()) {
        EXPECT_EQ(listed.count(figure.name()), 1u) << figure.name();
        ++shown;
      }
    }
  }
  EXPECT_GT(shown, 0u);
}

TEST_F(ScorecardTest, AReleaseThatIsMissingIsNotFound) {
  EXPECT_TRUE(
      RefusedWith(partnership().Ask<Scorecard>(kBoard, RequestFor("releases/no-such")).outcome,
                  v1::RESOURCE_NOT_FOUND));
}

}  // namespace
}  // namespace concordat::e2e
