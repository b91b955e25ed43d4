#include "client/cli/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/csv.h"

namespace concordat::cli {

std::string CsvRecord(const std::vector<std::string>& fields) {
  return absl::StrCat(absl::StrJoin(fields, ",",
                                    [](std::string* out, const std::string& field) {
                                      AppendCsvField(SafeForSpreadsheet(field), *out);
                                    }),
                      "\r\n");
}

}  // namespace concordat::cli
