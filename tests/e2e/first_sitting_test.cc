// The sitting of docs/integrating.md, done as it stands there: a new agency, the
// partnership's office and the agency that gives the data, each in a folder of its
// own, with the program itself.
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/cli/testing/child_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/certificates.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kHeading[] = "## The first sitting";

// One block of commands, and whose they are: `agency`, `office` or `council`.
struct Block {
  std::string place;
  std::string commands;
};

// The blocks of the section, each of which begins with `# at the PLACE`.
std::vector<Block> ReadBlocks() {
  std::vector<Block> blocks;
  bool in_section = false;
  std::optional<Block> block;
  std::istringstream text(ReadWhole(CONCORDAT_SOURCE_DIR "/docs/integrating.md"));
  for (std::string line; std::getline(text, line);) {
    if (absl::StartsWith(line, "## ")) in_section = line == kHeading;
    if (!in_section) continue;
    if (line == "```sh") {
      block.emplace();
    } else if (line == "```" && block.has_value()) {
      blocks.push_back(*block);
      block.reset();
    } else if (block.has_value()) {
      absl::string_view place = line;
      if (absl::ConsumePrefix(&place, "# at the ")) block->place = std::string(place);
      absl::StrAppend(&block->commands, line, "\n");
    }
  }
  return blocks;
}

// How a program ended.
struct Ended {
  int code = -1;
  std::string out;
  std::string err;
};

class FirstSittingTest : public testing::Test {
 protected:
  void SetUp() override {
    partnership_.emplace();
    for (const char* place : {"agency", "office", "council"}) fs::create_directory(At(place));
    WriteProfileOf("office", "admin", kAdmin);
    WriteProfileOf("council", "council", kCouncil);
    for (const char* file : {"ca.crt", "ca.key"}) {
      fs::copy_file(certificates_.Path(file), At("office") / file);
    }
  }

  fs::path At(const std::string& place) const { return folder_.path() / place; }
  std::string File(const std::string& path) const { return (folder_.path() / path).string(); }

  void WriteProfileOf(const std::string& place, const std::string& name, const Partner& partner) {
    const KeyPair pair = certificates_.OfClient(partner.uri());
    WriteWhole((At(place) / "own.crt").string(), pair.certificate);
    WriteWhole((At(place) / "own.key").string(), pair.key);
    fs::permissions(At(place) / "own.key", fs::perms::owner_read | fs::perms::owner_write);
    WriteWhole((At(place) / (name + ".yaml")).string(),
               absl::StrCat("target: ", partnership_->server().address(),
                            "\nca_certificate_file: ", certificates_.Path("ca.crt"),
                            "\ncertificate_file: own.crt\nprivate_key_file: own.key\n"));
  }

  // Runs the commands at the place, with the documentation's address as the
  // server's, and what people there were told.
  Ended Run(const Block& block) {
    const std::string own_program = fs::path(CONCORDAT_PROGRAM).parent_path().string();
    std::vector<std::string> variables = {absl::StrCat("PATH=", own_program, ":/usr/bin:/bin"),
                                          absl::StrCat("HOME=", At(block.place).string()),
                                          "LC_ALL=C.UTF-8", "COLUMNS=200"};
    for (const auto& [name, value] : told_) variables.push_back(absl::StrCat(name, "=", value));
    if (block.place != "agency") {
      variables.push_back(absl::StrCat("CONCORDAT_CONFIG_DIR=", At(block.place).string()));
    }
    const std::string script = absl::StrCat(
        "cd ", At(block.place).string(), "\n",
        absl::StrReplaceAll(block.commands,
                            {{"concordat.example:8443", partnership_->server().address()}}));
    cli::ChildProcess bash({"/bin/bash", "-euo", "pipefail", "-c", script}, variables, File("out"),
                           File("err"));
    Ended ended;
    ended.code = bash.Wait();
    ended.out = ReadWhole(File("out"));
    ended.err = ReadWhole(File("err"));
    return ended;
  }
  Ended Run(const std::string& place, const std::string& commands) {
    return Run(Block{place, commands});
  }

