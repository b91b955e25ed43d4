#include "server/domain/narrative_guard.h"

#include <chrono>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain {

void PrintTo(const Finding& finding, std::ostream* out) {
  *out << NameOf(finding.kind) << " at " << finding.offset;
}

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Kind = IdentifierKind;

// Whether the whole of `text` is one finding of `kind`, wherever it stands.
void ExpectFound(Kind kind, const std::string& text) {
  SCOPED_TRACE(text);
  EXPECT_THAT(ScreenNarrative(text), ElementsAre(Finding{kind, 0}));
  EXPECT_THAT(ScreenNarrative(absl::StrCat("see ", text, ".")), ElementsAre(Finding{kind, 4}));
  EXPECT_THAT(ScreenNarrative(absl::StrCat("caf\xC3\xA9 (", text, "), then")),
              ElementsAre(Finding{kind, 7}));
}

void ExpectNothing(const std::string& text) {
  EXPECT_THAT(ScreenNarrative(text), IsEmpty()) << text;
}

TEST(NhsNumberTest, IssuedNumberWithRightCheckDigitIsFound) {
  ExpectFound(Kind::kNhsNumber, "4010232137");
  ExpectFound(Kind::kNhsNumber, "401 023 2137");
  ExpectFound(Kind::kNhsNumber, "401-023-2137");
  ExpectFound(Kind::kNhsNumber, "401 - 023 - 2137");
  ExpectFound(Kind::kNhsNumber, "7123456785");
  ExpectFound(Kind::kNhsNumber, "6000000006");
  ExpectFound(Kind::kNhsNumber, "4444444444");
  EXPECT_THAT(ScreenNarrative("NHS4010232137"), ElementsAre(Finding{Kind::kNhsNumber, 3}));
}

TEST(NhsNumberTest, TestRangeIsFoundOnlyWhereItIsAnnounced) {
  for (const char* before :
       {"NHS number ", "NHS no. ", "nhs No: ", "NHS: ", "NHS number is ", "NHS "}) {
    EXPECT_THAT(ScreenNarrative(absl::StrCat(before, "9434765919")), SizeIs(1)) << before;
    EXPECT_THAT(ScreenNarrative(absl::StrCat(before, "943 476 5919")), SizeIs(1)) << before;
    ExpectNothing(absl::StrCat(before, "9434765918"));
  }
  ExpectNothing("9434765919");
  ExpectNothing("943 476 5919");
  ExpectNothing("invoice 9434765919 of the NHS");
}

TEST(NhsNumberTest, WrongCheckDigitAndOtherLengthsPass) {
  for (const char* text : {"4010232138", "40102321370", "14010232137", "401023213", "401,023,2137",
                           "1.4010232137", "4010232137.5", "5000000005"}) {
    ExpectNothing(text);
  }
}

TEST(NhsNumberTest, UniqueLearnerNumberPasses) { ExpectNothing("9276308686"); }

TEST(UniquePupilNumberTest, RightCheckLetterIsFound) {
  ExpectFound(Kind::kUniquePupilNumber, "A950000178301");
  ExpectFound(Kind::kUniquePupilNumber, "a950000178301");
}

TEST(UniquePupilNumberTest, TemporaryNumberIsFound) {
  ExpectFound(Kind::kUniquePupilNumber, "A95000017830B");
}

TEST(UniquePupilNumberTest, WrongCheckLetterAndOtherShapesPass) {
  for (const char* text : {"B950000178301", "A950000178302", "A9500001783012", "A95000017830",
                           "XA950000178301", "I950000178301"}) {
    ExpectNothing(text);
  }
}

TEST(NationalInsuranceNumberTest, NumberIsFoundHoweverItIsSpaced) {
  ExpectFound(Kind::kNationalInsuranceNumber, "AB123456C");
  ExpectFound(Kind::kNationalInsuranceNumber, "AB 12 34 56 C");
  ExpectFound(Kind::kNationalInsuranceNumber, "ab 123456 c");
  ExpectFound(Kind::kNationalInsuranceNumber, "AB-12-34-56-C");
  ExpectFound(Kind::kNationalInsuranceNumber, "LA 20 18 20 A");
}

