// What every store promises of submitted figures: staged unseen, applied at once,
// newer beside older.
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/store_test.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr char kQ1[] = "2018-04-01/2018-06-30/4";
constexpr char kQ2[] = "2018-07-01/2018-09-30/4";
constexpr char kFirst[] = "submissions/first";
constexpr char kSecond[] = "submissions/second";
constexpr char kPolice[] = "agencies/police";
constexpr char kTrust[] = "agencies/trust";

FigureRow Figure(const std::string& body, const std::string& area = "areas/a",
                 const std::string& period = kQ1, const std::string& breakdown = "") {
  FigureRow row;
  row.measure = "measures/m";
  row.key = {period, area, breakdown};
  row.row = 1;
  row.body = body;
  return row;
}

class StoreSubmissionTest : public StoreTest {
 protected:
  std::vector<size_t> Stage(const std::string& submission, const std::vector<FigureRow>& rows,
                            const std::string& provider = kPolice) {
    std::vector<size_t> refused;
    InBatch([&](Batch& batch) {
      const auto staged = batch.StageFigures(submission, provider, rows);
      ASSERT_TRUE(staged.ok()) << staged.status();
      refused = *staged;
    });
    return refused;
  }
  void Apply(const std::string& submission, absl::Time now = kNoon) {
    Commit(
        [&](Transaction& transaction) {
          const absl::Status applied =
              transaction.ApplySubmission(everything_, RowNamed(submission));
          ASSERT_TRUE(applied.ok()) << applied;
        },
        now);
  }
  void Submit(const std::string& submission, const std::vector<FigureRow>& rows,
              absl::Time now = kNoon, const std::string& provider = kPolice) {
    Stage(submission, rows, provider);
    Apply(submission, now);
  }
  // `body/revision` of each figure that is visited.
  std::vector<std::string> Seen(const auth::Grant& grant, FigureRange range,
                                std::optional<ReadPoint> point = std::nullopt) const {
    if (range.measure.empty()) range.measure = "measures/m";
    std::vector<std::string> seen;
    const absl::Status scanned =
        store_->ScanSubmitted(grant, range, point.value_or(Now()), [&](const FigureRow& row) {
          seen.push_back(absl::StrCat(row.body, "/", row.revision));
          return true;
        });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return seen;
  }
  std::vector<std::string> Seen(const FigureRange& range = {}) const {
    return Seen(everything_, range);
  }
};

INSTANTIATE_TEST_SUITE_P(All, StoreSubmissionTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

TEST_P(StoreSubmissionTest, StagedFiguresAreSeenByNobodyAndAreNoChange) {
  Stage(kFirst, {Figure("1")});
  EXPECT_THAT(Seen(), IsEmpty());
  EXPECT_EQ(Now().revision, 0);
  EXPECT_THAT(store_->UnappliedSubmissions().value(), ElementsAre(kFirst));
}

TEST_P(StoreSubmissionTest, ApplyingMakesAllOfThemVisibleWithTheSubmission) {
  Stage(kFirst, {Figure("1"), Figure("2", "areas/b")});
  Stage(kFirst, {Figure("3", "areas/a", kQ2)});
  Apply(kFirst);
  EXPECT_THAT(Seen(), ElementsAre("1/1", "2/1", "3/1"));
  EXPECT_EQ(Now().revision, 1);
  EXPECT_EQ(BodyOf(Kind::kSubmission, kFirst), "body");
  EXPECT_THAT(store_->UnappliedSubmissions().value(), IsEmpty());
}

TEST_P(StoreSubmissionTest, AnUndoneChangeLeavesTheFiguresStaged) {
  Stage(kFirst, {Figure("1")});
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    ASSERT_TRUE(batch.transaction().ApplySubmission(everything_, RowNamed(kFirst)).ok());
    ASSERT_TRUE(batch.UndoChange().ok());
  });
  EXPECT_THAT(Seen(), IsEmpty());
  EXPECT_THAT(store_->UnappliedSubmissions().value(), ElementsAre(kFirst));
}

TEST_P(StoreSubmissionTest, FiguresComeByPeriodAreaAndBreakdown) {
  Submit(kFirst, {Figure("5", "areas/a", kQ2), Figure("3", "areas/a", kQ1, "d=y"),
                  Figure("4", "areas/b"), Figure("2", "areas/a", kQ1, "d=x"), Figure("1")});
  EXPECT_THAT(Seen(), ElementsAre("1/1", "2/1", "3/1", "4/1", "5/1"));
}

TEST_P(StoreSubmissionTest, ARevisionStandsBesideTheEarlierOne) {
  Submit(kFirst, {Figure("old"), Figure("other", "areas/b")});
  const ReadPoint before = Now();
  Submit(kSecond, {Figure("new")}, kNoon + absl::Hours(1));
  EXPECT_THAT(Seen(), ElementsAre("new/2", "other/1"));
  FigureRange all;
  all.all_revisions = true;
  EXPECT_THAT(Seen(all), ElementsAre("new/2", "old/1", "other/1"));
  EXPECT_THAT(Seen(everything_, {}, before), ElementsAre("old/1", "other/1"));
  EXPECT_THAT(Seen(everything_, {}, ReadPoint{Now().revision, kNoon + absl::Minutes(30)}),
              ElementsAre("old/1", "other/1"));
}

