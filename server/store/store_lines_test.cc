// The contract suite's part on the lines of releases.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "server/store/line_page.h"
#include "server/store/store_test.h"

namespace concordat::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A line of an authority's figure.
LineRow Line(int64_t ordinal, absl::string_view text, absl::string_view measure = "measures/m",
             absl::string_view area = "areas/a") {
  LineRow line;
  line.ordinal = ordinal;
  line.measure = measure;
  line.area = area;
  line.level = v1::LOCAL_AUTHORITY;
  line.text = text;
  return line;
}

class StoreLinesTest : public StoreTest {
 protected:
  void PutPage(const std::string& release, const std::vector<LineRow>& lines) {
    Commit([&](Transaction& transaction) {
      ASSERT_TRUE(transaction.PutLines(everything_, release, lines).ok());
    });
  }
  std::vector<std::string> Texts(const auth::Grant& grant, const std::string& release,
                                 int64_t after = -1, size_t most = 1000) const {
    std::vector<std::string> texts;
    const absl::Status scanned = store_->ScanLines(grant, release, after, [&](const LineRow& line) {
      texts.emplace_back(line.text);
      return texts.size() < most;
    });
    EXPECT_TRUE(scanned.ok()) << scanned;
    return texts;
  }
};

INSTANTIATE_TEST_SUITE_P(All, StoreLinesTest, ::testing::ValuesIn(Implementations()),
                         NameOfImplementation);

TEST_P(StoreLinesTest, LinesComeInOrderOverAllPagesAfterAnOrdinal) {
  PutPage("releases/r", {Line(0, "a\n"), Line(1, "bb\n")});
  PutPage("releases/r", {Line(2, "c\n"), Line(5, "\n"), Line(6, "d\n")});
  PutPage("releases/rr", {Line(3, "of another\n")});
  EXPECT_THAT(Texts(everything_, "releases/r"), ElementsAre("a\n", "bb\n", "c\n", "\n", "d\n"));
  EXPECT_THAT(Texts(everything_, "releases/r", 0), ElementsAre("bb\n", "c\n", "\n", "d\n"));
  EXPECT_THAT(Texts(everything_, "releases/r", 5), ElementsAre("d\n"));
  EXPECT_THAT(Texts(everything_, "releases/r", 6), IsEmpty());
  EXPECT_THAT(Texts(everything_, "releases/r", 0, 2), ElementsAre("bb\n", "c\n"));
  EXPECT_THAT(Texts(everything_, "releases/none"), IsEmpty());
}

TEST_P(StoreLinesTest, ALineShowsWhatItIsFoundByAndItsPage) {
  const std::vector<std::string> topics = {"neglect", "exploitation"};
  LineRow put = Line(7, "text\n", "measures/n", "areas/b");
  put.topics = topics;
  put.period_kind = v1::Period::MONTH;
  put.period_start = absl::CivilDay(1968, 2, 29);
  put.period_end = absl::CivilDay(2026, 11, 22);
  put.comparator = 3;
  put.is_hidden = true;
  PutPage("releases/r", {Line(3, "before\n"), put});
  std::vector<int64_t> seen;
  ASSERT_TRUE(store_
                  ->ScanLines(everything_, "releases/r", -1,
                              [&](const LineRow& line) {
                                seen.push_back(line.ordinal);
                                EXPECT_EQ(line.page_begin, 3);
                                EXPECT_EQ(line.page_lines, 2);
                                EXPECT_EQ(line.page_sha256, Sha256Of("before\ntext\n"));
                                EXPECT_EQ(line.ends_page, line.ordinal == 7);
                                if (line.ordinal != 7) return true;
                                EXPECT_EQ(line.measure, "measures/n");
                                EXPECT_THAT(line.topics, ElementsAre("neglect", "exploitation"));
                                EXPECT_EQ(line.area, "areas/b");
                                EXPECT_EQ(line.level, v1::LOCAL_AUTHORITY);
                                EXPECT_EQ(line.period_kind, v1::Period::MONTH);
                                EXPECT_EQ(line.period_start, put.period_start);
                                EXPECT_EQ(line.period_end, put.period_end);
                                EXPECT_EQ(line.comparator, 3);
                                EXPECT_TRUE(line.is_hidden);
                                return true;
                              })
                  .ok());
  EXPECT_THAT(seen, ElementsAre(3, 7));
}