  // What travels between the places, and what is heard on the telephone.
  void CarryBetweenThem(const Ended& last) {
    std::istringstream lines(last.out);
    for (std::string line; std::getline(lines, line);) {
      const std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
      if (absl::StartsWith(line, "Client ")) speaks_of_ = words.back();
      if (absl::StartsWith(line, "Request SHA-256")) {
        const bool approver = absl::EndsWith(speaks_of_, "/approver");
        told_[approver ? "APPROVER_SHA256" : "DASHBOARD_SHA256"] = words.back();
      }
      if (absl::StartsWith(line, "Digest of the terms")) told_["DIGEST"] = words.back();
    }
    for (const std::string client : {"dashboard", "approver"}) {
      const fs::path drafts = At("agency") / client / "for-the-office";
      if (!fs::exists(drafts)) continue;
      fs::create_directories(At("office") / client);
      fs::copy(drafts, At("office") / client / "for-the-office",
               fs::copy_options::recursive | fs::copy_options::overwrite_existing);
      for (const std::string& file : {client + ".crt", std::string("ca.crt")}) {
        const fs::path sent = At("office") / file;
        if (!fs::exists(sent)) continue;
        fs::copy_file(sent, At("agency") / client / file, fs::copy_options::overwrite_existing);
      }
    }
  }

  // Writes something sensible into each place of the draft.
  void FillIn() {
    const std::string path = File("agency/dashboard/for-the-office/agreement.yaml");
    WriteWhole(path,
               absl::StrReplaceAll(ReadWhole(path), {{"plans: [\"\"]", "plans: [plans/-]"},
                                                     {"\"\"  #", "As agreed in writing  #"}}));
  }

  const Certificates& certificates_ = Certificates::Get();
  const TemporaryFolder folder_;
  std::optional<TestPartnership> partnership_;
  std::map<std::string, std::string> told_;
  std::string speaks_of_;
};

TEST_F(FirstSittingTest, TheDocumentedCommandsLeadFromNothingToAnAnswer) {
  const std::vector<Block> blocks = ReadBlocks();
  ASSERT_GE(blocks.size(), 5);
  Ended last;
  for (const Block& block : blocks) {
    last = Run(block);
    ASSERT_EQ(last.code, 0) << block.commands << last.out << last.err;
    if (&block == &blocks.front()) FillIn();
    CarryBetweenThem(last);
  }
  EXPECT_THAT(last.out, AllOf(ContainsRegex("ok +purpose"), Not(HasSubstr("FAILED")),
                              Not(HasSubstr("skipped"))));
  EXPECT_THAT(last.out, HasSubstr("development-2018"));
}

TEST_F(FirstSittingTest, AFirstRunLeavesAKeyOfItsOwnersAndNoOtherTraceOfIt) {
  const Ended first = Run(ReadBlocks().front());
  ASSERT_EQ(first.code, 0) << first.err;
  const std::string key = File("agency/dashboard/dashboard.key");
  EXPECT_EQ(fs::status(key).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(At("agency") / "dashboard").permissions(), fs::perms::owner_all);
  const std::vector<std::string> lines = absl::StrSplit(ReadWhole(key), '\n');
  const std::string& secret = lines.at(1);
  ASSERT_EQ(secret.size(), 64);
  EXPECT_THAT(first.out, Not(HasSubstr(secret)));
  for (const auto& entry : fs::recursive_directory_iterator(At("agency"))) {
    if (!entry.is_regular_file() || entry.path() == key) continue;
    EXPECT_THAT(ReadWhole(entry.path().string()), Not(HasSubstr(secret))) << entry.path();
  }
}

TEST_F(FirstSittingTest, ASecondRunOverwritesNothing) {
  const Block first = ReadBlocks().front();
  ASSERT_EQ(Run(first).code, 0);
  const std::string key = ReadWhole(File("agency/dashboard/dashboard.key"));
  const Ended second = Run(first);
  EXPECT_EQ(second.code, 1);
  EXPECT_THAT(second.err, HasSubstr("dashboard is there already; nothing was written"));
  EXPECT_EQ(ReadWhole(File("agency/dashboard/dashboard.key")), key);
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(At("agency"))) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_EQ(names, (std::set<std::string>{"dashboard", "approver"}));
}

TEST_F(FirstSittingTest, ADraftThatIsNotFilledInIsRefusedByItsLines) {
  CarryBetweenThem(Run(ReadBlocks().front()));
  const Ended applied = Run("office",
                            "concordat --profile admin apply -f dashboard/for-the-office/"
                            "directory.yaml -f dashboard/for-the-office/agreement.yaml");
  EXPECT_EQ(applied.code, 6);
  const std::string draft = ReadWhole(File("office/dashboard/for-the-office/agreement.yaml"));
  const std::vector<std::string> lines = absl::StrSplit(draft, '\n');
  int places = 0;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!absl::StrContains(lines[i], "FILL IN")) continue;
    ++places;
    EXPECT_THAT(applied.err, HasSubstr(absl::StrCat("agreement.yaml:", i + 1, ":"))) << lines[i];
  }
  EXPECT_GE(places, 18);
}

