#include "client/cli/profile.h"

#include <string>

#include "client/cli/testing/cli_runner.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::HasSubstr;

TEST(ProfileTest, RelativePathsStartAtTheProfile) {
  TemporaryFolder folder;
  folder.Write("board.yaml",
               "target: localhost:7443\n"
               "ca_certificate_file: tls/ca.pem\n"
               "certificate_file: /etc/client.pem\n"
               "private_key_file: ./client.key\n"
               "server_name: service.test\n"
               "purpose: oversight\n"
               "stream_window_bytes: 65536\n");
  const absl::StatusOr<ClientOptions> options = ReadProfile(folder.path(), "board");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->target, "localhost:7443");
  EXPECT_EQ(options->ca_certificate_file, folder.Path("tls/ca.pem"));
  EXPECT_EQ(options->certificate_file, "/etc/client.pem");
  EXPECT_EQ(options->private_key_file, folder.Path("client.key"));
  EXPECT_EQ(options->server_name, "service.test");
  EXPECT_EQ(options->default_purpose, "oversight");
  EXPECT_EQ(options->stream_window_bytes, 65536);
}

TEST(ProfileTest, MissingProfileSaysWhereToWriteIt) {
  TemporaryFolder folder;
  const absl::Status status = ReadProfile(folder.path(), "police").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder.Path("police.yaml")));
}

TEST(ProfileTest, UnknownKeyIsNamedWithItsLine) {
  TemporaryFolder folder;
  const std::string path = folder.Write("a.yaml", "target: localhost:1\nservr_name: x\n");
  EXPECT_THAT(std::string(ReadProfile(folder.path(), "a").status().message()),
              HasSubstr(path + ":2: servr_name"));
}

TEST(ProfileTest, ProfileWithoutATargetIsRefused) {
  TemporaryFolder folder;
  folder.Write("a.yaml", "server_name: x\n");
  EXPECT_THAT(std::string(ReadProfile(folder.path(), "a").status().message()),
              HasSubstr("target is missing"));
}

TEST(ProfileTest, NameThatLeavesTheFolderIsRefused) {
  TemporaryFolder folder;
  EXPECT_THAT(std::string(ReadProfile(folder.path(), "../a").status().message()),
              HasSubstr("no profile name"));
}

}  // namespace
}  // namespace concordat::cli
