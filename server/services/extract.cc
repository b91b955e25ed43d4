#include "server/services/extract.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/container/node_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/extract.h"
#include "server/services/release_reading.h"

namespace concordat::services {
namespace {

using Part = v1::ExtractObservationsResponse;

// A chunk is closed before it passes this; one line is far shorter.
constexpr size_t kMaxChunkBytes = 64 * 1024;
constexpr size_t kRoomForOneLine = 4 * 1024;

class Extract final : public door::MessageSource<Part> {
 public:
  Extract(const store::Store& store, std::shared_ptr<const door::Call> call,
          v1::ExtractObservationsRequest request, v1::Release release, store::ReadPoint point,
          bool empty)
      : store_(store),
        call_(std::move(call)),
        request_(std::move(request)),
        release_(std::move(release)),
        point_(point),
        last_ordinal_(empty ? INT64_MAX : -1) {}

  absl::StatusOr<std::optional<Part>> Next() override {
    switch (step_) {
      case Step::kHeader:
        step_ = Step::kChunks;
        return Header();
      case Step::kChunks: {
        ASSIGN_OR_RETURN(std::string data, NextLines());
        if (!data.empty()) return Chunk(std::move(data));
        step_ = Step::kEnd;
        return Manifest();
      }
      case Step::kEnd:
        return std::optional<Part>();
    }
    return std::optional<Part>();
  }

  int64_t rows() const override { return rows_; }

  absl::StatusOr<int64_t> CountRows() override {
    int64_t count = 0;
    RETURN_IF_ERROR(ScanFigures(store_, call_->grant(), request_.parent(), request_.filter(),
                                last_ordinal_, [&](int64_t, v1::Observation&&) {
                                  ++count;
                                  return true;
                                }));
    return count;
  }

 private:
  enum class Step { kHeader, kChunks, kEnd };

  bool csv() const { return request_.format() == v1::ExtractObservationsRequest::CSV; }

  Part Header() const {
    Part part;
    Part::Header& header = *part.mutable_header();
    header.set_release(release_.name());
    header.set_release_digest(release_.digest());
    if (const auth::CompiledAgreement* agreement = call_->grant().agreement()) {
      header.set_agreement(agreement->message.name());
      header.set_agreement_version(agreement->message.version());
    }
    header.set_media_type(csv() ? "text/csv; charset=utf-8" : "application/x-ndjson");
    header.set_file_name(absl::StrCat(LastIdentifier(release_.name()), csv() ? ".csv" : ".ndjson"));
    return part;
  }

  // The next lines of the file, together at most kMaxChunkBytes; empty at its
  // end. Each call reads anew after the last figure: no read is held open while
  // a reader takes its time.
  absl::StatusOr<std::string> NextLines() {
    std::string data;
    if (chunks_ == 0 && csv()) data = domain::ExtractCsvHeader();
    absl::Status failed;
    RETURN_IF_ERROR(ScanFigures(store_, call_->grant(), request_.parent(), request_.filter(),
                                last_ordinal_, [&](int64_t ordinal, v1::Observation&& observation) {
                                  failed = AppendLine(observation, data);
                                  if (!failed.ok()) return false;
                                  call_->NoteContribution(observation.measure());
                                  last_ordinal_ = ordinal;
                                  ++rows_;
                                  return data.size() + kRoomForOneLine < kMaxChunkBytes;
                                }));
    RETURN_IF_ERROR(failed);
    return data;
  }

  absl::Status AppendLine(const v1::Observation& observation, std::string& data) {
    ASSIGN_OR_RETURN(const v1::Measure* measure,
                     Lookup(store::Kind::kMeasure, observation.measure(), measures_));
    domain::AreaPath areas;
    // Areas are few and their tree is shallow: the loop ends at a nation.
    std::string name = observation.area();
    for (int depth = 0; !name.empty() && depth < 8; ++depth) {
      ASSIGN_OR_RETURN(const v1::Area* area, Lookup(store::Kind::kArea, name, areas_));
      switch (area->level()) {
        case v1::NATIONAL:
          areas.nation = area;
          break;
        case v1::REGIONAL:
          areas.region = area;
          break;
        case v1::POLICE_FORCE_AREA:
          areas.police_force = area;
          break;
        case v1::LOCAL_AUTHORITY:
          areas.authority = area;
          break;
        case v1::LOCAL_AUTHORITY_DISTRICT:
          areas.district = area;
          break;
        default:
          break;
      }
      name = area->parent();
    }
    if (csv()) {
      domain::AppendCsvRow(observation, *measure, areas, data);
    } else {
      domain::AppendNdjsonRow(observation, *measure, areas, data);
    }
    return absl::OkStatus();
  }

  template <typename Message>
  absl::StatusOr<const Message*> Lookup(store::Kind kind, const std::string& name,
                                        absl::node_hash_map<std::string, Message>& known) {
    if (const auto found = known.find(name); found != known.end()) return &found->second;
    ASSIGN_OR_RETURN(const store::Row row, store_.Find(call_->grant(), kind, name, point_));
    Message& message = known[name];
    if (!message.ParseFromString(row.body)) {
      return absl::DataLossError("what a figure is about cannot be read");
    }
    return &message;
  }

  Part Chunk(std::string data) {
    file_digest_.Update(data);
    bytes_ += static_cast<int64_t>(data.size());
    Part part;
    Part::Chunk& chunk = *part.mutable_chunk();
    chunk.set_index(chunks_++);
    chunk.set_sha256(Sha256Of(data));
    chunk.set_data(std::move(data));
    return part;
  }

  Part Manifest() {
    Part part;
    Part::Manifest& manifest = *part.mutable_manifest();
    manifest.set_rows(rows_);
    manifest.set_chunks(chunks_);
    manifest.set_bytes(bytes_);
    manifest.set_sha256(file_digest_.Finish());
    return part;
  }

  const store::Store& store_;
  const std::shared_ptr<const door::Call> call_;
  const v1::ExtractObservationsRequest request_;
  const v1::Release release_;
  const store::ReadPoint point_;
  int64_t last_ordinal_;
  Step step_ = Step::kHeader;
  int64_t rows_ = 0;
  int64_t chunks_ = 0;
  int64_t bytes_ = 0;
  Sha256 file_digest_;
  absl::node_hash_map<std::string, v1::Measure> measures_;
  absl::node_hash_map<std::string, v1::Area> areas_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<door::MessageSource<Part>>> OpenExtract(
    const store::Store& store, std::shared_ptr<const door::Call> call,
    const v1::ExtractObservationsRequest& request) {
  ASSIGN_OR_RETURN(const store::Store::State state, store.ReadState());
  const store::ReadPoint point{state.revision, absl::InfiniteFuture()};
  ASSIGN_OR_RETURN(v1::Release release,
                   ReadableRelease(store, call->grant(), request.parent(), point));
  call->NoteRelease(release.name(), release.digest());
  // A release's figures all became known to the server when it was frozen, and change
  // only when one of them is redacted.
  bool unchanged = false;
  if (request.filter().has_changed_since()) {
    ASSIGN_OR_RETURN(const store::Row row,
                     store.Find(call->grant(), store::Kind::kRelease, request.parent(), point));
    unchanged = row.committed < ToTime(request.filter().changed_since());
  }
  return std::make_unique<Extract>(store, std::move(call), request, std::move(release), point,
                                   unchanged);
}

}  // namespace concordat::services
