#include "server/services/extract.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/digest.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "server/domain/extract_writer.h"
#include "server/services/extract_cells.h"
#include "server/services/release_lines.h"
#include "server/services/release_reading.h"

namespace concordat::services {
namespace {

using Part = v1::ExtractObservationsResponse;
using Request = v1::ExtractObservationsRequest;

// A chunk is closed before it passes this.
constexpr size_t kMaxChunkBytes = 64 * 1024;
// The longest line: with every field as long as its rule allows and every byte of it a
// quote, which CSV writes twice, it has 4.9 KiB.
constexpr size_t kRoomForOneLine = 6 * 1024;
// A file's head.
constexpr size_t kRoomForHead = 1024;
// A page goes into a chunk whole, into the first one beside the head.
static_assert(kRoomForHead + store::LinePage::kMostBytes + kRoomForOneLine <= kMaxChunkBytes);
// Figures that are looked at in one step of a survey.
constexpr int kFiguresOfAStep = 500;

class Extract final : public door::MessageSource<Part> {
 public:
  Extract(const store::Store& store, std::shared_ptr<const door::Call> call, Request request,
          v1::Release release, store::ReadPoint point, bool empty, bool copies_lines)
      : store_(store),
        call_(std::move(call)),
        request_(std::move(request)),
        release_(std::move(release)),
        first_ordinal_(empty ? INT64_MAX : -1),
        copies_lines_(copies_lines),
        last_ordinal_(first_ordinal_),
        writer_(domain::MakeExtractWriter(request_.format())),
        cells_(store_, call_->grant(), point, *writer_) {}

  // Looks at all figures where the file's head needs that, then makes the chunks that
  // are not to be sent: the manifest is of the whole file.
  absl::StatusOr<bool> Prepare() override {
    if (!surveyed_) {
      RETURN_IF_ERROR(Survey());
      return false;
    }
    if (chunks_ == request_.first_chunk()) return true;
    ASSIGN_OR_RETURN(const Lines lines, NextLines());
    if (lines.data.empty()) {
      return InvalidFields({{"first_chunk", absl::StrCat("is beyond the end: the extract has ",
                                                         chunks_, " chunks")}});
    }
    Count(lines.data);
    skipped_rows_ = rows_;
    return chunks_ == request_.first_chunk();
  }

  absl::StatusOr<std::optional<Part>> Next() override {
    switch (step_) {
      case Step::kHeader:
        step_ = Step::kChunks;
        return Header();
      case Step::kChunks: {
        ASSIGN_OR_RETURN(Lines lines, NextLines());
        if (!lines.data.empty()) return Chunk(std::move(lines));
        step_ = Step::kEnd;
        return Manifest();
      }
      case Step::kEnd:
        return std::optional<Part>();
    }
    return std::optional<Part>();
  }

  int64_t rows() const override { return rows_ - skipped_rows_; }

  absl::StatusOr<int64_t> CountRows() override {
    int64_t count = 0;
    const auto add = [&count](const auto&...) {
      ++count;
      return true;
    };
    if (copies_lines_) {
      RETURN_IF_ERROR(ScanLines(first_ordinal_, add));
    } else {
      RETURN_IF_ERROR(Scan(first_ordinal_, add));
    }
    return count;
  }

 private:
  enum class Step { kHeader, kChunks, kEnd };
  // Of one measure, in the file.
  struct Figures {
    int64_t rows = 0;
    int64_t hidden = 0;
  };
  struct Lines {
    std::string data;
    // SHA-256 of the data; empty where it is not known.
    std::string sha256;
  };

  absl::Status Scan(int64_t after,
                    absl::FunctionRef<bool(int64_t, const v1::Observation&)> visit) const {
    return ScanFigures(store_, call_->grant(), request_.parent(), request_.filter(), after,
                       [&](int64_t ordinal, v1::Observation&& observation) {
                         return !IsWanted(observation.period().kind()) ||
                                visit(ordinal, observation);
                       });
  }

