// Workbooks of tables, as a reader of XLSX finds them.
#include "client/workbook/table_workbook.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/workbook_rows.h"

namespace concordat::workbook {
namespace {

using ::testing::ElementsAre;

class TableWorkbookTest : public ::testing::Test {
 protected:
  std::vector<std::string> RowsOf(const std::string& sheet) const {
    return WorkbookRows(path_, sheet);
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("table.xlsx");
};

TEST_F(TableWorkbookTest, SheetsHaveTheirLinesHeadingsAndRowsInOrder) {
  TableWorkbook workbook(path_);
  ASSERT_TRUE(workbook
                  .BeginSheet({.name = "first",
                               .lines = {"A title", "and a line"},
                               .columns = {"area", "value", "status"},
                               .fixed_columns = 1,
                               .wraps = true})
                  .ok());
  ASSERT_TRUE(workbook.AddRow({TextCell("Burnley"), NumberCell(12.5, 2), Cell()}).ok());
  ASSERT_TRUE(workbook.AddRow({TextCell("Chorley"), Cell(), TextCell("c", Look::kRed)}).ok());
  ASSERT_TRUE(workbook.BeginSheet({.name = "second", .lines = {}, .columns = {"what"}}).ok());
  ASSERT_TRUE(workbook.AddRow({NumberCell(1234567890123)}).ok());
  ASSERT_TRUE(workbook.Close().ok());
  EXPECT_THAT(RowsOf("first"),
              ElementsAre("1: \"A title\"", "2: \"and a line\"", "3: \"area\"|\"value\"|\"status\"",
                          "4: \"Burnley\"|12.5", "5: \"Chorley\"||\"c\""));
  EXPECT_THAT(RowsOf("second"), ElementsAre("1: \"what\"", "2: 1234567890123"));
}

TEST_F(TableWorkbookTest, TextThatLooksLikeAFormulaOrANumberStaysAText) {
  const std::vector<std::string> texts = {"=1+1",  "+1",   "-1",  "@SUM(A1)", "'=1",
                                          "\t=1",  "007",  "1-2", "TRUE",     "http://example.org/",
                                          "<&>\"", " two "};
  TableWorkbook workbook(path_);
  ASSERT_TRUE(workbook.BeginSheet({.name = "texts", .lines = {}, .columns = texts}).ok());
  ASSERT_TRUE(workbook.Close().ok());
  EXPECT_THAT(RowsOf("texts"), ElementsAre("1: \"" + absl::StrJoin(texts, "\"|\"") + "\""));
}

TEST_F(TableWorkbookTest, TextThatNoCellTakesIsRefused) {
  TableWorkbook workbook(path_);
  ASSERT_TRUE(workbook.BeginSheet({.name = "s", .lines = {}, .columns = {"text"}}).ok());
  EXPECT_TRUE(workbook.AddRow({TextCell(std::string(32'767, 'x'))}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(workbook.AddRow({TextCell(std::string(32'768, 'x'))})));
}

TEST_F(TableWorkbookTest, WhatIsNotClosedLeavesNoFile) {
  {
    TableWorkbook workbook(path_);
    ASSERT_TRUE(workbook.BeginSheet({.name = "s", .lines = {}, .columns = {"text"}}).ok());
    ASSERT_TRUE(workbook.AddRow({TextCell("x")}).ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

// A file may then have so many bytes; more fails as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_ = {};
};

// The workbook itself is far below each limit, so that only its temporary files are cut:
// at first that of the rows, then that of the sheet which is made of them.
TEST_F(TableWorkbookTest, RowsThatDoNotFitOnTheDiskAreAnErrorAndNotLeftOut) {
  constexpr int kRows = 3'000;
  constexpr rlim_t kStep = 16'384;
  // Their widths stand beside the rows, and take more than a step of the limit.
  const std::vector<std::string> columns(500, "text");
  absl::Status closed;
  int refused = 0;
  for (rlim_t limit = 6 * kStep; limit < 200 * kStep; limit += kStep) {
    TableWorkbook workbook(path_);
    ASSERT_TRUE(workbook.BeginSheet({.name = "s", .lines = {}, .columns = columns}).ok());
    const FileSizeLimit full_disk(limit);
    for (int row = 0; row < kRows; ++row) EXPECT_TRUE(workbook.AddRow({TextCell("same")}).ok());
    closed = workbook.Close();
    if (closed.ok()) break;
    EXPECT_TRUE(absl::IsUnavailable(closed)) << closed;
    ++refused;
  }
  EXPECT_GT(refused, 1);
  ASSERT_TRUE(closed.ok()) << closed;
  EXPECT_EQ(RowsOf("s").size(), kRows + 1u);
}

}  // namespace
}  // namespace concordat::workbook