TEST_P(StoreSubmissionTest, TheOneAppliedLastIsTheNewestWhicheverWasBegunFirst) {
  Stage(kFirst, {Figure("begun first")});
  Stage(kSecond, {Figure("begun second")});
  Apply(kSecond, kNoon);
  Apply(kFirst, kNoon + absl::Hours(1));
  EXPECT_THAT(Seen(), ElementsAre("begun first/2"));
}

TEST_P(StoreSubmissionTest, ARangeNarrowsByMeasureAndByFirstDay) {
  FigureRow other = Figure("other measure");
  other.measure = "measures/n";
  Submit(kFirst, {Figure("q1"), Figure("q2", "areas/a", kQ2), other});
  FigureRange range;
  range.from = "2018-07-01";
  EXPECT_THAT(Seen(range), ElementsAre("q2/1"));
  range.from = "2018-04-01";
  range.to = "2018-07-01";
  EXPECT_THAT(Seen(range), ElementsAre("q1/1"));
  range = {};
  range.measure = "measures/n";
  EXPECT_THAT(Seen(range), ElementsAre("other measure/1"));
}

TEST_P(StoreSubmissionTest, AScanGoesOnAfterAKey) {
  Submit(kFirst, {Figure("1"), Figure("2", "areas/a", kQ1, "d=x"), Figure("3", "areas/b"),
                  Figure("4", "areas/a", kQ2)});
  FigureRange range;
  range.after = {kQ1, "areas/a", ""};
  EXPECT_THAT(Seen(range), ElementsAre("2/1", "3/1", "4/1"));
  range.after = {kQ1, "areas/b", ""};
  EXPECT_THAT(Seen(range), ElementsAre("4/1"));
}

TEST_P(StoreSubmissionTest, TheScanOfASubmissionSeesItsStagedFiguresAsTheNewest) {
  Submit(kFirst, {Figure("old"), Figure("other", "areas/b")});
  Stage(kSecond, {Figure("staged")});
  Stage("submissions/third", {Figure("somebody else's")});
  FigureRange range;
  range.staged = kSecond;
  range.all_revisions = true;
  EXPECT_THAT(Seen(range), ElementsAre("staged/2", "old/1", "other/1"));
}

TEST_P(StoreSubmissionTest, AKeyThatStandsTwiceInASubmissionIsNamedAndKeptOnce) {
  EXPECT_THAT(Stage(kFirst, {Figure("1"), Figure("again")}), ElementsAre(1));
  EXPECT_THAT(Stage(kFirst, {Figure("2", "areas/b"), Figure("once more")}), ElementsAre(1));
  EXPECT_THAT(Stage(kSecond, {Figure("another's")}), IsEmpty());
  Apply(kFirst);
  EXPECT_THAT(Seen(), ElementsAre("1/1", "2/1"));
}

TEST_P(StoreSubmissionTest, WhatIsUnstagedIsNotApplied) {
  Stage(kFirst, {Figure("1"), Figure("2", "areas/b")});
  InBatch([&](Batch& batch) {
    ASSERT_TRUE(batch.UnstageFigures(kFirst, {Figure("", "areas/a")}).ok());
  });
  Apply(kFirst);
  EXPECT_THAT(Seen(), ElementsAre("2/1"));
}

TEST_P(StoreSubmissionTest, WhatWasStagedIsDroppedInSteps) {
  Submit(kSecond, {Figure("kept")});
  Stage(kFirst, {Figure("1"), Figure("2", "areas/b"), Figure("3", "areas/c")});
  InBatch([&](Batch& batch) { EXPECT_TRUE(batch.DropStaged(kFirst, 2).value()); });
  InBatch([&](Batch& batch) { EXPECT_FALSE(batch.DropStaged(kFirst, 2).value()); });
  InBatch([&](Batch& batch) { EXPECT_FALSE(batch.DropStaged(kFirst, 2).value()); });
  EXPECT_THAT(store_->UnappliedSubmissions().value(), IsEmpty());
  FigureRange range;
  range.staged = kFirst;
  EXPECT_THAT(Seen(range), ElementsAre("kept/1"));
}

