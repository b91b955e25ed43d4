// The checker of the crash campaign finds what is broken by hand.
#include "tests/crash/checker.h"

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/crash/caller.h"
#include "tests/support/test_partnership.h"

namespace concordat::crash {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A server that has answered a call of each kind, and is stopped.
class CheckerTest : public testing::Test {
 protected:
  CheckerTest() {
    Caller caller(partnership_.server().address());
    read_ = caller.Read();
    refused_ = caller.BeRefused();
    change_ = caller.Change("one-name");
    stream_ = caller.Extract();
    partnership_.Stop();
  }

  std::vector<SeenCall> calls() const { return {read_, refused_, change_, stream_}; }
  std::vector<std::string> Broken() const {
    return FindBroken(partnership_.database_path(), calls());
  }
  void Do(const std::string& sql) { e2e::ChangeDatabase(partnership_.database_path(), sql); }
  static uint64_t IndexOf(const SeenCall& call) { return call.outcome.receipt->index(); }

  e2e::TestPartnership partnership_;
  SeenCall read_, refused_, change_, stream_;
};

TEST_F(CheckerTest, WhatIsWholeIsNotBroken) {
  ASSERT_TRUE(read_.outcome.ok() && change_.outcome.ok() && stream_.outcome.ok());
  ASSERT_FALSE(refused_.outcome.ok());
  EXPECT_GT(stream_.messages, 1);
  EXPECT_THAT(Broken(), IsEmpty());
  EXPECT_THAT(UnansweredChanges(calls()), IsEmpty());
}

TEST_F(CheckerTest, ARecordThatWasRemovedIsMissed) {
  Do(absl::StrCat("DELETE FROM audit WHERE idx=", IndexOf(refused_)));
  EXPECT_THAT(Broken(), Contains(HasSubstr(absl::StrCat("at place ", IndexOf(refused_)))));
}

TEST_F(CheckerTest, ATailThatWasRemovedIsMissed) {
  Do(absl::StrCat("DELETE FROM audit WHERE idx>=", IndexOf(stream_)));
  EXPECT_THAT(Broken(), Contains(HasSubstr(absl::StrCat("no record ", IndexOf(stream_)))));
}

TEST_F(CheckerTest, ARecordWhoseBytesDifferIsNotTheOneOfTheReceipt) {
  // Another salt: the record can be read as before.
  Do(absl::StrCat("UPDATE audit SET record=record||x'1a0161' WHERE idx=", IndexOf(read_)));
  EXPECT_THAT(Broken(), Contains(HasSubstr("another leaf hash")));
}

TEST_F(CheckerTest, RecordsThatChangedPlacesAreNotThoseOfTheReceipts) {
  Do(absl::StrCat("UPDATE audit SET idx=-1 WHERE idx=", IndexOf(read_)));
  Do(absl::StrCat("UPDATE audit SET idx=", IndexOf(read_), " WHERE idx=", IndexOf(refused_)));
  Do(absl::StrCat("UPDATE audit SET idx=", IndexOf(refused_), " WHERE idx=-1"));
  EXPECT_THAT(Broken(), Contains(HasSubstr("the receipt of another call")));
}

TEST_F(CheckerTest, AReceiptThatWasGivenTwiceIsFound) {
  refused_.outcome.receipt = read_.outcome.receipt;
  EXPECT_THAT(Broken(), Contains(HasSubstr("two receipts name the record")));
}

TEST_F(CheckerTest, AnAnswerWithOtherBytesThanItsRecordSaysIsFound) {
  read_.response_digest = std::string(32, 'x');
  EXPECT_THAT(Broken(), ElementsAre(HasSubstr("says something else")));
}

TEST_F(CheckerTest, AnAnswerWithoutAReceiptIsFound) {
  read_.outcome.receipt.reset();
  EXPECT_THAT(Broken(), ElementsAre(HasSubstr("without a receipt")));
}

TEST_F(CheckerTest, AStreamThatSentDataWithoutARecordIsFound) {
  stream_.outcome.receipt.reset();
  stream_.outcome.status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  stream_.trace_id = std::string(32, 'f');
  EXPECT_THAT(Broken(), ElementsAre(HasSubstr("messages without a record")));
}

TEST_F(CheckerTest, AStreamThatStayedOpenIsFound) {
  Do(absl::StrCat("DELETE FROM audit WHERE idx=", IndexOf(stream_)));
  EXPECT_THAT(Broken(), Contains(HasSubstr("has no ending")));
}

TEST_F(CheckerTest, AnAnsweredChangeThatIsNotThereIsFound) {
  Do("DELETE FROM resource WHERE instr(body,CAST('one-name' AS BLOB))>0");
  EXPECT_THAT(Broken(), Contains(HasSubstr("answered and is not there")));
}

TEST_F(CheckerTest, AChangeThatIsThereInPartIsFound) {
  Do(absl::StrCat("DELETE FROM resource WHERE instr(body,CAST('one-name' AS BLOB))>0 AND name='",
                  kRenamed[0], "'"));
  EXPECT_THAT(Broken(), Contains(HasSubstr("there in part")));
}

TEST_F(CheckerTest, AChangeThatWasDoneTwiceIsFound) {
  Do("INSERT INTO resource SELECT kind,name,revision+1,store_revision,recorded,committed,removed,"
     "imported,topics,body FROM resource WHERE instr(body,CAST('one-name' AS BLOB))>0");
  EXPECT_THAT(Broken(), Contains(HasSubstr("was done 2 times")));
}

TEST_F(CheckerTest, AChangeWithoutARecordIsFound) {
  change_.trace_id = std::string(32, 'f');
  EXPECT_THAT(Broken(), Contains(HasSubstr("there without a record")));
}

TEST_F(CheckerTest, AChangeIsUnansweredUntilItsRepetitionWasAnswered) {
  SeenCall cut_off = change_;
  cut_off.outcome = e2e::Outcome();
  cut_off.outcome.status = grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone");
  EXPECT_THAT(UnansweredChanges({cut_off}), ElementsAre("one-name"));
  EXPECT_THAT(UnansweredChanges({cut_off, change_}), IsEmpty());
}

}  // namespace
}  // namespace concordat::crash
