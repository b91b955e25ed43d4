// What ApplyMeasures refuses: contradictions, and names that are not there.
#include "server/services/apply_measures.h"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/directory.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "server/services/service_test.h"

namespace concordat::services {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

using Day = absl::CivilDay;

class ApplyMeasuresTest : public ServiceTest {
 protected:
  ApplyMeasuresTest() {
    for (const char* name : {"agencies/police", "agencies/trust"}) {
      PutNamed(store::Kind::kAgency, name);
    }
    for (const char* name : {"areas/a", "areas/b"}) PutNamed(store::Kind::kArea, name);
    measure_.set_name("measures/calls");
    measure_.set_unit(v1::Measure::COUNT);
    measure_.set_polarity(v1::Measure::NEUTRAL);
    measure_.set_frequency(v1::Measure::EACH_QUARTER);
    measure_.set_provider("agencies/police");
    measure_.set_disclosure_minimum(6);
    *measure_.mutable_collected_from() = ToDate(Day(2018, 4, 1));
    v1::Measure::Duty& duty = *measure_.add_duties();
    duty.set_agency("agencies/police");
    duty.add_areas("areas/a");
    duty.set_contact("figures@police.example");
    v1::Measure::Dimension& dimension = *measure_.add_dimensions();
    dimension.set_name("place");
    dimension.add_items("Home");
    dimension.add_items("Not known");
  }

  // A figure of the measure for the first quarter.
  void SubmitOne() {
    store::FigureRow figure;
    figure.measure = measure_.name();
    figure.key = {"2018-04-01/2018-06-30/4", "areas/a", ""};
    figure.row = 1;
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->StageFigures("submissions/1", "agencies/police", {figure}));
    Must(batch->BeginChange(kNoon));
    store::Row submission;
    submission.name = "submissions/1";
    Must(batch->transaction().ApplySubmission(grant_, submission));
    Must(batch->KeepChange());
    Must(batch->Commit());
  }

  void PutNamed(store::Kind kind, const std::string& name) {
    store::Row row;
    row.name = name;
    row.recorded = kNoon;
    Put(kind, row);
  }
  absl::StatusOr<v1::ApplyMeasuresResponse> Apply(const v1::Measure& measure) {
    v1::ApplyMeasuresRequest request;
    *request.add_measures() = measure;
    absl::StatusOr<v1::ApplyMeasuresResponse> answer;
    Commit([&](store::Transaction& transaction) {
      answer = ApplyMeasuresTo(transaction, grant_, request);
    });
    return answer;
  }
  // The fields that are refused once the measure was changed so.
  std::vector<std::string> Refused(const std::function<void(v1::Measure&)>& change) {
    v1::Measure measure = measure_;
    change(measure);
    const absl::Status status = Apply(measure).status();
    std::vector<std::string> fields;
    const auto request = PayloadOf<google::rpc::BadRequest>(status);
    if (!request.has_value()) return fields;
    for (const auto& violation : request->field_violations()) {
      fields.push_back(violation.field().substr(std::string("measures[0].").size()));
    }
    return fields;
  }

  v1::Measure measure_;
};

TEST_F(ApplyMeasuresTest, AMeasureWithDutiesIsStoredAsItWasSent) {
  const auto applied = Apply(measure_);
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_THAT(applied->changes(), SizeIs(1));
  EXPECT_THAT(Apply(measure_)->changes(), IsEmpty());
}

TEST_F(ApplyMeasuresTest, DutiesNameWhatTheDirectoryHas) {
  EXPECT_THAT(Refused([](auto& m) { m.mutable_duties(0)->set_agency("agencies/none"); }),
              ElementsAre("duties[0].agency"));
  EXPECT_THAT(Refused([](auto& m) { m.mutable_duties(0)->add_areas("areas/none"); }),
              ElementsAre("duties[0].areas[1]"));
  EXPECT_THAT(Refused([](auto& m) { m.set_provider("agencies/none"); }), ElementsAre("provider"));
}

TEST_F(ApplyMeasuresTest, AnAgencyHasOneDutyAndAnAreaOneAgency) {
  EXPECT_THAT(Refused([](auto& m) {
                *m.add_duties() = m.duties(0);
                m.mutable_duties(1)->set_areas(0, "areas/b");
              }),
              ElementsAre("duties[1].agency"));
  EXPECT_THAT(Refused([](auto& m) {
                *m.add_duties() = m.duties(0);
                m.mutable_duties(1)->set_agency("agencies/trust");
              }),
              ElementsAre("duties[1].areas[0]"));
}

