// The synthetic example: its files are what the generator writes, and a server takes
// them.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/measure_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/moments.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const fs::path kExample = fs::path(CONCORDAT_SOURCE_DIR) / "data" / "example";

// The content of every file below the folder, by path.
std::map<std::string, std::string> ReadTree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ostringstream content;
    content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    files[fs::relative(entry.path(), folder).string()] = content.str();
  }
  return files;
}

TEST(ExampleTest, IsWhatTheGeneratorWrites) {
  const TemporaryFolder folder;
  const std::string made = folder.Path("example");
  const std::string command =
      absl::StrCat("python3 '", CONCORDAT_SOURCE_DIR, "/tools/generate_example.py' '", made, "'");
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto stored = ReadTree(kExample);
  ASSERT_FALSE(stored.empty());
  const auto generated = ReadTree(made);
  std::set<std::string> names;
  for (const auto& [name, content] : stored) names.insert(name);
  for (const auto& [name, content] : generated) names.insert(name);
  for (const std::string& name : names) {
    const auto one = stored.find(name);
    const auto other = generated.find(name);
    EXPECT_TRUE(one != stored.end() && other != generated.end() && one->second == other->second)
        << name << ": run tools/generate_example.py";
  }
}

TEST(ExampleTest, SaysInEveryFileThatItIsSynthetic) {
  for (const auto& [name, content] : ReadTree(kExample)) {
    EXPECT_TRUE(absl::StrContains(absl::AsciiStrToLower(content), "synthetic")) << name;
    if (!absl::StartsWith(name, "submissions/")) continue;
    std::vector<std::string> lines = absl::StrSplit(content, "\r\n", absl::SkipEmpty());
    lines.erase(lines.begin());
    EXPECT_THAT(lines, Each(HasSubstr("Synthetic figure"))) << name;
  }
}

TEST(ExampleTest, AppliesToAServerThatThenSaysWhatIsOwed) {
  FakeClock clock(At("2018-12-02T09:00:00Z"));
  TestPartnership::Options options;
  options.clock = &clock;
  TestPartnership partnership(options);
  partnership.Get<v1::ApplyDirectoryResponse>(
      kAdmin, ReadDataFile<v1::ApplyDirectoryRequest>("../example/directory.yaml"));
  const auto measures = ReadDataFile<v1::ApplyMeasuresRequest>("../example/measures.yaml");
  EXPECT_THAT(measures.measures(), SizeIs(21));
  partnership.Get<v1::ApplyMeasuresResponse>(kAdmin, measures);

  // Of 18 measures 8 quarters, of 3 two years: 3 by the police, 13 by three councils, 2 by
  // the domestic abuse board; one by eight commissioners and two by one office each.
  v1::ListReturnsRequest request;
  request.set_page_size(1000);
  const auto all = partnership.Get<v1::ListReturnsResponse>(kBoard, request);
  EXPECT_THAT(all.returns(), SizeIs(8 * (3 + 13 * 3 + 2) + 2 * (8 + 1 + 1)));
  for (const v1::Return& owed : all.returns()) {
    ASSERT_EQ(owed.state(), v1::Return::OVERDUE) << owed.name();
    ASSERT_TRUE(absl::StartsWith(owed.name(), "measures/synthetic-")) << owed.name();
    ASSERT_FALSE(owed.contact().empty());
  }
}

}  // namespace
}  // namespace concordat::e2e
