#include "client/rows/row_file.h"

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/rows/csv_rows.h"
#include "client/workbook/return_workbook.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/must.h"
#include "tests/support/temporary_folder.h"
#include "xlsxwriter.h"

namespace concordat::rows {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kHeader[] = "measure,area,period,value,commentary";

class RowFileTest : public ::testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = folder_.Path(name);
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  // `line:value` of each row, and the text of each refusal.
  std::vector<std::string> Read(const std::string& name, const std::string& text) {
    const auto file = OpenRowFile(Write(name, text));
    if (!file.ok()) return {std::string(file.status().message())};
    std::vector<std::string> rows;
    while (true) {
      const auto row = (*file)->Next();
      if (!row.ok()) {
        rows.emplace_back(row.status().message());
        if (!(*file)->can_go_on()) return rows;
        continue;
      }
      if (!row->has_value()) return rows;
      rows.push_back(absl::StrCat((*row)->row(), ":", (*row)->value(),
                                  (*row)->commentary().empty() ? "" : " " + (*row)->commentary()));
    }
  }
  std::vector<std::string> Csv(const std::string& rest) {
    return Read("a.csv", absl::StrCat(kHeader, rest));
  }
  std::vector<std::string> Ndjson(const std::string& text) { return Read("a.ndjson", text); }

  TemporaryFolder folder_;
};

TEST_F(RowFileTest, LinesMayEndAsOnWindowsOrNotAndTheLastNeedNotEnd) {
  EXPECT_THAT(Csv("\r\nm,a,2018,1,\r\nm,b,2018,2,"), ElementsAre("2:1", "3:2"));
  EXPECT_THAT(Csv("\nm,a,2018,1,\nm,b,2018,2,\n"), ElementsAre("2:1", "3:2"));
}

TEST_F(RowFileTest, ALineOfBlanksIsNoRow) {
  EXPECT_THAT(Csv("\n  \nm,a,2018,1,\n \t\n , ,,,\n"), ElementsAre("3:1"));
}

TEST_F(RowFileTest, Utf16WithoutItsMarkIsToldFromAStrayNul) {
  std::string utf16;
  for (const char c : absl::StrCat(kHeader, "\nm,a,2018,1,\n")) utf16 += std::string({'\0', c});
  EXPECT_THAT(Read("a.csv", utf16), ElementsAre(HasSubstr("save the file as `CSV UTF-8`")));
}

TEST_F(RowFileTest, AByteOrderMarkIsPassedOver) {
  EXPECT_THAT(Read("a.csv", absl::StrCat("\xEF\xBB\xBF", kHeader, "\nm,a,2018,1,\n")),
              ElementsAre("2:1"));
}

TEST_F(RowFileTest, QuotesHoldCommasQuotesAndNewLines) {
  EXPECT_THAT(Csv("\nm,a,2018,1,\"so, \"\"two\"\"\r\nlines\"\nm,b,2018,2,\n"),
              ElementsAre("2:1 so, \"two\"\nlines", "4:2"));
  EXPECT_THAT(Csv("\n\"m\",\"a\",\"2018\",\"1\",\"\"\n"), ElementsAre("2:1"));
}

TEST_F(RowFileTest, BlankLinesAreNoRows) {
  EXPECT_THAT(Csv("\n\nm,a,2018,1,\n,,,,\n\n"), ElementsAre("3:1"));
}

TEST_F(RowFileTest, AWrongRowIsNamedByLineAndColumnAndTheNextOneIsRead) {
  EXPECT_THAT(Csv("\nm,a,2018,12%,\nm,a,2018,2,\nm,a,2018\n"),
              ElementsAre(HasSubstr("line 2, value: "), "3:2", HasSubstr("line 4, has 3 cells")));
}

TEST_F(RowFileTest, WhatIsNotCsvEndsTheFile) {
  EXPECT_THAT(Csv("\nm,a,2018,1,\"open\nm,b,2018,2,\n"),
              ElementsAre("line 2, begins a cell in quotes that does not end"));
  EXPECT_THAT(Csv("\nm,a,2018,1,\"x\"y\n"), ElementsAre("line 2, has text after a cell in quotes"));
  EXPECT_THAT(Csv("\nm,a,2018,1,x\"y\n"), ElementsAre(HasSubstr("quote within a cell")));
  EXPECT_THAT(Csv("\nm,a,2018,1,x\ry\n"), ElementsAre(HasSubstr("return without a line feed")));
  EXPECT_THAT(Csv("\nm,a,2018,1," + std::string((1 << 20) + 1, 'x')),
              ElementsAre(HasSubstr("longer than 1 MiB")));
}

