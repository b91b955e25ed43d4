// Releases of submitted figures from preview to withdrawal.
#include "server/services/publication.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/return.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/apply.h"
#include "server/services/publication_test.h"
#include "server/services/release_service.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using v1::Observation;

// Lets every attack below end.
constexpr int64_t kLargest = 60;

// The same of another store.
class Elsewhere final : public PublicationTest {
 public:
  using PublicationTest::AnswersToReaders;
  using PublicationTest::Preview;
  using PublicationTest::PublishAs;
  using PublicationTest::Submit;
  using PublicationTest::SubmitTheQuarter;

 private:
  void TestBody() override {}
};

// What an attacker has of one release: a figure, and which count it is of.
struct Equation {
  // Numbers of unknowns; the total, then the districts.
  std::vector<int> unknowns;
};

// Tries all whole numbers: for each unknown, the values that it has in some solution of
// "the first is the sum of the rest" for every equation. `known` has what was shown.
std::vector<std::set<int64_t>> Attack(const std::vector<Equation>& equations,
                                      std::vector<std::optional<int64_t>> known) {
  std::vector<std::set<int64_t>> possible(known.size());
  std::vector<int> hidden;
  for (size_t i = 0; i < known.size(); ++i) {
    if (!known[i].has_value()) hidden.push_back(static_cast<int>(i));
  }
  const auto holds = [&] {
    for (const Equation& equation : equations) {
      int64_t rest = *known[static_cast<size_t>(equation.unknowns[0])];
      for (size_t i = 1; i < equation.unknowns.size(); ++i) {
        rest -= *known[static_cast<size_t>(equation.unknowns[i])];
      }
      if (rest != 0) return false;
    }
    return true;
  };
  const auto search = [&](const auto& self, size_t place) -> void {
    if (place == hidden.size()) {
      if (!holds()) return;
      for (const int unknown : hidden) {
        possible[static_cast<size_t>(unknown)].insert(*known[static_cast<size_t>(unknown)]);
      }
      return;
    }
    for (int64_t value = 1; value <= kLargest; ++value) {
      known[static_cast<size_t>(hidden[place])] = value;
      self(self, place + 1);
    }
    known[static_cast<size_t>(hidden[place])].reset();
  };
  search(search, 0);
  return possible;
}

std::optional<int64_t> ShownValue(const Observation& figure) {
  if (figure.symbol() != Observation::NONE) return std::nullopt;
  return static_cast<int64_t>(figure.value());
}

TEST_F(PublicationTest, APublishedReleaseIsWhatWasPreviewedAndHidesWhatIsSmall) {
  SubmitTheQuarter();
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_THAT(preview.release().missing_returns(), IsEmpty());
  ASSERT_THAT(preview.release().report().measures(), SizeIs(1));
  const auto& line = preview.release().report().measures(0);
  EXPECT_EQ(line.figures(), 5);
  EXPECT_EQ(line.primary(), 1);
  EXPECT_EQ(line.complementary(), 1);
  EXPECT_EQ(line.threshold(), 6);
  ASSERT_THAT(preview.release().report().hidden(), SizeIs(2));
  for (const auto& hidden : preview.release().report().hidden()) {
    EXPECT_GE(hidden.highest() - hidden.lowest() + 1, hidden.required_width());
  }

  const v1::Release published = Must(TryPublish(preview.preview_digest()));
  EXPECT_EQ(published.digest(), preview.release().digest());
  EXPECT_EQ(published.report().hidden_count(), 2);
  EXPECT_EQ(published.observation_count(), 5);
  const auto listed = Listed("releases/first");
  EXPECT_EQ(listed.at("areas/b").symbol(), Observation::CONFIDENTIAL);
  EXPECT_FALSE(listed.at("areas/b").has_value());
  EXPECT_EQ(listed.at("areas/b").note(), "");
  EXPECT_EQ(listed.at("areas/a").note(), "As counted");
}

TEST_F(PublicationTest, NobodyCanTryOutFiguresOnADigestWithoutTheStoresKey) {
  Elsewhere elsewhere;
  SubmitTheQuarter();
  elsewhere.SubmitTheQuarter();
  const v1::PreviewReleaseResponse preview = Preview();
  const v1::PreviewReleaseResponse again = Preview();
  EXPECT_EQ(again.release().digest(), preview.release().digest());
  EXPECT_EQ(again.preview_digest(), preview.preview_digest());
  const v1::PreviewReleaseResponse same_figures = elsewhere.Preview();
  EXPECT_NE(same_figures.release().digest(), preview.release().digest());
  EXPECT_NE(same_figures.preview_digest(), preview.preview_digest());
}

