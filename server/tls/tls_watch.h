// Keeps the TLS files and the revocation lists of a running server up to date.
#ifndef CONCORDAT_SERVER_TLS_TLS_WATCH_H_
#define CONCORDAT_SERVER_TLS_TLS_WATCH_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/revocation.h"
#include "base/clock.h"
#include "server/config.pb.h"
#include "server/tls/credentials.h"
#include "server/tls/tls_set.h"

namespace concordat::tls {

// Numbers since the start, the first reading included. Thread-safe.
struct TlsCounters {
  // Sets of certificate, key and authorities that were taken, and that were
  // refused, so that the last good one stayed.
  std::atomic<int64_t> sets_taken{0};
  std::atomic<int64_t> sets_refused{0};
  // The same of files of revocation lists.
  std::atomic<int64_t> lists_taken{0};
  std::atomic<int64_t> lists_refused{0};
};

// Reads the files twice a second on a thread of its own, and takes what is new
// only when all of it is good; else the last good one stays, with a log line and
// a counter. It compares what the files hold, not their dates, so a symbolic
// link to a folder that is swapped, as Kubernetes does, is seen like a file that
// is overwritten. Thread-safe.
class TlsWatch final {
 public:
  // What is told once at the start and at each change: whether anybody is
  // admitted, or nobody because a required revocation list is not current.
  using OnAdmission = std::function<void(bool admits)>;

  // Reads everything once. An error when there is no good set: nothing can be
  // served then. Bad revocation lists are none: where they are required, calls
  // are refused until they are mended. `clock` is borrowed; it judges the lists,
  // as it does the calls. The set is judged by the machine's clock, as the TLS
  // library does.
  static absl::StatusOr<std::unique_ptr<TlsWatch>> Start(const server::v1::ServerConfig::Tls& files,
                                                         const Clock& clock,
                                                         OnAdmission on_admission);
  ~TlsWatch();
  TlsWatch(const TlsWatch&) = delete;
  TlsWatch& operator=(const TlsWatch&) = delete;

  TlsSource& source() { return source_; }
  const auth::RevocationHolder& revocation() const { return revocation_; }
  const TlsCounters& counters() const { return counters_; }

 private:
  // All files at one moment. What cannot be read is a status.
  struct Reading {
    absl::StatusOr<TlsSet> set;
    absl::StatusOr<std::string> lists;

    friend bool operator==(const Reading&, const Reading&) = default;
  };
  // A complaint that was logged once is not logged again for the same files.
  struct Refused {
    std::string content;
    std::string cause;

    friend bool operator==(const Refused&, const Refused&) = default;
  };

  TlsWatch(const server::v1::ServerConfig::Tls& files, const Clock& clock, OnAdmission on_admission,
           TlsSet set);

  void Loop();
  Reading Read() const;
  // The files when none of them changes meanwhile; nothing when one does.
  std::optional<Reading> ReadSettled() const;
  void Update(const Reading& reading);
  void UpdateSet(const absl::StatusOr<TlsSet>& set);
  void UpdateLists(const absl::StatusOr<std::string>& lists);
  absl::Status TakeLists(const absl::StatusOr<std::string>& lists);
  // Notices the end of the lists in force, and says whether anybody is admitted.
  void UpdateAdmission();

  const server::v1::ServerConfig::Tls files_;
  const Clock& clock_;
  const OnAdmission on_admission_;
  TlsSource source_;
  auth::RevocationHolder revocation_;
  TlsCounters counters_;

  // Of the watch's thread, once it runs.
  // The bytes of the lists in force, and of the authorities that they were
  // checked against.
  std::optional<std::string> lists_in_force_;
  std::string lists_checked_against_;
  Refused refused_set_;
  Refused refused_lists_;
  std::optional<bool> admits_;
  bool lists_ended_ = false;

  absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace concordat::tls

#endif  // CONCORDAT_SERVER_TLS_TLS_WATCH_H_
