// The workbook as it is written, filled in and read back; and workbooks that were made to
// do harm.
#include <xlsxwriter.h>
#include <zlib.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/workbook/return_workbook.h"
#include "client/workbook/sheet_reader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace concordat::workbook {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// `number: cell|cell` of each row.
std::vector<std::string> Texts(const absl::StatusOr<std::vector<SheetRow>>& rows) {
  if (!rows.ok()) return {std::string(rows.status().message())};
  std::vector<std::string> texts;
  for (const SheetRow& row : *rows) {
    texts.push_back(absl::StrCat(row.number, ": ", absl::StrJoin(row.cells, "|")));
  }
  return texts;
}

void AppendLittle(uint32_t number, int bytes, std::string& out) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i) & 0xFF));
}

struct Part {
  std::string name;
  std::string content;
  // So many MiB of spaces after it.
  int spaces_mib = 0;
  // What the archive says that it has instead, with the checksum of so much; 0 for the truth.
  size_t said_bytes = 0;
};

// A part's bytes, deflated.
struct Packed {
  std::string bytes;
  uint32_t size = 0;
  uint32_t checksum = 0;
};

Packed Pack(const Part& part) {
  Packed packed;
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
  const auto add = [&](std::string bytes, int flush) {
    packed.checksum =
        static_cast<uint32_t>(crc32(packed.checksum, reinterpret_cast<const Bytef*>(bytes.data()),
                                    static_cast<uInt>(bytes.size())));
    packed.size += static_cast<uint32_t>(bytes.size());
    stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
    stream.avail_in = static_cast<uInt>(bytes.size());
    do {
      char buffer[1 << 14];
      stream.next_out = reinterpret_cast<Bytef*>(buffer);
      stream.avail_out = sizeof(buffer);
      deflate(&stream, flush);
      packed.bytes.append(buffer, sizeof(buffer) - stream.avail_out);
    } while (stream.avail_out == 0);
  };
  add(part.content, Z_NO_FLUSH);
  for (int i = 0; i < part.spaces_mib; ++i) add(std::string(1 << 20, ' '), Z_NO_FLUSH);
  add("", Z_FINISH);
  deflateEnd(&stream);
  return packed;
}

// A ZIP archive of these files.
std::string Archive(const std::vector<Part>& parts) {
  std::string out;
  std::string directory;
  for (const Part& part : parts) {
    Packed packed = Pack(part);
    if (part.said_bytes > 0) {
      std::string said = part.content;
      said.resize(part.said_bytes, ' ');
      packed.size = static_cast<uint32_t>(said.size());
      packed.checksum =
          static_cast<uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(said.data()), packed.size));
    }
    std::string head;
    AppendLittle(20, 2, head);
    AppendLittle(0, 2, head);
    AppendLittle(8, 2, head);
    AppendLittle(0, 4, head);
    AppendLittle(packed.checksum, 4, head);
    AppendLittle(static_cast<uint32_t>(packed.bytes.size()), 4, head);
    AppendLittle(packed.size, 4, head);
    AppendLittle(static_cast<uint32_t>(part.name.size()), 2, head);
    AppendLittle(0, 2, head);
    const auto offset = static_cast<uint32_t>(out.size());
    out += absl::StrCat("PK\x03\x04", head, part.name, packed.bytes);
    directory += "PK\x01\x02";
    AppendLittle(20, 2, directory);
    directory += head;
    AppendLittle(0, 2, directory);
    AppendLittle(0, 4, directory);
    AppendLittle(0, 4, directory);
    AppendLittle(offset, 4, directory);
    directory += part.name;
  }
  const auto begin = static_cast<uint32_t>(out.size());
  out += directory;
  out += "PK\x05\x06";
  AppendLittle(0, 4, out);
  AppendLittle(static_cast<uint32_t>(parts.size()), 2, out);
  AppendLittle(static_cast<uint32_t>(parts.size()), 2, out);
  AppendLittle(static_cast<uint32_t>(directory.size()), 4, out);
  AppendLittle(begin, 4, out);
  AppendLittle(0, 2, out);
  return out;
}