TEST_F(ApplyMeasuresTest, OfTwoAgenciesThatReportOneAreaBothAreNamed) {
  v1::Measure::Duty& second = *measure_.add_duties();
  second.set_agency("agencies/trust");
  second.add_areas("areas/b");
  EXPECT_TRUE(Apply(measure_).ok());
  second.add_areas("areas/a");
  const auto request = PayloadOf<google::rpc::BadRequest>(Apply(measure_).status());
  ASSERT_TRUE(request.has_value());
  ASSERT_THAT(request->field_violations(), SizeIs(1));
  EXPECT_EQ(request->field_violations(0).field(), "measures[0].duties[1].areas[1]");
  EXPECT_THAT(request->field_violations(0).description(),
              HasSubstr("agencies/police and agencies/trust"));
}

TEST_F(ApplyMeasuresTest, TheNamesOfReturnsHaveRoomForTheAgency) {
  const std::string longest = absl::StrCat("agencies/", std::string(41, 'a'));
  PutNamed(store::Kind::kAgency, longest);
  EXPECT_THAT(Refused([&](auto& m) { m.mutable_duties(0)->set_agency(longest); }), IsEmpty());
  PutNamed(store::Kind::kAgency, longest + "a");
  EXPECT_THAT(Refused([&](auto& m) { m.mutable_duties(0)->set_agency(longest + "a"); }),
              ElementsAre("duties[0].agency"));
}

TEST_F(ApplyMeasuresTest, AContactIsAnAddress) {
  EXPECT_THAT(Refused([](auto& m) { m.mutable_duties(0)->set_contact("the analyst"); }),
              ElementsAre("duties[0].contact"));
  EXPECT_THAT(Refused([](auto& m) { m.mutable_duties(0)->clear_contact(); }), IsEmpty());
}

TEST_F(ApplyMeasuresTest, WhatIsCollectedBeginsAndEndsWithAPeriod) {
  EXPECT_THAT(Refused([](auto& m) { m.clear_collected_from(); }), ElementsAre("collected_from"));
  EXPECT_THAT(Refused([](auto& m) { *m.mutable_collected_from() = ToDate(Day(2018, 5, 1)); }),
              ElementsAre("collected_from"));
  EXPECT_THAT(Refused([](auto& m) { *m.mutable_collected_from() = ToDate(Day(1989, 4, 1)); }),
              ElementsAre("collected_from"));
  EXPECT_THAT(Refused([](auto& m) { *m.mutable_collected_until() = ToDate(Day(2019, 3, 30)); }),
              ElementsAre("collected_until"));
  EXPECT_THAT(Refused([](auto& m) { *m.mutable_collected_until() = ToDate(Day(2018, 3, 31)); }),
              ElementsAre("collected_until"));
  EXPECT_THAT(Refused([](auto& m) { *m.mutable_collected_until() = ToDate(Day(2019, 3, 31)); }),
              IsEmpty());
  EXPECT_THAT(Refused([](auto& m) { m.set_frequency(v1::Measure::ONCE); }),
              ElementsAre("collected_until"));
  EXPECT_THAT(Refused([](auto& m) {
                m.clear_duties();
                m.clear_collected_from();
                *m.mutable_collected_until() = ToDate(Day(2019, 3, 31));
              }),
              ElementsAre("collected_until"));
}

TEST_F(ApplyMeasuresTest, DimensionsAndTheirItemsStandOnce) {
  EXPECT_THAT(Refused([](auto& m) { *m.add_dimensions() = m.dimensions(0); }),
              ElementsAre("dimensions[1].name"));
  for (const char* item : {"home", "HOME", "Total", "total", " Park", "Park ", ""}) {
    EXPECT_THAT(Refused([&](auto& m) { m.mutable_dimensions(0)->add_items(item); }),
                ElementsAre("dimensions[0].items[2]"))
        << item;
  }
}