TEST_F(PublicationTest, NoHiddenFigureCanBeWorkedOutFromARelease) {
  SubmitTheQuarter();
  Publish();
  const auto listed = Listed("releases/first");
  std::vector<std::optional<int64_t>> known = {ShownValue(listed.at(kCounty))};
  for (const std::string& district : districts_) {
    known.push_back(ShownValue(listed.at(district)));
  }
  const auto possible = Attack({{{0, 1, 2, 3, 4}}}, known);
  for (size_t i = 0; i < known.size(); ++i) {
    EXPECT_TRUE(known[i].has_value() || possible[i].size() >= 5) << i;
  }
  // The attack finds what is derivable: with one figure less hidden, the rest is known.
  known[2].reset();
  known[0] = 46;
  known[1] = 20;
  known[3] = 9;
  known[4] = 14;
  EXPECT_THAT(Attack({{{0, 1, 2, 3, 4}}}, known)[2], ElementsAre(3));
}

TEST_F(PublicationTest, NoHiddenFigureCanBeWorkedOutFromTwoReleasesAndARevision) {
  SubmitTheQuarter();
  Publish();
  // The small district is no longer small, and the total follows.
  Submit({{kCounty, 53}, {"areas/b", 10}});
  release_.set_name("releases/second");
  Publish();
  const auto first = Listed("releases/first");
  const auto second = Listed("releases/second");
  // An attacker may have heard it.
  const std::set<std::string> revised = {kCounty, "areas/b"};
  // What was not revised is the same unknown in both.
  std::vector<std::optional<int64_t>> known;
  Equation old_sum;
  Equation new_sum;
  for (const std::string& area :
       {std::string(kCounty), districts_[0], districts_[1], districts_[2], districts_[3]}) {
    const Observation& before = first.at(area);
    const Observation& after = second.at(area);
    old_sum.unknowns.push_back(static_cast<int>(known.size()));
    known.push_back(ShownValue(before));
    if (revised.count(area) == 0) {
      if (!known.back().has_value()) known.back() = ShownValue(after);
      new_sum.unknowns.push_back(old_sum.unknowns.back());
    } else {
      new_sum.unknowns.push_back(static_cast<int>(known.size()));
      known.push_back(ShownValue(after));
    }
  }
  EXPECT_EQ(second.at("areas/b").symbol(), Observation::CONFIDENTIAL);
  const auto possible = Attack({old_sum, new_sum}, known);
  for (size_t i = 0; i < known.size(); ++i) {
    EXPECT_TRUE(known[i].has_value() || possible[i].size() >= 5) << i;
  }
}

TEST_F(PublicationTest, NobodyIsToldThatAHiddenFigureChanged) {
  SubmitTheQuarter();
  is_provisional_ = true;
  Submit({{kCounty, 47}, {"areas/b", 4}});
  Publish();
  const auto listed = Listed("releases/first");
  EXPECT_EQ(listed.at(kCounty).revision(), 2);
  EXPECT_TRUE(listed.at(kCounty).provisional());
  ASSERT_EQ(listed.at("areas/b").symbol(), Observation::CONFIDENTIAL);
  EXPECT_EQ(listed.at("areas/b").revision(), 0);
  EXPECT_FALSE(listed.at("areas/b").provisional());
  // What is stored still says it: a later release reckons with it.
  release_.set_name("releases/second");
  Publish();
  EXPECT_EQ(Listed("releases/second").at("areas/b").symbol(), Observation::CONFIDENTIAL);
}

TEST_F(PublicationTest, NothingThatAReaderGetsDependsOnWhatIsHidden) {
  // b is small and c protects it; a revision leaves both so.
  const auto release_twice = [](auto& at, double b, double revised) {
    at.Submit(
        {{kCounty, 46}, {"areas/a", 20}, {"areas/b", b}, {"areas/c", 12 - b}, {"areas/d", 14}}, "");
    at.PublishAs("releases/first");
    at.Submit({{"areas/b", revised}, {"areas/c", 12 - revised}}, "");
    at.PublishAs("releases/second");
  };
  Elsewhere elsewhere;
  release_twice(*this, 3, 5);
  release_twice(elsewhere, 4, 2);
  ASSERT_EQ(Listed("releases/first").at("areas/c").symbol(), Observation::CONFIDENTIAL);
  const std::vector<std::string> here = AnswersToReaders();
  const std::vector<std::string> there = elsewhere.AnswersToReaders();
  ASSERT_EQ(here.size(), there.size());
  for (size_t i = 0; i < here.size(); ++i) EXPECT_EQ(here[i], there[i]) << "answer " << i;
  // What is shown makes a difference.
  Elsewhere other;
  other.Submit({{kCounty, 47}, {"areas/a", 21}, {"areas/b", 3}, {"areas/c", 9}, {"areas/d", 14}},
               "");
  other.PublishAs("releases/first");
  other.PublishAs("releases/second");
  EXPECT_NE(other.AnswersToReaders(), here);
}