// A workbook with the sheet Figures, whose rows are this XML.
std::string WorkbookOf(const std::string& rows, const std::string& before_strings = "",
                       int spaces_mib = 0, size_t said_bytes = 0) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
  const std::string office = "http://schemas.openxmlformats.org/";
  return Archive(
      {{"[Content_Types].xml",
        absl::StrCat(head, "<Types xmlns=\"", office,
                     "package/2006/content-types\">"
                     "<Default Extension=\"rels\" ContentType=\"application/"
                     "vnd.openxmlformats-package.relationships+xml\"/>"
                     "<Override PartName=\"/xl/workbook.xml\" ContentType=\"application/"
                     "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>"
                     "<Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"application/"
                     "vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>"
                     "<Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"application/"
                     "vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml\"/>"
                     "</Types>")},
       {"_rels/.rels",
        absl::StrCat(head, "<Relationships xmlns=\"", office,
                     "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"", office,
                     "officeDocument/2006/relationships/officeDocument\" "
                     "Target=\"xl/workbook.xml\"/></Relationships>")},
       {"xl/workbook.xml",
        absl::StrCat(head, "<workbook xmlns=\"", office, "spreadsheetml/2006/main\" xmlns:r=\"",
                     office,
                     "officeDocument/2006/relationships\"><sheets><sheet name=\"Figures\" "
                     "sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>")},
       {"xl/_rels/workbook.xml.rels",
        absl::StrCat(head, "<Relationships xmlns=\"", office,
                     "package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"", office,
                     "officeDocument/2006/relationships/worksheet\" "
                     "Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"",
                     office,
                     "officeDocument/2006/relationships/sharedStrings\" "
                     "Target=\"sharedStrings.xml\"/></Relationships>")},
       {"xl/sharedStrings.xml",
        absl::StrCat(head, before_strings, "<sst xmlns=\"", office,
                     "spreadsheetml/2006/main\"><si><t>measure</t></si></sst>")},
       {"xl/worksheets/sheet1.xml",
        absl::StrCat(head, "<worksheet xmlns=\"", office, "spreadsheetml/2006/main\"><sheetData>",
                     rows, "</sheetData></worksheet>"),
        spaces_mib, said_bytes}});
}

class WorkbookTest : public ::testing::Test {
 protected:
  // A workbook that the writing library makes, with one sheet.
  std::string Make(const std::function<void(lxw_workbook*, lxw_worksheet*)>& fill) {
    const std::string path = folder_.Path("made.xlsx");
    lxw_workbook* const workbook = workbook_new(path.c_str());
    fill(workbook, workbook_add_worksheet(workbook, "Figures"));
    EXPECT_EQ(workbook_close(workbook), LXW_NO_ERROR);
    return ReadWhole(path);
  }
  static absl::StatusOr<std::vector<SheetRow>> Read(const std::string& workbook) {
    return ReadSheet(workbook, kFiguresSheet);
  }

  const TemporaryFolder folder_;
};

TEST_F(WorkbookTest, WhatIsOwedIsFilledInBeforehandAndReadBack) {
  const std::string path = folder_.Path("returns.xlsx");
  ASSERT_TRUE(WriteReturnWorkbook(path, "Wyre Borough Council",
                                  {{"calls", "Calls", "Calls in the period", "count"}},
                                  {{"calls", "E07000128", "Wyre", "FINANCIAL_QUARTER", "2018-04-01",
                                    "2018-06-30", "", "", "2018-07-30", true},
                                   {"calls", "E07000128", "Wyre", "FINANCIAL_QUARTER", "2018-04-01",
                                    "2018-06-30", "place", "=Home", "2018-07-30", true}})
                  .ok());
  const std::string workbook = ReadWhole(path);
  EXPECT_THAT(
      Texts(Read(workbook)),
      ElementsAre(
          "1: measure|area|area_name|period_kind|period_start|period_end|breakdown_dimension|"
          "breakdown_item|due|value|numerator|denominator|provisional|commentary",
          "2: calls|E07000128|Wyre|FINANCIAL_QUARTER|2018-04-01|2018-06-30|||2018-07-30",
          "3: "
          "calls|E07000128|Wyre|FINANCIAL_QUARTER|2018-04-01|2018-06-30|place|=Home|2018-07-30"));
  const std::vector<std::string> guidance = Texts(ReadSheet(workbook, "Guidance"));
  EXPECT_EQ(guidance.front(), "1: Figures owed by Wyre Borough Council");
  EXPECT_EQ(guidance.back(), "12: calls|Calls|Calls in the period|count");
}

