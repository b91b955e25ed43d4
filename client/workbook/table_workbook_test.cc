// Workbooks of tables, as a reader of XLSX finds them.
#include "client/workbook/table_workbook.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/workbook/sheet_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace concordat::workbook {
namespace {

using ::testing::ElementsAre;

class TableWorkbookTest : public ::testing::Test {
 protected:
  // `number: cell|cell` of each row of a sheet.
  std::vector<std::string> RowsOf(const std::string& sheet) const {
    const auto rows = ReadSheet(ReadWhole(path_), sheet);
    if (!rows.ok()) return {std::string(rows.status().message())};
    std::vector<std::string> texts;
    for (const SheetRow& row : *rows) {
      texts.push_back(absl::StrCat(row.number, ": ", absl::StrJoin(row.cells, "|")));
    }
    return texts;
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
  EXPECT_THAT(RowsOf("first"), ElementsAre("1: A title", "2: and a line", "3: area|value|status",
                                           "4: Burnley|12.5", "5: Chorley||c"));
  EXPECT_THAT(RowsOf("second"), ElementsAre("1: what", "2: 1234567890123"));
}

// The reader refuses a cell with a formula, so that each of these is a text.
TEST_F(TableWorkbookTest, TextThatLooksLikeAFormulaOrANumberStaysAText) {
  const std::vector<std::string> texts = {"=1+1",  "+1",   "-1",  "@SUM(A1)", "'=1",
                                          "\t=1",  "007",  "1-2", "TRUE",     "http://example.org/",
                                          "<&>\"", " two "};
  TableWorkbook workbook(path_);
  ASSERT_TRUE(workbook.BeginSheet({.name = "texts", .lines = {}, .columns = texts}).ok());
  ASSERT_TRUE(workbook.Close().ok());
  EXPECT_THAT(RowsOf("texts"), ElementsAre("1: " + absl::StrJoin(texts, "|")));
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
// that of the rows by the low ones, that of the sheet by the middle ones.
TEST_F(TableWorkbookTest, RowsThatDoNotFitOnTheDiskAreAnErrorAndNotLeftOut) {
  constexpr int kRows = 3'000;
  // Their widths stand beside the rows, and take more than a step of the limit.
  const std::vector<std::string> columns(500, "text");
  int written = 0;
  int refused = 0;
  for (rlim_t limit = 100'000; limit < 2'000'000; limit += 19'000) {
    TableWorkbook workbook(path_);
    ASSERT_TRUE(workbook.BeginSheet({.name = "s", .lines = {}, .columns = columns}).ok());
    const absl::Status closed = [&] {
      const FileSizeLimit full_disk(limit);
      for (int row = 0; row < kRows; ++row) EXPECT_TRUE(workbook.AddRow({TextCell("same")}).ok());
      return workbook.Close();
    }();
    if (closed.ok()) {
      EXPECT_EQ(RowsOf("s").size(), kRows + 1u) << limit;
      ++written;
    } else {
      EXPECT_TRUE(absl::IsUnavailable(closed)) << closed;
      ++refused;
    }
  }
  EXPECT_GT(written, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace concordat::workbook
