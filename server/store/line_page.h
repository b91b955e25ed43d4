// Lines of a release: its figures as they stand in its CSV file. They are written when
// the release is frozen, so that an extract only copies them, and stored in pages.
#ifndef CONCORDAT_SERVER_STORE_LINE_PAGE_H_
#define CONCORDAT_SERVER_STORE_LINE_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"
#include "auth/grant.h"

namespace concordat::store {

// One line, and what it is found by. Valid as long as what its views are of.
struct LineRow {
  // Of the figure that it shows.
  int64_t ordinal = 0;
  // `measures/{measure}`, and its topics.
  absl::string_view measure;
  absl::Span<const std::string> topics;
  // `areas/{area}`, and its v1::GeographicLevel.
  absl::string_view area;
  int level = 0;
  // A v1::Period::Kind, the first day and the last.
  int period_kind = 0;
  absl::CivilDay period_start;
  absl::CivilDay period_end;
  // A v1::Observation::Comparator.
  int comparator = 0;
  // Disclosure control hides the figure.
  bool is_hidden = false;
  // With the line's end.
  absl::string_view text;
  // Given by the store: of the page that holds it, the first ordinal, the number of lines
  // that anyone sees of it, and the SHA-256 of their texts.
  int64_t page_begin = 0;
  int64_t page_lines = 0;
  absl::string_view page_sha256;
  // The last one of its page: a read that goes on after it reads no page twice. Given by
  // the store.
  bool ends_page = false;
};

// Lines that are stored together: as many as one chunk of an extract takes.
struct LinePage {
  // Lines are put into one page while their texts are together no longer than this.
  static constexpr size_t kMostBytes = size_t{57} * 1024;

  // A serialised LineIndex.
  std::string index;
  // The texts, one after the other.
  std::string texts;
};

// The page of `lines`, which are in order.
LinePage MakeLinePage(absl::Span<const LineRow> lines);

// Calls `visit` with the lines of a page after `after_ordinal` that the grant covers, in
// order, until it returns false; says whether it never did. DATA_LOSS when the parts of
// the page do not fit together.
absl::StatusOr<bool> VisitLines(absl::string_view index, absl::string_view texts,
                                const auth::Grant& grant, int64_t after_ordinal,
                                absl::FunctionRef<bool(const LineRow&)> visit);

}  // namespace concordat::store

#endif  // CONCORDAT_SERVER_STORE_LINE_PAGE_H_