TEST_F(PublicationTest, AnExtractHasTheSameFiguresAsTheList) {
  SubmitTheQuarter();
  Publish();
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/first");
  request.set_format(v1::ExtractObservationsRequest::NDJSON);
  const auto source = Must(service_->ExtractObservations(CallWith({v1::READER}), request));
  while (!Must(source->Prepare())) continue;
  std::string file;
  v1::ExtractObservationsResponse::Manifest manifest;
  while (auto part = Must(source->Next())) {
    file += part->chunk().data();
    manifest = part->manifest();
  }
  EXPECT_EQ(manifest.hidden(), 2);
  ASSERT_EQ(manifest.disclosures_size(), 1);
  EXPECT_EQ(manifest.disclosures(0).measure(), measure_.name());
  EXPECT_EQ(manifest.disclosures(0).profile(), v1::DFE_CHILDREN);
  EXPECT_EQ(manifest.disclosures(0).threshold(), 6);
  EXPECT_EQ(manifest.disclosures(0).rounding_base(), 1);
  EXPECT_EQ(manifest.disclosures(0).rows(), manifest.rows());
  EXPECT_EQ(manifest.disclosures(0).hidden(), 2);
  EXPECT_THAT(file, ::testing::Not(HasSubstr("\"value\":3,")));
}

TEST_F(PublicationTest, FiguresGoByTheTopicsAndTheTitleThatWereFrozenOnEveryRoad) {
  const auto put_measure = [&](const std::string& topic, const std::string& title, absl::Time now) {
    measure_.clear_topics();
    measure_.add_topics(topic);
    measure_.set_display_name(title);
    store::Row row;
    row.name = measure_.name();
    row.recorded = now;
    row.topics = {topic};
    row.body = StoredBytes(measure_);
    Put(store::Kind::kMeasure, row, now);
  };
  put_measure("neglect", "Referrals", kNoon);
  SubmitTheQuarter();
  Publish();
  v1::Agreement::Scope scope;
  scope.add_releases(release_.name());
  scope.add_measures(kMeasure);
  scope.add_topics("neglect");
  scope.add_areas("areas/-");
  scope.set_finest_geography(v1::LOCAL_AUTHORITY_DISTRICT);
  const auto call = std::make_shared<const door::Call>(
      door::CallReactor::MakeCall(store::Over(scope), "agencies/police/clients/feed", "", kNoon));
  const auto rows_of = [&](v1::ExtractObservationsRequest::Format format) {
    v1::ExtractObservationsRequest request;
    request.set_parent(release_.name());
    request.set_format(format);
    request.mutable_filter()->add_measures(kMeasure);
    const auto source = Must(service_->ExtractObservations(call, request));
    while (!Must(source->Prepare())) continue;
    int64_t rows = 0;
    while (auto part = Must(source->Next())) rows += part->manifest().rows();
    return rows;
  };
  for (const char* topic : {"neglect", "exploitation"}) {
    put_measure(topic, "Another title", kNoon + absl::Hours(1));
    EXPECT_EQ(rows_of(v1::ExtractObservationsRequest::CSV), 5) << topic;
    EXPECT_EQ(rows_of(v1::ExtractObservationsRequest::NDJSON), 5) << topic;
    EXPECT_EQ(rows_of(v1::ExtractObservationsRequest::TIDY_CSV), 5) << topic;
    v1::GetScorecardRequest request;
    request.set_name(release_.name());
    const v1::Scorecard scorecard = Must(service_->GetScorecard(*call, request));
    ASSERT_THAT(scorecard.rows(), SizeIs(1)) << topic;
    EXPECT_EQ(scorecard.rows(0).measure().display_name(), "Referrals") << topic;
  }
}

