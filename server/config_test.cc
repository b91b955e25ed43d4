#include "server/config.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tlog/note_key.h"

namespace concordat {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Everything that is required, and nothing else.
constexpr char kLeast[] =
    "listen_address: 127.0.0.1:8443\n"
    "database_path: data/concordat.db\n"
    "tls:\n"
    "  certificate_file: tls/server.pem\n"
    "  private_key_file: /etc/concordat/server.key\n"
    "  client_ca_file: tls/clients.pem\n"
    "log_origin: lancashire.example/audit\n"
    "audit:\n"
    "  key_file: log.key\n"
    "  checkpoint_file: /mnt/elsewhere/checkpoint\n";

// The line after it.
constexpr int kNext = 11;

class ConfigTest : public ::testing::Test {
 protected:
  std::string Path() const { return folder_.Path("concordat.yaml"); }
  absl::StatusOr<server::v1::ServerConfig> Read(const std::string& text) const {
    WriteWhole(Path(), text);
    return ReadConfig(Path());
  }
  // What is wrong with the text; empty when nothing is.
  std::string ProblemsOf(const std::string& text) const {
    const absl::Status status = Read(text).status();
    EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }
  // How a problem in that line begins.
  std::string At(int line) const { return absl::StrCat(Path(), ":", line, ": "); }

  const TemporaryFolder folder_;
};

TEST_F(ConfigTest, WhatIsNotSetHasItsDefault) {
  const auto config = Read(kLeast);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen_address(), "127.0.0.1:8443");
  EXPECT_EQ(config->health_address(), "");
  EXPECT_EQ(config->address_file(), "");
  EXPECT_EQ(config->log_origin(), "lancashire.example/audit");
  EXPECT_EQ(config->audit().key_file(), folder_.Path("log.key"));
  EXPECT_EQ(config->audit().checkpoint_file(), "/mnt/elsewhere/checkpoint");
  EXPECT_EQ(config->audit().checkpoint_seconds(), 5);
  EXPECT_EQ(config->audit().checkpoint_records(), 10000);
  EXPECT_EQ(config->limits().max_connections(), 1000);
  EXPECT_EQ(config->limits().max_connections_per_address(), 200);
  EXPECT_EQ(config->limits().handshake_deadline_milliseconds(), 5000);
  EXPECT_EQ(config->limits().max_request_bytes(), 1048576);
  EXPECT_EQ(config->limits().max_calls(), 1000);
  EXPECT_EQ(config->limits().max_calls_per_certificate(), 200);
  EXPECT_EQ(config->limits().request_deadline_milliseconds(), 10000);
  EXPECT_EQ(config->limits().call_deadline_milliseconds(), 60000);
  EXPECT_EQ(config->limits().max_memory_mebibytes(), 512);
  EXPECT_EQ(config->drain_seconds(), 20);
}

TEST_F(ConfigTest, WhatIsSetIsKept) {
  const auto config = Read(absl::StrCat(kLeast,
                                        "limits:\n"
                                        "  max_connections: 7\n"
                                        "  max_calls: 8\n"
                                        "drain_seconds: 1\n"
                                        "health_address: 127.0.0.1:0\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->limits().max_connections(), 7);
  EXPECT_EQ(config->limits().max_calls(), 8);
  EXPECT_EQ(config->limits().max_connections_per_address(), 200);
  EXPECT_EQ(config->drain_seconds(), 1);
  EXPECT_EQ(config->health_address(), "127.0.0.1:0");
}

TEST_F(ConfigTest, RelativePathsAreRelativeToTheFile) {
  const auto config = Read(absl::StrCat(kLeast, "address_file: run/addresses\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->database_path(), folder_.Path("data/concordat.db"));
  EXPECT_EQ(config->tls().certificate_file(), folder_.Path("tls/server.pem"));
  EXPECT_EQ(config->tls().private_key_file(), "/etc/concordat/server.key");
  EXPECT_EQ(config->tls().client_ca_file(), folder_.Path("tls/clients.pem"));
  EXPECT_EQ(config->address_file(), folder_.Path("run/addresses"));
}

TEST_F(ConfigTest, EachRequiredFieldIsMissed) {
  const std::string problems = ProblemsOf("drain_seconds: 1\n");
  for (const char* field :
       {"listen_address", "database_path", "tls.certificate_file", "tls.private_key_file",
        "tls.client_ca_file", "log_origin", "audit.key_file", "audit.checkpoint_file"}) {
    EXPECT_THAT(problems, HasSubstr(absl::StrCat(At(1), field, " is required")));
  }
}

TEST_F(ConfigTest, AMissingFieldOfASectionIsNamedAtItsLine) {
  const std::string text =
      absl::StrReplaceAll(kLeast, {{"  client_ca_file: tls/clients.pem\n", ""}});
  EXPECT_EQ(ProblemsOf(text), At(3) + "tls.client_ca_file is required");
}

TEST_F(ConfigTest, UnknownAndRepeatedKeysAreErrorsWithTheirLine) {
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "listen_adress: x\n")),
              StartsWith(At(kNext) + "listen_adress is not a key"));
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "log_origin: x\n")),
              AllOf(HasSubstr(At(kNext)), HasSubstr("log_origin")));
}

