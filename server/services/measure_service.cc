#include "server/services/measure_service.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/services/apply.h"
#include "server/services/paging.h"
#include "server/services/submission.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

absl::StatusOr<v1::Measure> ReadMeasure(const Row& row) {
  v1::Measure measure;
  if (!measure.ParseFromString(row.body)) {
    return absl::DataLossError("a stored measure cannot be read");
  }
  measure.set_revision(row.revision);
  measure.set_etag(absl::StrCat(row.revision));
  return measure;
}

bool Passes(const v1::ListMeasuresRequest& request, const v1::Measure& measure) {
  return (request.topic().empty() || absl::c_linear_search(measure.topics(), request.topic())) &&
         (request.group().empty() || measure.group() == request.group()) &&
         (request.provider().empty() || measure.provider() == request.provider());
}

void CheckMeasure(const std::string& path, const v1::Measure& measure,
                  std::vector<FieldViolation>& violations) {
  if ((measure.unit() == v1::Measure::RATE) != (measure.rate_per() > 0)) {
    violations.push_back({path + ".rate_per", "is required with the unit RATE, and only then"});
  }
  if (measure.has_tolerance() && !measure.has_target()) {
    violations.push_back({path + ".tolerance", "means nothing without a target"});
  }
  if (measure.has_tolerance() && measure.tolerance() < 0) {
    violations.push_back({path + ".tolerance", "must not be negative"});
  }
  if (measure.has_target() && measure.polarity() == v1::Measure::NEUTRAL) {
    violations.push_back({path + ".target", "means nothing for a neutral measure"});
  }
}

}  // namespace

absl::StatusOr<v1::ListMeasuresResponse> MeasureService::ListMeasures(
    const door::Call& call, const v1::ListMeasuresRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  v1::ListMeasuresResponse response;
  PageFiller filler(page);
  absl::Status failed;
  RETURN_IF_ERROR(store_.Scan(call.grant(), Kind::kMeasure,
                              {"measures/", page.cursor, page.point, std::nullopt},
                              [&](const Row& row) {
                                absl::StatusOr<v1::Measure> measure = ReadMeasure(row);
                                if (!measure.ok()) {
                                  failed = std::move(measure).status();
                                  return false;
                                }
                                if (!Passes(request, *measure)) return true;
                                if (!filler.Take(row.body.size(), row.name)) return false;
                                call.NoteContribution(row.name);
                                *response.add_measures() = *std::move(measure);
                                return true;
                              }));
  RETURN_IF_ERROR(failed);
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<v1::Measure> MeasureService::GetMeasure(const door::Call& call,
                                                       const v1::GetMeasureRequest& request) const {
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
  ASSIGN_OR_RETURN(const Row row, store_.Find(call.grant(), Kind::kMeasure, request.name(),
                                              {state.revision, absl::InfiniteFuture()}));
  call.NoteContribution(row.name);
  return ReadMeasure(row);
}

absl::StatusOr<v1::ApplyMeasuresResponse> MeasureService::ApplyMeasures(
    const door::Call& call, const v1::ApplyMeasuresRequest& request,
    store::Transaction& transaction) const {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<std::string> names;
  for (int i = 0; i < request.measures_size(); ++i) {
    const v1::Measure& measure = request.measures(i);
    const std::string path = absl::StrCat("measures[", i, "]");
    if (!names.insert(measure.name()).second)
      violations.push_back({path + ".name", "stands twice"});
    CheckMeasure(path, measure, violations);
    ASSIGN_OR_RETURN(const bool known,
                     Exists(transaction, call.grant(), Kind::kAgency, measure.provider()));
    if (!known) {
      violations.push_back({path + ".provider", "names an agency that the directory lacks"});
    }
  }
  RETURN_IF_ERROR(FromViolations(violations));

  v1::ApplyMeasuresResponse response;
  for (v1::Measure measure : request.measures()) {
    if (!measure.etag().empty()) {
      const absl::StatusOr<Row> stored =
          transaction.Find(call.grant(), Kind::kMeasure, measure.name(), transaction.Latest());
      RETURN_IF_ERROR(
          CheckEtag(measure.etag(), stored.ok() ? absl::StrCat(stored->revision) : "new"));
    }
    measure.clear_etag();
    RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kMeasure, measure.name(),
                                  measure, {measure.topics().begin(), measure.topics().end()},
                                  {transaction.CommitTime()}, *response.mutable_changes())
                        .status());
  }
  return response;
}

absl::StatusOr<std::unique_ptr<
    door::MessageSink<v1::SubmitObservationsRequest, v1::SubmitObservationsResponse>>>
MeasureService::SubmitObservations(std::shared_ptr<const door::Call> call,
                                   const v1::SubmitObservationsRequest& first) const {
  return OpenSubmission(std::move(call), first, store_, *turns_);
}

}  // namespace concordat::services