TEST_F(WorkbookTest, AWorkbookThatCannotBeWrittenIsAnError) {
  EXPECT_TRUE(absl::IsUnavailable(WriteReturnWorkbook(folder_.Path("no/such.xlsx"), "A", {}, {})));
}

TEST_F(WorkbookTest, NumbersAreReadWithAllTheirDigitsAndNoExponent) {
  const std::string workbook = Make([](lxw_workbook*, lxw_worksheet* sheet) {
    worksheet_write_number(sheet, 0, 0, 1234567890123.0, nullptr);
    worksheet_write_number(sheet, 0, 1, 0.1, nullptr);
    worksheet_write_number(sheet, 0, 2, -0.0000001, nullptr);
    worksheet_write_string(sheet, 4, 1, "caf\xC3\xA9, \"x\"\nz", nullptr);
    worksheet_write_boolean(sheet, 5, 0, 1, nullptr);
  });
  EXPECT_THAT(Texts(Read(workbook)), ElementsAre("1: 1234567890123|0.1|-0.0000001",
                                                 "5: |caf\xC3\xA9, \"x\"\nz", "6: true"));
}

TEST_F(WorkbookTest, ATextInSeveralFontsIsOneText) {
  const std::string workbook = Make([](lxw_workbook* book, lxw_worksheet* sheet) {
    lxw_format* const bold = workbook_add_format(book);
    format_set_bold(bold);
    lxw_rich_string_tuple first = {nullptr, const_cast<char*>("not ")};
    lxw_rich_string_tuple second = {bold, const_cast<char*>("known")};
    lxw_rich_string_tuple* parts[] = {&first, &second, nullptr};
    worksheet_write_rich_string(sheet, 0, 0, parts, nullptr);
  });
  EXPECT_THAT(Texts(Read(workbook)), ElementsAre("1: not known"));
}

TEST_F(WorkbookTest, ACarriageReturnEndsALine) {
  EXPECT_THAT(Texts(Read(WorkbookOf(
                  "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>one_x000D_\ntwo_x000D_three "
                  "_x005F_x000D_</t></is></c></row>"))),
              ElementsAre("1: one\ntwo\nthree _x000D_"));
}

TEST_F(WorkbookTest, ATextInTheCellItselfIsReadAsOneThatManyShare) {
  EXPECT_THAT(
      Texts(Read(WorkbookOf("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c>"
                            "<c r=\"B1\" t=\"inlineStr\"><is><t>value &amp; more</t></is></c></row>"
                            "<row r=\"2\"><c r=\"A2\" t=\"str\"><v>x</v></c><c r=\"B2\" "
                            "t=\"inlineStr\"><is><r><t>not </t></r><r><t>known</t></r>"
                            "<rPh><t>aside</t></rPh></is></c><c><v>7</v></c></row>"))),
      ElementsAre("1: measure|value & more", "2: x|not known|7"));
}

