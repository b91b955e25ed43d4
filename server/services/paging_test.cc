#include "server/services/paging.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/plan_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/service_test.h"
#include "server/store/sqlite/sqlite_store.h"

namespace concordat::services {
namespace {

constexpr char kMethod[] = "/concordat.v1.PlanService/ListActions";
constexpr char kFeed[] = "agencies/police/clients/feed";

class PagingTest : public ServiceTest {
 protected:
  PagingTest() {
    request_.set_parent("plans/p");
    request_.set_topic("neglect");
  }

  void CommitAt(absl::Time now) {
    store::Row row;
    row.name = "plans/p";
    row.recorded = now;
    Put(store::Kind::kPlan, row, now);
  }

  absl::StatusOr<Page> Open(const std::string& token = "") {
    v1::ListActionsRequest request = request_;
    request.set_page_token(token);
    return OpenPage(call_, request, *store_);
  }
  std::string TokenAfter(const std::string& cursor) {
    return NextPageToken(Open().value(), cursor);
  }
  static std::string ReasonName(const absl::StatusOr<Page>& page) {
    return v1::ErrorReason_Name(ReasonOf(page.status()));
  }

  const door::Call call_ = door::CallReactor::MakeCall(grant_, kFeed, kMethod);
  v1::ListActionsRequest request_;
};

TEST_F(PagingTest, AFirstPageSeesWhatIsStoredNow) {
  CommitAt(kNoon);
  const auto page = OpenPage(call_, request_, *store_, kNoon + absl::Hours(1));
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->cursor, "");
  EXPECT_EQ(page->point.revision, 1);
  EXPECT_EQ(page->point.as_of, kNoon + absl::Hours(1));
}

TEST_F(PagingTest, TheSizeIsOneHundredUnlessAskedForAndAtMostAThousand) {
  const auto size_for = [&](int asked) {
    request_.set_page_size(asked);
    return Open()->size;
  };
  EXPECT_EQ(size_for(0), 100);
  EXPECT_EQ(size_for(1), 1);
  EXPECT_EQ(size_for(1000), 1000);
  EXPECT_EQ(size_for(1001), 1000);
}

// Every later change is committed at the read time or after it, and none that
// the list saw is.
TEST_F(PagingTest, TheReadTimeIsJustAfterTheLastChangeSeen) {
  EXPECT_EQ(Open()->read_time, absl::UnixEpoch());
  CommitAt(kNoon);
  EXPECT_EQ(Open()->read_time, kNoon + absl::Microseconds(1));
}

TEST_F(PagingTest, LaterPagesSeeWhatTheFirstSaw) {
  CommitAt(kNoon);
  const Page first = OpenPage(call_, request_, *store_, kNoon + absl::Hours(1)).value();
  const std::string token = NextPageToken(first, "plans/p/actions/1.2.1");
  CommitAt(kNoon + absl::Hours(2));
  const auto second = Open(token);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->cursor, "plans/p/actions/1.2.1");
  EXPECT_EQ(second->point.revision, 1);
  EXPECT_EQ(second->point.as_of, kNoon + absl::Hours(1));
  EXPECT_EQ(second->read_time, first.read_time);
}

TEST_F(PagingTest, WithoutALimitOfKnowledgeThereIsNoneOnLaterPages) {
  EXPECT_EQ(Open(TokenAfter("a"))->point.as_of, absl::InfiniteFuture());
}

TEST_F(PagingTest, ACursorMayHoldSpaces) {
  EXPECT_EQ(Open(TokenAfter("a b  c"))->cursor, "a b  c");
}

TEST_F(PagingTest, TheNextPageMayHaveAnotherSize) {
  const std::string token = TokenAfter("a");
  request_.set_page_size(7);
  const auto page = Open(token);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->size, 7);
}

TEST_F(PagingTest, ATokenIsOfItsQueryAlone) {
  const std::string token = TokenAfter("a");
  request_.set_topic("exploitation");
  EXPECT_EQ(ReasonName(Open(token)), "PAGE_TOKEN_INVALID");
  request_.set_topic("neglect");
  EXPECT_TRUE(Open(token).ok());
}

