// The digest of a release's figures.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_

#include <string>

#include "base/digest.h"
#include "concordat/v1/release.pb.h"

namespace concordat::services {

// SHA-256 over the figures as they were sent, in their order: what is frozen beside
// them, such as titles, may be revised and is no part of it. One digest an object.
class ReleaseDigest {
 public:
  // Takes the next figure, as it was sent or as it is stored.
  void Add(const v1::Observation& figure);
  // In hexadecimal digits. No other call may follow.
  std::string Finish();

 private:
  Sha256 digest_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_