TEST_F(ConfigTest, ARequiredRevocationListNeedsItsFile) {
  const std::string required =
      absl::StrReplaceAll(kLeast, {{"log_origin", "  crl_required: true\nlog_origin"}});
  EXPECT_EQ(ProblemsOf(required), At(7) + "tls.crl_required asks for tls.crl_file");
  const auto config = Read(absl::StrReplaceAll(
      required, {{"  crl_required", "  crl_file: tls/clients.crl\n  crl_required"}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->tls().crl_required());
  EXPECT_EQ(config->tls().crl_file(), folder_.Path("tls/clients.crl"));
}

TEST_F(ConfigTest, WhatIsNoNumberIsAnError) {
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "drain_seconds: soon\n")),
              HasSubstr(At(kNext) + "drain_seconds"));
}

TEST_F(ConfigTest, WhatIsNoYamlIsAnError) {
  EXPECT_THAT(ProblemsOf("tls: [\n"), HasSubstr(Path()));
  EXPECT_THAT(ProblemsOf("- a list\n"), HasSubstr(Path()));
  EXPECT_THAT(ProblemsOf("# nothing\n"), HasSubstr(At(1)));
}

TEST_F(ConfigTest, AProblemOfTheTextAsAWholeNamesItsLineAlone) {
  EXPECT_THAT(ProblemsOf("? [a]\n: b\n"), StartsWith(At(1) + "has a key"));
}

TEST_F(ConfigTest, BothAddressesAreAnIpAddressAndAPort) {
  const std::pair<const char*, const char*> cases[] = {
      {"127.0.0.1", "has no port"},
      {"127.0.0.1:65536", "has a port that is not a number from 0 to 65535"},
      {"localhost:8443", "is not an IP address"},
      {"::1:8443", "has more than one colon"},
  };
  for (const auto& [address, complaint] : cases) {
    EXPECT_THAT(ProblemsOf(absl::StrReplaceAll(kLeast, {{"127.0.0.1:8443", address}})),
                StartsWith(absl::StrCat(At(1), "listen_address ", complaint)));
    EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "health_address: ", address, "\n")),
                StartsWith(absl::StrCat(At(kNext), "health_address ", complaint)));
  }
}

TEST_F(ConfigTest, AnIpv6AddressIsWrittenInQuotes) {
  const auto config = Read(absl::StrReplaceAll(kLeast, {{"127.0.0.1:8443", "\"[::1]:8443\""}}));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen_address(), "[::1]:8443");
}

TEST_F(ConfigTest, NumbersAreNotNegative) {
  const std::string problems = ProblemsOf(absl::StrCat(kLeast,
                                                       "limits:\n"
                                                       "  max_connections: -1\n"
                                                       "  max_connections_per_address: -1\n"
                                                       "  handshake_deadline_milliseconds: -1\n"
                                                       "  max_request_bytes: -1\n"
                                                       "  max_calls: -1\n"
                                                       "  max_memory_mebibytes: -1\n"
                                                       "  max_calls_per_certificate: -1\n"
                                                       "  request_deadline_milliseconds: -1\n"
                                                       "  call_deadline_milliseconds: -1\n"
                                                       "drain_seconds: -1\n"));
  int line = kNext + 1;
  for (const char* field :
       {"limits.max_connections", "limits.max_connections_per_address",
        "limits.handshake_deadline_milliseconds", "limits.max_request_bytes", "limits.max_calls",
        "limits.max_memory_mebibytes", "limits.max_calls_per_certificate",
        "limits.request_deadline_milliseconds", "limits.call_deadline_milliseconds",
        "drain_seconds"}) {
    EXPECT_THAT(problems, HasSubstr(absl::StrCat(At(line++), field, " must not be negative")));
  }
}

TEST_F(ConfigTest, ARequestLimitThatTheTransportCannotCountIsRefused) {
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "limits:\n  max_request_bytes: 67108865\n")),
              HasSubstr("limits.max_request_bytes must be at most 67108864"));
}

