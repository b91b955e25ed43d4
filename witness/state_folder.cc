#include "witness/state_folder.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/file.h"
#include "base/status.h"

namespace concordat::witness {
namespace {

namespace fs = std::filesystem;

}  // namespace

absl::StatusOr<StateFolder> StateFolder::Open(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("the state_directory ", path, " is not there: make it once, empty"));
  }
  ASSIGN_OR_RETURN(ProcessLock lock,
                   ProcessLock::Take((fs::path(path) / "lock").string(), "the state"));
  return StateFolder(path, std::move(lock));
}

absl::StatusOr<std::optional<std::string>> StateFolder::Read(absl::string_view origin) const {
  const std::string file = FileOf(origin);
  std::error_code error;
  const bool is_there = fs::exists(file, error);
  if (!error && !is_there) return std::optional<std::string>();
  absl::StatusOr<std::string> note = ReadFile(file);
  if (!note.ok()) {
    return absl::FailedPreconditionError(absl::StrCat("cannot read the last checkpoint: ", file));
  }
  return std::optional<std::string>(*std::move(note));
}

absl::Status StateFolder::Write(absl::string_view origin, absl::string_view note) const {
  return WriteFileDurably(FileOf(origin), note);
}

std::string StateFolder::FileOf(absl::string_view origin) const {
  const std::string name = absl::StrCat(absl::BytesToHexString(Sha256Of(origin)), ".checkpoint");
  return (fs::path(path_) / name).string();
}

}  // namespace concordat::witness
