// Rows that were read since the last change. Every commit of the audit log makes
// SQLite read the pages of a query anew; the rows themselves change rarely.
#ifndef CONCORDAT_SERVER_STORE_SQLITE_ROW_CACHE_H_
#define CONCORDAT_SERVER_STORE_SQLITE_ROW_CACHE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "server/store/store.h"

namespace concordat::store {

// Newest revisions, for reads of the store's current revision alone. Thread-safe.
// Knows nothing of scopes: whoever takes a row from it judges it again.
class RowCache {
 public:
  // The row, when it was read at this revision of the store; else null.
  std::shared_ptr<const Row> Find(int64_t store_revision, Kind kind, absl::string_view name) const {
    absl::ReaderMutexLock lock(&mutex_);
    if (store_revision != store_revision_) return nullptr;
    const auto found = rows_.find(std::pair(kind, name));
    return found == rows_.end() ? nullptr : found->second;
  }

  // Keeps a row that was read at this revision of the store; a later revision
  // forgets all that were read before it.
  void Keep(int64_t store_revision, Kind kind, const Row& row) {
    absl::MutexLock lock(&mutex_);
    if (store_revision < store_revision_) return;
    if (store_revision > store_revision_ || rows_.size() >= kCapacity) rows_.clear();
    store_revision_ = store_revision;
    rows_.emplace(std::pair(kind, row.name), std::make_shared<const Row>(row));
  }

 private:
  // Some 10 MB of actions.
  static constexpr size_t kCapacity = 10000;

  using Key = std::pair<Kind, std::string>;
  // Looks a name up without copying it.
  struct KeyHash {
    using is_transparent = void;
    template <typename Text>
    size_t operator()(const std::pair<Kind, Text>& key) const {
      return absl::HashOf(key.first, absl::string_view(key.second));
    }
  };
  struct KeyEqual {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const std::pair<Kind, A>& a, const std::pair<Kind, B>& b) const {
      return a.first == b.first && absl::string_view(a.second) == absl::string_view(b.second);
    }
  };

  mutable absl::Mutex mutex_;
  int64_t store_revision_ ABSL_GUARDED_BY(mutex_) = -1;
  absl::flat_hash_map<Key, std::shared_ptr<const Row>, KeyHash, KeyEqual> rows_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_SQLITE_ROW_CACHE_H_
