#include "server/services/publication.h"

#include <atomic>
#include <optional>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/status.h"
#include "server/services/apply.h"
#include "server/services/release_digest.h"
#include "server/services/release_inputs.h"
#include "server/services/release_lines.h"
#include "server/services/release_reading.h"

namespace concordat::services {
namespace {

using store::Kind;

// Previews that wait for the one in hand.
constexpr size_t kMostWaiting = 8;
// Previews that can be published. Each holds its figures in memory.
constexpr size_t kMostKept = 4;
// Of a SHA-256.
constexpr size_t kDigestDigits = 64;
// What the contract says of the list.
constexpr int kMostQueried = 1000;
// How often the door looks whether a preview is ready.
constexpr absl::Duration kPause = absl::Milliseconds(10);

// What the office may say of a release: the rest is the server's to set.
absl::Status CheckAsked(const v1::Release& release) {
  std::vector<FieldViolation> violations;
  if (!release.has_selection()) violations.push_back({"release.selection", "is required"});
  if (release.disclosure_profile() != v1::DISCLOSURE_PROFILE_UNSPECIFIED) {
    violations.push_back({"release.disclosure_profile", "is each measure's; leave it out"});
  }
  if (release.has_document_date()) {
    violations.push_back({"release.document_date", "is the day of publication; leave it out"});
  }
  if (release.sources_size() > 0) {
    violations.push_back({"release.sources", "are an import's; leave them out"});
  }
  return FromViolations(violations);
}

absl::Status CheckIsNew(const store::Reader& reader, const auth::Grant& grant,
                        const std::string& name, const store::ReadPoint& point) {
  const absl::Status found = reader.Find(grant, Kind::kRelease, name, point).status();
  if (absl::IsNotFound(found)) return absl::OkStatus();
  RETURN_IF_ERROR(found);
  return MakeError(v1::RELEASE_FROZEN, "there is a release of this name; choose a new one",
                   {{"release", name}});
}

std::string DigestOf(const std::vector<v1::Observation>& observations, const store::Store& store) {
  ReleaseDigest digest;
  for (const v1::Observation& observation : observations) digest.Add(observation);
  return digest.Finish(store);
}

// Over everything but how long it took. Keyed as a release's digest is: what a preview is
// made of is not hidden yet.
std::string PreviewDigest(const std::string& asked, const std::string& inputs_digest,
                          v1::PreviewReleaseResponse response, const store::Store& store) {
  response.mutable_release()->mutable_report()->clear_duration_millis();
  Sha256 digest;
  for (const std::string& part : {asked, inputs_digest, StoredBytes(response)}) {
    digest.Update(absl::StrCat(part.size(), ":"));
    digest.Update(part);
  }
  return absl::BytesToHexString(
      HmacSha256(store.page_token_key(), absl::StrCat("Preview of a release ", digest.Finish())));
}

absl::Status Outdated() {
  return MakeError(v1::PREVIEW_OUTDATED,
                   "what the release is made of has changed since this preview, or the server was "
                   "started anew; preview it again");
}

// The figures as they are stored with the release.
std::vector<store::ObservationRow> RowsOf(const ProtectedFigures& figures, absl::Time recorded) {
  std::vector<store::ObservationRow> rows;
  rows.reserve(figures.observations.size());
  for (size_t i = 0; i < figures.observations.size(); ++i) {
    v1::Observation observation = figures.observations[i];
    *observation.mutable_recorded_time() = ToTimestamp(recorded);
    store::ObservationRow& row = rows.emplace_back();
    row.ordinal = static_cast<int64_t>(i);
    row.measure = observation.measure();
    row.area = observation.area();
    row.level = observation.level();
    row.topics = figures.topics[i];
    row.body = StoredBytes(observation);
  }
  return rows;
}

}  // namespace

// One preview: asked for by the door, computed by the worker.
class Publication::Job {
 public:
  Job(std::shared_ptr<const door::Call> its_call, v1::Release asked)
      : call(std::move(its_call)), release(std::move(asked)) {}

  void Finish(absl::StatusOr<std::shared_ptr<const Kept>> result) {
    absl::MutexLock lock(&mutex_);
    result_ = std::move(result);
  }
  // Nothing while it is not finished.
  std::optional<absl::StatusOr<std::shared_ptr<const Kept>>> result() const {
    absl::MutexLock lock(&mutex_);
    return result_;
  }

  const std::shared_ptr<const door::Call> call;
  const v1::Release release;
  // Nobody waits for it any more.
  std::atomic<bool> is_cancelled{false};

