#include "tests/bench/pem_file.h"

#include <fstream>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace concordat::bench {
namespace {

absl::Status ReadInto(const std::string& path, std::string& content) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream read;
  if (!file || !(read << file.rdbuf())) {
    return absl::NotFoundError(absl::StrCat("cannot read ", path));
  }
  content = read.str();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Credentials> ReadCredentials(const std::string& folder, const std::string& name) {
  const std::string stem = absl::StrCat(folder, "/", name);
  Credentials credentials;
  absl::Status status = ReadInto(absl::StrCat(stem, ".crt"), credentials.certificate);
  status.Update(ReadInto(absl::StrCat(stem, ".key"), credentials.key));
  status.Update(ReadInto(absl::StrCat(folder, "/ca.crt"), credentials.authority));
  if (!status.ok()) return status;
  return credentials;
}

}  // namespace concordat::bench
