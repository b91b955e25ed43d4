#include "base/durable_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace concordat {
namespace {

namespace fs = std::filesystem;

class DurableFileTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }

  const TemporaryFolder folder_;
};

TEST_F(DurableFileTest, TheNewFileReplacesTheOldOne) {
  ASSERT_TRUE(WriteFileDurably(Path("file"), "a longer old text").ok());
  ASSERT_TRUE(WriteFileDurably(Path("file"), "new").ok());
  EXPECT_EQ(ReadFile(Path("file")).value(), "new");
  EXPECT_FALSE(fs::exists(Path("file.new")));
}

TEST_F(DurableFileTest, OnlyItsOwnerReadsIt) {
  ASSERT_TRUE(WriteFileDurably(Path("file"), "text").ok());
  struct stat facts;
  ASSERT_EQ(stat(Path("file").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(DurableFileTest, WhatCannotBeReplacedStays) {
  // A folder that is not empty is no file that could be replaced.
  fs::create_directories(Path("file/inside"));
  const absl::Status status = WriteFileDurably(Path("file"), "text");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_TRUE(fs::is_directory(Path("file/inside")));
  EXPECT_FALSE(fs::exists(Path("file.new")));
}

TEST_F(DurableFileTest, AMissingFolderIsAnErrorThatNamesThePath) {
  const absl::Status status = WriteFileDurably(Path("missing/file"), "text");
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_NE(status.message().find("missing/file"), absl::string_view::npos) << status;
}

TEST_F(DurableFileTest, FoldersAreMadeOneInTheOther) {
  EXPECT_TRUE(MakeFolderDurably(Path("a/b/c")).ok());
  EXPECT_TRUE(MakeFolderDurably(Path("a/b/c")).ok());
  EXPECT_TRUE(fs::is_directory(Path("a/b/c")));
}

TEST_F(DurableFileTest, AFileInTheWayOfAFolderIsAnError) {
  ASSERT_TRUE(WriteFileDurably(Path("file"), "text").ok());
  EXPECT_TRUE(absl::IsUnavailable(MakeFolderDurably(Path("file/below"))));
}

TEST_F(DurableFileTest, APipeInTheFilesPlaceIsNotWaitedFor) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsNotFound(ReadFile(Path("pipe")).status()));
}

TEST_F(DurableFileTest, AFileThatIsLargerThanMemoryIsNotRead) {
  ASSERT_TRUE(WriteFileDurably(Path("file"), "text").ok());
  ASSERT_EQ(truncate(Path("file").c_str(), off_t{1} << 40), 0);
  EXPECT_TRUE(absl::IsNotFound(ReadFile(Path("file")).status()));
}

}  // namespace
}  // namespace concordat
