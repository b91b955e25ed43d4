#include "client/cli/json.h"

#include <string>

#include "concordat/v1/audit.pb.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/release.pb.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using nlohmann::ordered_json;

TEST(JsonTest, FieldsKeepTheContractsNamesAndOrder) {
  v1::Citation citation;
  citation.set_document("paper");
  citation.set_line(7);
  EXPECT_EQ(ToJson(citation).dump(), R"({"document":"paper","line":7})");
}

TEST(JsonTest, DaysInstantsEnumsAndBytesHaveTheirTextForms) {
  v1::Due due;
  due.set_kind(v1::Due::BY_DATE);
  due.mutable_date()->set_year(2018);
  due.mutable_date()->set_month(11);
  due.mutable_date()->set_day(30);
  EXPECT_EQ(ToJson(due)["kind"], "BY_DATE");
  EXPECT_EQ(ToJson(due)["date"], "2018-11-30");

  v1::Receipt receipt;
  receipt.set_leaf_hash("\x01\xff");
  receipt.mutable_time()->set_seconds(1543568400);
  EXPECT_EQ(ToJson(receipt)["leaf_hash"], "01ff");
  EXPECT_EQ(ToJson(receipt)["time"], "2018-11-30T09:00:00Z");
}

TEST(JsonTest, LargeIntegersAreNumbers) {
  v1::Receipt receipt;
  receipt.set_index(18446744073709551615u);
  EXPECT_EQ(ToJson(receipt)["index"].dump(), "18446744073709551615");
}

TEST(JsonTest, DefaultScalarsAndListsAreThereAndUnsetMessagesAreNot) {
  const ordered_json action = ToJson(v1::Action());
  EXPECT_EQ(action["status"], "STATUS_UNSPECIFIED");
  EXPECT_EQ(action["overdue"], false);
  EXPECT_EQ(action["topics"], ordered_json::array());
  EXPECT_FALSE(action.contains("due"));
}

TEST(JsonTest, OptionalNumberIsThereExactlyWhenItIsSet) {
  v1::Observation figure;
  EXPECT_FALSE(ToJson(figure).contains("value"));
  figure.set_value(0);
  EXPECT_EQ(ToJson(figure)["value"], 0.0);
}

TEST(JsonTest, EnumValueThatIsNotKnownIsItsNumber) {
  v1::Action action;
  action.set_status(static_cast<v1::Action::Status>(99));
  EXPECT_EQ(ToJson(action)["status"], "99");
}

TEST(JsonTest, BrokenUtf8BecomesTheReplacementCharacter) {
  EXPECT_EQ(JsonText(ordered_json("a\xff")), "\"a\xef\xbf\xbd\"\n");
}

}  // namespace
}  // namespace concordat::cli