TEST(NationalInsuranceNumberTest, PrefixesThatAreNotIssuedPass) {
  for (const char* text :
       {"QQ123456C", "BG123456A", "GB123456A", "NK123456A", "TN123456A", "ZZ123456A", "DA123456A",
        "AO123456A", "AB123456E", "AB12345C", "AB1234567C"}) {
    ExpectNothing(text);
  }
}

TEST(NationalInsuranceNumberTest, ColumnOfYearsPasses) { ExpectNothing("LA 20 18 19 A"); }

TEST(PncIdentifierTest, RightCheckLetterIsFound) {
  ExpectFound(Kind::kPncIdentifier, "2008/0056560Z");
  ExpectFound(Kind::kPncIdentifier, "08/0056560Z");
  ExpectFound(Kind::kPncIdentifier, "08/56560Z");
  ExpectFound(Kind::kPncIdentifier, "20080056560Z");
  ExpectFound(Kind::kPncIdentifier, "080056560z");
  ExpectFound(Kind::kPncIdentifier, "2012/1234Y");
}

TEST(PncIdentifierTest, WrongCheckLetterPasses) {
  ExpectNothing("2008/0056560A");
  ExpectNothing("2012/1234Z");
}

TEST(PncIdentifierTest, YearsPassEvenWhenTheirLetterIsRight) {
  for (const char* text : {"2018/19P", "2017/18C", "2018/2019T", "2018/19", "2018/19A"}) {
    ExpectNothing(text);
  }
}

TEST(CroNumberTest, NumberIsFound) {
  ExpectFound(Kind::kCroNumber, "123456/08A");
  ExpectFound(Kind::kCroNumber, "1234/99Z");
  ExpectFound(Kind::kCroNumber, "SF08/12345A");
}

TEST(CroNumberTest, ShortSerialsAndLettersThatAreNeverUsedPass) {
  for (const char* text : {"123/08A", "SF08/123A", "123456/08I", "123456/08", "1234567/08A"}) {
    ExpectNothing(text);
  }
}

TEST(PostcodeTest, FullPostcodeIsFound) {
  for (const char* text :
       {"PR1 8XJ", "pr18xj", "LA1 1YG", "M1 2WD", "BB11 1JQ", "FY1 1AD", "EC1A 1BB", "W1A 0AX",
        "SW1A  2AA", "L1 8JQ", "ZZ99 3VZ", "S47 1AB", "LA1 1ST"}) {
    ExpectFound(Kind::kPostcode, text);
  }
}

TEST(PostcodeTest, ReferencesAndOutwardHalvesPass) {
  for (const char* text : {"A1 1ST",        "S47",      "S17",          "S20 and S17",
                           "s47 enquiries", "BB11",     "E1 1st draft", "L2 2nd meeting",
                           "B1 4th",        "LA1 1st",  "E10000017",    "E38000014",
                           "00Q",           "KS4 2AB",  "Y11 2AB",      "PR1 5CY",
                           "PR1 5B",        "XPR1 8XJ", "PR1 8XJK",     "Part A1 2BC"}) {
    ExpectNothing(text);
  }
}

TEST(DateOfBirthTest, WholeDateNextToItsWordIsFound) {
  const std::vector<std::pair<std::string, size_t>> texts = {{"born 3 May 2010", 5},
                                                             {"born on 03/05/2010", 8},
                                                             {"born on the 3rd of May 2010", 12},
                                                             {"born in Leeds on 3rd May, 2010", 17},
                                                             {"DOB 03.05.10", 4},
                                                             {"dob: 2010-05-03", 5},
                                                             {"D.O.B. 3-5-2010", 7},
                                                             {"date of birth is 03 05 2010", 17},
                                                             {"birthday: May 3, 2010", 10},
                                                             {"3 May 2010 (DOB)", 0},
                                                             {"03/05/2010 date of birth", 0}};
  for (const auto& [text, offset] : texts) {
    EXPECT_THAT(ScreenNarrative(text), ElementsAre(Finding{Kind::kDateOfBirth, offset})) << text;
  }
}