TEST_F(FirstSittingTest, TheOfficeSignsOnlyWhatTheAgencyReadOut) {
  CarryBetweenThem(Run(ReadBlocks().front()));
  const std::string sign =
      "concordat onboard sign --request dashboard/for-the-office/dashboard.csr --identity "
      "uri:urn:concordat:lancashire-fire:dashboard --ca-certificate ca.crt --ca-key ca.key "
      "--days 30 --out dashboard.crt ";
  const Ended unheard = Run("office", sign);
  EXPECT_EQ(unheard.code, 2);
  EXPECT_THAT(unheard.err, HasSubstr("--sha256 is required"));
  const Ended other = Run("office", sign + "--sha256 \"$APPROVER_SHA256\"");
  EXPECT_EQ(other.code, 6);
  EXPECT_THAT(other.err, HasSubstr("not the one that was read out"));
  EXPECT_EQ(Run("office", sign + "--dry-run --sha256 \"$APPROVER_SHA256\"").code, 6);
  const Ended wrong_name = Run("office", absl::StrReplaceAll(sign, {{":dashboard ", ":hub "}}));
  EXPECT_EQ(wrong_name.code, 6);
  EXPECT_THAT(wrong_name.out, HasSubstr("urn:concordat:lancashire-fire:dashboard"));
  EXPECT_THAT(wrong_name.err, HasSubstr("and not for uri:urn:concordat:lancashire-fire:hub"));
  EXPECT_FALSE(fs::exists(At("office") / "dashboard.crt"));

  const Ended signed_now = Run("office", sign + "--sha256 \"$DASHBOARD_SHA256\" --output json");
  ASSERT_EQ(signed_now.code, 0) << signed_now.err;
  const auto printed = nlohmann::json::parse(signed_now.out);
  EXPECT_EQ(printed["certificate_sha256"].get<std::string>().size(), 64);
  const std::string issued = ReadWhole(File("office/dashboard.crt"));
  const Ended again = Run("office", sign + "--sha256 \"$DASHBOARD_SHA256\"");
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("is there already"));
  EXPECT_EQ(ReadWhole(File("office/dashboard.crt")), issued);
}

TEST_F(FirstSittingTest, TheDoctorSaysForScriptsWhichStepFailedAndEndsWithItsCode) {
  ASSERT_EQ(Run(ReadBlocks().front()).code, 0);
  const Ended ended = Run("agency",
                          "CONCORDAT_CONFIG_DIR=dashboard concordat --profile dashboard doctor "
                          "--output json");
  EXPECT_EQ(ended.code, 6);
  const auto steps = nlohmann::json::parse(ended.out);
  EXPECT_EQ(steps[0]["outcome"], "ok");
  EXPECT_EQ(steps[1]["step"], "certificate");
  EXPECT_EQ(steps[1]["outcome"], "FAILED");
  EXPECT_NE(steps[1]["next_step"], "");
  EXPECT_EQ(steps[2]["outcome"], "skipped");
  EXPECT_THAT(ended.err, HasSubstr("certificate failed"));
  const Ended council = Run("council", "concordat --profile council doctor --output csv");
  // The profile names no purpose, and its client has no default one.
  EXPECT_EQ(council.code, 4);
  EXPECT_THAT(council.out, AllOf(HasSubstr("client,ok,"), HasSubstr("purpose,FAILED,")));
}

TEST_F(FirstSittingTest, WhatIsMissingOrCannotBeIsSaidAndNothingIsWritten) {
  const std::string whole =
      "concordat onboard --folder x --client trust/dashboard --client-name Dashboard --target "
      "concordat.example:8443 ";
  const std::map<std::string, int> wrong = {
      {"concordat onboard", 2},
      {whole + "--provider council", 2},
      {whole + "--agency-name Trust", 2},
      {whole + "--agency-name Trust --agency-kind HOSPITALS", 6},
      {whole + "--role OWNER", 6},
      {whole + "--provider trust --purpose a", 6},
      {"concordat onboard sign", 2},
  };
  for (const auto& [command, code] : wrong) {
    const Ended ended = Run("agency", command);
    EXPECT_EQ(ended.code, code) << command << ": " << ended.err;
    EXPECT_THAT(ended.err, Not(IsEmpty()));
  }
  EXPECT_TRUE(fs::is_empty(At("agency")));
  EXPECT_EQ(Run("agency", whole + "--folder no-such-folder/x").code, 2);
  EXPECT_EQ(Run("agency", absl::StrReplaceAll(whole, {{"--folder x", "--folder no/x"}})).code, 1);
  EXPECT_TRUE(fs::is_empty(At("agency")));
}

}  // namespace
}  // namespace concordat::e2e
