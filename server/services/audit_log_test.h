// The fixture of the tests that read the audit log: a small log with its tree.
#ifndef CONCORDAT_SERVER_SERVICES_AUDIT_LOG_TEST_H_
#define CONCORDAT_SERVER_SERVICES_AUDIT_LOG_TEST_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "server/services/audit_list.h"
#include "server/services/audit_stream.h"
#include "server/services/audit_summary.h"
#include "server/services/service_test.h"
#include "server/store/sqlite/connection.h"
#include "tlog/compact_range.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::services {

inline constexpr char kPolice[] = "agencies/police";
inline constexpr char kGetPlan[] = "/concordat.v1.PlanService/GetPlan";

// A served call of `client` for two rows under an agreement.
inline v1::AuditRecord CallOf(const std::string& agency, absl::Time time) {
  v1::AuditRecord record;
  record.set_event(v1::AuditRecord::CALL);
  record.set_decision(v1::AuditRecord::ALLOWED);
  record.set_agency(agency);
  record.set_client(agency + "/clients/feed");
  record.set_purpose("oversight");
  record.set_agreement("agreements/sharing");
  record.set_agreement_version(3);
  record.set_rule("AGREEMENT PLANS READ");
  record.set_method(kGetPlan);
  record.set_released("concordat.v1.Plan");
  record.set_rows(2);
  *record.mutable_time() = ToTimestamp(time);
  return record;
}

// A log of 300 records, one a minute, the first in the last hour of the quarter
// before; its first tile is stored, and a checkpoint covers all of it.
class AuditLogTest : public ServiceTest {
 protected:
  static constexpr uint64_t kSize = 300;
  // The first instant of October in London, which keeps summer time.
  const absl::Time quarter_ = StartOf(absl::CivilDay(2018, 10, 1));

  AuditLogTest() {
    v1::Agency police;
    police.set_name(kPolice);
    store::Row row;
    row.name = kPolice;
    row.recorded = kNoon;
    row.body = police.SerializeAsString();
    Put(store::Kind::kAgency, row);
  }

  // Appends the records, of which the one at `altered` is not what the tree has.
  void MakeLog(uint64_t altered = kSize) {
    tlog::CompactRange range;
    std::string hashes;
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    for (uint64_t i = 0; i < kSize; ++i) {
      const absl::Time time = quarter_ + absl::Minutes(static_cast<int64_t>(i) - 10);
      v1::AuditRecord record = CallOf(kPolice, time);
      std::string leaf = tlog::LeafHash(record.SerializeAsString());
      hashes += leaf;
      Must(range.Append(std::move(leaf)));
      if (i == altered) record.set_rows(3);
      Must(batch->AppendAudit(i, {time, kPolice, ""}, record.SerializeAsString()));
    }
    const std::string tile = hashes.substr(0, tlog::kTileWidth * tlog::kHashBytes);
    Must(batch->PutTile(0, 0, tile));
    Must(batch->PutTile(1, 0, Must(tlog::HashInTile(tile, 0, tlog::kTileWidth))));
    Must(batch->Commit());
    checkpoint_.set_tree_size(kSize);
    checkpoint_.set_root_hash(range.Root());
  }

  absl::StatusOr<v1::AuditSummary> Summarise(const std::string& agency = "",
                                             v1::Role role = v1::READER) {
    v1::SummariseAuditRequest request;
    request.set_agency(agency);
    request.set_year(2018);
    request.set_quarter(4);
    const door::Call call = door::CallReactor::MakeCall(store::OfPolice(v1::AccessRule::SELF, role),
                                                        "agencies/police/clients/feed", "", kNoon,
                                                        Must(store_->ReadPolicy()));
    ASSIGN_OR_RETURN(const auto read, BeginAuditSummary(*store_, call, request, checkpoint_));
    while (true) {
      ASSIGN_OR_RETURN(std::optional<v1::AuditSummary> summary, read->Step());
      if (summary.has_value()) return *std::move(summary);
    }
  }

  // The indexes that an auditor lists, or the agency's reader.
  absl::StatusOr<std::vector<uint64_t>> List(const v1::ListAuditEntriesRequest& request = {},
                                             v1::Role role = v1::AUDITOR) {
    const door::Call call = door::CallReactor::MakeCall(store::OfPolice(v1::AccessRule::SELF, role),
                                                        "agencies/police/clients/feed", "", kNoon,
                                                        Must(store_->ReadPolicy()));
    v1::ListAuditEntriesRequest page = request;
    page.set_page_size(1000);
    ASSIGN_OR_RETURN(const v1::ListAuditEntriesResponse list,
                     ListAudit(*store_, call, page, checkpoint_, kSize));
    std::vector<uint64_t> indexes;
    for (const v1::AuditEntry& entry : list.entries()) indexes.push_back(entry.index());
    return indexes;
  }

  // Changes the database behind the store's back.
  void Execute(const std::string& sql) {
    auto connection =
        Must(store::Connection::Open(folder_.Path("test.db"), store::Connection::Mode::kWriter));
    Must(connection.Execute(sql.c_str()));
  }

  v1::Checkpoint checkpoint_;
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_AUDIT_LOG_TEST_H_