TEST(DateOfBirthTest, OtherDatesAndCohortsPass) {
  for (const char* text :
       {"by 3 May 2019", "31/03/2018", "2018-11-30", "born after 1 September 2018",
        "born on or before 31 August 2007", "born between 1 September 2007 and 31 August 2008",
        "born in the year to 31 March 2018", "children born in 2018", "born in January 2019",
        "low birth weight at 31 March 2018", "newborn visits, 31/03/2018",
        "An idea was born. The board met on 3 May 2018.",
        "a plan was born and then, after much else was done, signed 3 May 2018"}) {
    ExpectNothing(text);
  }
}

TEST(TelephoneTest, NumberIsFoundHoweverItIsGrouped) {
  for (const char* text :
       {"01772 123456", "01772123456", "01772 12 34 56", "0161 618 8524", "020 7946 0958",
        "07700 900123", "07700-900-123", "07700.900.123", "0300 123 1231", "+44 1772 123456",
        "+441772123456", "+44 (0)1772 123456", "+44 (0) 1772 123456", "0044 7700 900123",
        "0169772345"}) {
    ExpectFound(Kind::kTelephone, text);
  }
  EXPECT_THAT(ScreenNarrative("(01772) 123456"), ElementsAre(Finding{Kind::kTelephone, 1}));
  EXPECT_THAT(ScreenNarrative("call 01772 123456 2018 times"),
              ElementsAre(Finding{Kind::kTelephone, 5}));
}

TEST(TelephoneTest, FiguresAndDatesPass) {
  for (const char* text :
       {"0.1234567890", "01/02/2018 03/04/2019", "01 02 2018 19", "0 1 2 3 4 5 6 7 8 9",
        "00123 456789", "2018 2019 2020", "012 345 67", "+33 1 23 45 67 89", "1,001,772,123,456",
        "999", "0-18 years, 2018-19"}) {
    ExpectNothing(text);
  }
}

TEST(EmailTest, AddressIsFound) {
  ExpectFound(Kind::kEmail, "a.person@example.org");
  ExpectFound(Kind::kEmail, "A_Person+x@sub.example.gov.uk");
  ExpectFound(Kind::kEmail, "o'neil@example.co.uk");
}

TEST(EmailTest, OtherUsesOfTheSignPass) {
  for (const char* text : {"5 @ 3 each", "@board", "user@host", "a@b.c"}) ExpectNothing(text);
}

TEST(NarrativeGuardTest, OrdinaryPlanTextPasses) {
  for (const char* text :
       {"",
        "Neglect strategy 2018/19",
        "Development Plan 2018-19",
        "Years 9/10/11 at Key Stage 4",
        "Section 20 agreements reviewed; S47 and s17 enquiries, section 11 audit",
        "Recommendation 1,5,6,8,11 and 10",
        "Action 1.2.1 of 109, area E10000017",
        "CCGs 00Q/E38000014 and 01A/E38000050",
        "9,907/403.9 per 10,000",
        "1,937/19.0%",
        "520 (2014-17)",
        "43% 17/18 forecast",
        "Target 2018: 403.9 (2017: 412.25)",
        "Roll out by 30 June 2019, pilot November 2018",
        "Y11 Sept 2018, Y10 Sept 2019",
        "45 days; 15 days; 729 days",
        "Working Group 4: J1, J2, K1 to K5, L1 to L9",
        "MASH 24/7 and 365 days",
        "Children Act 2004 s10, s11, s13 (2018 c. 12)",
        "\xC2\xA3"
        "1,234,567 in 2018/19",
        "Oct 16 - Sept 17",
        "KS2 2018: 61%, KS4 2018: 20.5",
        "Q1 2018/19 10 12 14 16 18 20",
        "ISBN 0 11 322 8"}) {
    ExpectNothing(text);
  }
}