 private:
  mutable absl::Mutex mutex_;
  std::optional<absl::StatusOr<std::shared_ptr<const Kept>>> result_ ABSL_GUARDED_BY(mutex_);
};

class Publication::JobRead final : public door::SteppedRead<v1::PreviewReleaseResponse> {
 public:
  explicit JobRead(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~JobRead() override { job_->is_cancelled.store(true, std::memory_order_relaxed); }

  absl::StatusOr<std::optional<v1::PreviewReleaseResponse>> Step() override {
    const auto result = job_->result();
    if (!result.has_value()) return std::optional<v1::PreviewReleaseResponse>();
    ASSIGN_OR_RETURN(const std::shared_ptr<const Kept> kept, *result);
    for (const auto& line : kept->response.release().report().measures()) {
      job_->call->NoteContribution(line.measure());
    }
    return std::optional<v1::PreviewReleaseResponse>(kept->response);
  }

  absl::Duration pause() const override { return kPause; }

 private:
  const std::shared_ptr<Job> job_;
};

Publication::~Publication() {
  std::thread worker;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    for (const std::shared_ptr<Job>& job : waiting_) job->is_cancelled.store(true);
    worker = std::move(worker_);
  }
  if (worker.joinable()) worker.join();
}

absl::StatusOr<std::unique_ptr<door::SteppedRead<v1::PreviewReleaseResponse>>> Publication::Preview(
    std::shared_ptr<const door::Call> call, const v1::PreviewReleaseRequest& request) {
  RETURN_IF_ERROR(CheckAsked(request.release()));
  auto job = std::make_shared<Job>(std::move(call), request.release());
  absl::MutexLock lock(&mutex_);
  if (waiting_.size() >= kMostWaiting) {
    return MakeError(v1::SERVER_BUSY, "many previews wait already; try again in a minute");
  }
  waiting_.push_back(job);
  if (!worker_.joinable()) worker_ = std::thread([this] { Work(); });
  return std::make_unique<JobRead>(std::move(job));
}

void Publication::Work() {
  const auto has_work = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  };
  while (true) {
    std::shared_ptr<Job> job;
    {
      absl::MutexLock lock(&mutex_, absl::Condition(&has_work));
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    absl::StatusOr<std::shared_ptr<const Kept>> kept = Compute(*job);
    if (kept.ok()) Keep(*kept);
    job->Finish(std::move(kept));
  }
}

absl::StatusOr<std::shared_ptr<const Publication::Kept>> Publication::Compute(
    const Job& job) const {
  const auto is_cancelled = [&] {
    absl::MutexLock lock(&mutex_);
    return stopping_ || job.is_cancelled.load(std::memory_order_relaxed);
  };
  ASSIGN_OR_RETURN(const store::Store::State state, store_.ReadState());
  const store::ReadPoint point{state.revision, absl::InfiniteFuture()};
  RETURN_IF_ERROR(CheckIsNew(store_, job.call->grant(), job.release.name(), point));
  const ReleaseView view{store_, job.call->grant(), job.call->policy(), point, job.call->now()};
  ASSIGN_OR_RETURN(ReleaseInputs inputs, ReadReleaseInputs(view, job.release));

  auto kept = std::make_shared<Kept>();
  ASSIGN_OR_RETURN(kept->figures, ProtectFigures(inputs, job.release.name(), is_cancelled));
  kept->asked = StoredBytes(job.release);
  kept->inputs_digest = std::move(inputs.digest);

  v1::PreviewReleaseResponse& response = kept->response;
  v1::Release& release = *response.mutable_release();
  release = job.release;
  release.set_state(v1::Release::PUBLISHED);
  release.set_observation_count(static_cast<int64_t>(kept->figures.observations.size()));
  release.set_digest(DigestOf(kept->figures.observations, store_));
  *release.mutable_report() = kept->figures.report;
  for (std::string& name : inputs.missing_returns) release.add_missing_returns(std::move(name));
  for (std::string& name : inputs.queried_returns) {
    if (response.queried_returns_size() == kMostQueried) break;
    response.add_queried_returns(std::move(name));
  }
  for (const auto& broken : kept->figures.broken_sums) *response.add_broken_sums() = broken;
  for (const auto& narrow : kept->figures.narrow_counts) *response.add_narrow_counts() = narrow;
  response.set_preview_digest(PreviewDigest(kept->asked, kept->inputs_digest, response, store_));
  return kept;
}

void Publication::Keep(std::shared_ptr<const Kept> kept) {
  absl::MutexLock lock(&mutex_);
  kept_.push_back(std::move(kept));
  if (kept_.size() > kMostKept) kept_.pop_front();
}

std::shared_ptr<const Publication::Kept> Publication::Find(
    const std::string& preview_digest) const {
  absl::MutexLock lock(&mutex_);
  for (const std::shared_ptr<const Kept>& kept : kept_) {
    if (kept->response.preview_digest() == preview_digest) return kept;
  }
  return nullptr;
}

absl::StatusOr<v1::Release> Publication::Publish(const door::Call& call,
                                                 const v1::PublishReleaseRequest& request,
                                                 store::Transaction& transaction) {
  RETURN_IF_ERROR(CheckAsked(request.release()));
  RETURN_IF_ERROR(
      CheckIsNew(transaction, call.grant(), request.release().name(), transaction.Latest()));
  if (request.preview_digest().size() != kDigestDigits ||
      !absl::c_all_of(request.preview_digest(), absl::ascii_isxdigit)) {
    return InvalidField(
        "preview_digest",
        absl::StrCat("is none that a preview has: ", kDigestDigits, " hexadecimal digits"));
  }
  const std::shared_ptr<const Kept> kept = Find(request.preview_digest());
  if (kept == nullptr || kept->asked != StoredBytes(request.release())) return Outdated();
  if (kept->figures.observations.empty()) {
    return InvalidField("release.selection", "has no figure: none was submitted, and none is owed");
  }
  const ReleaseView view{transaction,          call.grant(), call.policy(),
                         transaction.Latest(), call.now(),   /*reads_earlier=*/false};
  ASSIGN_OR_RETURN(const ReleaseInputs inputs, ReadReleaseInputs(view, request.release()));
  if (inputs.digest != kept->inputs_digest) return Outdated();
  if (!inputs.queried_returns.empty()) {
    return InvalidField("release.selection",
                        absl::StrCat("has figures that are queried, such as those of ",
                                     inputs.queried_returns[0], "; end the query first"));
  }
  if (!inputs.missing_returns.empty() && !request.accept_missing()) {
    return InvalidField("accept_missing",
                        absl::StrCat("is required: ", inputs.missing_returns.size(),
                                     " returns are missing, such as ", inputs.missing_returns[0]));
  }
  if (!kept->figures.broken_sums.empty() && !request.accept_broken_sums()) {
    const auto& first = kept->figures.broken_sums.front();
    return InvalidField("accept_broken_sums",
                        absl::StrCat("is required: declared sums do not hold, such as that of ",
                                     first.measure(), " at ", first.area(),
                                     ", where a return that is nil counts as 0; ask who sent the "
                                     "figures, then preview the release again"));
  }
  if (!kept->figures.narrow_counts.empty() && !request.accept_narrow_counts()) {
    const auto& first = kept->figures.narrow_counts.front();
    return InvalidField(
        "accept_narrow_counts",
        absl::StrCat("is required: some readers may work out more of hidden counts of ",
                     first.measure(),
                     " than the rule allows; leave it out, or ask for coarser figures of it"));
  }

  v1::Release release = kept->response.release();
  release.clear_observation_count();
  *release.mutable_frozen_time() = ToTimestamp(transaction.CommitTime());
  *release.mutable_document_date() = ToDate(DayOf(transaction.CommitTime()));
  Changes changes;
  RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kRelease, release.name(), release,
                                {}, {transaction.CommitTime()}, changes)
                      .status());
  const std::vector<store::ObservationRow> rows = RowsOf(kept->figures, transaction.CommitTime());
  RETURN_IF_ERROR(transaction.PutObservations(call.grant(), release.name(), rows));
  RETURN_IF_ERROR(FreezeLines(transaction, call.grant(), release.name(), rows));
  for (const ReleaseBlock& block : inputs.blocks) call.NoteContribution(block.measure->name());
  call.NoteRelease(release.name(), release.digest());
  ASSIGN_OR_RETURN(const store::Row row, transaction.Find(call.grant(), Kind::kRelease,
                                                          release.name(), transaction.Latest()));
  return ReadRelease(transaction, call.grant(), row, Audience::kOffice);
}

absl::StatusOr<v1::Release> WithdrawRelease(const door::Call& call,
                                            const v1::WithdrawReleaseRequest& request,
                                            store::Transaction& transaction) {
  ASSIGN_OR_RETURN(v1::Release release,
                   Current<v1::Release>(transaction, call.grant(), Kind::kRelease, request.name()));
  if (release.state() == v1::Release::WITHDRAWN) {
    return MakeError(v1::RELEASE_WITHDRAWN, "the release was withdrawn before",
                     {{"release", request.name()}});
  }
  release.set_state(v1::Release::WITHDRAWN);
  release.set_withdrawn_reason(request.reason());
  *release.mutable_withdrawn_time() = ToTimestamp(transaction.CommitTime());
  Changes changes;
  RETURN_IF_ERROR(ApplyResource(transaction, call.grant(), Kind::kRelease, release.name(), release,
                                {}, {transaction.CommitTime()}, changes)
                      .status());
  call.NoteRelease(release.name(), release.digest());
  ASSIGN_OR_RETURN(const store::Row row, transaction.Find(call.grant(), Kind::kRelease,
                                                          release.name(), transaction.Latest()));
  return ReadRelease(transaction, call.grant(), row, Audience::kOffice);
}

}  // namespace concordat::services
