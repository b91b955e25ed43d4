// For tests of releases of submitted figures, on a store of their own.
#ifndef CONCORDAT_SERVER_SERVICES_PUBLICATION_TEST_H_
#define CONCORDAT_SERVER_SERVICES_PUBLICATION_TEST_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "concordat/v1/return.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/services/apply.h"
#include "server/services/release_service.h"
#include "server/services/service_test.h"

namespace concordat::services {

inline constexpr char kMeasure[] = "measures/m";
inline constexpr char kCounty[] = "areas/county";

// A county of four districts, of which the police report everything.
class PublicationTest : public ServiceTest {
 protected:
  PublicationTest() {
    PutArea(kCounty, "");
    for (const std::string& district : districts_) PutArea(district, kCounty);
    measure_.set_name(kMeasure);
    measure_.set_display_name("Referrals");
    measure_.set_unit(v1::Measure::COUNT);
    measure_.set_frequency(v1::Measure::EACH_QUARTER);
    measure_.mutable_additivity()->set_over_area(true);
    measure_.set_disclosure_profile(v1::DFE_CHILDREN);
    measure_.set_disclosure_minimum(6);
    PutMessage(store::Kind::kMeasure, measure_);
    release_.set_name("releases/first");
    release_.set_display_name("The first quarter");
    v1::ReleaseSelection& selection = *release_.mutable_selection();
    selection.add_measures(kMeasure);
    *selection.mutable_period_from() = ToDate(absl::CivilDay(2018, 4, 1));
    *selection.mutable_period_to() = ToDate(absl::CivilDay(2018, 6, 30));
  }

  void PutArea(const std::string& name, const std::string& parent) {
    v1::Area area;
    area.set_name(name);
    area.set_level(parent.empty() ? v1::LOCAL_AUTHORITY : v1::LOCAL_AUTHORITY_DISTRICT);
    area.set_parent(parent);
    PutMessage(store::Kind::kArea, area);
  }
  // The police owe the county and its districts from now on.
  void PutDuties() {
    v1::Measure::Duty& duty = *measure_.add_duties();
    duty.set_agency("agencies/police");
    duty.add_areas(kCounty);
    for (const std::string& district : districts_) duty.add_areas(district);
    *measure_.mutable_collected_from() = ToDate(absl::CivilDay(2018, 4, 1));
    PutMessage(store::Kind::kMeasure, measure_);
  }

  // A paper that has one figure of the measure is imported.
  absl::Status TryImport(const std::string& area, absl::CivilDay from, absl::CivilDay to,
                         v1::Observation::Comparator comparator = v1::Observation::OWN) {
    v1::ImportReleaseRequest request;
    v1::Release& release = *request.mutable_release();
    release.set_name(absl::StrCat("releases/paper-", ++imports_));
    release.set_display_name("A paper");
    release.set_disclosure_profile(v1::ALREADY_PUBLIC);
    *release.mutable_document_date() = ToDate(absl::CivilDay(2018, 7, 1));
    v1::Observation& figure = *request.add_observations();
    figure.set_name(absl::StrCat(release.name(), "/observations/1"));
    figure.set_measure(kMeasure);
    figure.set_area(area);
    figure.set_comparator(comparator);
    *figure.mutable_period()->mutable_start() = ToDate(from);
    *figure.mutable_period()->mutable_end() = ToDate(to);
    figure.set_value(20);
    return Change([&](store::Transaction& transaction) -> absl::StatusOr<v1::Release> {
             ASSIGN_OR_RETURN(auto answer,
                              service_->ImportRelease(*TheOffice(), request, transaction));
             return answer.release();
           })
        .status();
  }