TEST_F(RowFileTest, ANulByteIsCalledOne) {
  EXPECT_THAT(Csv(absl::StrCat("\nm,a,2018,1,tw", absl::string_view("\0o\n", 3))),
              ElementsAre(HasSubstr("line 2, has a NUL byte")));
}

TEST_F(RowFileTest, AnotherEncodingIsRefusedAndNotGuessed) {
  EXPECT_THAT(Csv("\nm,a,2018,1,caf\xE9\n"), ElementsAre(HasSubstr("is not UTF-8")));
  const std::string utf16("\xFF\xFEm\0e\0a\0", 8);
  EXPECT_THAT(Read("a.csv", utf16), ElementsAre(HasSubstr("is not UTF-8")));
  EXPECT_THAT(Csv("\nm,a,2018,1,caf\xC3\xA9\n"), ElementsAre("2:1 caf\xC3\xA9"));
  EXPECT_THAT(Ndjson("{\"measure\":\"m\xE9\"}\n"), ElementsAre(HasSubstr("is not UTF-8")));
}

TEST(PlainUtf8Test, OverlongHalvedAndTooLargeSequencesAreNone) {
  EXPECT_TRUE(IsPlainUtf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"));
  for (const char* text : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                           "\xF8\x88\x80\x80\x80", "\x80", "\xC3", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(IsPlainUtf8(text));
  }
  EXPECT_FALSE(IsPlainUtf8(absl::string_view("a\0b", 3)));
}

TEST_F(RowFileTest, NdjsonHasTheSameColumns) {
  EXPECT_THAT(Ndjson("{\"measure\":\"m\",\"area\":\"a\",\"period\":\"2018\",\"value\":0.1}\r\n\n"
                     "{\"measure\":\"m\",\"area\":\"a\",\"period\":\"2018\",\"value\":\"2\","
                     "\"commentary\":null}"),
              ElementsAre("1:0.1", "3:2"));
}

TEST_F(RowFileTest, ANumberIsJudgedAlikeInNdjsonAndInCsv) {
  for (const char* number : {"1e3", "1E3", "1.5e+2"}) {
    EXPECT_THAT(Csv(absl::StrCat("\nm,a,2018,", number, ",\n")),
                ElementsAre("line 2, value: write the number with all its digits"));
    EXPECT_THAT(
        Ndjson(absl::StrCat(
            "{\"measure\":\"m\",\"area\":\"a\",\"period\":\"2018\",\"value\":", number, "}\n")),
        ElementsAre("line 1, value: write the number with all its digits"));
  }
}

TEST_F(RowFileTest, AWrongObjectIsNamedByItsLineAndTheNextOneIsRead) {
  const std::string right = "{\"measure\":\"m\",\"area\":\"a\",\"period\":\"2018\",\"value\":1}\n";
  EXPECT_THAT(Ndjson("[1]\n{\n{\"a\":1,\"a\":2}\n" +
                     std::string("{\"measure\":{},\"area\":\"a\"}\n{\"unit\":1}\n") + right),
              ElementsAre("line 1, is not one JSON object on one line",
                          "line 2, is not one JSON object on one line", "line 3, has a name twice",
                          HasSubstr("line 4, has a list or an object"),
                          HasSubstr("line 5, the object's column 1, `unit`, is not known"), "6:1"));
  EXPECT_THAT(Ndjson(std::string(100000, '[') + "\n"),
              ElementsAre("line 1, is not one JSON object on one line"));
}

TEST_F(RowFileTest, AFileIsCheckedWholeAndRewound) {
  const auto file = Must(OpenRowFile(
      Write("a.csv", absl::StrCat(kHeader, "\nm,a,2018,1,\nm,a,2018,c,\nm,a,2018,2,\n"))));
  const FileCheck check = Must(CheckFile(*file));
  EXPECT_EQ(check.rows, 2);
  EXPECT_EQ(check.problem_count, 1);
  EXPECT_THAT(check.problems, ElementsAre(HasSubstr("line 3, value: ")));
  EXPECT_EQ(Must(file->Next())->row(), 2);
}

TEST_F(RowFileTest, AFileOfMoreRowsThanASubmissionTakesIsRefusedBeforeAnythingIsSent) {
  class LongFile final : public RowFile {
   public:
    absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
      if (left_-- == 0) return std::nullopt;
      return v1::SubmittedObservation();
    }
    absl::Status Rewind() override { return absl::OkStatus(); }
    bool can_go_on() const override { return true; }
    int64_t left_ = 0;
  };
  LongFile file;
  file.left_ = 1'000'000;
  EXPECT_EQ(Must(CheckFile(file)).rows, 1'000'000);
  file.left_ = 1'000'001;
  EXPECT_THAT(CheckFile(file).status().message(), HasSubstr("has more than 1000000 rows"));
}