  absl::Status ScanLines(int64_t after,
                         absl::FunctionRef<bool(const store::LineRow&)> visit) const {
    return services::ScanLines(
        store_, call_->grant(), request_.parent(), request_.filter(), after,
        [&](const store::LineRow& line) { return !IsWanted(line.period_kind) || visit(line); });
  }

  bool IsWanted(int period_kind) const {
    return request_.period_kind() == v1::Period::KIND_UNSPECIFIED ||
           request_.period_kind() == period_kind;
  }

  absl::Status Survey() {
    if (!writer_->needs_survey()) {
      surveyed_ = true;
      return absl::OkStatus();
    }
    int seen = 0;
    absl::Status failed;
    RETURN_IF_ERROR(Scan(surveyed_ordinal_.value_or(first_ordinal_),
                         [&](int64_t ordinal, const v1::Observation& observation) {
                           const auto measure = cells_.MeasureOf(observation);
                           failed = measure.ok() ? writer_->Survey(observation, **measure)
                                                 : measure.status();
                           surveyed_ordinal_ = ordinal;
                           return failed.ok() && ++seen < kFiguresOfAStep;
                         }));
    RETURN_IF_ERROR(failed);
    surveyed_ = seen < kFiguresOfAStep;
    return absl::OkStatus();
  }

  Part Header() const {
    Part part;
    Part::Header& header = *part.mutable_header();
    header.set_release(release_.name());
    header.set_release_digest(release_.digest());
    if (const auth::CompiledAgreement* agreement = call_->grant().agreement()) {
      header.set_agreement(agreement->message.name());
      header.set_agreement_version(agreement->message.version());
    }
    header.set_media_type(std::string(writer_->media_type()));
    header.set_file_name(absl::StrCat(LastIdentifier(release_.name()), writer_->file_suffix()));
    return part;
  }

  // The next lines of the file, together at most kMaxChunkBytes; empty at its
  // end. Each call reads anew after the last figure: no read is held open while
  // a reader takes its time.
  absl::StatusOr<Lines> NextLines() {
    Lines lines;
    RETURN_IF_ERROR(CheckNotWithdrawn(store_, call_->grant(), request_.parent()));
    if (chunks_ == 0) lines.data = writer_->Head();
    if (!writer_->has_rows()) return lines;
    lines.data.reserve(kMaxChunkBytes);
    RETURN_IF_ERROR(copies_lines_ ? CopyLines(lines) : WriteLines(lines.data));
    return lines;
  }

  absl::Status CopyLines(Lines& lines) {
    const bool has_head = !lines.data.empty();
    int64_t begin = 0;
    int64_t count = 0;
    return ScanLines(last_ordinal_, [&](const store::LineRow& line) {
      if (count++ == 0) begin = line.ordinal;
      lines.sha256.clear();
      lines.data.append(line.text.data(), line.text.size());
      Note(line.ordinal, line.measure, line.is_hidden);
      if (!line.ends_page) return lines.data.size() + kRoomForOneLine < kMaxChunkBytes;
      const bool is_page = !has_head && begin == line.page_begin && count == line.page_lines;
      if (is_page) lines.sha256 = std::string(line.page_sha256);
      return lines.data.size() + store::LinePage::kMostBytes < kMaxChunkBytes;
    });
  }

  absl::Status WriteLines(std::string& data) {
    absl::Status failed;
    RETURN_IF_ERROR(Scan(last_ordinal_, [&](int64_t ordinal, const v1::Observation& observation) {
      failed = cells_.AppendRow(observation, data);
      if (!failed.ok()) return false;
      Note(ordinal, observation.measure(), observation.symbol() == v1::Observation::CONFIDENTIAL);
      return data.size() + kRoomForOneLine < kMaxChunkBytes;
    }));
    return failed;
  }

  // Of a row that is in the file.
  void Note(int64_t ordinal, absl::string_view measure, bool is_hidden) {
    last_ordinal_ = ordinal;
    ++rows_;
    auto figures = figures_.find(measure);
    if (figures == figures_.end()) {
      figures = figures_.emplace(measure, Figures()).first;
      call_->NoteContribution(measure);
    }
    ++figures->second.rows;
    if (is_hidden) ++figures->second.hidden;
  }

