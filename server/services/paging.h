// Pages of a list (AIP-158): sizes, and tokens that are opaque, authenticated,
// bound to their query and caller, and grant nothing.
#ifndef CONCORDAT_SERVER_SERVICES_PAGING_H_
#define CONCORDAT_SERVER_SERVICES_PAGING_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/door/call.h"
#include "server/store/store.h"

namespace concordat::services {

// No answer is larger than 1 MiB; a page ends early rather than pass this.
inline constexpr size_t kMaxPageBytes = 768 * 1024;

// One page of a list, as asked for.
struct Page {
  // Most items to return.
  int size = 0;
  // Where the page before ended; empty for the first.
  std::string cursor;
  // What the list sees; the same for all its pages.
  store::ReadPoint point;
  // From where a later poll's `changed_since` misses nothing.
  absl::Time read_time;
  // What authenticates the tokens of this query.
  std::string query_key;
};

// Opens the page that `request` asks for by its `page_size` and `page_token`
// fields. A first page sees what is stored now and known before `as_of`.
// PAGE_TOKEN_INVALID for a token of another query, caller or database.
absl::StatusOr<Page> OpenPage(const door::Call& call, const google::protobuf::Message& request,
                              const store::Store& store, absl::Time as_of = absl::InfiniteFuture());

// The token of the page after the one that ended at `cursor`.
std::string NextPageToken(const Page& page, absl::string_view cursor);

// Collects items until the page is full.
class PageFiller {
 public:
  explicit PageFiller(const Page& page) : page_(page) {}
  // Whether an item of `bytes` that ends at `cursor` is still of this page. When
  // it is not, the page is full and the list has more.
  bool Take(size_t bytes, absl::string_view cursor);
  // Ends the page at `cursor`, though it is not full: the list has more.
  void EndAt(absl::string_view cursor);
  // Empty when the list ended with this page.
  std::string next_page_token() const;

 private:
  const Page& page_;
  int items_ = 0;
  size_t bytes_ = 0;
  std::string last_cursor_;
  bool more_ = false;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_PAGING_H_
