#include "server/services/record_check.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "server/audit/period.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"

namespace concordat::services {
namespace {

constexpr absl::string_view kTellTheOperator = ": the log is damaged; tell the operator";

absl::Status RecordError(uint64_t index, absl::string_view what) {
  return MakeError(v1::INTERNAL_ERROR,
                   absl::StrCat("the audit record ", index, " ", what, kTellTheOperator),
                   {{"index", absl::StrCat(index)}});
}

}  // namespace

absl::Status RecordMissing(uint64_t index) { return RecordError(index, "is missing"); }

absl::Status RecordUnreadable(uint64_t index) { return RecordError(index, "cannot be read"); }

absl::Status ShowDamage(absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  return MakeError(v1::INTERNAL_ERROR, absl::StrCat(status.message(), kTellTheOperator));
}

absl::Status RecordCheck::Compare(uint64_t index, absl::string_view leaf_hash) {
  if (index >= tree_.size()) return absl::OkStatus();
  const uint64_t tile = index / tlog::kTileWidth;
  if (tile_ != tile) ++tiles_;
  tile_ = tile;
  const absl::StatusOr<std::string> hashes = tree_.LeafHashes(tile);
  if (absl::IsDataLoss(hashes.status())) return Damaged();
  RETURN_IF_ERROR(hashes.status());
  const absl::string_view signed_hash = absl::string_view(*hashes).substr(
      index % tlog::kTileWidth * tlog::kHashBytes, tlog::kHashBytes);
  if (leaf_hash == signed_hash) return absl::OkStatus();
  return RecordError(index, "is not what was signed");
}

absl::StatusOr<store::Store::AuditSpan> RecordCheck::FindPeriod(std::optional<absl::Time> from,
                                                                std::optional<absl::Time> to,
                                                                uint64_t size) {
  if (!from.has_value() && !to.has_value()) return store::Store::AuditSpan{0, size};
  ASSIGN_OR_RETURN(store::Store::AuditSpan span,
                   audit::FindPeriod(store_, tree_, from.value_or(absl::InfinitePast()),
                                     to.value_or(absl::InfiniteFuture())));
  if (tree_.damage().first().has_value()) return Damaged();
  // What is not signed yet may be of the interval too.
  if (span.end == tree_.size()) span.end = size;
  return span;
}

absl::Status RecordCheck::Damaged() const {
  const audit::Damage::Span span = tree_.damage().first().value_or(audit::Damage::Span());
  if (span.first == span.last) return RecordError(span.first, "or its hash is not what was signed");
  return MakeError(v1::INTERNAL_ERROR,
                   absl::StrCat("one of the audit records ", span.first, " to ", span.last,
                                " or its hash is not what was signed", kTellTheOperator),
                   {{"index", absl::StrCat(span.first)}, {"last_index", absl::StrCat(span.last)}});
}

}  // namespace concordat::services
