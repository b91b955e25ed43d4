#include "tests/crash/checker.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "concordat/v1/directory.pb.h"
#include "tests/crash/caller.h"
#include "tests/support/stored_audit.h"
#include "tlog/merkle.h"

namespace concordat::crash {
namespace {

using e2e::StoredRecord;
using v1::AuditRecord;

class Check {
 public:
  Check(const std::string& database_path, const std::vector<SeenCall>& calls)
      : records_(e2e::ReadAudit(database_path)), calls_(calls) {
    for (const StoredRecord& stored : records_) {
      if (!stored.record.trace_id().empty()) by_trace_[stored.record.trace_id()].push_back(&stored);
    }
    for (const char* const agency : kRenamed) {
      for (const auto& row :
           e2e::QueryRows(database_path,
                          absl::StrFormat("SELECT body FROM resource WHERE name='%s'", agency))) {
        v1::Agency body;
        if (!body.ParseFromString(row[0])) Broken("a revision of ", agency, " cannot be read");
        ++revisions_[body.display_name()][agency];
      }
    }
    open_streams_ = e2e::QueryNumber(database_path, "SELECT count(*) FROM open_stream");
  }

  std::vector<std::string> Run() {
    CheckLog();
    for (const SeenCall& call : calls_) {
      if (call.acknowledged()) {
        CheckReceipt(call);
      } else {
        CheckUnacknowledged(call);
      }
      if (call.is_stream) {
        CheckStream(call);
      } else if (RecordsOf(call).size() > 1) {
        Broken(Name(call), " has ", RecordsOf(call).size(), " records");
      }
    }
    CheckChanges();
    return std::move(broken_);
  }

 private:
  template <typename... Words>
  void Broken(const Words&... words) {
    broken_.push_back(absl::StrCat(words...));
  }

  static std::string Name(const SeenCall& call) {
    return absl::StrCat(call.is_stream        ? "the stream "
                        : call.change.empty() ? "the call "
                                              : "the change ",
                        call.trace_id, call.change.empty() ? "" : " ", call.change);
  }

  const std::vector<const StoredRecord*>& RecordsOf(const SeenCall& call) const {
    static const std::vector<const StoredRecord*> none;
    const auto found = by_trace_.find(call.trace_id);
    return found == by_trace_.end() ? none : found->second;
  }

  void CheckLog() {
    std::set<int64_t> open;
    for (size_t i = 0; i < records_.size(); ++i) {
      const AuditRecord& record = records_[i].record;
      if (records_[i].index != i || record.index() != i) {
        Broken("the record at place ", i, " has the index ", records_[i].index,
               " and says that it has ", record.index());
        return;
      }
      if (record.event() == AuditRecord::STREAM_OPENED &&
          record.decision() == AuditRecord::ALLOWED) {
        open.insert(static_cast<int64_t>(i));
      } else if (IsEnding(record) && open.erase(record.opening_index()) != 1) {
        Broken("record ", i, " ends a stream that was not open");
      }
    }
    for (const int64_t index : open) Broken("the stream of record ", index, " has no ending");
    if (open_streams_ != 0) Broken(open_streams_, " streams are marked as open");
  }

  static bool IsEnding(const AuditRecord& record) {
    return record.event() == AuditRecord::STREAM_ENDED ||
           record.event() == AuditRecord::STREAM_INTERRUPTED;
  }

  void CheckReceipt(const SeenCall& call) {
    const v1::Receipt& receipt = *call.outcome.receipt;
    if (!receipts_.insert(receipt.index()).second) {
      Broken("two receipts name the record ", receipt.index());
    }
    if (receipt.index() >= records_.size()) {
      Broken(Name(call), " has a receipt, and there is no record ", receipt.index());
      return;
    }
    const StoredRecord& stored = records_[receipt.index()];
    if (tlog::LeafHash(stored.bytes) != receipt.leaf_hash()) {
      Broken(Name(call), " has a receipt with another leaf hash than record ", receipt.index());
    }
    if (stored.record.trace_id() != call.trace_id) {
      Broken(Name(call), " has the receipt of another call, ", receipt.index());
      return;
    }
    const bool digest_differs = (call.outcome.ok() || stored.record.bytes() > 0) &&
                                stored.record.response_digest() != call.response_digest;
    if (stored.record.status_code() != call.outcome.status.error_code() || digest_differs) {
      Broken("record ", receipt.index(), " says something else than what the caller of ",
             Name(call), " saw: ", call.outcome.Text());
    }
  }

  void CheckUnacknowledged(const SeenCall& call) {
    if (call.outcome.ok() || (!call.unavailable() && !call.cut_off())) {
      Broken(Name(call), " was answered without a receipt: ", call.outcome.Text());
    }
  }

  void CheckStream(const SeenCall& call) {
    size_t openings = 0;
    size_t endings = 0;
    for (const StoredRecord* const stored : RecordsOf(call)) {
      ++(IsEnding(stored->record) ? endings : openings);
    }
    if (openings > 1 || endings > 1) {
      Broken(Name(call), " has ", openings, " openings and ", endings, " endings");
    }
    if (call.messages > 0 && openings == 0) {
      Broken(Name(call), " sent ", call.messages, " messages without a record");
    }
  }

  // Both agencies are renamed by one change, so often.
  int RevisionsOf(const std::string& change) {
    const auto found = revisions_.find(change);
    if (found == revisions_.end()) return 0;
    const int first = found->second[kRenamed[0]];
    const int second = found->second[kRenamed[1]];
    if (first != second) Broken("the change ", change, " is there in part");
    return std::max(first, second);
  }

  // A change and its repetitions, which have one request id, as one.
  void CheckChanges() {
    struct Attempts {
      bool answered = false;
      size_t records = 0;
    };
    std::map<std::string, Attempts> changes;
    for (const SeenCall& call : calls_) {
      if (call.change.empty()) continue;
      Attempts& attempts = changes[call.change];
      attempts.answered |= call.outcome.ok();
      attempts.records += RecordsOf(call).size();
    }
    for (const auto& [change, attempts] : changes) {
      const int revisions = RevisionsOf(change);
      if (revisions > 1) Broken("the change ", change, " was done ", revisions, " times");
      if (attempts.answered && revisions == 0) {
        Broken("the change ", change, " was answered and is not there");
      }
      if (revisions > 0 && attempts.records == 0) {
        Broken("the change ", change, " is there without a record");
      }
      if (revisions == 0 && attempts.records > 0) {
        Broken("the change ", change, " has a record and is not there");
      }
    }
  }

  const std::vector<StoredRecord> records_;
  const std::vector<SeenCall>& calls_;
  std::map<std::string, std::vector<const StoredRecord*>> by_trace_;
  // How many revisions of each agency have a name.
  std::map<std::string, std::map<std::string, int>> revisions_;
  int64_t open_streams_ = 0;
  std::set<uint64_t> receipts_;
  std::vector<std::string> broken_;
};

}  // namespace

std::vector<std::string> FindBroken(const std::string& database_path,
                                    const std::vector<SeenCall>& calls) {
  return Check(database_path, calls).Run();
}

std::vector<std::string> UnansweredChanges(const std::vector<SeenCall>& calls) {
  std::set<std::string> unanswered;
  for (const SeenCall& call : calls) {
    if (!call.change.empty() && !call.acknowledged()) unanswered.insert(call.change);
  }
  for (const SeenCall& call : calls) {
    if (call.outcome.ok()) unanswered.erase(call.change);
  }
  return {unanswered.begin(), unanswered.end()};
}

}  // namespace concordat::crash