TEST_F(PublicationTest, TheReportIsForTheOfficeAlone) {
  SubmitTheQuarter();
  Publish();
  v1::GetReleaseRequest request;
  request.set_name("releases/first");
  EXPECT_TRUE(Must(service_->GetRelease(*TheOffice(), request)).has_report());
  const v1::Release seen = Must(service_->GetRelease(*CallWith({v1::READER}), request));
  EXPECT_FALSE(seen.has_report());
  EXPECT_EQ(seen.state(), v1::Release::PUBLISHED);
  const auto list = Must(service_->ListReleases(*TheOffice(), v1::ListReleasesRequest()));
  ASSERT_THAT(list.releases(), SizeIs(1));
  EXPECT_FALSE(list.releases(0).has_report());
}

TEST_F(PublicationTest, APreviewIsOutdatedByARevisionAndByANewStart) {
  SubmitTheQuarter();
  std::string digest = Preview().preview_digest();
  Submit({{kCounty, 47}, {"areas/a", 21}});
  EXPECT_EQ(ReasonOf(TryPublish(digest).status()), v1::PREVIEW_OUTDATED);
  digest = Preview().preview_digest();
  service_.emplace(*store_);
  EXPECT_EQ(ReasonOf(TryPublish(digest).status()), v1::PREVIEW_OUTDATED);
  EXPECT_EQ(Preview().preview_digest(), digest);
  EXPECT_TRUE(TryPublish(digest).ok());
}

TEST_F(PublicationTest, OnlyWhatWasPreviewedIsPublishedAndOnlyOnce) {
  SubmitTheQuarter();
  const std::string digest = Preview().preview_digest();
  release_.set_display_name("Another title");
  EXPECT_EQ(ReasonOf(TryPublish(digest).status()), v1::PREVIEW_OUTDATED);
  release_.set_display_name("The first quarter");
  EXPECT_TRUE(TryPublish(digest).ok());
  EXPECT_EQ(ReasonOf(TryPublish(digest).status()), v1::RELEASE_FROZEN);
}

TEST_F(PublicationTest, MissingReturnsAreNamedAndPublishedOnlyWhenAccepted) {
  PutDuties();
  Submit({{kCounty, 46}, {"areas/a", 20}, {"areas/b", 13}});
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_THAT(preview.release().missing_returns(),
              ElementsAre("measures/m/returns/2018-19-q1.police"));
  EXPECT_EQ(ReasonOf(TryPublish(preview.preview_digest()).status()), v1::FIELDS_INVALID);
  EXPECT_TRUE(TryPublish(preview.preview_digest(), /*accept_missing=*/true).ok());
  EXPECT_EQ(Listed("releases/first").at("areas/c").symbol(), Observation::NOT_AVAILABLE);
}

TEST_F(PublicationTest, AnAgencySeesItsOwnMissingReturnsAndTheOfficeAll) {
  PutDuties();
  v1::Measure::Duty& duty = *measure_.add_duties();
  duty.set_agency("agencies/trust");
  duty.add_areas("areas/e");
  PutArea("areas/e", kCounty);
  PutMessage(store::Kind::kMeasure, measure_);
  Submit({{"areas/a", 20}});
  Must(TryPublish(Preview().preview_digest(), /*accept_missing=*/true));
  v1::Agreement::Scope scope;
  scope.add_releases(release_.name());
  const auto missing = [&](const door::Call& call) {
    v1::GetReleaseRequest request;
    request.set_name(release_.name());
    const v1::Release release = Must(service_->GetRelease(call, request));
    return std::vector<std::string>(release.missing_returns().begin(),
                                    release.missing_returns().end());
  };
  EXPECT_THAT(missing(*TheOffice()), SizeIs(2));
  const door::Call police = door::CallReactor::MakeCall(store::Over(scope));
  EXPECT_THAT(missing(police), ElementsAre("measures/m/returns/2018-19-q1.police"));
  const auto list = Must(service_->ListReleases(police, v1::ListReleasesRequest()));
  EXPECT_THAT(list.releases(0).missing_returns(), SizeIs(1));
}

TEST_F(PublicationTest, APreviewDigestThatIsNoneIsCalledSo) {
  SubmitTheQuarter();
  Preview();
  EXPECT_EQ(ReasonOf(TryPublish("abc").status()), v1::FIELDS_INVALID);
  EXPECT_EQ(ReasonOf(TryPublish(std::string(64, 'a')).status()), v1::PREVIEW_OUTDATED);
}

