#include "concordat/paged_range.h"

#include <string>
#include <vector>

#include "concordat/v1/plan_service.pb.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using Range = PagedRange<v1::Action, v1::ListActionsResponse>;

v1::ListActionsResponse Page(const std::vector<std::string>& names, const std::string& token) {
  v1::ListActionsResponse page;
  for (const std::string& name : names) page.add_actions()->set_name(name);
  page.set_next_page_token(token);
  return page;
}

Range MakeRange(Range::FetchPage fetch) {
  return Range(std::move(fetch), &v1::ListActionsResponse::mutable_actions);
}

// The names read, with `!` for an error.
std::vector<std::string> ReadAll(Range& range) {
  std::vector<std::string> names;
  for (absl::StatusOr<v1::Action>& action : range) {
    names.push_back(action.ok() ? action->name() : "!");
  }
  return names;
}

TEST(PagedRangeTest, ItemsOfAllPagesComeInOrder) {
  std::vector<std::string> tokens;
  Range range = MakeRange([&](const std::string& token) -> absl::StatusOr<v1::ListActionsResponse> {
    tokens.push_back(token);
    if (token.empty()) return Page({"a", "b"}, "1");
    return token == "1" ? Page({}, "2") : Page({"c"}, "");
  });
  EXPECT_EQ(ReadAll(range), (std::vector<std::string>{"a", "b", "c"}));
  EXPECT_EQ(tokens, (std::vector<std::string>{"", "1", "2"}));
}

TEST(PagedRangeTest, PageIsFetchedOnlyWhenItIsNeeded) {
  int fetched = 0;
  Range range = MakeRange([&](const std::string&) -> absl::StatusOr<v1::ListActionsResponse> {
    return Page({"a", "b"}, std::to_string(++fetched));
  });
  EXPECT_EQ(fetched, 0);
  auto item = range.begin();
  ++item;
  EXPECT_EQ((*item)->name(), "b");
  EXPECT_EQ(fetched, 1);
}

TEST(PagedRangeTest, ErrorIsTheLastItem) {
  int fetched = 0;
  Range range = MakeRange([&](const std::string&) -> absl::StatusOr<v1::ListActionsResponse> {
    if (++fetched == 2) return absl::UnavailableError("gone");
    return Page({"a"}, std::to_string(fetched));
  });
  EXPECT_EQ(ReadAll(range), (std::vector<std::string>{"a", "!"}));
  EXPECT_EQ(fetched, 2);
}

TEST(PagedRangeTest, ErrorOnTheFirstPageIsTheOnlyItem) {
  Range range = MakeRange([](const std::string&) -> absl::StatusOr<v1::ListActionsResponse> {
    return absl::PermissionDeniedError("no");
  });
  EXPECT_EQ(ReadAll(range), (std::vector<std::string>{"!"}));
}

TEST(PagedRangeTest, RepeatedTokenEndsTheListAsDataLoss) {
  int fetched = 0;
  Range range = MakeRange([&](const std::string&) -> absl::StatusOr<v1::ListActionsResponse> {
    // The tokens go round: 1, 2, 1.
    return Page({"a"}, fetched++ % 2 == 0 ? "1" : "2");
  });
  absl::Status last;
  for (absl::StatusOr<v1::Action>& action : range) last = action.status();
  EXPECT_EQ(last.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(fetched, 3);
}

TEST(PagedRangeTest, FirstPageKeepsWhatStandsBesideItsItems) {
  Range range = MakeRange([](const std::string& token) -> absl::StatusOr<v1::ListActionsResponse> {
    v1::ListActionsResponse page = Page({"a"}, token.empty() ? "1" : "");
    page.mutable_read_time()->set_seconds(token.empty() ? 7 : 8);
    return page;
  });
  ReadAll(range);
  EXPECT_EQ(range.first_page().read_time().seconds(), 7);
  EXPECT_EQ(range.first_page().actions_size(), 0);
}

}  // namespace
}  // namespace concordat
