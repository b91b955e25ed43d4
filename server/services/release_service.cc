#include "server/services/release_service.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "server/services/apply.h"
#include "server/services/extract.h"
#include "server/services/paging.h"
#include "server/services/release_digest.h"
#include "server/services/release_lines.h"
#include "server/services/release_reading.h"
#include "server/services/released_times.h"
#include "server/services/scorecard.h"

namespace concordat::services {
namespace {

using store::Kind;
using store::Row;

// What a figure names, as it is stored when the release is imported.
class ImportChecker {
 public:
  ImportChecker(const store::Transaction& transaction, const auth::Grant& grant,
                const v1::ImportReleaseRequest& request)
      : transaction_(transaction), grant_(grant), request_(request) {}

  absl::StatusOr<std::vector<FieldViolation>> Check(absl::Time now) {
    const v1::Release& release = request_.release();
    if (release.disclosure_profile() != v1::ALREADY_PUBLIC) {
      Violate("release.disclosure_profile",
              "must be ALREADY_PUBLIC: only figures that are public can be imported");
    }
    const std::optional<absl::CivilDay> day = ToCivilDay(release.document_date());
    if (!day.has_value()) {
      Violate("release.document_date", "is required");
    } else if (*day > DayOf(now)) {
      Violate("release.document_date", "is in the future");
    }
    if (release.has_selection()) {
      Violate("release.selection", "is for submitted figures; an import has its own");
    }
    std::set<std::string> measures;
    for (const v1::Observation& figure : request_.observations()) measures.insert(figure.measure());
    ASSIGN_OR_RETURN(submitted_, ReleasedTimes::Read(transaction_, grant_, transaction_.Latest(),
                                                     Origin::kSubmitted, measures));
    for (int i = 0; i < request_.observations_size(); ++i) {
      RETURN_IF_ERROR(CheckFigure(absl::StrCat("observations[", i, "]"), request_.observations(i)));
    }
    return std::move(violations_);
  }

