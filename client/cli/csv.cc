#include "client/cli/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace concordat::cli {

std::string CsvRecord(const std::vector<std::string>& fields) {
  return absl::StrCat(
      absl::StrJoin(
          fields, ",",
          [](std::string* out, const std::string& field) {
            if (field.find_first_of(",\"\r\n") == std::string::npos) {
              out->append(field);
            } else {
              absl::StrAppend(out, "\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
            }
          }),
      "\r\n");
}

}  // namespace concordat::cli
