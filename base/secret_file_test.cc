#include "base/secret_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"

namespace concordat {
namespace {

using ::testing::HasSubstr;

TEST(SecretFileTest, OneThatTheOwnerAndPerhapsTheGroupMayReadIsRead) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("key");
  WriteWhole(path, "secret");
  for (const mode_t mode : {0400, 0600, 0440, 0640}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const absl::StatusOr<std::string> content = ReadSecretFile(path);
    ASSERT_TRUE(content.ok()) << content.status();
    EXPECT_EQ(*content, "secret");
  }
}

TEST(SecretFileTest, OneThatEverybodyMayReadOrWriteIsRefusedByName) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("key");
  WriteWhole(path, "secret");
  for (const mode_t mode : {0644, 0604, 0602}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const absl::Status refused = ReadSecretFile(path).status();
    EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(refused.message()), HasSubstr(path + " holds a private key"));
  }
  // By another path too, as secrets are mounted.
  std::filesystem::create_symlink(path, folder.path() / "link");
  EXPECT_FALSE(ReadSecretFile(folder.Path("link")).ok());
}

TEST(SecretFileTest, OneThatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadSecretFile("/nowhere/key").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace concordat
