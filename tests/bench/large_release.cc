#include "tests/bench/large_release.h"

#include <limits>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "concordat/v1/agreement_service.pb.h"
#include "concordat/v1/release.pb.h"
#include "server/services/release_lines.h"
#include "server/store/sqlite/sqlite_store.h"
#include "server/store/store.h"
#include "server/store/test_grants.h"
#include "tests/support/must.h"

namespace concordat::bench {
namespace {

constexpr char kPapers[] = "releases/papers-2018";

std::vector<store::ObservationRow> FiguresOf(const store::Store& store, const auth::Grant& grant,
                                             const std::string& release) {
  std::vector<store::ObservationRow> figures;
  Must(store.ScanObservations(grant, release, -1, [&](const store::ObservationRow& row) {
    figures.push_back(row);
    return true;
  }));
  return figures;
}

}  // namespace

void StoreLargeRelease(const std::string& database_path, int64_t rows) {
  const auth::Grant grant = store::Everything();
  const std::unique_ptr<store::Store> store = Must(store::OpenSqliteStore(database_path));
  const std::vector<store::ObservationRow> papers = FiguresOf(*store, grant, kPapers);
  std::vector<store::ObservationRow> figures;
  figures.reserve(static_cast<size_t>(rows));
  while (static_cast<int64_t>(figures.size()) < rows) {
    const size_t next = figures.size();
    store::ObservationRow row = papers[next % papers.size()];
    v1::Observation figure;
    if (!figure.ParseFromString(row.body)) Die("a figure of the papers cannot be read");
    figure.set_name(absl::StrCat(kLargeRelease, "/observations/", next));
    row.ordinal = static_cast<int64_t>(next);
    row.body = figure.SerializeAsString();
    figures.push_back(std::move(row));
  }
  store::Row release =
      Must(store->Find(grant, store::Kind::kRelease, kPapers,
                       {std::numeric_limits<int64_t>::max(), absl::InfiniteFuture()}));
  v1::Release message;
  if (!message.ParseFromString(release.body)) Die("the papers' release cannot be read");
  message.set_name(kLargeRelease);
  release.name = kLargeRelease;
  release.body = message.SerializeAsString();
  const std::unique_ptr<store::Batch> batch = Must(store->BeginBatch());
  Must(batch->BeginChange(absl::Now()));
  Must(batch->transaction().Put(grant, store::Kind::kRelease, std::move(release)).status());
  Must(batch->transaction().PutObservations(grant, kLargeRelease, figures));
  Must(services::FreezeLines(batch->transaction(), grant, kLargeRelease, figures));
  Must(batch->KeepChange());
  Must(batch->Commit());
}

void LiftQuotas(e2e::TestPartnership& partnership) {
  auto request =
      e2e::ReadDataFile<v1::ApplyAgreementRequest>("agreements/multi-agency-assurance.yaml");
  request.mutable_agreement()->clear_quotas();
  partnership.Get<v1::ApplyAgreementResponse>(e2e::kAdmin, request);
}

}  // namespace concordat::bench