  // The police submit figures of the first quarter.
  void Submit(const std::map<std::string, double>& figures,
              const std::string& commentary = "As counted",
              const std::string& provider = "agencies/police") {
    v1::Submission submission;
    submission.set_name(absl::StrCat("submissions/", ++submissions_));
    submission.set_provider(provider);
    std::vector<store::FigureRow> rows;
    for (const auto& [area, value] : figures) {
      v1::SubmittedObservation sent;
      sent.set_measure(kMeasure);
      sent.set_area(area);
      sent.mutable_period()->set_kind(v1::Period::FINANCIAL_QUARTER);
      *sent.mutable_period()->mutable_start() = ToDate(absl::CivilDay(2018, 4, 1));
      *sent.mutable_period()->mutable_end() = ToDate(absl::CivilDay(2018, 6, 30));
      sent.set_value(value);
      sent.set_provisional(is_provisional_);
      sent.set_commentary(commentary);
      store::FigureRow& row = rows.emplace_back();
      row.measure = kMeasure;
      row.key = store::KeyOf(sent);
      row.row = static_cast<int64_t>(rows.size());
      row.body = StoredBytes(sent);
    }
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    ASSERT_THAT(Must(batch->StageFigures(submission.name(), submission.provider(), rows)),
                ::testing::IsEmpty());
    Must(batch->BeginChange(kNoon));
    store::Row row;
    row.name = submission.name();
    row.body = StoredBytes(submission);
    row.recorded = kNoon;
    Must(batch->transaction().ApplySubmission(grant_, row));
    Must(batch->KeepChange());
    Must(batch->Commit());
  }
  void SubmitTheQuarter() {
    Submit({{kCounty, 46}, {"areas/a", 20}, {"areas/b", 3}, {"areas/c", 9}, {"areas/d", 14}});
  }

  std::shared_ptr<const door::Call> TheOffice() const { return CallWith({v1::COORDINATOR}); }
  std::shared_ptr<const door::Call> CallWith(std::vector<v1::Role> roles) const {
    return std::make_shared<const door::Call>(door::CallReactor::MakeCall(
        grant_, "agencies/board/clients/office", "", kNoon, {}, std::move(roles)));
  }

  absl::StatusOr<v1::PreviewReleaseResponse> TryPreview() {
    v1::PreviewReleaseRequest request;
    *request.mutable_release() = release_;
    ASSIGN_OR_RETURN(const auto read, service_->PreviewRelease(TheOffice(), request));
    while (true) {
      ASSIGN_OR_RETURN(auto answer, read->Step());
      if (answer.has_value()) return *std::move(answer);
      absl::SleepFor(read->pause());
    }
  }
  v1::PreviewReleaseResponse Preview() { return Must(TryPreview()); }

  absl::StatusOr<v1::Release> TryPublish(const std::string& digest, bool accept_missing = false,
                                         bool accept_broken_sums = false,
                                         bool accept_narrow_counts = false) {
    v1::PublishReleaseRequest request;
    *request.mutable_release() = release_;
    request.set_preview_digest(digest);
    request.set_accept_missing(accept_missing);
    request.set_accept_broken_sums(accept_broken_sums);
    request.set_accept_narrow_counts(accept_narrow_counts);
    return Change([&](store::Transaction& transaction) {
      return service_->PublishRelease(*TheOffice(), request, transaction);
    });
  }
  v1::Release Publish() { return Must(TryPublish(Preview().preview_digest())); }
  v1::Release PublishAs(const std::string& name) {
    release_.set_name(name);
    return Publish();
  }

  absl::StatusOr<v1::Release> TryWithdraw() {
    v1::WithdrawReleaseRequest request;
    request.set_name(release_.name());
    request.set_reason("A provider mixed up two columns");
    return Change([&](store::Transaction& transaction) {
      return service_->WithdrawRelease(*TheOffice(), request, transaction);
    });
  }

  absl::StatusOr<v1::Release> Change(
      absl::FunctionRef<absl::StatusOr<v1::Release>(store::Transaction&)> change) {
    const std::unique_ptr<store::Batch> batch = Must(store_->BeginBatch());
    Must(batch->BeginChange(kNoon));
    absl::StatusOr<v1::Release> release = change(batch->transaction());
    Must(release.ok() ? batch->KeepChange() : batch->UndoChange());
    Must(batch->Commit());
    return release;
  }

