// By which road figures leave, and who is taken to know them, on a store of their own.
#include "server/services/released_times.h"

#include <string>
#include <utility>

#include "base/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/publication_test.h"

namespace concordat::services {
namespace {

using ::testing::HasSubstr;
using v1::Observation;

using ReleasedTimesTest = PublicationTest;

constexpr absl::CivilDay kFirstOfApril(2018, 4, 1);
constexpr absl::CivilDay kLastOfJune(2018, 6, 30);

TEST_F(ReleasedTimesTest, WhatWasImportedIsNotReleasedWithSmallNumbersHidden) {
  // B is small, A its complement: 46 less 20, 9 and 14 is B.
  Must(TryImport("areas/a", kFirstOfApril, kLastOfJune));
  SubmitTheQuarter();
  const absl::Status refused = TryPreview().status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("release.selection"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("releases/paper-1"));
}

TEST_F(ReleasedTimesTest, AnImportBetweenPreviewAndPublicationStopsThePublication) {
  SubmitTheQuarter();
  const v1::PreviewReleaseResponse preview = Preview();
  Must(TryImport("areas/a", kFirstOfApril, kLastOfJune));
  EXPECT_EQ(ReasonOf(TryPublish(preview.preview_digest()).status()), v1::FIELDS_INVALID);
}

TEST_F(ReleasedTimesTest, WhatWasReleasedWithSmallNumbersHiddenIsNotImported) {
  SubmitTheQuarter();
  Publish();
  // A year, less three more quarters, is the quarter.
  const absl::Status refused = TryImport("areas/b", kFirstOfApril, absl::CivilDay(2019, 3, 31));
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("observations[0].period"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("releases/first"));
}

TEST_F(ReleasedTimesTest, AWithdrawnImportStopsAReleaseToo) {
  Must(TryImport("areas/a", kFirstOfApril, kLastOfJune));
  v1::Release first = std::exchange(release_, v1::Release());
  release_.set_name("releases/paper-1");
  Must(TryWithdraw());
  release_ = first;
  SubmitTheQuarter();
  EXPECT_EQ(ReasonOf(TryPreview().status()), v1::FIELDS_INVALID);
}

TEST_F(ReleasedTimesTest, FiguresOfAnotherTimeAndBenchmarksAreImportedBesideAReleaseOfTheMeasure) {
  Must(TryImport("areas/a", absl::CivilDay(2018, 1, 1), absl::CivilDay(2018, 3, 31)));
  Must(TryImport("areas/a", kFirstOfApril, kLastOfJune, Observation::ENGLAND));
  SubmitTheQuarter();
  Publish();
  Must(TryImport("areas/a", absl::CivilDay(2018, 7, 1), absl::CivilDay(2018, 9, 30)));
  Must(TryImport("areas/b", kFirstOfApril, kLastOfJune, Observation::ENGLAND));
}

TEST_F(ReleasedTimesTest, WhatIsAlreadyPublicIsImportedAndReleasedAlike) {
  measure_.set_disclosure_profile(v1::ALREADY_PUBLIC);
  measure_.set_disclosure_minimum(0);
  PutMessage(store::Kind::kMeasure, measure_);
  Must(TryImport("areas/a", kFirstOfApril, kLastOfJune));
  SubmitTheQuarter();
  Publish();
  Must(TryImport("areas/b", kFirstOfApril, kLastOfJune));
}

TEST_F(ReleasedTimesTest, WhoSendsTheSameFigureAgainKnowsItToo) {
  SubmitTheQuarter();
  // Of the first that hides least with B, which is A, C or D, the council could subtract its own.
  const std::string complement = [&] {
    const v1::PreviewReleaseResponse preview = Preview();
    for (const auto& hidden : preview.release().report().hidden()) {
      if (hidden.area() != "areas/b") return hidden.area();
    }
    return std::string();
  }();
  ASSERT_FALSE(complement.empty());
  const std::map<std::string, double> quarter = {{"areas/a", 20}, {"areas/c", 9}, {"areas/d", 14}};
  Submit({{complement, quarter.at(complement)}}, "Counted by us too", "agencies/council");
  Publish();
  const auto listed = Listed("releases/first");
  EXPECT_EQ(listed.at("areas/b").symbol(), Observation::CONFIDENTIAL);
  int others = 0;
  for (const auto& [area, figure] : listed) {
    if (area == "areas/b" || area == complement) continue;
    if (figure.symbol() == Observation::CONFIDENTIAL) ++others;
  }
  EXPECT_GE(others, 1) << "all but B is shown or the council's";
}

}  // namespace
}  // namespace concordat::services
