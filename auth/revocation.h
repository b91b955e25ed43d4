// Which certificates their authorities have revoked.
#ifndef CONCORDAT_AUTH_REVOCATION_H_
#define CONCORDAT_AUTH_REVOCATION_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/certificate.h"

namespace concordat::auth {

// The lists of one file (RFC 5280, section 5). Immutable, and so thread-safe.
class RevocationLists {
 public:
  // Reads `pem`. Each list has to be signed by one of `authorities` (PEM), to
  // have begun at `now`, and to name the time of the next one, which may be
  // past. FAILED_PRECONDITION says what is wrong: also of a list that covers
  // only a part of its authority's certificates, since what it does not name
  // would pass.
  static absl::StatusOr<RevocationLists> Parse(absl::string_view pem, absl::string_view authorities,
                                               absl::Time now);

  // Whether a list of the certificate's issuer names its serial number.
  bool Names(const Certificate& certificate) const;
  // Whether there is a list of the certificate's issuer.
  bool Cover(const Certificate& certificate) const;
  // When the first of the lists ends: the earliest `nextUpdate`.
  absl::Time next_update() const { return next_update_; }

 private:
  struct List {
    std::shared_ptr<const X509_name_st> issuer;
    // As in Certificate::serial.
    absl::flat_hash_set<std::string> serials;
  };

  std::vector<List> lists_;
  absl::Time next_update_ = absl::InfiniteFuture();
};

// What is known of revocation, and whether it has to be. Immutable, and so
// thread-safe.
class Revocation {
 public:
  // Nothing is known, and nothing has to be.
  Revocation() = default;
  // `lists` may be null. If `required`, nobody is admitted without current ones.
  Revocation(std::shared_ptr<const RevocationLists> lists, bool required)
      : lists_(std::move(lists)), required_(required) {}

  // OK when the certificate may be used at `now`. CERTIFICATE_REVOKED, also by a
  // list that has ended; REVOCATION_UNKNOWN when a current list is required and
  // there is none of the certificate's issuer.
  absl::Status Check(const Certificate& certificate, absl::Time now) const;

  // Whether anybody at all is admitted at `now`.
  bool AdmitsAt(absl::Time now) const {
    return !required_ || (lists_ != nullptr && now < lists_->next_update());
  }
  // May be null.
  const std::shared_ptr<const RevocationLists>& lists() const { return lists_; }

 private:
  std::shared_ptr<const RevocationLists> lists_;
  bool required_ = false;
};

// What is in force. Thread-safe.
class RevocationHolder {
 public:
  std::shared_ptr<const Revocation> Get() const {
    absl::ReaderMutexLock lock(&mutex_);
    return revocation_;
  }
  void Swap(std::shared_ptr<const Revocation> revocation) {
    absl::MutexLock lock(&mutex_);
    revocation_ = std::move(revocation);
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Revocation> revocation_ ABSL_GUARDED_BY(mutex_) =
      std::make_shared<const Revocation>();
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_REVOCATION_H_
