// The digest of a release's figures.
#ifndef CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_
#define CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_

#include <string>

#include "base/digest.h"
#include "concordat/v1/release.pb.h"
#include "server/store/store.h"

namespace concordat::services {

// Of the figures as they were sent, in their order: what is frozen beside them, such as
// titles, may be revised and is no part of it. Keyed with the store's key: whoever may see
// some of the figures could otherwise try out the others. One digest an object.
class ReleaseDigest {
 public:
  // Takes the next figure, as it was sent or as it is stored.
  void Add(const v1::Observation& figure);
  // In hexadecimal digits; the same of a store and of its transactions. No other call may
  // follow.
  std::string Finish(const store::Store& store);
  std::string Finish(const store::Transaction& transaction);

 private:
  // What is keyed.
  std::string Labelled();

  Sha256 digest_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_RELEASE_DIGEST_H_