  // The figures with what is frozen beside them. Call after Check.
  std::vector<store::ObservationRow> Rows(absl::Time recorded) const {
    std::vector<store::ObservationRow> rows;
    for (const v1::Observation& sent : request_.observations()) {
      const v1::Measure& measure = *measures_.at(sent.measure());
      const v1::Area& area = *areas_.at(sent.area());
      v1::Observation frozen = sent;
      frozen.set_measure_display_name(measure.display_name());
      frozen.set_area_display_name(area.display_name());
      frozen.set_level(area.level());
      frozen.set_revision(1);
      *frozen.mutable_recorded_time() = ToTimestamp(recorded);
      store::ObservationRow row;
      row.ordinal = static_cast<int64_t>(rows.size());
      row.measure = sent.measure();
      row.area = sent.area();
      row.level = area.level();
      row.topics = {measure.topics().begin(), measure.topics().end()};
      row.body = StoredBytes(frozen);
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  void Violate(std::string field, std::string description) {
    violations_.push_back({std::move(field), std::move(description)});
  }

  absl::Status CheckFigure(const std::string& path, const v1::Observation& figure) {
    if (ParentOf(figure.name()) != request_.release().name()) {
      Violate(path + ".name", "is no figure of this release");
    }
    if (!names_.insert(figure.name()).second) Violate(path + ".name", "stands twice");
    if (figure.has_value() == (figure.symbol() != v1::Observation::NONE)) {
      Violate(path + ".value", "is given, or a symbol says why it is not: exactly one of the two");
    }
    if (figure.comparator() != v1::Observation::STATISTICAL_NEIGHBOURS) {
      if (figure.average() != v1::Observation::AVERAGE_UNSPECIFIED) {
        Violate(path + ".average", "is for STATISTICAL_NEIGHBOURS alone");
      }
      if (!figure.neighbour_set().empty()) {
        Violate(path + ".neighbour_set", "is for STATISTICAL_NEIGHBOURS alone");
      }
    }
    if (ToCivilDay(figure.period().end()) < ToCivilDay(figure.period().start())) {
      Violate(path + ".period.end", "is before the period's start");
    }
    if (const std::optional<std::string> release =
            submitted_.Find(figure.measure(), figure.period());
        release.has_value() && SaysSomething(figure)) {
      Violate(path + ".period",
              absl::StrCat("shares days with figures of the measure in ", *release,
                           ", which were submitted: what is hidden there could be worked out; "
                           "leave this figure out"));
    }
    ASSIGN_OR_RETURN(const bool measure, Lookup(Kind::kMeasure, figure.measure(), measures_));
    if (!measure) Violate(path + ".measure", "names a measure that is not stored");
    ASSIGN_OR_RETURN(const bool area, Lookup(Kind::kArea, figure.area(), areas_));
    if (!area) Violate(path + ".area", "names an area that the directory lacks");
    return absl::OkStatus();
  }

  template <typename Message>
  absl::StatusOr<bool> Lookup(
      Kind kind, const std::string& name,
      absl::flat_hash_map<std::string, std::optional<Message>>& known) const {
    auto found = known.find(name);
    if (found == known.end()) {
      absl::StatusOr<Message> message = Current<Message>(transaction_, grant_, kind, name);
      if (!message.ok() && !absl::IsNotFound(message.status())) return message.status();
      found = known
                  .emplace(name, message.ok() ? std::optional<Message>(*std::move(message))
                                              : std::nullopt)
                  .first;
    }
    return found->second.has_value();
  }

  const store::Transaction& transaction_;
  const auth::Grant& grant_;
  const v1::ImportReleaseRequest& request_;
  std::vector<FieldViolation> violations_;
  // What was released of the measures under disclosure control.
  ReleasedTimes submitted_;
  absl::flat_hash_set<std::string> names_;
  absl::flat_hash_map<std::string, std::optional<v1::Measure>> measures_;
  absl::flat_hash_map<std::string, std::optional<v1::Area>> areas_;
};

std::string DigestOf(const v1::ImportReleaseRequest& request,
                     const store::Transaction& transaction) {
  ReleaseDigest digest;
  for (const v1::Observation& observation : request.observations()) digest.Add(observation);
  return digest.Finish(transaction);
}

// The page's cursor: where in which release it ended.
std::string CursorAt(absl::string_view release, int64_t ordinal) {
  return absl::StrCat(ordinal, " ", release);
}

}  // namespace

absl::StatusOr<v1::ListReleasesResponse> ReleaseService::ListReleases(
    const door::Call& call, const v1::ListReleasesRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  std::vector<Row> rows;
  PageFiller filler(page);
  RETURN_IF_ERROR(store_.Scan(call.grant(), Kind::kRelease,
                              {"releases/", page.cursor, page.point, std::nullopt},
                              [&](const Row& row) {
                                // Without the report, which the answer does not show.
                                v1::Release release;
                                if (release.ParseFromString(row.body)) release.clear_report();
                                if (!filler.Take(release.ByteSizeLong(), row.name)) return false;
                                rows.push_back(row);
                                return true;
                              }));
  v1::ListReleasesResponse response;
  for (const Row& row : rows) {
    ASSIGN_OR_RETURN(*response.add_releases(), ReadRelease(store_, call.grant(), row));
  }
  response.set_next_page_token(filler.next_page_token());
  return response;
}

absl::StatusOr<v1::Release> ReleaseService::GetRelease(const door::Call& call,
                                                       const v1::GetReleaseRequest& request) const {
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
  ASSIGN_OR_RETURN(const Row row, store_.Find(call.grant(), Kind::kRelease, request.name(),
                                              {state.revision, absl::InfiniteFuture()}));
  const Audience audience =
      call.principal().Has(v1::COORDINATOR) ? Audience::kOffice : Audience::kPartners;
  ASSIGN_OR_RETURN(v1::Release release, ReadRelease(store_, call.grant(), row, audience));
  call.NoteRelease(release.name(), release.digest());
  return release;
}

absl::StatusOr<v1::ListObservationsResponse> ReleaseService::ListObservations(
    const door::Call& call, const v1::ListObservationsRequest& request) const {
  ASSIGN_OR_RETURN(const Page page, OpenPage(call, request, store_));
  std::string cursor_release;
  int64_t cursor_ordinal = -1;
  if (!page.cursor.empty()) {
    const std::vector<std::string> parts = absl::StrSplit(page.cursor, absl::MaxSplits(' ', 1));
    if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &cursor_ordinal)) {
      return absl::InternalError("a page token of this server cannot be read");
    }
    cursor_release = parts[1];
  }
  const std::optional<absl::Time> changed_since =
      request.filter().has_changed_since()
          ? std::optional<absl::Time>(ToTime(request.filter().changed_since()))
          : std::nullopt;

  // The releases to read, by name; with a name of its own, one that is missing
  // or withdrawn is an error.
  std::vector<std::string> releases;
  v1::ListObservationsResponse response;
  if (request.parent() != "releases/-") {
    ASSIGN_OR_RETURN(const v1::Release release,
                     ReadableRelease(store_, call.grant(), request.parent(), page.point));
    call.NoteRelease(release.name(), release.digest());
  }
  bool damaged = false;
  RETURN_IF_ERROR(store_.Scan(call.grant(), Kind::kRelease,
                              {"releases/", "", page.point, changed_since}, [&](const Row& row) {
                                if (request.parent() != "releases/-" &&
                                    row.name != request.parent())
                                  return true;
                                v1::Release release;
                                damaged |= !release.ParseFromString(row.body);
                                if (release.state() != v1::Release::PUBLISHED) {
                                  if (changed_since.has_value())
                                    response.add_withdrawn_releases(row.name);
                                } else if (row.name >= cursor_release) {
                                  releases.push_back(row.name);
                                }
                                return true;
                              }));
  if (damaged) return absl::DataLossError("a stored release cannot be read");