TEST_F(ConfigTest, TheLogsNameHasNoSpaceAndNoPlus) {
  for (const char* origin : {"a b", "a+b", "\"a\\tb\""}) {
    const std::string text = absl::StrReplaceAll(kLeast, {{"lancashire.example/audit", origin}});
    EXPECT_EQ(ProblemsOf(text), At(7) + "log_origin must hold no space and no +") << origin;
  }
}

TEST_F(ConfigTest, RetentionKeepsThirtyDaysAtLeastAndHasAnArchive) {
  const std::string least = kLeast;
  for (const char* days : {"29", "-1", "36501"}) {
    EXPECT_EQ(ProblemsOf(absl::StrCat(least, "  retention_days: ", days,
                                      "\n  archive_directory: archive\n")),
              At(kNext) +
                  "audit.retention_days must be 0, which keeps all records for ever, or from 30 to "
                  "36500")
        << days;
  }
  for (const char* half : {"  retention_days: 30\n", "  archive_directory: archive\n"}) {
    EXPECT_THAT(ProblemsOf(least + half),
                HasSubstr("audit.archive_directory is required with audit.retention_days, and only "
                          "with it"));
  }
  const auto config = Read(least + "  retention_days: 30\n  archive_directory: archive\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->audit().archive_directory(), folder_.Path("archive"));
}

TEST_F(ConfigTest, EveryProblemIsNamedAtOnce) {
  const std::string problems = ProblemsOf(
      absl::StrReplaceAll(kLeast, {{"lancashire.example/audit", "a+b"},
                                   {"listen_address: 127.0.0.1:8443\n", "drain_seconds: -1\n"}}));
  EXPECT_THAT(problems, AllOf(HasSubstr("listen_address"), HasSubstr("log_origin"),
                              HasSubstr("drain_seconds")));
  EXPECT_THAT(problems, Not(HasSubstr("database_path")));
}

TEST_F(ConfigTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadConfig(folder_.Path("none.yaml")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(folder_.Path("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ConfigTest, AFileIsReadByteForByte) {
  const std::string bytes("\0a\r\n\xff", 5);
  WriteWhole(Path(), bytes);
  EXPECT_EQ(ReadFile(Path()).value(), bytes);
}

TEST_F(ConfigTest, AnEmptyFileIsEmptyText) {
  WriteWhole(Path(), "");
  const auto text = ReadFile(Path());
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, "");
}

// A witness, as an entry of the section that kLeast ends with.
std::string WitnessEntry(const std::string& name, const std::string& url,
                         const std::string& ca_file,
                         tlog::SignatureType type = tlog::SignatureType::kCosignatureV1) {
  const auto key = tlog::VerifierKey::Create(name, type, std::string(32, 'k'));
  return absl::StrCat("    - url: ", url, "\n      verifier_key: ", key->ToString(),
                      "\n      ca_file: ", ca_file, "\n");
}

TEST_F(ConfigTest, WitnessesAreReadAndMayBeRequired) {
  const auto config =
      Read(absl::StrCat(kLeast, "  required_cosignatures: 2\n  witnesses:\n",
                        WitnessEntry("w.example/1", "https://w.example", "w.crt"),
                        WitnessEntry("w.example/2", "https://w.example:8444/two", "/etc/w.crt")));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->audit().witnesses(0).ca_file(), folder_.Path("w.crt"));
  EXPECT_EQ(config->audit().witnesses(1).ca_file(), "/etc/w.crt");
  EXPECT_EQ(config->audit().cosignature_seconds(), 60);
}

TEST_F(ConfigTest, WitnessesThatCannotBeAreNamed) {
  const std::string problems = ProblemsOf(absl::StrCat(
      kLeast, "  required_cosignatures: 4\n  witnesses:\n",
      WitnessEntry("w.example/1", "http://w.example", "w.crt"),
      WitnessEntry("w.example/1", "https://w.example", "''"),
      WitnessEntry("w.example/2", "https://w.example", "w.crt", tlog::SignatureType::kEd25519)));
  EXPECT_THAT(problems, AllOf(HasSubstr("audit.witnesses[0].url must begin with https://"),
                              HasSubstr("audit.witnesses[1].ca_file is required"),
                              HasSubstr("audit.witnesses[1].verifier_key names a witness that"),
                              HasSubstr("audit.witnesses[2].verifier_key is no key of cosig")));
  EXPECT_THAT(problems, HasSubstr(At(kNext) + "audit.required_cosignatures must be at most the "
                                              "number of witnesses"));
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast, "  required_cosignatures: -1\n")),
              HasSubstr("audit.required_cosignatures must not be negative"));
}

