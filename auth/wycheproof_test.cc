// The public JOSE test vectors of project Wycheproof (C2SP/wycheproof,
// testvectors_v1), read in place from CONCORDAT_VECTORS_DIR: the environment
// variable, or the CMake option. They are no part of the project.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "auth/compact_jws.h"
#include "auth/json_web_key_set.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace concordat::auth {
namespace {

using nlohmann::json;

// Valid by the vectors, and refused here all the same.
struct Exception {
  int id;
  const char* why;
};
constexpr Exception kExceptions[] = {
    {346, "the key is for PS256, the header says PS384"},
    {347, "`alg` is ES521, which does not exist"},
    {350, "the key is for PS256, the header says PS384"},
    {351, "`alg` is ES521, which does not exist"},
    {372, "a `?` within base64url"},
    {373, "a `?` within base64url"},
};
// Valid signatures by algorithms that are not accepted.
const std::set<std::string>& RefusedAlgorithms() {
  static const auto* const names =
      new std::set<std::string>{"HS256", "HS384", "HS512", "RS384", "RS512", "PS384", "PS512"};
  return *names;
}

bool IsException(int id) {
  for (const Exception& exception : kExceptions) {
    if (exception.id == id) return true;
  }
  return false;
}

std::string FolderOfVectors() {
  const char* named = std::getenv("CONCORDAT_VECTORS_DIR");
  return absl::StrCat(named != nullptr ? named : CONCORDAT_VECTORS_DIR, "/wycheproof");
}

// The key or the set that a group is verified with, as a JWKS document.
std::string KeysOf(const json& group) {
  const json& key = group.contains("public") ? group["public"] : group["private"];
  return key.contains("keys") ? key.dump() : json{{"keys", json::array({key})}}.dump();
}

// The `alg` of the group's first key; empty when it has none.
std::string AlgorithmOf(const json& group) {
  const json keys = json::parse(KeysOf(group))["keys"];
  return keys[0].value("alg", "");
}

bool Verifies(const json& group, const std::string& token) {
  const auto keys = JsonWebKeySet::Parse(KeysOf(group), std::nullopt);
  if (!keys.ok()) return false;
  const auto jws = ParseCompactJws(token);
  return jws.ok() && VerifyCompactJws(*jws, *keys).ok();
}

std::string TextOf(const json& jws) {
  return jws.is_string() ? jws.get<std::string>() : jws.dump();
}

class WycheproofTest : public testing::Test {
 protected:
  // The file's groups; null when the vectors are not there.
  static json Groups(const std::string& file) {
    std::ifstream stream(FolderOfVectors() + "/" + file);
    return stream ? json::parse(stream)["testGroups"] : json();
  }
};

#define CONCORDAT_SKIP_WITHOUT(groups)                                                      \
  if ((groups).is_null()) {                                                                 \
    GTEST_SKIP() << "NOT TESTED: no Wycheproof vectors in " << FolderOfVectors()            \
                 << "; set CONCORDAT_VECTORS_DIR to a folder that has them in wycheproof/"; \
  }

// Compares each verdict with the vectors', but for the declared exceptions.
// Returns how many were verified.
int Compare(const json& groups) {
  int verified = 0;
  for (const json& group : groups) {
    const bool refused = RefusedAlgorithms().contains(AlgorithmOf(group));
    for (const json& test : group["tests"]) {
      const int id = test["tcId"].get<int>();
      const bool expected = test["result"] == "valid" && !refused && !IsException(id);
      const bool verdict = Verifies(group, TextOf(test["jws"]));
      EXPECT_EQ(verdict, expected) << id << " " << test["comment"];
      verified += verdict ? 1 : 0;
    }
  }
  return verified;
}

TEST_F(WycheproofTest, SignaturesAreVerifiedAsTheVectorsSay) {
  const json groups = Groups("json_web_signature_test.json");
  CONCORDAT_SKIP_WITHOUT(groups);
  EXPECT_GT(Compare(groups), 0);
}

TEST_F(WycheproofTest, KeysAreTakenAndRefusedAsTheVectorsSay) {
  const json groups = Groups("json_web_key_test.json");
  CONCORDAT_SKIP_WITHOUT(groups);
  EXPECT_GT(Compare(groups), 0);
}

TEST_F(WycheproofTest, NoEncryptedTokenIsRead) {
  const json groups = Groups("json_web_encryption_test.json");
  CONCORDAT_SKIP_WITHOUT(groups);
  int tried = 0;
  for (const json& group : groups) {
    for (const json& test : group["tests"]) {
      EXPECT_FALSE(ParseCompactJws(TextOf(test["jwe"])).ok()) << test["tcId"];
      ++tried;
    }
  }
  EXPECT_GT(tried, 0);
}

}  // namespace
}  // namespace concordat::auth
