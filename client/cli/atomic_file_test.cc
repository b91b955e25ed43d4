#include "client/cli/atomic_file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <utility>

#include "client/cli/exit_codes.h"
#include "client/cli/local_error.h"
#include "client/cli/testing/cli_runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::HasSubstr;

int CountFiles(const TemporaryFolder& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

// Starts to replace `path`, and is ended by `signal` in the middle, whatever the
// test was told to ignore.
void WriteUntil(int signal, const std::string& path) {
  std::signal(signal, SIG_DFL);
  absl::StatusOr<AtomicFile> file = AtomicFile::Create(path);
  if (!file.ok() || !file->Write("new").ok()) _exit(1);
  AtomicFile moved = *std::move(file);
  std::raise(signal);
}

TEST(AtomicFileDeathTest, SignalLeavesTheOldFileAndNothingElse) {
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    TemporaryFolder folder;
    const std::string path = folder.Write("figures.csv", "old");
    EXPECT_EXIT(WriteUntil(signal, path), ::testing::KilledBySignal(signal), "");
    EXPECT_EQ(ReadFile(path), "old");
    EXPECT_EQ(CountFiles(folder), 1);
  }
}

TEST(AtomicFileTest, WhoMayReadTheOldFileMayReadTheNewOneAndNobodyElse) {
  TemporaryFolder folder;
  const std::string path = folder.Write("figures.csv", "old");
  const auto owner = std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;
  std::filesystem::permissions(path, owner);
  absl::StatusOr<AtomicFile> file = AtomicFile::Create(path);
  ASSERT_TRUE(file.ok() && file->Write("new").ok() && file->Commit().ok());
  EXPECT_EQ(ReadFile(path), "new");
  EXPECT_EQ(std::filesystem::status(path).permissions(), owner);
}

TEST(AtomicFileDeathTest, SignalAfterTheFileIsCompleteEndsTheProgramAsEver) {
  TemporaryFolder folder;
  const std::string path = folder.Path("figures.csv");
  EXPECT_EXIT(
      {
        std::signal(SIGTERM, SIG_DFL);
        absl::StatusOr<AtomicFile> file = AtomicFile::Create(path);
        if (!file.ok() || !file->Write("new").ok() || !file->Commit().ok()) _exit(1);
        std::raise(SIGTERM);
      },
      ::testing::KilledBySignal(SIGTERM), "");
  EXPECT_EQ(ReadFile(path), "new");
  EXPECT_EQ(CountFiles(folder), 1);
}

TEST(AtomicFileDeathTest, SignalThatWasIgnoredStaysIgnored) {
  TemporaryFolder folder;
  const std::string path = folder.Path("figures.csv");
  EXPECT_EXIT(
      {
        std::signal(SIGINT, SIG_IGN);
        absl::StatusOr<AtomicFile> file = AtomicFile::Create(path);
        std::raise(SIGINT);
        _exit(file.ok() && file->Write("new").ok() && file->Commit().ok() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(ReadFile(path), "new");
}

// Expects a failure of this machine that says `reason`.
void ExpectLocal(const absl::Status& status, const std::string& reason) {
  EXPECT_EQ(ExitCodeOf(status), ExitCode::kOther) << status;
  EXPECT_TRUE(LocalNextStep(status).has_value()) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(reason));
}

TEST(AtomicFileTest, PathsThatCannotBeWrittenAreLocalErrors) {
  TemporaryFolder folder;
  const std::string file = folder.Write("file", "x");
  ExpectLocal(AtomicFile::Create(folder.path()).status(), "Is a directory");
  ExpectLocal(AtomicFile::Create(folder.Path("none/figures.csv")).status(),
              "No such file or directory");
  ExpectLocal(AtomicFile::Create(file + "/figures.csv").status(), "Not a directory");
  ExpectLocal(AtomicFile::Create(folder.Path(std::string(300, 'x'))).status(),
              "File name too long");
  ExpectLocal(AtomicFile::Create("/dev/null").status(), "no regular file");
  // No folder of /proc takes a file, not even the administrator's.
  ExpectLocal(AtomicFile::Create("/proc/figures.csv").status(), "cannot create");
}

// Writes to `path` where no file may have more than one byte, and ends with the
// exit code of what came of it.
void WriteTooMuch(const std::string& path) {
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit one_byte = {1, 1};
  setrlimit(RLIMIT_FSIZE, &one_byte);
  absl::Status written;
  {
    absl::StatusOr<AtomicFile> file = AtomicFile::Create(path);
    written = file.ok() ? file->Write("more than a byte") : absl::OkStatus();
  }
  _exit(LocalNextStep(written).has_value() ? static_cast<int>(ExitCodeOf(written)) : 99);
}

TEST(AtomicFileDeathTest, DiskThatTakesNoMoreIsALocalErrorAndLeavesNothing) {
  TemporaryFolder folder;
  const std::string path = folder.Write("figures.csv", "old");
  EXPECT_EXIT(WriteTooMuch(path), ::testing::ExitedWithCode(static_cast<int>(ExitCode::kOther)),
              "");
  EXPECT_EQ(ReadFile(path), "old");
  EXPECT_EQ(CountFiles(folder), 1);
}

TEST(AtomicFileTest, NextStepFitsTheReason) {
  EXPECT_THAT(*LocalNextStep(LocalFileError(ENOSPC, "x")), HasSubstr("make room"));
  EXPECT_THAT(*LocalNextStep(LocalFileError(EACCES, "x")), HasSubstr("where you may create files"));
  EXPECT_THAT(*LocalNextStep(LocalFileError(ENOENT, "x")), HasSubstr("make the folder first"));
  EXPECT_THAT(*LocalNextStep(LocalFileError(EISDIR, "x")), HasSubstr("name a file"));
}

}  // namespace
}  // namespace concordat::cli
