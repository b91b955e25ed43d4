#include "client/cli/list_output.h"

namespace concordat::cli {

std::string FormatFacts(const std::vector<Fact>& facts, int width, bool colour) {
  Table table;
  table.headings = {{"", false}, {"", false}};
  for (const Fact& fact : facts) {
    if (!fact.value.text.empty()) {
      table.rows.push_back({Cell{fact.label, Style::kFaint}, fact.value});
    }
  }
  std::string text = FormatTable(table, width, colour);
  // The two columns have no headings; their empty line is not wanted.
  text.erase(0, text.find('\n') + 1);
  return text;
}

}  // namespace concordat::cli