  void Count(const std::string& data) {
    file_digest_.Update(data);
    bytes_ += static_cast<int64_t>(data.size());
    ++chunks_;
  }

  Part Chunk(Lines lines) {
    Part part;
    Part::Chunk& chunk = *part.mutable_chunk();
    chunk.set_index(chunks_);
    chunk.set_sha256(lines.sha256.empty() ? Sha256Of(lines.data) : std::move(lines.sha256));
    Count(lines.data);
    chunk.set_data(std::move(lines.data));
    return part;
  }

  Part Manifest() {
    Part part;
    Part::Manifest& manifest = *part.mutable_manifest();
    manifest.set_rows(rows_);
    manifest.set_chunks(chunks_);
    manifest.set_bytes(bytes_);
    manifest.set_sha256(file_digest_.Finish());
    const absl::btree_map<std::string, Figures> by_name(figures_.begin(), figures_.end());
    for (const auto& [measure, figures] : by_name) {
      manifest.set_hidden(manifest.hidden() + figures.hidden);
      Part::MeasureDisclosure& disclosure = *manifest.add_disclosures();
      disclosure.set_measure(measure);
      SetRule(measure, disclosure);
      disclosure.set_rows(figures.rows);
      disclosure.set_hidden(figures.hidden);
    }
    return part;
  }

  // An imported release has no report, and one rule for all.
  void SetRule(const std::string& measure, Part::MeasureDisclosure& disclosure) const {
    disclosure.set_profile(release_.disclosure_profile());
    disclosure.set_rounding_base(1);
    for (const v1::DisclosureReport::MeasureLine& line : release_.report().measures()) {
      if (line.measure() != measure) continue;
      disclosure.set_profile(line.profile());
      disclosure.set_threshold(line.threshold());
      disclosure.set_rounding_base(line.rounding_base());
    }
  }

  const store::Store& store_;
  const std::shared_ptr<const door::Call> call_;
  const Request request_;
  const v1::Release release_;
  const int64_t first_ordinal_;
  // The file is made of the lines that were frozen with the release.
  const bool copies_lines_;
  int64_t last_ordinal_;
  const std::unique_ptr<domain::ExtractWriter> writer_;
  ExtractCells cells_;
  // By measure.
  absl::flat_hash_map<std::string, Figures> figures_;
  bool surveyed_ = false;
  std::optional<int64_t> surveyed_ordinal_;
  Step step_ = Step::kHeader;
  // Of the whole file, what is not sent again included.
  int64_t rows_ = 0;
  int64_t chunks_ = 0;
  int64_t bytes_ = 0;
  int64_t skipped_rows_ = 0;
  Sha256 file_digest_;
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
  // Of which figures are hidden nothing is said here, and slow readers are many.
  v1::DisclosureReport rules;
  rules.mutable_measures()->Swap(release.mutable_report()->mutable_measures());
  release.mutable_report()->Swap(&rules);
  RETURN_IF_ERROR(CheckFilterNames(store, call->grant(), point, {release.name()}, "filter.",
                                   request.filter().measures(), request.filter().areas(),
                                   request.filter().topic()));
  // A release's figures all became known to the server when it was frozen, and change
  // only when one of them is redacted.
  bool unchanged = false;
  if (request.filter().has_changed_since()) {
    ASSIGN_OR_RETURN(const store::Row row,
                     store.Find(call->grant(), store::Kind::kRelease, request.parent(), point));
    unchanged = row.committed < ToTime(request.filter().changed_since());
  }
  // Of what will be sent nothing is known yet: who begins may have had some.
  if (!unchanged) call->NoteFiguresOf(release.name());
  bool copies_lines = false;
  if (request.format() == v1::ExtractObservationsRequest::CSV) {
    ASSIGN_OR_RETURN(copies_lines, HasLines(store, call->grant(), request.parent()));
  }
  // As the lines were written, whatever has become of the measures and their topics.
  const store::ReadPoint frozen = FrozenPoint(release, point);
  return std::make_unique<Extract>(store, std::move(call), request, std::move(release), frozen,
                                   unchanged, copies_lines);
}

}  // namespace concordat::services
