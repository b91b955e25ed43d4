#include "auth/strict_json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "auth/base64url.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::auth {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Optional;

absl::Status Read(absl::string_view text) { return ParseJsonObject(text, {64, 3}).status(); }

TEST(StrictJsonTest, AnObjectWithinTheLimitsIsRead) {
  const auto read = ParseJsonObject(R"( {"a": {"b": ["c", 1]}} )", {64, 3});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ((*read)["a"]["b"][0], "c");
}

TEST(StrictJsonTest, ANameThatComesTwiceIsRefusedAtEveryDepthAndInEverySpelling) {
  for (const char* text : {R"({"a":1,"a":1})", R"({"x":{"a":1,"a":2}})", R"({"x":[{"a":1,"a":2}]})",
                           R"({"a":1,"\u0061":2})"}) {
    EXPECT_THAT(std::string(Read(text).message()), HasSubstr("name twice")) << text;
  }
  EXPECT_TRUE(Read(R"({"a":{"a":1},"b":{"a":1}})").ok());
}

TEST(StrictJsonTest, DepthAndSizeAreLimited) {
  EXPECT_TRUE(Read(R"({"a":[[1]]})").ok());
  EXPECT_THAT(std::string(Read(R"({"a":[[[1]]]})").message()), HasSubstr("more than 3 deep"));
  EXPECT_TRUE(Read(absl::StrCat(R"({"a":")", std::string(56, 'x'), R"("})")).ok());
  EXPECT_THAT(std::string(Read(absl::StrCat(R"({"a":")", std::string(57, 'x'), R"("})")).message()),
              HasSubstr("larger than 64 bytes"));
}

TEST(StrictJsonTest, ADeepTextEndsAtTheLimitAndNotInTheStack) {
  EXPECT_FALSE(ParseJsonObject(std::string(1 << 20, '['), {1 << 20, 4}).ok());
}

TEST(StrictJsonTest, WhatIsNotOneObjectInCleanUtf8IsRefused) {
  for (const std::string& text :
       {std::string(), std::string("[]"), std::string("1"), std::string("null"),
        std::string("{} {}"), std::string("{}x"), std::string(R"({"a":1,})"),
        std::string(R"({"a":01})"), std::string(R"({"a":NaN})"), std::string(R"({'a':1})"),
        std::string("{/**/}"), std::string("\xEF\xBB\xBF{}"), std::string("{\"a\":\"\xC3\x28\"}"),
        std::string("{\"a\":\"\xED\xA0\x80\"}"), std::string(R"({"a":"\ud800"})"),
        std::string(R"({"a":"\u0000"})"), std::string(R"({"\u0000":1})"), std::string("{}\0", 3),
        std::string(R"({"a":1e999})")}) {
    EXPECT_FALSE(Read(text).ok()) << text;
  }
}

TEST(StrictJsonTest, ARefusalQuotesNothingOfTheText) {
  EXPECT_THAT(std::string(Read(R"({"secret":1,"secret":2})").message()), Not(HasSubstr("secret")));
  EXPECT_THAT(std::string(Read(R"({"secret":tru})").message()), Not(HasSubstr("secret")));
}

TEST(Base64UrlTest, OnlyTheOneTextOfAValueIsRead) {
  EXPECT_THAT(DecodeBase64Url(""), Optional(std::string()));
  EXPECT_THAT(DecodeBase64Url("_-8"), Optional(std::string("\xFF\xEF")));
  for (const char* text :
       {"_-8=", "/+8", "_-9", "_-8 ", " _-8", "_-\n8", "_", "_-8A_", "_-8.", "_?-8"}) {
    EXPECT_EQ(DecodeBase64Url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace concordat::auth
