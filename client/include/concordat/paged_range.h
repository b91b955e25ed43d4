// A list that fetches its pages while it is read.
#ifndef CONCORDAT_PAGED_RANGE_H_
#define CONCORDAT_PAGED_RANGE_H_

#include <cstddef>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/repeated_field.h"

namespace concordat {

// An input range over the `Item`s of all pages of a list, whose pages are
// `Response`s:
//
//   for (absl::StatusOr<v1::Action>& action : client.ListActions(request)) {
//     if (!action.ok()) return action.status();
//     ...
//   }
//
// A page is fetched when its first item is asked for. After the first error the
// range ends. A service that sends a page token twice would make a list without
// end: that is DATA_LOSS. Read it once and from one thread; it is movable until
// begin() was called.
template <typename Item, typename Response>
class PagedRange {
 public:
  // Fetches the page of a token; the first page's token is empty.
  using FetchPage = std::function<absl::StatusOr<Response>(const std::string& page_token)>;
  // Where a page keeps its items.
  using ItemsOf = google::protobuf::RepeatedPtrField<Item>* (Response::*)();

  // Stands at one item, or at the error that ended the range.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = absl::StatusOr<Item>;
    using difference_type = std::ptrdiff_t;
    using pointer = value_type*;
    using reference = value_type&;

    explicit Iterator(PagedRange* range) : range_(range) {}
    reference operator*() const { return *range_->current_; }
    pointer operator->() const { return &*range_->current_; }
    Iterator& operator++() {
      range_->Advance();
      return *this;
    }
    void operator++(int) { range_->Advance(); }
    bool operator==(std::default_sentinel_t) const { return !range_->current_.has_value(); }

   private:
    PagedRange* range_;
  };

  PagedRange(FetchPage fetch, ItemsOf items_of) : fetch_(std::move(fetch)), items_of_(items_of) {}
  PagedRange(PagedRange&&) noexcept = default;
  PagedRange& operator=(PagedRange&&) noexcept = default;
  PagedRange(const PagedRange&) = delete;
  PagedRange& operator=(const PagedRange&) = delete;

  // Fetches the first page, the first time it is called.
  Iterator begin() {
    if (!started_) {
      started_ = true;
      Advance();
    }
    return Iterator(this);
  }
  std::default_sentinel_t end() const { return std::default_sentinel; }

  // The first page without its items, for what it says beside them, such as
  // `read_time`. Empty until begin() was called, and when that page failed.
  const Response& first_page() const { return first_page_; }

 private:
  void Advance() {
    while (next_ == page_.size()) {
      const bool failed = current_.has_value() && !current_->ok();
      if (failed || last_page_fetched_) {
        current_.reset();
        return;
      }
      if (absl::Status status = Fetch(); !status.ok()) {
        current_.emplace(std::move(status));
        return;
      }
    }
    current_.emplace(std::move(page_[next_++]));
  }

  absl::Status Fetch() {
    absl::StatusOr<Response> response = fetch_(token_);
    if (!response.ok()) return std::move(response).status();
    page_.Clear();
    next_ = 0;
    page_.Swap(((*response).*items_of_)());
    token_ = response->next_page_token();
    last_page_fetched_ = token_.empty();
    const bool first = std::exchange(first_page_pending_, false);
    if (first) first_page_ = *std::move(response);
    if (last_page_fetched_ || seen_tokens_.insert(token_).second) return absl::OkStatus();
    page_.Clear();
    return absl::DataLossError(
        "the service sent the same page token twice, so the list has no end");
  }

  FetchPage fetch_;
  ItemsOf items_of_;
  bool started_ = false;
  bool first_page_pending_ = true;
  bool last_page_fetched_ = false;
  std::string token_;
  absl::flat_hash_set<std::string> seen_tokens_;
  google::protobuf::RepeatedPtrField<Item> page_;
  int next_ = 0;
  Response first_page_;
  std::optional<absl::StatusOr<Item>> current_;
};

}  // namespace concordat

#endif  // CONCORDAT_PAGED_RANGE_H_