TEST_F(RowFileTest, BlanksAroundAWorkbooksTitlesLoseNoRow) {
  const std::string path = folder_.Path("blanks.xlsx");
  lxw_workbook* const book = workbook_new(path.c_str());
  lxw_worksheet* const sheet = workbook_add_worksheet(book, workbook::kFiguresSheet.data());
  const std::vector<const char*> titles = {"measure", "area", " period", " value ", "commentary "};
  for (size_t i = 0; i < titles.size(); ++i) {
    worksheet_write_string(sheet, 0, static_cast<lxw_col_t>(i), titles[i], nullptr);
  }
  for (lxw_row_t row = 1; row < 3; ++row) {
    for (lxw_col_t column = 0; column < 3; ++column) {
      worksheet_write_string(sheet, row, column, column == 2 ? "2018" : "m", nullptr);
    }
    worksheet_write_number(sheet, row, 3, row, nullptr);
  }
  worksheet_write_string(sheet, 1, 4, "Counted anew", nullptr);
  ASSERT_EQ(workbook_close(book), LXW_NO_ERROR);
  EXPECT_EQ(Must(CheckFile(*Must(OpenRowFile(path)))).rows, 2);
}

TEST_F(RowFileTest, OfAWorkbookOnlyTheRowsThatWereFilledInAreSent) {
  const std::string path = folder_.Path("returns.xlsx");
  lxw_workbook* const book = workbook_new(path.c_str());
  lxw_worksheet* const sheet = workbook_add_worksheet(book, "Figures");
  const std::vector<const char*> titles = {"measure", "area", "period", "value", "commentary"};
  for (size_t i = 0; i < titles.size(); ++i) {
    worksheet_write_string(sheet, 0, static_cast<lxw_col_t>(i), titles[i], nullptr);
  }
  for (lxw_row_t row = 1; row <= 3; ++row) {
    worksheet_write_string(sheet, row, 0, "referrals", nullptr);
    worksheet_write_string(sheet, row, 1, "E07000117", nullptr);
    worksheet_write_string(sheet, row, 2, "2018-19 Q1", nullptr);
  }
  worksheet_write_number(sheet, 2, 3, 12, nullptr);
  worksheet_write_string(sheet, 3, 3, "12%", nullptr);
  ASSERT_EQ(workbook_close(book), LXW_NO_ERROR);

  const auto file = OpenRowFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto row = (*file)->Next();
  ASSERT_TRUE(row.ok()) << row.status();
  ASSERT_TRUE(row->has_value());
  EXPECT_EQ((*row)->row(), 3);
  EXPECT_EQ((*row)->value(), 12);
  EXPECT_EQ((*row)->measure(), "measures/referrals");
  const auto wrong = (*file)->Next();
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("line 4, value: "));
  const auto check = CheckFile(**file);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->rows, 1);
  EXPECT_EQ(check->problem_count, 1);
}

TEST_F(RowFileTest, AWorkbookAsTheTemplateHasItIsReadAndHoldsNothingToSend) {
  const std::string path = folder_.Path("template.xlsx");
  const absl::Status written =
      workbook::WriteReturnWorkbook(path, "agencies/lancashire-constabulary", {},
                                    {{"referrals", "e07000117", "Burnley", "FINANCIAL_QUARTER",
                                      "2018-04-01", "2018-06-30", "", "", "2018-07-30", true}});
  ASSERT_TRUE(written.ok()) << written;
  const auto file = OpenRowFile(path);
  ASSERT_TRUE(file.ok()) << file.status();
  const auto check = CheckFile(**file);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->rows, 0);
  EXPECT_EQ(check->problem_count, 0);
}

TEST_F(RowFileTest, AFileThatIsNotThereEmptyOrOfAnotherFormatIsRefused) {
  EXPECT_TRUE(absl::IsNotFound(OpenRowFile(folder_.Path("none.csv")).status()));
  const std::string pipe = folder_.Path("pipe.csv");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRowFile(pipe).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRowFile(folder_.Path("")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRowFile(Write("a.csv", "")).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(OpenRowFile(Write("a.xls", "x")).status()));
  EXPECT_THAT(Csv("\n"), IsEmpty());
}

}  // namespace
}  // namespace concordat::rows
