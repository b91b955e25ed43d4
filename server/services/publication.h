// Releases of submitted figures: previewed, published as they were previewed, withdrawn.
#ifndef CONCORDAT_SERVER_SERVICES_PUBLICATION_H_
#define CONCORDAT_SERVER_SERVICES_PUBLICATION_H_

#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "concordat/v1/release_service.pb.h"
#include "server/door/call.h"
#include "server/door/stepped_read.h"
#include "server/services/release_protection.h"
#include "server/store/store.h"

namespace concordat::services {

// Thread-safe. Previews are computed on a thread of its own, one after the other, so that
// they take neither the door's time nor the log's; it begins with the first of them and
// is joined by the destructor.
class Publication {
 public:
  // The store outlives it.
  explicit Publication(const store::Store& store) : store_(store) {}
  ~Publication();
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

  // The RPC of this name. SERVER_BUSY when many previews wait already. A preview whose
  // read is destroyed is given up soon.
  absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::PreviewReleaseResponse>>> Preview(
      std::shared_ptr<const door::Call> call, const v1::PreviewReleaseRequest& request);

  // The RPC of this name: takes the preview from memory, and reads its inputs again.
  absl::StatusOr<v1::Release> Publish(const door::Call& call,
                                      const v1::PublishReleaseRequest& request,
                                      store::Transaction& transaction);

 private:
  // A preview that can be published.
  struct Kept {
    // The release as it was asked for, as bytes.
    std::string asked;
    std::string inputs_digest;
    v1::PreviewReleaseResponse response;
    ProtectedFigures figures;
  };
  class Job;
  class JobRead;

  void Work();
  absl::StatusOr<std::shared_ptr<const Kept>> Compute(const Job& job) const;
  void Keep(std::shared_ptr<const Kept> kept);
  std::shared_ptr<const Kept> Find(const std::string& preview_digest) const;

  const store::Store& store_;
  mutable absl::Mutex mutex_;
  std::deque<std::shared_ptr<Job>> waiting_ ABSL_GUARDED_BY(mutex_);
  // The newest last.
  std::deque<std::shared_ptr<const Kept>> kept_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread worker_ ABSL_GUARDED_BY(mutex_);
};

// ReleaseService.WithdrawRelease.
absl::StatusOr<v1::Release> WithdrawRelease(const door::Call& call,
                                            const v1::WithdrawReleaseRequest& request,
                                            store::Transaction& transaction);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_PUBLICATION_H_
