#include "base/secret_file.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "base/file.h"

namespace concordat {

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  struct stat facts = {};
  if (stat(path.c_str(), &facts) == 0 && (facts.st_mode & (S_IROTH | S_IWOTH)) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " holds a private key, and every user of this machine may read or ",
                     "write it: chmod o-rw it, and change the key if others were here"));
  }
  return ReadFile(path);
}

}  // namespace concordat
