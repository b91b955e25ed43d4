#include "server/services/release_digest.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/services/apply.h"

namespace concordat::services {

void ReleaseDigest::Add(const v1::Observation& figure) {
  v1::Observation sent = figure;
  sent.clear_measure_display_name();
  sent.clear_area_display_name();
  sent.clear_level();
  sent.clear_recorded_time();
  sent.clear_revision();
  const std::string bytes = StoredBytes(sent);
  digest_.Update(absl::StrCat(bytes.size(), ":"));
  digest_.Update(bytes);
}

std::string ReleaseDigest::Finish(const store::Store& store) {
  return absl::BytesToHexString(HmacSha256(store.page_token_key(), Labelled()));
}

std::string ReleaseDigest::Finish(const store::Transaction& transaction) {
  return absl::BytesToHexString(transaction.KeyedDigest(Labelled()));
}

// The label keeps it apart from all else that is keyed with the same key.
std::string ReleaseDigest::Labelled() {
  return absl::StrCat("Figures of a release ", digest_.Finish());
}

}  // namespace concordat::services
