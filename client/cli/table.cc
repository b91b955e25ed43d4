#include "client/cli/table.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

constexpr int kGap = 2;
// Below this a column is unreadable, and a line longer than the terminal better.
constexpr int kNarrowest = 6;

bool StartsCodePoint(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

int WidthOf(absl::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), StartsCodePoint));
}

// Cuts the first `width` code points off `text`.
absl::string_view TakeColumns(absl::string_view& text, int width) {
  size_t end = 0;
  for (int taken = 0; end < text.size(); ++end) {
    if (StartsCodePoint(text[end]) && taken++ == width) break;
  }
  const absl::string_view taken = text.substr(0, end);
  text.remove_prefix(end);
  return taken;
}

// Whether a word that is too long may be broken after position `i`: at what
// joins its parts, but not within a day, a time or a number.
bool IsJoint(absl::string_view text, size_t i) {
  if (text[i] == '/') return true;
  const bool before_digit =
      i + 1 < text.size() && absl::ascii_isdigit(static_cast<unsigned char>(text[i + 1]));
  return !before_digit && absl::StrContains("-:_.,", text[i]);
}

// Cuts what fits into `width` off a longer `word`: whole parts if one fits.
absl::string_view TakeParts(absl::string_view& word, int width) {
  absl::string_view rest = word;
  const absl::string_view fitting = TakeColumns(rest, width);
  size_t end = fitting.size();
  while (end > 0 && !IsJoint(word, end - 1)) --end;
  if (end == 0) end = fitting.size();
  const absl::string_view taken = word.substr(0, end);
  word.remove_prefix(end);
  return taken;
}

std::vector<std::string> Wrap(absl::string_view text, int width) {
  std::vector<std::string> lines(1);
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (!lines.back().empty() && WidthOf(lines.back()) + 1 + WidthOf(word) > width) {
      lines.emplace_back();
    }
    while (WidthOf(word) > width) {
      lines.back() = std::string(TakeParts(word, width));
      lines.emplace_back();
    }
    absl::StrAppend(&lines.back(), lines.back().empty() ? "" : " ", word);
  }
  if (lines.size() > 1 && lines.back().empty()) lines.pop_back();
  return lines;
}

int LongestWord(absl::string_view text) {
  int longest = 0;
  for (const absl::string_view word : absl::StrSplit(text, ' ')) {
    longest = std::max(longest, WidthOf(word));
  }
  return longest;
}

int LongestPart(absl::string_view text) {
  int longest = 0;
  int current = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    current = text[i] == ' ' ? 0 : current + (StartsCodePoint(text[i]) ? 1 : 0);
    longest = std::max(longest, current);
    if (IsJoint(text, i)) current = 0;
  }
  return longest;
}

// How narrow one column may become, from the gentlest demand to the last.
struct Floors {
  int natural = 0;
  int longest_word = kNarrowest;
  int longest_part = kNarrowest;
};

Floors FloorsOf(const Table& table, size_t column) {
  Floors floors;
  const auto include = [&floors](absl::string_view text) {
    floors.natural = std::max(floors.natural, WidthOf(text));
    floors.longest_word = std::max(floors.longest_word, LongestWord(text));
    floors.longest_part = std::max(floors.longest_part, LongestPart(text));
  };
  include(table.headings[column].title);
  for (const std::vector<Cell>& row : table.rows) include(row[column].text);
  return floors;
}

// Takes from the widest column, one by one, until the sum of `widths` is
// `available` or every column stands at its floor.
void Shrink(std::vector<int>& widths, const std::vector<int>& floors, int available) {
  int total = std::accumulate(widths.begin(), widths.end(), 0);
  while (total > available) {
    size_t widest = widths.size();
    for (size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] > floors[i] && (widest == widths.size() || widths[i] > widths[widest])) {
        widest = i;
      }
    }
    if (widest == widths.size()) return;
    --widths[widest];
    --total;
  }
}

// The widths that make the table fit. Words stay whole if that is enough; else
// they are broken at their joints, and only then anywhere.
std::vector<int> FitWidths(const Table& table, int width) {
  const size_t columns = table.headings.size();
  std::vector<int> widths, word_floors, part_floors;
  for (size_t i = 0; i < columns; ++i) {
    const Floors floors = FloorsOf(table, i);
    widths.push_back(floors.natural);
    word_floors.push_back(floors.longest_word);
    part_floors.push_back(floors.longest_part);
  }
  const int available = width - kGap * (static_cast<int>(columns) - 1);
  Shrink(widths, word_floors, available);
  Shrink(widths, part_floors, available);
  Shrink(widths, std::vector<int>(columns, kNarrowest), available);
  return widths;
}

absl::string_view Escape(Style style) {
  switch (style) {
    case Style::kRed:
      return "\x1b[31m";
    case Style::kAmber:
      return "\x1b[33m";
    case Style::kGreen:
      return "\x1b[32m";
    case Style::kBlue:
      return "\x1b[34m";
    case Style::kFaint:
      return "\x1b[2m";
    case Style::kPlain:
      break;
  }
  return "";
}

void AppendRow(const std::vector<Cell>& row, const std::vector<Heading>& headings,
               const std::vector<int>& widths, bool colour, std::string& out) {
  std::vector<std::vector<std::string>> wrapped;
  size_t height = 1;
  for (size_t i = 0; i < row.size(); ++i) {
    wrapped.push_back(Wrap(row[i].text, widths[i]));
    height = std::max(height, wrapped.back().size());
  }
  for (size_t line = 0; line < height; ++line) {
    std::string text;
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string part = line < wrapped[i].size() ? wrapped[i][line] : std::string();
      const std::string padding(static_cast<size_t>(std::max(0, widths[i] - WidthOf(part))), ' ');
      const absl::string_view escape = colour && !part.empty() ? Escape(row[i].style) : "";
      const absl::string_view reset = escape.empty() ? "" : "\x1b[0m";
      absl::StrAppend(&text, i == 0 ? "" : std::string(kGap, ' '));
      absl::StrAppend(&text, headings[i].right ? padding : "", escape, part, reset,
                      headings[i].right ? "" : padding);
    }
    absl::StrAppend(&out, absl::StripTrailingAsciiWhitespace(text), "\n");
  }
}

}  // namespace

std::string FormatTable(const Table& table, int width, bool colour) {
  Table safe = table;
  for (std::vector<Cell>& row : safe.rows) {
    for (Cell& cell : row) cell.text = Printable(cell.text);
  }
  const std::vector<int> widths = FitWidths(safe, width);
  std::vector<Cell> heading;
  for (const Heading& column : safe.headings) heading.push_back({column.title, Style::kFaint});
  std::string out;
  AppendRow(heading, safe.headings, widths, colour, out);
  for (const std::vector<Cell>& row : safe.rows) {
    AppendRow(row, safe.headings, widths, colour, out);
  }
  return out;
}

}  // namespace concordat::cli
