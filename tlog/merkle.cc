#include "tlog/merkle.h"

#include "base/digest.h"

namespace concordat::tlog {

std::string LeafHash(absl::string_view record) {
  Sha256 digest;
  digest.Update(absl::string_view("\0", 1));
  digest.Update(record);
  return digest.Finish();
}

}  // namespace concordat::tlog