TEST_F(PublicationTest, SumsThatDoNotHoldAreNamedAndPublishedOnlyWhenAccepted) {
  SubmitTheQuarter();
  Submit({{"areas/a", 30}});
  const v1::PreviewReleaseResponse preview = Preview();
  ASSERT_THAT(preview.broken_sums(), SizeIs(1));
  EXPECT_EQ(preview.broken_sums(0).area(), kCounty);
  const absl::Status refused =
      TryPublish(preview.preview_digest(), /*accept_missing=*/true).status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("accept_broken_sums"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("measures/m at areas/county"));
  EXPECT_TRUE(TryPublish(preview.preview_digest(), /*accept_missing=*/false,
                         /*accept_broken_sums=*/true)
                  .ok());
}

// Five ones whose total is small as well: who is told so knows each of them.
TEST_F(PublicationTest, WhatHidingCannotKeepFromEveryReaderIsNamedAndPublishedOnlyWhenAccepted) {
  PutArea("areas/e", kCounty);
  Submit({{kCounty, 5},
          {"areas/a", 1},
          {"areas/b", 1},
          {"areas/c", 1},
          {"areas/d", 1},
          {"areas/e", 1}});
  const v1::PreviewReleaseResponse preview = Preview();
  ASSERT_THAT(preview.narrow_counts(), SizeIs(1));
  EXPECT_EQ(preview.narrow_counts(0).measure(), kMeasure);
  EXPECT_EQ(preview.narrow_counts(0).period().start().month(), 4);
  EXPECT_THAT(preview.narrow_counts(0).readers(), HasSubstr("told which counts are small"));
  EXPECT_EQ(preview.narrow_counts(0).counts(), 6);
  const absl::Status refused =
      TryPublish(preview.preview_digest(), /*accept_missing=*/true, /*accept_broken_sums=*/true)
          .status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("accept_narrow_counts"));
  EXPECT_THAT(std::string(refused.message()), HasSubstr("measures/m"));
  EXPECT_TRUE(TryPublish(preview.preview_digest(), /*accept_missing=*/false,
                         /*accept_broken_sums=*/false, /*accept_narrow_counts=*/true)
                  .ok());
}

// The police know by their own counts that health has three cases in two districts.
TEST_F(PublicationTest, WhatAReaderKnowsWithoutTheReleaseNeedsNoAcceptance) {
  Submit({{kCounty, 26}, {"areas/a", 20}, {"areas/b", 3}});
  Submit({{"areas/c", 2}, {"areas/d", 1}}, "As counted", "agencies/health");
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_THAT(preview.narrow_counts(), IsEmpty());
  EXPECT_TRUE(TryPublish(preview.preview_digest()).ok());
}

TEST_F(PublicationTest, QueriedReturnsCannotBePublished) {
  PutDuties();
  SubmitTheQuarter();
  v1::Return queried;
  queried.set_name("measures/m/returns/2018-19-q1.police");
  queried.set_state(v1::Return::QUERIED);
  PutMessage(store::Kind::kReturn, queried);
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_THAT(preview.queried_returns(), ElementsAre(queried.name()));
  EXPECT_EQ(ReasonOf(TryPublish(preview.preview_digest(), true).status()), v1::FIELDS_INVALID);
}

TEST_F(PublicationTest, APeriodThatEndsAfterTheLastDayIsNoneOfTheRelease) {
  SubmitTheQuarter();
  *release_.mutable_selection()->mutable_period_to() = ToDate(absl::CivilDay(2018, 6, 29));
  EXPECT_EQ(Preview().release().observation_count(), 0);
}

TEST_F(PublicationTest, TheLastDayOfAllHoldsEveryPeriodAlsoWhereSomeWereReleased) {
  SubmitTheQuarter();
  *release_.mutable_selection()->mutable_period_to() = ToDate(absl::CivilDay(9999, 12, 31));
  EXPECT_EQ(Preview().release().report().measures(0).primary(), 1);
  Must(TryPublish(Preview().preview_digest(), /*accept_missing=*/true));
  release_.set_name("releases/second");
  EXPECT_EQ(Preview().release().report().measures(0).primary(), 1);
}

TEST_F(PublicationTest, AReleaseWithoutFiguresIsPreviewedAndNotPublished) {
  const v1::PreviewReleaseResponse preview = Preview();
  EXPECT_EQ(preview.release().observation_count(), 0);
  EXPECT_EQ(ReasonOf(TryPublish(preview.preview_digest()).status()), v1::FIELDS_INVALID);
}