TEST(NarrativeGuardTest, WideOddAndInvisibleCharactersHideNothing) {
  EXPECT_THAT(ScreenNarrative("401\xC2\xA0"
                              "023\xE2\x80\xAF"
                              "2137"),
              ElementsAre(Finding{Kind::kNhsNumber, 0}));
  EXPECT_THAT(ScreenNarrative("401\xE2\x80\x93"
                              "023\xE2\x80\x91"
                              "2137"),
              ElementsAre(Finding{Kind::kNhsNumber, 0}));
  EXPECT_THAT(ScreenNarrative("x \xEF\xBC\x94"
                              "01023\xE2\x80\x8B"
                              "2137"),
              ElementsAre(Finding{Kind::kNhsNumber, 2}));
  EXPECT_THAT(ScreenNarrative("a\xEF\xBC\xA0"
                              "example.org"),
              ElementsAre(Finding{Kind::kEmail, 0}));
  EXPECT_THAT(ScreenNarrative("PR1\n8XJ"), ElementsAre(Finding{Kind::kPostcode, 0}));
}

TEST(NarrativeGuardTest, OffsetsAreBytesOfTheTextAsItIs) {
  EXPECT_THAT(ScreenNarrative("\xE2\x80\x8B\xC3\xA9\xF0\x9F\x98\x80 PR1 8XJ"),
              ElementsAre(Finding{Kind::kPostcode, 10}));
}

TEST(NarrativeGuardTest, EverythingIsFoundInTheOrderOfTheText) {
  EXPECT_THAT(ScreenNarrative("a@example.org, PR1 8XJ, 4010232137, PR1 8XJ, 01772 123456"),
              ElementsAre(Finding{Kind::kEmail, 0}, Finding{Kind::kPostcode, 15},
                          Finding{Kind::kNhsNumber, 24}, Finding{Kind::kPostcode, 36},
                          Finding{Kind::kTelephone, 45}));
}

TEST(NarrativeGuardTest, FindingsAreBounded) {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "PR1 8XJ, ";
  const std::vector<Finding> findings = ScreenNarrative(text);
  ASSERT_THAT(findings, SizeIs(kMaxFindings));
  EXPECT_EQ(findings.back().offset, (kMaxFindings - 1) * 9);
}

TEST(NarrativeGuardTest, EveryKindHasAName) {
  for (const Kind kind : {Kind::kNhsNumber, Kind::kUniquePupilNumber,
                          Kind::kNationalInsuranceNumber, Kind::kPncIdentifier, Kind::kCroNumber,
                          Kind::kPostcode, Kind::kDateOfBirth, Kind::kTelephone, Kind::kEmail}) {
    EXPECT_NE(NameOf(kind), "identifier");
  }
}

TEST(NarrativeGuardTest, BytesThatAreNotTextBreakNothing) {
  std::mt19937 random(20181101);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 40; ++i) text.push_back(static_cast<char>(random()));
    for (const Finding& finding : ScreenNarrative(text)) EXPECT_LT(finding.offset, text.size());
  }
  EXPECT_THAT(ScreenNarrative("4010232137\xE2"), Contains(Finding{Kind::kNhsNumber, 0}));
}

// A text ten times as long may take ten times as long, not a hundred times.
TEST(NarrativeGuardTest, HardTextsTakeTimeInProportion) {
  for (const char* unit : {"0", "01", "a", "@", "a@", "1/", "A1 ", "AB12", "born 1 ",
                           "401 023 213 ", "0177 ", "1234/99", "\xC2\xA0", "a.", "1 May "}) {
    const auto time = [unit](size_t bytes) {
      std::string text;
      while (text.size() < bytes) text += unit;
      const auto start = std::chrono::steady_clock::now();
      ScreenNarrative(text);
      return std::chrono::steady_clock::now() - start;
    };
    time(1000);
    const auto small =
        std::max<std::chrono::nanoseconds>(time(20000), std::chrono::milliseconds(5));
    EXPECT_LT(time(200000), small * 50) << unit;
  }
}

}  // namespace
}  // namespace concordat::domain