  absl::StatusOr<v1::ListObservationsResponse> TryList(const std::string& release) {
    v1::ListObservationsRequest request;
    request.set_parent(release);
    return service_->ListObservations(*CallWith({v1::READER}), request);
  }
  // What is listed, by area.
  std::map<std::string, v1::Observation> Listed(const std::string& release) {
    std::map<std::string, v1::Observation> listed;
    const v1::ListObservationsResponse answer = Must(TryList(release));
    for (const v1::Observation& figure : answer.observations()) {
      listed[figure.area()] = figure;
    }
    return listed;
  }

  // All that a READER can ask of releases, as text, but for digests: these are keyed.
  std::vector<std::string> AnswersToReaders() {
    const auto reader = CallWith({v1::READER});
    std::vector<std::string> answers;
    v1::ListReleasesResponse releases =
        Must(service_->ListReleases(*reader, v1::ListReleasesRequest()));
    for (v1::Release& release : *releases.mutable_releases()) {
      v1::GetReleaseRequest wanted;
      wanted.set_name(release.name());
      v1::Release alone = Must(service_->GetRelease(*reader, wanted));
      alone.clear_digest();
      release.clear_digest();
      answers.push_back(alone.DebugString());
      v1::GetScorecardRequest request;
      request.set_name(release.name());
      v1::Scorecard scorecard = Must(service_->GetScorecard(*reader, request));
      scorecard.clear_release_digest();
      answers.push_back(scorecard.DebugString());
    }
    answers.push_back(releases.DebugString());
    std::vector<v1::ObservationFilter> filters(1);
    filters.emplace_back().add_measures(kMeasure);
    for (const std::string& area : districts_) filters.emplace_back().add_areas(area);
    *filters.emplace_back().mutable_changed_since() = ToTimestamp(kNoon);
    for (const v1::ObservationFilter& filter : filters) {
      for (const char* parent : {"releases/first", "releases/second", "releases/-"}) {
        AddLists(*reader, parent, filter, answers);
      }
      for (const char* parent : {"releases/first", "releases/second"}) {
        AddExtracts(reader, parent, filter, answers);
      }
    }
    return answers;
  }

  void AddLists(const door::Call& reader, const std::string& parent,
                const v1::ObservationFilter& filter, std::vector<std::string>& answers) {
    v1::ListObservationsRequest request;
    request.set_parent(parent);
    *request.mutable_filter() = filter;
    request.set_page_size(2);
    do {
      v1::ListObservationsResponse page = Must(service_->ListObservations(reader, request));
      request.set_page_token(page.next_page_token());
      page.clear_next_page_token();
      answers.push_back(page.DebugString());
    } while (!request.page_token().empty());
  }

  void AddExtracts(const std::shared_ptr<const door::Call>& reader, const std::string& parent,
                   const v1::ObservationFilter& filter, std::vector<std::string>& answers) {
    using Request = v1::ExtractObservationsRequest;
    for (const auto format : {Request::CSV, Request::NDJSON, Request::EXCEL_CSV, Request::TIDY_CSV,
                              Request::TIDY_METADATA}) {
      Request request;
      request.set_parent(parent);
      request.set_format(format);
      *request.mutable_filter() = filter;
      const auto source = Must(service_->ExtractObservations(reader, request));
      while (!Must(source->Prepare())) continue;
      while (auto part = Must(source->Next())) {
        if (part->has_header()) part->mutable_header()->clear_release_digest();
        answers.push_back(part->DebugString());
      }
    }
  }

  const std::vector<std::string> districts_ = {"areas/a", "areas/b", "areas/c", "areas/d"};
  v1::Measure measure_;
  v1::Release release_;
  bool is_provisional_ = false;
  int submissions_ = 0;
  int imports_ = 0;
  std::optional<ReleaseService> service_{std::in_place, *store_};
};

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_PUBLICATION_TEST_H_
