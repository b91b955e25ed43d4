// Whose turn it is to check and apply a submission: one at a time for each measure, so
// that what was checked is still so when it is applied.
#ifndef CONCORDAT_SERVER_SERVICES_SUBMISSION_TURNS_H_
#define CONCORDAT_SERVER_SERVICES_SUBMISSION_TURNS_H_

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"

namespace concordat::services {

// Thread-safe. Outlives its turns.
class SubmissionTurns {
 public:
  // A turn at some measures, until it goes.
  class Turn {
   public:
    ~Turn() { turns_.GiveBack(measures_); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    friend class SubmissionTurns;
    Turn(SubmissionTurns& turns, std::set<std::string> measures)
        : turns_(turns), measures_(std::move(measures)) {}
    SubmissionTurns& turns_;
    const std::set<std::string> measures_;
  };

  // A turn at all of `measures`; null while another one has any of them.
  std::unique_ptr<Turn> TryTake(const std::set<std::string>& measures) {
    absl::MutexLock lock(&mutex_);
    for (const std::string& measure : measures) {
      if (taken_.contains(measure)) return nullptr;
    }
    taken_.insert(measures.begin(), measures.end());
    return std::unique_ptr<Turn>(new Turn(*this, measures));
  }

 private:
  void GiveBack(const std::set<std::string>& measures) {
    absl::MutexLock lock(&mutex_);
    for (const std::string& measure : measures) taken_.erase(measure);
  }

  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> taken_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_SUBMISSION_TURNS_H_
