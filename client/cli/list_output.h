// Lists and resources in the format that the user chose.
#ifndef CONCORDAT_CLIENT_CLI_LIST_OUTPUT_H_
#define CONCORDAT_CLIENT_CLI_LIST_OUTPUT_H_

#include <algorithm>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status.h"
#include "client/cli/csv.h"
#include "client/cli/json.h"
#include "client/cli/session.h"
#include "client/cli/table.h"
#include "client/cli/text.h"
#include "concordat/paged_range.h"
#include "google/protobuf/message.h"

namespace concordat::cli {

// One column of a list of `Item`s: in the table, in CSV, or in both.
template <typename Item>
struct Column {
  // Heading in the table. Empty: not in the table.
  std::string title;
  // Heading in CSV. Empty: not in CSV.
  std::string key;
  // The value for people.
  std::function<Cell(const Item&)> cell;
  // The value for programs; that of `cell` when not set.
  std::function<std::string(const Item&)> raw;
  // Whether values stand on the right side, as numbers do.
  bool right = false;
};

// What one item of a list is called.
struct Noun {
  std::string singular;
  // Empty: the singular and an `s`.
  std::string plural;
};

// The cell of a plain text.
inline Cell Plain(std::string text) { return Cell{std::move(text), Style::kPlain}; }

// All items of a list, or the error that ended it. Stops after `limit` items;
// 0 means no limit.
template <typename Item, typename Response>
absl::StatusOr<std::vector<Item>> Collect(PagedRange<Item, Response> range, size_t limit = 0) {
  std::vector<Item> items;
  for (absl::StatusOr<Item>& item : range) {
    if (!item.ok()) return item.status();
    items.push_back(*std::move(item));
    if (items.size() == limit) break;
  }
  return items;
}

// The rows of the table's columns, without columns that are empty throughout.
template <typename Item>
Table MakeTable(const std::vector<Item>& items, const std::vector<Column<Item>>& columns) {
  Table table;
  table.rows.resize(items.size());
  for (const Column<Item>& column : columns) {
    if (column.title.empty()) continue;
    std::vector<Cell> cells;
    for (const Item& item : items) cells.push_back(column.cell(item));
    if (std::all_of(cells.begin(), cells.end(),
                    [](const Cell& cell) { return cell.text.empty(); })) {
      continue;
    }
    table.headings.push_back({column.title, column.right});
    for (size_t i = 0; i < cells.size(); ++i) table.rows[i].push_back(std::move(cells[i]));
  }
  return table;
}

// A header and a record for each item, of the CSV's columns.
template <typename Item>
std::string MakeCsv(const std::vector<Item>& items, const std::vector<Column<Item>>& columns) {
  std::vector<std::string> keys;
  for (const Column<Item>& column : columns) {
    if (!column.key.empty()) keys.push_back(column.key);
  }
  std::string text = CsvRecord(keys);
  for (const Item& item : items) {
    std::vector<std::string> record;
    for (const Column<Item>& column : columns) {
      if (column.key.empty()) continue;
      record.push_back(column.raw ? column.raw(item) : column.cell(item).text);
    }
    text += CsvRecord(record);
  }
  return text;
}

// Prints a list: a table and a count, one JSON array, or CSV.
template <typename Item>
void PrintItems(Session& session, const std::vector<Item>& items,
                const std::vector<Column<Item>>& columns, const Noun& noun) {
  switch (session.options().output) {
    case OutputFormat::kTable:
      if (!items.empty()) {
        session.out() << FormatTable(MakeTable(items, columns), session.width(), session.colour())
                      << "\n";
      }
      session.out() << Counted(static_cast<int64_t>(items.size()), noun.singular, noun.plural)
                    << "\n";
      return;
    case OutputFormat::kJson: {
      nlohmann::ordered_json array = nlohmann::ordered_json::array();
      if constexpr (std::is_base_of_v<google::protobuf::Message, Item>) {
        for (const Item& item : items) array.push_back(ToJson(item));
      }
      session.out() << JsonText(array);
      return;
    }
    case OutputFormat::kCsv:
      session.out() << MakeCsv(items, columns);
      return;
  }
}

// Fetches and prints a list. Nothing is printed when any page fails, so that a
// part is never taken for the whole.
template <typename Item, typename Response>
absl::Status PrintList(Session& session, PagedRange<Item, Response> range,
                       const std::vector<Column<Item>>& columns, const Noun& noun,
                       size_t limit = 0) {
  ASSIGN_OR_RETURN(const std::vector<Item> items, Collect(std::move(range), limit));
  PrintItems(session, items, columns, noun);
  return absl::OkStatus();
}

// One line of a resource's description.
struct Fact {
  std::string label;
  Cell value;
};

// The facts as aligned lines; those without a value are left out.
std::string FormatFacts(const std::vector<Fact>& facts, int width, bool colour);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_LIST_OUTPUT_H_