TEST_P(StoreLinesTest, MeasureAreaLevelAndTopicLimitWhatIsSeen) {
  const std::vector<std::string> neglect = {"neglect"};
  const std::vector<std::string> exploitation = {"exploitation"};
  std::vector<LineRow> lines = {
      Line(1, "1"), Line(2, "2", "measures/n"), Line(3, "3", "measures/m", "areas/b"),
      Line(4, "4", "measures/o", "areas/a"), Line(5, "5", "measures/m", "areas/finer")};
  for (LineRow& line : lines) line.topics = neglect;
  lines[3].topics = exploitation;
  lines[4].level = v1::LOCAL_AUTHORITY_DISTRICT;
  PutPage("releases/r", lines);
  v1::Agreement::Scope scope;
  scope.add_releases("releases/r");
  scope.add_measures("measures/m");
  scope.add_measures("measures/o");
  scope.add_areas("areas/a");
  scope.add_areas("areas/finer");
  scope.set_finest_geography(v1::LOCAL_AUTHORITY);
  EXPECT_THAT(Texts(Over(scope), "releases/r"), ElementsAre("1", "4"));
  scope.add_topics("neglect");
  EXPECT_THAT(Texts(Over(scope), "releases/r"), ElementsAre("1"));
}

TEST_P(StoreLinesTest, AReleaseOutOfScopeIsRefusedWhetherItExistsOrNot) {
  PutPage("releases/r", {Line(1, "1")});
  v1::Agreement::Scope scope;
  scope.add_releases("releases/rr");
  const auto never = [](const LineRow&) {
    ADD_FAILURE() << "a line was shown";
    return false;
  };
  const absl::Status there = store_->ScanLines(Over(scope), "releases/r", -1, never);
  EXPECT_EQ(ReasonName(there), "OUT_OF_SCOPE");
  EXPECT_EQ(store_->ScanLines(Over(scope), "releases/none", -1, never), there);
  Commit([&](Transaction& transaction) {
    EXPECT_EQ(ReasonName(transaction.PutLines(Over(scope), "releases/r", {Line(2, "2")})),
              "OUT_OF_SCOPE");
    EXPECT_EQ(ReasonName(transaction.DropLines(Over(scope), "releases/r")), "OUT_OF_SCOPE");
  });
  EXPECT_THAT(Texts(everything_, "releases/r"), SizeIs(1));
}

TEST_P(StoreLinesTest, DroppedLinesMakeRoomForOthers) {
  PutPage("releases/r", {Line(0, "a\n"), Line(1, "b\n")});
  PutPage("releases/rr", {Line(0, "stays\n")});
  Commit([&](Transaction& transaction) {
    ASSERT_TRUE(transaction.DropLines(everything_, "releases/r").ok());
    ASSERT_TRUE(transaction.PutLines(everything_, "releases/r", {Line(0, "c\n")}).ok());
    ASSERT_TRUE(transaction.PutLines(everything_, "releases/r", {Line(1, "d\n")}).ok());
  });
  EXPECT_THAT(Texts(everything_, "releases/r"), ElementsAre("c\n", "d\n"));
  EXPECT_THAT(Texts(everything_, "releases/rr"), ElementsAre("stays\n"));
}

TEST(LinePageTest, PartsThatDoNotFitTogetherAreDamage) {
  const std::vector<LineRow> lines = {Line(1, "one\n"), Line(2, "two\n")};
  const LinePage page = MakeLinePage(lines);
  const auth::Grant grant = Everything();
  const auto visit = [&](absl::string_view index, absl::string_view texts) {
    return VisitLines(index, texts, grant, -1, [](const LineRow&) { return true; }).status().code();
  };
  ASSERT_EQ(visit(page.index, page.texts), absl::StatusCode::kOk);
  EXPECT_EQ(visit(page.index, "one\ntwo"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(visit(page.index, "one\ntwo\n\n"), absl::StatusCode::kDataLoss);
  EXPECT_EQ(visit("no index", page.texts), absl::StatusCode::kDataLoss);
  // Whatever byte is another one, nothing is read that is not there.
  for (size_t i = 0; i < page.index.size(); ++i) {
    for (const char other : {'\0', '\x01', '\x7f', '\xff'}) {
      std::string index = page.index;
      index[i] = other;
      const absl::StatusCode code = visit(index, page.texts);
      EXPECT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kDataLoss);
    }
  }
}

}  // namespace
}  // namespace concordat::store