TEST_F(WorkbookTest, ANumberIsReadAsItIsShownWhereThatIsAPercentageOrADay) {
  const std::string workbook = Make([](lxw_workbook* book, lxw_worksheet* sheet) {
    const auto format = [&](const char* code) {
      lxw_format* const made = workbook_add_format(book);
      format_set_num_format(made, code);
      return made;
    };
    worksheet_write_number(sheet, 0, 0, 0.12, format("0%"));
    worksheet_write_number(sheet, 0, 1, 0.07, format("[Red]0.00%"));
    worksheet_write_number(sheet, 0, 2, 43191, format("dd/mm/yyyy"));
    worksheet_write_number(sheet, 0, 3, 43191.5, format("yyyy-mm-dd hh:mm"));
    worksheet_write_number(sheet, 0, 4, 1.5, format("[h]:mm"));
    worksheet_write_number(sheet, 1, 0, 1234, format("#,##0"));
    worksheet_write_number(sheet, 1, 1, 5, format("0 \"days\""));
    worksheet_write_number(sheet, 1, 2, 5, format("[$GBP-809]0.0_d"));
  });
  EXPECT_THAT(Texts(Read(workbook)),
              ElementsAre("1: 12%|7%|2018-04-01|2018-04-01 12:00|1900-01-01 12:00", "2: 1234|5|5"));
}

TEST_F(WorkbookTest, WhatFailedInTheSpreadsheetIsNoNumber) {
  EXPECT_THAT(Texts(Read(WorkbookOf("<row r=\"1\"><c r=\"A1\" t=\"e\"><v>#REF!</v></c></row>"))),
              ElementsAre("1: #REF!"));
}

TEST_F(WorkbookTest, AFormulaIsRefused) {
  const std::string workbook = Make([](lxw_workbook*, lxw_worksheet* sheet) {
    worksheet_write_number(sheet, 0, 0, 1, nullptr);
    worksheet_write_formula_num(sheet, 3, 1, "=A1+1", nullptr, 2);
  });
  EXPECT_THAT(Texts(Read(workbook)),
              ElementsAre("row 4, column B has a formula; put its value there instead"));
}

TEST_F(WorkbookTest, OfManyFormulasTheFirstIsNamedAndTheOthersAreCounted) {
  const std::string workbook = Make([](lxw_workbook*, lxw_worksheet* sheet) {
    for (lxw_row_t row = 1; row < 4; ++row) {
      worksheet_write_formula_num(sheet, row, 2, "=A1+1", nullptr, 2);
    }
  });
  EXPECT_THAT(Texts(Read(workbook)),
              ElementsAre("row 2, column C has a formula; put its value there instead (3 cells of "
                          "the sheet have formulas)"));
}

TEST_F(WorkbookTest, NoRowOrCellThatIsOutOfItsPlaceIsLost) {
  const std::string one = "<c r=\"A1\"><v>1</v></c>";
  const std::string placed = "<row r=\"1\">" + one + "</row>";
  for (const std::string& rows :
       {std::string("<row r=\"0\"><c><v>1</v></c></row>"),
        std::string("<row r=\"x\"><c><v>1</v></c></row>"),
        std::string("<row r=\"1048577\"><c><v>1</v></c></row>"),
        std::string("<row r=\"2000000000\"><c r=\"A2000000000\"><v>3</v></c></row>"),
        std::string("<row r=\"1\"><c r=\"AAAAAAAAAAAAAAAAAAAA1\"><v>3</v></c></row>"),
        placed + placed, "<row r=\"1\">" + one + one + "</row>", "<row r=\"2\">" + one + "</row>",
        std::string("<row r=\"1\"><c r=\"7\"><v>1</v></c></row>"),
        std::string("<row r=\"1\"><c r=\"B\"><v>1</v></c></row>"),
        std::string("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>9</v></c></row>"),
        std::string("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>x</v></c></row>")}) {
    EXPECT_THAT(Texts(Read(WorkbookOf(rows))),
                ElementsAre(HasSubstr("is not where it should be: the workbook is damaged")))
        << rows;
  }
  EXPECT_THAT(Texts(Read(WorkbookOf("<row r=\"1\"><c r=\"ZZZ1\"><v>1</v></c></row>"))),
              ElementsAre(HasSubstr("row 1, column ZZZ is beyond the last column that is read")));
  // Who leaves the places out counts on.
  EXPECT_THAT(Texts(Read(WorkbookOf("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row>"
                                    "<c r=\"B3\"><v>3</v></c></row>"))),
              ElementsAre("1: 1|2", "3: |3"));
}