TEST_P(StoreSubmissionTest, AnAppliedSubmissionIsNeitherDroppedNorAddedToNorAppliedAgain) {
  Submit(kFirst, {Figure("1")});
  InBatch([&](Batch& batch) {
    EXPECT_TRUE(absl::IsFailedPrecondition(batch.DropStaged(kFirst, 10).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(
        batch.StageFigures(kFirst, kPolice, {Figure("2", "areas/b")}).status()));
    ASSERT_TRUE(batch.BeginChange(kNoon).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(
        batch.transaction().ApplySubmission(everything_, RowNamed(kFirst))));
    ASSERT_TRUE(batch.UndoChange().ok());
  });
  EXPECT_THAT(Seen(), ElementsAre("1/1"));
}

TEST_P(StoreSubmissionTest, StagedFiguresOutliveTheProcessUntilTheyAreDropped) {
  Stage(kFirst, {Figure("1")});
  Reopen();
  EXPECT_THAT(Seen(), IsEmpty());
  EXPECT_THAT(store_->UnappliedSubmissions().value(), ElementsAre(kFirst));
}

TEST_P(StoreSubmissionTest, AnAgencySeesItsOwnFiguresAndAnAgreementNone) {
  Submit(kFirst, {Figure("of the police")}, kNoon, kPolice);
  Submit(kSecond, {Figure("of the trust", "areas/b")}, kNoon, kTrust);
  EXPECT_THAT(Seen(police_, {}), ElementsAre("of the police/1"));
  EXPECT_THAT(Seen(auditor_, {}), ElementsAre("of the police/1", "of the trust/1"));
  FigureRange range;
  range.measure = "measures/m";
  v1::Agreement::Scope scope;
  scope.add_measures("measures/-");
  const absl::Status under_agreement =
      store_->ScanSubmitted(Over(scope), range, Now(), [](const FigureRow&) { return true; });
  EXPECT_EQ(ReasonOf(under_agreement), v1::OUT_OF_SCOPE);
}

TEST(FigureKeyTest, PeriodsSortByTheirDaysAndTheLabelIsNoPartOfTheKey) {
  v1::SubmittedObservation figure;
  figure.set_area("areas/a");
  v1::Period& period = *figure.mutable_period();
  period.set_kind(v1::Period::FINANCIAL_QUARTER);
  period.mutable_start()->set_year(2018);
  period.mutable_start()->set_month(4);
  period.mutable_start()->set_day(1);
  period.mutable_end()->set_year(2018);
  period.mutable_end()->set_month(6);
  period.mutable_end()->set_day(30);
  period.set_label("2018-19 Q1");
  EXPECT_EQ(KeyOf(figure), (FigureKey{kQ1, "areas/a", ""}));
  auto* breakdown = figure.add_breakdowns();
  breakdown->set_dimension("d");
  breakdown->set_item("x = y");
  EXPECT_EQ(BreakdownKey(figure), "d=x = y");
}

TEST_P(StoreSubmissionTest, TheTextsOfASubmissionsFiguresAreFoundInAllAppliedRevisions) {
  Submit(kFirst, {Figure("said 1"), Figure("said 2", "areas/b")});
  Submit(kSecond, {Figure("said 3"), Figure("other", "areas/c")});
  Stage("submissions/staged", {Figure("said 4")});
  const auto found = [&](const std::string& submission) {
    std::vector<FigureRow> rows;
    Commit([&](Transaction& transaction) {
      EXPECT_TRUE(transaction
                      .ScanFiguresWithText(everything_, submission, "said",
                                           [&](const FigureRow& row) {
                                             rows.push_back(row);
                                             return true;
                                           })
                      .ok());
    });
    return rows;
  };
  const auto bodies = [](const std::vector<FigureRow>& rows) {
    std::vector<std::string> texts;
    for (const FigureRow& row : rows) texts.push_back(absl::StrCat(row.submission, " ", row.body));
    return texts;
  };
  EXPECT_THAT(bodies(found(kFirst)),
              UnorderedElementsAre("submissions/first said 1", "submissions/second said 3",
                                   "submissions/first said 2"));
  std::vector<FigureRow> rows = found(kSecond);
  EXPECT_THAT(bodies(rows),
              UnorderedElementsAre("submissions/first said 1", "submissions/second said 3"));
  Commit([&](Transaction& transaction) {
    for (FigureRow& row : rows) {
      row.body = "[redacted] " + row.submission;
      ASSERT_TRUE(transaction.RewriteFigure(everything_, row).ok());
    }
  });
  FigureRange range;
  range.all_revisions = true;
  EXPECT_THAT(Seen(range), ElementsAre("[redacted] submissions/second/2",
                                       "[redacted] submissions/first/1", "said 2/1", "other/1"));
}

TEST_P(StoreSubmissionTest, OnlyARoleRewritesFigures) {
  Submit(kFirst, {Figure("said 1")});
  Commit([&](Transaction& transaction) {
    const auto visit = [](const FigureRow&) { return true; };
    EXPECT_EQ(ReasonName(transaction.ScanFiguresWithText(police_, kFirst, "said", visit)),
              "OUT_OF_SCOPE");
    FigureRow row = Figure("[redacted]");
    row.submission = kFirst;
    EXPECT_EQ(ReasonName(transaction.RewriteFigure(police_, row)), "OUT_OF_SCOPE");
  });
  EXPECT_THAT(Seen(), ElementsAre("said 1/1"));
}

}  // namespace
}  // namespace concordat::store
