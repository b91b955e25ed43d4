#include "client/audit/bundle_hashes.h"

#include <cstdint>
#include <cstring>

#include "tlog/big_endian.h"

namespace concordat::audit_export {
namespace {

constexpr size_t kLengthBytes = sizeof(uint16_t);

}  // namespace

int BundleHashes::Hash(absl::string_view bundle) {
  int records = 0;
  for (; !bundle.empty(); ++records) {
    const size_t length =
        bundle.size() < kLengthBytes ? bundle.size() : tlog::ReadBigEndian<uint16_t>(bundle);
    if (bundle.size() < kLengthBytes + length) break;
    if (records < tlog::kTileWidth) {
      tlog::LeafHashInto(bundle.substr(kLengthBytes, length),
                         &hashes_[static_cast<size_t>(records) * tlog::kHashBytes]);
    }
    bundle.remove_prefix(kLengthBytes + length);
  }
  is_whole_ = bundle.empty();
  return records;
}

void BundleHashes::Set(absl::string_view hashes) {
  std::memcpy(hashes_.data(), hashes.data(), hashes.size());
}

}  // namespace concordat::audit_export