  if (page.cursor.empty()) {
    RETURN_IF_ERROR(CheckFilterNames(store_, call.grant(), page.point, releases, "filter.",
                                     request.filter().measures(), request.filter().areas(),
                                     request.filter().topic()));
  }

  PageFiller filler(page);
  bool full = false;
  for (const std::string& release : releases) {
    if (full) break;
    // It may have been withdrawn after the list's first page.
    const absl::Status readable = CheckNotWithdrawn(store_, call.grant(), release);
    if (request.parent() == "releases/-" && ReasonOf(readable) == v1::RELEASE_WITHDRAWN) continue;
    RETURN_IF_ERROR(readable);
    const int before = response.observations_size();
    RETURN_IF_ERROR(ScanFigures(store_, call.grant(), release, request.filter(),
                                release == cursor_release ? cursor_ordinal : -1,
                                [&](int64_t ordinal, v1::Observation&& observation) {
                                  full = !filler.Take(observation.ByteSizeLong(),
                                                      CursorAt(release, ordinal));
                                  if (full) return false;
                                  call.NoteContribution(observation.measure());
                                  *response.add_observations() = std::move(observation);
                                  return true;
                                }));
    if (response.observations_size() > before) call.NoteFiguresOf(release);
  }
  response.set_next_page_token(filler.next_page_token());
  *response.mutable_read_time() = ToTimestamp(page.read_time);
  return response;
}

absl::StatusOr<std::unique_ptr<door::MessageSource<v1::ExtractObservationsResponse>>>
ReleaseService::ExtractObservations(std::shared_ptr<const door::Call> call,
                                    const v1::ExtractObservationsRequest& request) const {
  return OpenExtract(store_, std::move(call), request);
}

absl::StatusOr<v1::Scorecard> ReleaseService::GetScorecard(
    const door::Call& call, const v1::GetScorecardRequest& request) const {
  return MakeScorecard(store_, call, request);
}

absl::StatusOr<v1::ImportReleaseResponse> ReleaseService::ImportRelease(
    const door::Call& call, const v1::ImportReleaseRequest& request,
    store::Transaction& transaction) const {
  ImportChecker checker(transaction, call.grant(), request);
  ASSIGN_OR_RETURN(const std::vector<FieldViolation> violations, checker.Check(call.now()));
  RETURN_IF_ERROR(FromViolations(violations));

  v1::Release release = request.release();
  const absl::Time recorded =
      StartOf(ToCivilDay(release.document_date()).value_or(DayOf(call.now())));
  release.set_state(v1::Release::PUBLISHED);
  release.set_digest(DigestOf(request, transaction));

  v1::ImportReleaseResponse response;
  const absl::StatusOr<v1::Release> stored =
      Current<v1::Release>(transaction, call.grant(), Kind::kRelease, release.name());
  if (!stored.ok() && !absl::IsNotFound(stored.status())) return stored.status();
  if (stored.ok()) {
    *release.mutable_frozen_time() = stored->frozen_time();
    if (StoredBytes(release) != StoredBytes(*stored)) {
      return MakeError(v1::RELEASE_FROZEN,
                       "the release is frozen with other figures; import these under a new name",
                       {{"release", release.name()}});
    }
  } else {
    *release.mutable_frozen_time() = ToTimestamp(transaction.CommitTime());
    RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kRelease, release.name(),
                                  release, {}, {recorded, true}, *response.mutable_changes())
                        .status());
    const std::vector<store::ObservationRow> rows = checker.Rows(recorded);
    RETURN_IF_ERROR(transaction.PutObservations(call.grant(), release.name(), rows));
    RETURN_IF_ERROR(FreezeLines(transaction, call.grant(), release.name(), rows));
  }
  ASSIGN_OR_RETURN(const Row row, transaction.Find(call.grant(), Kind::kRelease, release.name(),
                                                   transaction.Latest()));
  ASSIGN_OR_RETURN(*response.mutable_release(), ReadRelease(transaction, call.grant(), row));
  return response;
}

absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::PreviewReleaseResponse>>>
ReleaseService::PreviewRelease(std::shared_ptr<const door::Call> call,
                               const v1::PreviewReleaseRequest& request) const {
  return publication_->Preview(std::move(call), request);
}

absl::StatusOr<v1::Release> ReleaseService::PublishRelease(const door::Call& call,
                                                           const v1::PublishReleaseRequest& request,
                                                           store::Transaction& transaction) const {
  return publication_->Publish(call, request, transaction);
}

absl::StatusOr<v1::Release> ReleaseService::WithdrawRelease(
    const door::Call& call, const v1::WithdrawReleaseRequest& request,
    store::Transaction& transaction) const {
  return services::WithdrawRelease(call, request, transaction);
}

}  // namespace concordat::services
