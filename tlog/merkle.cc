#include "tlog/merkle.h"

#include "base/digest.h"

namespace concordat::tlog {

std::string LeafHash(absl::string_view record) {
  Sha256 digest;
  digest.Update(absl::string_view("\0", 1));
  digest.Update(record);
  return digest.Finish();
}

std::string NodeHash(absl::string_view left, absl::string_view right) {
  Sha256 digest;
  digest.Update(absl::string_view("\1", 1));
  digest.Update(left);
  digest.Update(right);
  return digest.Finish();
}

std::string EmptyRoot() { return Sha256Of(""); }

}  // namespace concordat::tlog