TEST_F(ConfigTest, TokenIssuersAreReadWithTheirDefaults) {
  const auto config = Read(absl::StrCat(kLeast,
                                        "tokens:\n"
                                        "  issuers:\n"
                                        "    - issuer: https://a.example\n"
                                        "      audience: us\n"
                                        "      jwks_file: keys/a.json\n"
                                        "    - issuer: https://b.example\n"
                                        "      audience: us\n"
                                        "      jwks_file: /keys/b.json\n"
                                        "      profile: MICROSOFT_ENTRA\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->tokens().issuers_size(), 2);
  EXPECT_EQ(config->tokens().reload_seconds(), 5);
  EXPECT_EQ(config->tokens().issuers(0).jwks_file(), folder_.Path("keys/a.json"));
  EXPECT_EQ(config->tokens().issuers(0).rsa_algorithm(), "");
  EXPECT_EQ(config->tokens().issuers(1).jwks_file(), "/keys/b.json");
  EXPECT_EQ(config->tokens().issuers(1).rsa_algorithm(), "RS256");
  EXPECT_EQ(config->tokens().issuers(0).jwks_ca_file(), "");
}

TEST_F(ConfigTest, KeysComeFromAnAddressInsteadOfAFile) {
  const auto config = Read(absl::StrCat(kLeast,
                                        "tokens:\n"
                                        "  issuers:\n"
                                        "    - issuer: https://a.example\n"
                                        "      audience: us\n"
                                        "      jwks_url: https://a.example/keys\n"
                                        "      jwks_ca_file: a-ca.pem\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->tokens().issuers(0).jwks_file(), "");
  EXPECT_EQ(config->tokens().issuers(0).jwks_ca_file(), folder_.Path("a-ca.pem"));
  EXPECT_EQ(config->tokens().fetch_seconds(), 300);
  EXPECT_EQ(config->tokens().stale_seconds(), 14400);
  EXPECT_EQ(config->tokens().refetch_seconds(), 30);
  EXPECT_EQ(config->tokens().connect_seconds(), 3);
  EXPECT_EQ(config->tokens().answer_seconds(), 10);
}

TEST_F(ConfigTest, AddressesOfKeysThatCannotBeAreNamed) {
  EXPECT_THAT(
      ProblemsOf(absl::StrCat(kLeast,
                              "tokens:\n"
                              "  fetch_seconds: 60\n"
                              "  stale_seconds: 60\n"
                              "  refetch_seconds: 61\n"
                              "  connect_seconds: -1\n"
                              "  answer_seconds: -1\n"
                              "  proxy: https://proxy.example\n"
                              "  issuers:\n"
                              "    - issuer: https://a.example\n"
                              "      audience: us\n"
                              "      jwks_url: http://a.example/keys\n"
                              "    - issuer: https://b.example\n"
                              "      audience: us\n"
                              "      jwks_file: b.json\n"
                              "      jwks_url: https://b.example/keys\n"
                              "      jwks_ca_file: b-ca.pem\n"
                              "    - issuer: https://c.example\n"
                              "      audience: us\n"
                              "      jwks_file: c.json\n"
                              "      jwks_ca_file: c-ca.pem\n")),
      AllOf(
          HasSubstr("tokens.stale_seconds must be more than tokens.fetch_seconds"),
          HasSubstr("tokens.refetch_seconds must be at most tokens.fetch_seconds"),
          HasSubstr("tokens.connect_seconds must not be negative"),
          HasSubstr("tokens.answer_seconds must not be negative"),
          HasSubstr("tokens.proxy must begin with http://"),
          HasSubstr("tokens.issuers[0].jwks_url must begin with https://"),
          HasSubstr("tokens.issuers[0].jwks_ca_file is required with jwks_url, and only with it"),
          HasSubstr("tokens.issuers[1].jwks_file or jwks_url is required, and not both"),
          HasSubstr("tokens.issuers[2].jwks_ca_file is required with jwks_url, and only with it")));
}

TEST_F(ConfigTest, TokenIssuersThatCannotBeAreNamed) {
  EXPECT_THAT(ProblemsOf(absl::StrCat(kLeast,
                                      "tokens:\n"
                                      "  reload_seconds: -1\n"
                                      "  issuers:\n"
                                      "    - issuer: https://a.example\n"
                                      "      rsa_algorithm: HS256\n"
                                      "    - issuer: https://a.example\n"
                                      "      audience: us\n"
                                      "      jwks_file: a.json\n")),
              AllOf(HasSubstr("tokens.reload_seconds must not be negative"),
                    HasSubstr("tokens.issuers[0].audience is required"),
                    HasSubstr("tokens.issuers[0].jwks_file or jwks_url is required"),
                    HasSubstr("tokens.issuers[0].rsa_algorithm must be RS256 or PS256"),
                    HasSubstr("tokens.issuers[1].issuer stands twice")));
}

}  // namespace
}  // namespace concordat