TEST_F(WorkbookTest, WhatIsNoWorkbookOrHasNoSuchSheetIsRefused) {
  const std::string workbook = Make(
      [](lxw_workbook*, lxw_worksheet* sheet) { worksheet_write_number(sheet, 0, 0, 1, nullptr); });
  EXPECT_THAT(Texts(ReadSheet(workbook, "Others")), ElementsAre("it has no sheet called Others"));
  for (const std::string& bytes :
       {std::string(), std::string("PK\x03\x04"), std::string(5000, 'x'), std::string(5000, '\0'),
        Archive({{"a.txt", "hello"}}), Archive({})}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(bytes).status())) << bytes.size();
  }
  EXPECT_THAT(Texts(Read(std::string(kMaxWorkbookBytes + 1, 'x'))),
              ElementsAre("it has more than 64 MiB"));
}

TEST_F(WorkbookTest, APartThatHasAnotherChecksumIsDamaged) {
  std::string workbook = Make(
      [](lxw_workbook*, lxw_worksheet* sheet) { worksheet_write_number(sheet, 0, 0, 7, nullptr); });
  ASSERT_THAT(Texts(Read(workbook)), ElementsAre("1: 7"));
  const size_t name = workbook.rfind("xl/worksheets/sheet1.xml");
  ASSERT_NE(name, workbook.npos);
  // The checksum is 30 bytes before the name in the directory.
  workbook[name - 30] = static_cast<char>(workbook[name - 30] ^ 1);
  EXPECT_THAT(Texts(Read(workbook)), ElementsAre("it is no XLSX workbook, or a damaged one"));
}

TEST_F(WorkbookTest, OneThatIsCutOrHasAWrongByteEndsInAnAnswer) {
  const std::string workbook = WorkbookOf("<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c></row>");
  ASSERT_THAT(Texts(Read(workbook)), ElementsAre("1: measure"));
  for (size_t size = 0; size < workbook.size(); size += 97) {
    EXPECT_TRUE(absl::IsInvalidArgument(Read(workbook.substr(0, size)).status())) << size;
  }
  // A wrong byte may go unnoticed; it may not end the program.
  for (size_t at = 0; at < workbook.size(); at += 41) {
    std::string damaged = workbook;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const absl::Status status = Read(damaged).status();
    EXPECT_TRUE(status.ok() || absl::IsInvalidArgument(status)) << at << " " << status;
  }
}

TEST_F(WorkbookTest, WhatUnpacksToTooMuchIsRefusedBeforeItIsUnpacked) {
  const std::string workbook = WorkbookOf("", "", 256);
  ASSERT_LT(workbook.size(), size_t{4} << 20);
  EXPECT_THAT(std::string(Read(workbook).status().message()),
              HasSubstr("unpacks to more than 256 MiB"));
  EXPECT_TRUE(Read(WorkbookOf("", "", 16)).ok());
}

TEST_F(WorkbookTest, NoFileIsUnpackedFurtherThanItsDirectorySays) {
  // All of it would be more than the memory that the reader may use.
  EXPECT_TRUE(Read(WorkbookOf("", "", 1536, 4096)).ok());
}

TEST_F(WorkbookTest, EntitiesAreNotResolved) {
  const std::string secret = folder_.Path("secret");
  std::ofstream(secret) << "the secret";
  const std::string row = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>&f;</t></is></c></row>";
  for (const std::string& doctype :
       {absl::StrCat("<!DOCTYPE sst [<!ENTITY f SYSTEM \"file://", secret, "\">]>"),
        std::string("<!DOCTYPE sst [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY f \"&a;&a;&a;&a;\">]>")}) {
    for (const std::string& text : Texts(Read(WorkbookOf(row, doctype)))) {
      EXPECT_EQ(text.find("secret"), std::string::npos);
      EXPECT_EQ(text.find("aaaa"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace concordat::workbook
