#include "server/services/paging.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/digest.h"
#include "base/status.h"

namespace concordat::services {
namespace {

constexpr int kDefaultPageSize = 100;
constexpr int kMaxPageSize = 1000;
constexpr size_t kMacBytes = 16;
constexpr int64_t kNoLimit = INT64_MAX;

int64_t ToMicros(absl::Time time) {
  return time == absl::InfiniteFuture() ? kNoLimit : absl::ToUnixMicros(time);
}

absl::Time FromMicros(int64_t micros) {
  return micros == kNoLimit ? absl::InfiniteFuture() : absl::FromUnixMicros(micros);
}

absl::Status InvalidToken() {
  return MakeError(v1::PAGE_TOKEN_INVALID,
                   "the page token is damaged or belongs to another query; start again without "
                   "one");
}

std::string MacOf(absl::string_view query_key, absl::string_view body) {
  return HmacSha256(query_key, body).substr(0, kMacBytes);
}

}  // namespace

absl::StatusOr<Page> OpenPage(const door::Call& call, const google::protobuf::Message& request,
                              const store::Store& store, absl::Time as_of) {
  const google::protobuf::Descriptor& type = *request.GetDescriptor();
  const auto* size_field = type.FindFieldByName("page_size");
  const auto* token_field = type.FindFieldByName("page_token");
  const int asked = request.GetReflection()->GetInt32(request, size_field);
  const std::string token = request.GetReflection()->GetString(request, token_field);

  // The query is everything but the page; the next page may have another size.
  const std::unique_ptr<google::protobuf::Message> query(request.New());
  query->CopyFrom(request);
  query->GetReflection()->ClearField(query.get(), size_field);
  query->GetReflection()->ClearField(query.get(), token_field);

  Page page;
  page.size = asked == 0 ? kDefaultPageSize : std::min(asked, kMaxPageSize);
  page.query_key = HmacSha256(
      store.page_token_key(),
      absl::StrCat(call.method(), "\n", call.principal().client, "\n", query->SerializeAsString()));
  if (token.empty()) {
    ASSIGN_OR_RETURN(const store::Store::State state, store.ReadState());
    page.point = {state.revision, as_of};
    // Every later change is committed after the last one that this list sees.
    page.read_time = state.last_change == absl::InfinitePast()
                         ? absl::UnixEpoch()
                         : state.last_change + absl::Microseconds(1);
    return page;
  }

  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() <= kMacBytes) {
    return InvalidToken();
  }
  const absl::string_view body = absl::string_view(bytes).substr(kMacBytes);
  if (!EqualInConstantTime(absl::string_view(bytes).substr(0, kMacBytes),
                           MacOf(page.query_key, body))) {
    return InvalidToken();
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(body, absl::MaxSplits(' ', 3));
  int64_t as_of_micros = 0;
  int64_t read_micros = 0;
  if (parts.size() != 4 || !absl::SimpleAtoi(parts[0], &page.point.revision) ||
      !absl::SimpleAtoi(parts[1], &as_of_micros) || !absl::SimpleAtoi(parts[2], &read_micros)) {
    return InvalidToken();
  }
  page.point.as_of = FromMicros(as_of_micros);
  page.read_time = absl::FromUnixMicros(read_micros);
  page.cursor = std::string(parts[3]);
  return page;
}

std::string NextPageToken(const Page& page, absl::string_view cursor) {
  const std::string body = absl::StrCat(page.point.revision, " ", ToMicros(page.point.as_of), " ",
                                        absl::ToUnixMicros(page.read_time), " ", cursor);
  return absl::WebSafeBase64Escape(absl::StrCat(MacOf(page.query_key, body), body));
}

bool PageFiller::Take(size_t bytes, absl::string_view cursor) {
  if (items_ > 0 && (items_ == page_.size || bytes_ + bytes > kMaxPageBytes)) {
    more_ = true;
    return false;
  }
  ++items_;
  bytes_ += bytes;
  last_cursor_ = std::string(cursor);
  return true;
}

void PageFiller::EndAt(absl::string_view cursor) {
  more_ = true;
  last_cursor_ = std::string(cursor);
}

std::string PageFiller::next_page_token() const {
  return more_ ? NextPageToken(page_, last_cursor_) : std::string();
}

}  // namespace concordat::services
