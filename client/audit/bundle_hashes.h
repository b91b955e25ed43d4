// The leaf hashes of one entry bundle.
#ifndef CONCORDAT_CLIENT_AUDIT_BUNDLE_HASHES_H_
#define CONCORDAT_CLIENT_AUDIT_BUNDLE_HASHES_H_

#include "absl/strings/string_view.h"
#include "tlog/tile_builder.h"

namespace concordat::audit_export {

// Hashes one bundle after the other into the same memory. Not thread-safe.
class BundleHashes {
 public:
  // Hashes the records of a bundle, as far as its length prefixes lead, and says how
  // many there are. Of more than 256, the first 256 are kept.
  int Hash(absl::string_view bundle);
  // Takes hashes as they are, at most 256.
  void Set(absl::string_view hashes);

  // Whether the bundle ended with the last record.
  bool is_whole() const { return is_whole_; }
  // The first `count` hashes, which must be there.
  absl::string_view hashes(int count) const {
    return {hashes_.data(), static_cast<size_t>(count) * tlog::kHashBytes};
  }

 private:
  tlog::TileBytes hashes_;
  bool is_whole_ = true;
};

}  // namespace concordat::audit_export

#endif  // CONCORDAT_CLIENT_AUDIT_BUNDLE_HASHES_H_
