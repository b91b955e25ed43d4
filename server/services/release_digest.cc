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

std::string ReleaseDigest::Finish() { return absl::BytesToHexString(digest_.Finish()); }

}  // namespace concordat::services
