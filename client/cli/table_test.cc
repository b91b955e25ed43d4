#include "client/cli/table.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "client/cli/csv.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

TEST(TableTest, ColumnsAreAlignedByTheirWidestValue) {
  const Table table = {{{"Plan", false}, {"Actions", true}},
                       {{{"development"}, {"108"}}, {{"send"}, {"9"}}}};
  EXPECT_EQ(FormatTable(table, 80, false),
            "Plan         Actions\n"
            "development      108\n"
            "send               9\n");
}

TEST(TableTest, WidestColumnWrapsAtWordsToFit) {
  const Table table = {{{"Id", false}, {"Title", false}},
                       {{{"1.2.1"}, {"agree one way of working"}}}};
  EXPECT_EQ(FormatTable(table, 20, false),
            "Id     Title\n"
            "1.2.1  agree one way\n"
            "       of working\n");
}

TEST(TableTest, WordLongerThanItsColumnIsCut) {
  const Table table = {{{"A", false}}, {{{"abcdefghijkl"}}}};
  EXPECT_EQ(FormatTable(table, 8, false), "A\nabcdefgh\nijkl\n");
}

TEST(TableTest, LongNameIsBrokenAtItsJoints) {
  const Table table = {{{"A", false}}, {{{"lancashire-county-council"}}}};
  EXPECT_EQ(FormatTable(table, 20, false), "A\nlancashire-county-\ncouncil\n");
}

TEST(TableTest, DayIsKeptWholeWhereANameCanGiveWay) {
  const Table table = {{{"Name", false}, {"Day", false}},
                       {{{"east-lancashire-ccg"}, {"2019-01-31"}}}};
  EXPECT_EQ(FormatTable(table, 24, false),
            "Name          Day\n"
            "east-         2019-01-31\n"
            "lancashire-\n"
            "ccg\n");
}

TEST(TableTest, NoLineIsWiderThanTheTerminal) {
  Table table = {{{"First", false}, {"Second", false}, {"Third", false}}, {}};
  for (int i = 0; i < 5; ++i) {
    table.rows.push_back({{std::string(static_cast<size_t>(40 * i), 'x')},
                          {"some words that go on and on until the line is full"},
                          {"neglect"}});
  }
  for (const int width : {30, 40, 80, 120}) {
    for (const absl::string_view line : absl::StrSplit(FormatTable(table, width, false), '\n')) {
      EXPECT_LE(static_cast<int>(line.size()), width) << line;
    }
  }
}

TEST(TableTest, CodePointsAndNotBytesDecideTheWidth) {
  const Table table = {{{"Name", false}, {"N", false}}, {{{"Café"}, {"1"}}, {{"Cafe"}, {"2"}}}};
  EXPECT_EQ(FormatTable(table, 80, false), "Name  N\nCafé  1\nCafe  2\n");
}

TEST(TableTest, ColourStandsAroundTheWordAndOnlyWhenAllowed) {
  const Table table = {{{"Rag", false}, {"X", false}}, {{{"RED", Style::kRed}, {"y"}}}};
  EXPECT_EQ(FormatTable(table, 80, false), "Rag  X\nRED  y\n");
  EXPECT_NE(FormatTable(table, 80, true).find("\x1b[31mRED\x1b[0m  y"), std::string::npos);
}

TEST(TableTest, ControlCharactersNeverReachTheTerminal) {
  const Table table = {{{"A", false}}, {{{"a\x1b[2Jb\xc2\x9b c"}}}};
  const std::string text = FormatTable(table, 80, false);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
}

TEST(CsvTest, FieldsAreQuotedOnlyWhereTheyMustBe) {
  EXPECT_EQ(CsvRecord({"plain", "a,b", "say \"so\"", "two\nlines", ""}),
            "plain,\"a,b\",\"say \"\"so\"\"\",\"two\nlines\",\r\n");
}

TEST(CsvTest, FieldThatASpreadsheetWouldRunGetsAnApostrophe) {
  EXPECT_EQ(CsvRecord({"=1+1", "@SUM(A1)", "+1+1", "-x", "\tx", "-1.", "--1", "+"}),
            "'=1+1,'@SUM(A1),'+1+1,'-x,'\tx,'-1.,'--1,'+\r\n");
  EXPECT_EQ(CsvRecord({"\rx", "=\"a\"", "-1,2"}), "\"'\rx\",\"'=\"\"a\"\"\",\"'-1,2\"\r\n");
}

TEST(CsvTest, NumbersAndTextThatNoSpreadsheetRunsStayAsTheyAre) {
  EXPECT_EQ(CsvRecord({"-3.5", "+2", "-1e-07", "-", "a=b", "'quoted", "2018-11-30"}),
            "-3.5,+2,-1e-07,-,a=b,'quoted,2018-11-30\r\n");
}

}  // namespace
}  // namespace concordat::cli
