#include "tlog/strict_text.h"

#include "gtest/gtest.h"
#include "tlog/merkle.h"

namespace concordat::tlog {
namespace {

TEST(StrictTextTest, Base64HasOneTextAValue) {
  EXPECT_EQ(DecodeBase64("AQ=="), "\x01");
  EXPECT_EQ(DecodeBase64(""), "");
  for (const char* other : {"AQ", "AQ=", "AR==", "AQ== ", " AQ==", "A\nQ==", "A-_=", "AQ==="}) {
    EXPECT_EQ(DecodeBase64(other), std::nullopt) << other;
  }
}

TEST(StrictTextTest, AHashIsTheBase64OfThirtyTwoBytes) {
  EXPECT_EQ(DecodeHash("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), EmptyRoot());
  EXPECT_EQ(DecodeHash("AQ=="), std::nullopt);
}

TEST(StrictTextTest, ADecimalHasNoLeadingZeros) {
  EXPECT_EQ(ParseDecimal("0"), 0);
  EXPECT_EQ(ParseDecimal("9223372036854775807"), kMaxTreeSize);
  for (const char* other : {"", "00", "01", "-1", "+1", " 1", "1 ", "0x1", "1.0",
                            "9223372036854775808", "99999999999999999999999"}) {
    EXPECT_EQ(ParseDecimal(other), std::nullopt) << other;
  }
}

TEST(StrictTextTest, ALineEndsInANewline) {
  absl::string_view rest = "first\n\nlast";
  EXPECT_EQ(TakeLine(rest), "first");
  EXPECT_EQ(TakeLine(rest), "");
  EXPECT_EQ(TakeLine(rest), std::nullopt);
  EXPECT_EQ(rest, "last");
}

TEST(StrictTextTest, NoteTextIsWellFormedUtf8) {
  EXPECT_TRUE(IsNoteText("a\n\xC2\x80 \xE2\x80\x94 \xED\x9F\xBF \xF4\x8F\xBF\xBF"));
  for (const char* other :
       {"\x80", "\xC1\xBF", "\xC3", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE2\x80", "\xF0\x8F\xBF\xBF",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3(", "\xE2\x28\xA1"}) {
    EXPECT_FALSE(IsNoteText(other)) << other;
  }
}

TEST(StrictTextTest, NoteTextHasNoControlCharacterButNewline) {
  for (char c = 0; c < 0x20; ++c) EXPECT_EQ(IsNoteText(std::string(1, c)), c == '\n') << int{c};
}

TEST(StrictTextTest, KeyNamesHaveNoSpacesAndNoPlus) {
  EXPECT_TRUE(IsKeyName("log.example/audit"));
  EXPECT_TRUE(IsKeyName("\xC3\xA9"));
  for (const char* other : {"", "a b", "a+b", "a\n", "a\t", "\xC2\xA0", "\xE2\x80\xA8",
                            "\xE3\x80\x80", "\xE1\x9A\x80", "\xFF"}) {
    EXPECT_FALSE(IsKeyName(other)) << other;
  }
}

}  // namespace
}  // namespace concordat::tlog
