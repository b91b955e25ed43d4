#include "client/rows/csv_rows.h"

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "google/protobuf/stubs/common.h"

namespace concordat::rows {
namespace {

constexpr size_t kMostBytes = 1 << 20;
constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

// With its mark, or by its bytes: of ASCII in UTF-16 every other one is NUL.
bool IsUtf16(absl::string_view text) {
  const auto zeros = static_cast<size_t>(absl::c_count(text, '\0'));
  return absl::StartsWith(text, "\xFF\xFE") || absl::StartsWith(text, "\xFE\xFF") ||
         3 * zeros > text.size();
}

absl::Status NotUtf8(absl::string_view text) {
  return absl::InvalidArgumentError(
      IsUtf16(text) || !absl::StrContains(text, '\0')
          ? "is not UTF-8 text; save the file as `CSV UTF-8`, or convert it"
          : "has a NUL byte, which no text has: take it out, or save the file anew");
}

}  // namespace

bool IsPlainUtf8(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte == 0) return false;
    const size_t more = byte < 0x80             ? 0
                        : (byte & 0xE0) == 0xC0 ? 1
                        : (byte & 0xF0) == 0xE0 ? 2
                        : (byte & 0xF8) == 0xF0 ? 3
                                                : 4;
    if (more == 4 || i + more >= text.size() + (more == 0 ? 1 : 0)) return false;
    uint32_t point = more == 0 ? byte : byte & (0x3FU >> more);
    for (size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = point << 6 | (next & 0x3FU);
    }
    // Longer than it needs to be, half of a pair, or beyond the last character.
    constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[more] || (point >= 0xD800 && point < 0xE000) || point > 0x10FFFF) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

int CsvRecords::Take() {
  const int c = input_.get();
  if (c == '\n') ++next_line_;
  return c;
}

absl::StatusOr<bool> CsvRecords::Next(std::vector<std::string>& cells) {
  cells.clear();
  line_ = next_line_;
  if (!begun_) {
    begun_ = true;
    for (const char expected : kByteOrderMark) {
      if (input_.peek() != static_cast<unsigned char>(expected)) break;
      input_.get();
    }
  }
  if (input_.peek() == std::istream::traits_type::eof()) {
    if (input_.bad()) return absl::UnavailableError("the file could not be read");
    return false;
  }
  size_t bytes = 0;
  std::string cell;
  const auto end_cell = [&]() -> absl::Status {
    if (!IsPlainUtf8(cell)) return NotUtf8(cell);
    cells.push_back(std::move(cell));
    cell.clear();
    return absl::OkStatus();
  };
  bool quoted = false;
  // A cell in quotes has ended: nothing but its separator may follow.
  bool closed = false;
  while (true) {
    const int c = Take();
    if (++bytes > kMostBytes) {
      return absl::InvalidArgumentError("is longer than 1 MiB; is a quote missing?");
    }
    if (quoted) {
      if (c < 0) return absl::InvalidArgumentError("begins a cell in quotes that does not end");
      // A new line within a cell is one, however the file writes its own.
      if (c == '\r' && input_.peek() == '\n') continue;
      if (c != '"') {
        cell.push_back(static_cast<char>(c));
      } else if (input_.peek() == '"') {
        cell.push_back(static_cast<char>(Take()));
      } else {
        quoted = false;
        closed = true;
      }
      continue;
    }
    if (c == '\r' && input_.peek() == '\n') continue;
    if (c == ',' || c == '\n' || c < 0) {
      RETURN_IF_ERROR(end_cell());
      closed = false;
      if (c != ',') return true;
      continue;
    }
    if (closed) return absl::InvalidArgumentError("has text after a cell in quotes");
    if (c == '"') {
      if (!cell.empty()) {
        return absl::InvalidArgumentError(
            "has a quote within a cell: put the cell in quotes, and write the quote twice");
      }
      quoted = true;
      continue;
    }
    if (c == '\r') {
      return absl::InvalidArgumentError("has a return without a line feed; save it anew");
    }
    cell.push_back(static_cast<char>(c));
  }
}

}  // namespace concordat::rows
