// Tables that fit a terminal.
#ifndef CONCORDAT_CLIENT_CLI_TABLE_H_
#define CONCORDAT_CLIENT_CLI_TABLE_H_

#include <string>
#include <vector>

namespace concordat::cli {

// How a cell is set off where colour is allowed. The words say it too.
enum class Style { kPlain, kRed, kAmber, kGreen, kBlue, kFaint };

// One value of a table. UTF-8; printed as Printable (text.h) has it.
struct Cell {
  std::string text;
  Style style = Style::kPlain;
};

// One column's heading, and the side that its values stand on.
struct Heading {
  std::string title;
  bool right = false;
};

// Every row has as many cells as there are headings.
struct Table {
  std::vector<Heading> headings;
  std::vector<std::vector<Cell>> rows;
};

// The table as lines that are at most `width` columns wide, if every column can
// keep a few characters. Columns shrink, the widest first, and their text wraps
// at words; a longer word is broken after `-`, `/` and the like, or else
// anywhere. Every code point counts as one column.
std::string FormatTable(const Table& table, int width, bool colour);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_TABLE_H_
