#include "server/services/measure_service.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/services/apply_measures.h"
#include "server/services/paging.h"
#include "server/services/returns.h"
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
  return ApplyMeasuresTo(transaction, call.grant(), request);
}

absl::StatusOr<v1::ListReturnsResponse> MeasureService::ListReturns(
    const door::Call& call, const v1::ListReturnsRequest& request) const {
  return services::ListReturns(store_, call, request);
}

absl::StatusOr<v1::Return> MeasureService::SetReturnState(const door::Call& call,
                                                          const v1::SetReturnStateRequest& request,
                                                          store::Transaction& transaction) const {
  return services::SetReturnState(call, request, transaction);
}

absl::StatusOr<v1::ChaseReturnsResponse> MeasureService::ChaseReturns(
    const door::Call& call, const v1::ChaseReturnsRequest& request,
    store::Transaction& transaction) const {
  return services::ChaseReturns(call, request, transaction);
}

absl::StatusOr<std::unique_ptr<
    door::MessageSink<v1::SubmitObservationsRequest, v1::SubmitObservationsResponse>>>
MeasureService::SubmitObservations(std::shared_ptr<const door::Call> call,
                                   const v1::SubmitObservationsRequest& first) const {
  return OpenSubmission(std::move(call), first, store_, *turns_);
}

}  // namespace concordat::services