TEST_F(PublicationTest, AMeasureThatIsNotStoredIsNamedByItsPlace) {
  release_.mutable_selection()->add_measures("measures/none");
  const absl::Status refused = TryPreview().status();
  EXPECT_EQ(ReasonOf(refused), v1::FIELDS_INVALID);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("release.selection.measures[1]"));
}

TEST_F(PublicationTest, AWithdrawalStopsEveryRoadAtOnceAndForGood) {
  SubmitTheQuarter();
  Publish();
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/first");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  const auto open = Must(service_->ExtractObservations(CallWith({v1::READER}), request));
  while (!Must(open->Prepare())) continue;
  ASSERT_TRUE(Must(open->Next()).has_value());

  EXPECT_EQ(Must(TryWithdraw()).state(), v1::Release::WITHDRAWN);
  EXPECT_EQ(ReasonOf(open->Next().status()), v1::RELEASE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(TryList("releases/first").status()), v1::RELEASE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(service_->ExtractObservations(CallWith({v1::READER}), request).status()),
            v1::RELEASE_WITHDRAWN);
  EXPECT_THAT(Must(TryList("releases/-")).observations(), IsEmpty());
  EXPECT_EQ(ReasonOf(TryWithdraw().status()), v1::RELEASE_WITHDRAWN);
  EXPECT_EQ(ReasonOf(TryPreview().status()), v1::RELEASE_FROZEN);
}

TEST_F(PublicationTest, WhatAWithdrawnReleaseHidStaysHiddenInTheNextOne) {
  SubmitTheQuarter();
  Publish();
  const auto first = Listed("releases/first");
  Must(TryWithdraw());
  // It is no longer small, and the total follows: with what was shown before, 10 would say 3.
  Submit({{kCounty, 53}, {"areas/b", 10}});
  release_.set_name("releases/second");
  Publish();
  for (const auto& [area, figure] : Listed("releases/second")) {
    EXPECT_EQ(figure.symbol(), first.at(area).symbol()) << area;
  }
}

TEST_F(PublicationTest, WhatIsSaidWithANumberBesideAHiddenFigureIsNotPublished) {
  SubmitTheQuarter();
  Submit({{kCounty, 46}}, "Three of them in B");
  Submit({{"areas/a", 20}}, "2 more than before");
  Submit({{"areas/d", 14}}, "Counted anew; none was missed");
  Publish();
  auto listed = Listed("releases/first");
  EXPECT_EQ(listed.at(kCounty).note(), "");
  EXPECT_EQ(listed.at("areas/a").note(), "");
  EXPECT_EQ(listed.at("areas/d").note(), "Counted anew; none was missed");
}

TEST_F(PublicationTest, WhatIsSaidWithANumberIsPublishedWhereNothingIsHidden) {
  Submit({{kCounty, 60}, {"areas/a", 20}, {"areas/b", 13}, {"areas/c", 13}, {"areas/d", 14}},
         "2 more than before");
  Publish();
  EXPECT_EQ(Listed("releases/first").at(kCounty).note(), "2 more than before");
}

TEST_F(PublicationTest, ARuleThatBecameLooserStaysForWhatWasReleasedUnderIt) {
  SubmitTheQuarter();
  Publish();
  measure_.set_disclosure_profile(v1::ALREADY_PUBLIC);
  measure_.set_disclosure_minimum(0);
  PutMessage(store::Kind::kMeasure, measure_);
  Submit({{kCounty, 36}, {"areas/d", 4}});
  release_.set_name("releases/second");
  Publish();
  const auto second = Listed("releases/second");
  EXPECT_EQ(second.at("areas/b").symbol(), Observation::CONFIDENTIAL);
  EXPECT_EQ(second.at("areas/d").symbol(), Observation::CONFIDENTIAL);
}

TEST_F(PublicationTest, ARuleThatBecameStricterCannotHideWhatWasShownBefore) {
  measure_.set_disclosure_profile(v1::CUSTOM);
  measure_.set_disclosure_minimum(3);
  PutMessage(store::Kind::kMeasure, measure_);
  SubmitTheQuarter();
  Publish();
  measure_.set_disclosure_profile(v1::DFE_CHILDREN);
  measure_.set_disclosure_minimum(6);
  PutMessage(store::Kind::kMeasure, measure_);
  release_.set_name("releases/second");
  const absl::Status refused = TryPreview().status();
  EXPECT_EQ(ReasonOf(refused), v1::RELEASE_UNPROTECTED);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr(absl::StrCat(kMeasure, " of 2018-04-01 to 2018-06-30")));
}

}  // namespace
}  // namespace concordat::services
