#include "client/internal/call_metadata.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace concordat::internal {
namespace {

constexpr absl::string_view kReceiptKey = "concordat-receipt-bin";

std::array<std::pair<absl::string_view, const std::string*>, 5> Entries(
    const CallOptions& options) {
  return {{{"concordat-purpose", &options.purpose},
           {"concordat-agreement", &options.agreement},
           {"concordat-on-behalf-of", &options.on_behalf_of},
           {"concordat-request-id", &options.request_id},
           {"traceparent", &options.traceparent}}};
}

bool IsPrintableAscii(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isprint(static_cast<unsigned char>(c)); });
}

}  // namespace

absl::Status CheckMetadata(const CallOptions& options) {
  for (const auto& [key, value] : Entries(options)) {
    if (!IsPrintableAscii(*value)) {
      return MakeError(v1::METADATA_INVALID,
                       absl::StrCat(key, " may hold printable ASCII characters only"),
                       {{"key", key}});
    }
  }
  return absl::OkStatus();
}

void AddMetadata(const CallOptions& options, grpc::ClientContext& context) {
  for (const auto& [key, value] : Entries(options)) {
    if (!value->empty()) context.AddMetadata(std::string(key), *value);
  }
}

std::optional<Receipt> ReadReceipt(const grpc::ClientContext& context) {
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto found = trailers.find(grpc::string_ref(kReceiptKey.data(), kReceiptKey.size()));
  Receipt receipt;
  if (found == trailers.end() ||
      !receipt.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) {
    return std::nullopt;
  }
  return receipt;
}

}  // namespace concordat::internal
