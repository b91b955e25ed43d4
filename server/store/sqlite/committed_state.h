// What readers know of the store without asking the database.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_COMMITTED_STATE_H_
#define CONCORDAT_SERVER_STORE_SQLITE_COMMITTED_STATE_H_

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "server/store/store.h"

namespace concordat::store {

// The store's state as last committed: there is one writer, so that reads need
// not ask the database for it. Thread-safe.
class CommittedState {
 public:
  CommittedState(Store::State state, absl::flat_hash_set<Kind> kinds)
      : state_(state), kinds_(std::move(kinds)) {}
  Store::State Get() const {
    absl::ReaderMutexLock lock(&mutex_);
    return state_;
  }
  // Whether any resource of the kind was ever stored.
  bool HasKind(Kind kind) const {
    absl::ReaderMutexLock lock(&mutex_);
    return kinds_.contains(kind);
  }
  void Set(Store::State state, const absl::flat_hash_set<Kind>& added_kinds) {
    absl::MutexLock lock(&mutex_);
    state_ = state;
    kinds_.insert(added_kinds.begin(), added_kinds.end());
  }

 private:
  mutable absl::Mutex mutex_;
  Store::State state_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_set<Kind> kinds_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_COMMITTED_STATE_H_