TEST_F(PagingTest, ATokenIsOfItsCallerAndMethodAlone) {
  request_.set_page_token(TokenAfter("a"));
  const auto open_as = [&](const std::string& client, const std::string& method) {
    return OpenPage(door::CallReactor::MakeCall(grant_, client, method), request_, *store_);
  };
  EXPECT_TRUE(open_as(kFeed, kMethod).ok());
  EXPECT_EQ(ReasonName(open_as("agencies/police/clients/other", kMethod)), "PAGE_TOKEN_INVALID");
  EXPECT_EQ(ReasonName(open_as(kFeed, "/concordat.v1.PlanService/ListPlans")),
            "PAGE_TOKEN_INVALID");
}

TEST_F(PagingTest, ATokenIsOfItsDatabaseAlone) {
  request_.set_page_token(TokenAfter("a"));
  const auto other = store::OpenSqliteStore(folder_.Path("other.db")).value();
  EXPECT_EQ(ReasonName(OpenPage(call_, request_, *other)), "PAGE_TOKEN_INVALID");
}

TEST_F(PagingTest, NoByteOfATokenCanBeChanged) {
  std::string bytes;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(TokenAfter("plans/p/actions/1"), &bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string forged = bytes;
    forged[i] ^= 1;
    EXPECT_EQ(ReasonName(Open(absl::WebSafeBase64Escape(forged))), "PAGE_TOKEN_INVALID") << i;
  }
  EXPECT_TRUE(Open(absl::WebSafeBase64Escape(bytes)).ok());
}

TEST_F(PagingTest, WhatIsNoTokenIsRefused) {
  const std::string whole = TokenAfter("plans/p/actions/1");
  for (const std::string& token : {std::string("x"), std::string("!!!!"), whole.substr(0, 16),
                                   whole.substr(0, whole.size() - 4), whole + "AAAA",
                                   absl::WebSafeBase64Escape(std::string(16, 'x'))}) {
    EXPECT_EQ(ReasonName(Open(token)), "PAGE_TOKEN_INVALID") << token;
  }
}

TEST_F(PagingTest, APageIsFullAtItsSize) {
  request_.set_page_size(2);
  const Page page = Open().value();
  PageFiller filler(page);
  EXPECT_TRUE(filler.Take(10, "a"));
  EXPECT_TRUE(filler.Take(10, "b"));
  EXPECT_EQ(filler.next_page_token(), "");
  EXPECT_FALSE(filler.Take(10, "c"));
  EXPECT_EQ(Open(filler.next_page_token())->cursor, "b");
}

TEST_F(PagingTest, APageThatIsJustFullIsTheLast) {
  request_.set_page_size(1);
  const Page page = Open().value();
  PageFiller filler(page);
  EXPECT_EQ(filler.next_page_token(), "");
  EXPECT_TRUE(filler.Take(10, "a"));
  EXPECT_EQ(filler.next_page_token(), "");
}

TEST_F(PagingTest, APageEndsEarlyRatherThanGrowTooLarge) {
  const Page page = Open().value();
  PageFiller filler(page);
  EXPECT_TRUE(filler.Take(kMaxPageBytes - 10, "a"));
  EXPECT_TRUE(filler.Take(10, "b"));
  EXPECT_FALSE(filler.Take(1, "c"));
  EXPECT_EQ(Open(filler.next_page_token())->cursor, "b");
}

// Else a list with one such item would never end.
TEST_F(PagingTest, AnItemThatIsTooLargeHasAPageOfItsOwn) {
  const Page page = Open().value();
  PageFiller filler(page);
  EXPECT_TRUE(filler.Take(kMaxPageBytes + 1, "a"));
  EXPECT_FALSE(filler.Take(1, "b"));
  EXPECT_EQ(Open(filler.next_page_token())->cursor, "a");
}

}  // namespace
}  // namespace concordat::services