TEST_F(ApplyMeasuresTest, AJumpFactorIsMoreThanOneOrNone) {
  for (const double factor :
       {1.0, 0.5, -2.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_THAT(Refused([&](auto& m) { m.set_jump_factor(factor); }), ElementsAre("jump_factor"))
        << factor;
  }
  EXPECT_THAT(Refused([](auto& m) { m.set_jump_factor(1.5); }), IsEmpty());
}

TEST_F(ApplyMeasuresTest, TheSmallNumberRuleAgreesWithTheMinimum) {
  EXPECT_THAT(Refused([](auto& m) { m.set_disclosure_profile(v1::ALREADY_PUBLIC); }),
              ElementsAre("disclosure_minimum"));
  EXPECT_THAT(Refused([](auto& m) {
                m.set_disclosure_profile(v1::DFE_CHILDREN);
                m.set_disclosure_minimum(0);
              }),
              ElementsAre("disclosure_minimum"));
  EXPECT_THAT(Refused([](auto& m) { m.set_rounding_base(5); }), ElementsAre("rounding_base"));
  EXPECT_THAT(Refused([](auto& m) {
                m.set_disclosure_profile(v1::CUSTOM);
                m.set_rounding_base(5);
              }),
              IsEmpty());
}

TEST_F(ApplyMeasuresTest, WhatFiguresMeanDoesNotChangeOnceSomeWereSent) {
  const auto change = [](v1::Measure& measure) {
    measure.set_unit(v1::Measure::RATE);
    measure.set_rate_per(1000);
    measure.set_frequency(v1::Measure::EACH_YEAR);
    measure.set_denominator_public(true);
    measure.clear_additivity();
  };
  measure_.mutable_additivity()->set_over_area(true);
  measure_.mutable_additivity()->set_over_category(true);
  Must(Apply(measure_));
  EXPECT_THAT(Refused(change), IsEmpty());
  Must(Apply(measure_));
  SubmitOne();
  EXPECT_THAT(Refused(change),
              UnorderedElementsAre("unit", "rate_per", "frequency", "denominator_public",
                                   "additivity.over_area", "additivity.over_category"));
  EXPECT_THAT(Refused([](v1::Measure& measure) { measure.set_display_name("Another title"); }),
              IsEmpty());
}

TEST_F(ApplyMeasuresTest, WhichDaysMakeAPeriodDoesNotChangeOnceFiguresWereSent) {
  measure_.set_frequency(v1::Measure::ONCE);
  *measure_.mutable_collected_until() = ToDate(Day(2018, 6, 30));
  Must(Apply(measure_));
  SubmitOne();
  const auto later = [](v1::Measure& measure) {
    *measure.mutable_collected_until() = ToDate(Day(2018, 7, 31));
  };
  EXPECT_THAT(Refused(later), ElementsAre("collected_until"));
  const auto sooner = [](v1::Measure& measure) {
    *measure.mutable_collected_from() = ToDate(Day(2018, 3, 1));
  };
  EXPECT_THAT(Refused(sooner), ElementsAre("collected_from"));
}

TEST_F(ApplyMeasuresTest, AMeasureOfYearsKeepsTheDayOnWhichTheyBegin) {
  measure_.set_frequency(v1::Measure::EACH_YEAR);
  Must(Apply(measure_));
  SubmitOne();
  EXPECT_THAT(Refused([](v1::Measure& measure) {
                *measure.mutable_collected_from() = ToDate(Day(2018, 1, 1));
              }),
              ElementsAre("collected_from"));
  EXPECT_THAT(Refused([](v1::Measure& measure) {
                *measure.mutable_collected_from() = ToDate(Day(2017, 4, 1));
              }),
              IsEmpty());
}

TEST_F(ApplyMeasuresTest, TheDaysOfPeriodsAreNotForgottenOnTheWayToOthers) {
  const auto collect_no_more = [](v1::Measure& measure) {
    measure.clear_duties();
    measure.clear_collected_from();
  };
  Must(Apply(measure_));
  EXPECT_THAT(Refused(collect_no_more), IsEmpty());
  Must(Apply(measure_));
  SubmitOne();
  EXPECT_THAT(Refused(collect_no_more), ElementsAre("collected_from"));
}

TEST_F(ApplyMeasuresTest, ItemsStayOnceFiguresWereSentAndOthersMayBeAdded) {
  const auto rename = [](v1::Measure& measure) {
    measure.mutable_dimensions(0)->set_items(1, "Unknown");
  };
  Must(Apply(measure_));
  EXPECT_THAT(Refused(rename), IsEmpty());
  Must(Apply(measure_));
  SubmitOne();
  EXPECT_THAT(Refused(rename), ElementsAre("dimensions"));
  EXPECT_THAT(Refused([](v1::Measure& measure) { measure.clear_dimensions(); }),
              ElementsAre("dimensions"));
  EXPECT_THAT(Refused([](v1::Measure& measure) {
                measure.mutable_dimensions(0)->add_items("Work");
                measure.add_dimensions()->set_name("time");
              }),
              IsEmpty());
}

}  // namespace
}  // namespace concordat::services
