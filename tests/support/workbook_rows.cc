#include "tests/support/workbook_rows.h"

#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/support/must.h"

namespace concordat {

std::vector<std::string> WorkbookRows(const std::string& path, const std::string& sheet) {
  const std::string command =
      absl::StrCat("PYTHONIOENCODING=utf-8 python3 '", CONCORDAT_SOURCE_DIR,
                   "/tests/support/workbook_rows.py' '", path, "' '", sheet, "' 2>&1");
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) Die("cannot run python3");
  std::string output;
  std::array<char, 4096> buffer{};
  for (size_t size = 0; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    output.append(buffer.data(), size);
  }
  pclose(pipe);
  return absl::StrSplit(absl::StripSuffix(output, "\n"), '\n');
}

}  // namespace concordat
