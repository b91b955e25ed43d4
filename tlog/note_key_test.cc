#include "tlog/note_key.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temporary_folder.h"
#include "tlog/test_log.h"

namespace concordat::tlog {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kMalformed = absl::StatusCode::kInvalidArgument;

// The key of the signed-note specification's example.
constexpr absl::string_view kSpecificationKey =
    "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
// A private key that the Go project publishes for its tests of notes.
constexpr absl::string_view kPeterTypeAndSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr absl::string_view kPeterKey =
    "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

std::string PeterPem() {
  std::string type_and_seed;
  absl::Base64Unescape(kPeterTypeAndSeed, &type_and_seed);
  return PemOfSeed(absl::string_view(type_and_seed).substr(1));
}

TEST(VerifierKeyTest, ReadsAndWritesThePublishedKey) {
  const auto key = VerifierKey::Parse(kSpecificationKey);
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->name(), "example.com/foo");
  EXPECT_EQ(key->type(), SignatureType::kEd25519);
  EXPECT_EQ(key->id(), 0x530d903a);
  EXPECT_EQ(key->ToString(), kSpecificationKey);
}

TEST(VerifierKeyTest, ReadsAKeyWhoseBase64HasPlusSigns) {
  // From the tests of transparency-dev/formats.
  constexpr absl::string_view kKey = "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6";
  ASSERT_TRUE(VerifierKey::Parse(kKey).ok());
  EXPECT_EQ(VerifierKey::Parse(kKey)->ToString(), kKey);
}

TEST(VerifierKeyTest, ReadsTheKeyOfAPublicWitness) {
  constexpr absl::string_view kKey =
      "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
  ASSERT_TRUE(VerifierKey::Parse(kKey).ok());
  EXPECT_EQ(VerifierKey::Parse(kKey)->type(), SignatureType::kCosignatureV1);
}

TEST(VerifierKeyTest, MalformedKeysAreRefused) {
  for (const char* text :
       {"", "example.com/foo", "example.com/foo+530d903a",
        // Another id, name, spelling of the id.
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fob+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        // No name, a name with a space, no key, a short key, no base64, a line break.
        "+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example com+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+", "example.com/foo+530d903a+AekyeRrm56hApGFk",
        "example.com/foo+530d903a+?",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k\n",
        // ECDSA, which is not supported.
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"}) {
    EXPECT_EQ(VerifierKey::Parse(text).status().code(), kMalformed) << text;
  }
}

TEST(SignerKeyTest, MakesTheSignatureThatGoPublishes) {
  const auto signer = SignerKey::FromPem("PeterNeumann", SignatureType::kEd25519, PeterPem());
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->verifier().ToString(), kPeterKey);
  const auto signature = signer->Sign(
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n");
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(absl::Base64Escape(absl::StrCat("\xc7\x4f\x20\xa3", signature->bytes)),
            "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ry"
            "yBwJnAM=");
}

TEST(SignerKeyTest, MakesTheCosignatureThatOpensslMakes) {
  // No cosignature is published with its key. This one was made from the
  // specification's definition with hashlib for the id and `openssl pkeyutl
  // -sign -rawin` for the signature, of the specification's example text.
  const auto signer =
      SignerKey::FromPem("witness.example/w1", SignatureType::kCosignatureV1, PeterPem());
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->verifier().ToString(),
            "witness.example/w1+cc9a7044+BBpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const std::string text =
      "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const absl::Time time = absl::FromUnixSeconds(1679315147);
  const auto signature = signer->Cosign(text, time + absl::Milliseconds(900));
  ASSERT_TRUE(signature.ok());
  EXPECT_EQ(absl::Base64Escape(absl::StrCat("\xcc\x9a\x70\x44", signature->bytes)),
            "zJpwRAAAAABkGFDLJeR//pqzhnEKVvEm2wWbh2RJ6oru5+cUUfm5X9NnlaGr8aSH9QE5RVZD4QGlxl2F5UpV"
            "IIi94p178KLfqPPsAA==");
  EXPECT_EQ(CosignatureTime(*signature), time);
  EXPECT_TRUE(signer->verifier().Verify(text, *signature).ok());
}

TEST(SignerKeyTest, ACosignatureSignsItsTime) {
  const SignerKey signer = TestKey("witness.example", SignatureType::kCosignatureV1);
  NoteSignature signature = *signer.Cosign("text\n", absl::FromUnixSeconds(1000));
  signature.bytes[7] ^= 1;
  EXPECT_EQ(signer.verifier().Verify("text\n", signature).code(), absl::StatusCode::kDataLoss);
}

TEST(SignerKeyTest, ACosignatureAfterTheEndOfTimeIsNone) {
  EXPECT_EQ(CosignatureTime({"w", 1, "\x80" + std::string(71, '\0')}), std::nullopt);
  EXPECT_EQ(CosignatureTime({"w", 1, std::string(71, '\0')}), std::nullopt);
  EXPECT_EQ(CosignatureTime({"w", 1, std::string(72, '\0')}), absl::UnixEpoch());
}

TEST(SignerKeyTest, KeysOfOneTypeMakeNoSignatureOfTheOther) {
  const SignerKey log = TestKey("log.example", SignatureType::kEd25519);
  const SignerKey witness = TestKey("log.example", SignatureType::kCosignatureV1);
  EXPECT_NE(log.verifier().id(), witness.verifier().id());
  EXPECT_EQ(witness.Sign("text\n").status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(log.Cosign("text\n", absl::UnixEpoch()).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(witness.Cosign("text\n", absl::FromUnixSeconds(-1)).status().code(), kMalformed);
}

TEST(SignerKeyTest, EveryFlippedBitOfASignatureIsFound) {
  const SignerKey signer = TestKey("log.example", SignatureType::kEd25519);
  const NoteSignature good = *signer.Sign("text\n");
  ASSERT_TRUE(signer.verifier().Verify("text\n", good).ok());
  EXPECT_FALSE(signer.verifier().Verify("texu\n", good).ok());
  for (size_t bit = 0; bit < good.bytes.size() * 8; ++bit) {
    NoteSignature bad = good;
    bad.bytes[bit / 8] = static_cast<char>(bad.bytes[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(signer.verifier().Verify("text\n", bad).code(), absl::StatusCode::kDataLoss) << bit;
  }
}

TEST(SignerKeyTest, ASignatureOfAnotherNameOrLengthDoesNotVerify) {
  const SignerKey signer = TestKey("log.example", SignatureType::kEd25519);
  NoteSignature signature = *signer.Sign("text\n");
  signature.key_name = "other.example";
  EXPECT_FALSE(signer.verifier().Verify("text\n", signature).ok());
  signature.key_name = "log.example";
  signature.bytes += '\0';
  EXPECT_FALSE(signer.verifier().Verify("text\n", signature).ok());
}

TEST(SignerKeyTest, ReadsAPemFileAndSaysWhichFileIsNone) {
  const TemporaryFolder folder;
  const std::string path = folder.Path("log.pem");
  WriteWhole(path, PeterPem());
  const auto signer = SignerKey::FromPemFile("PeterNeumann", SignatureType::kEd25519, path);
  ASSERT_TRUE(signer.ok()) << signer.status();
  EXPECT_EQ(signer->verifier().ToString(), kPeterKey);

  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(SignerKey::FromPemFile("PeterNeumann", SignatureType::kEd25519, path).status().code(),
            absl::StatusCode::kFailedPrecondition);
  ASSERT_EQ(chmod(path.c_str(), 0440), 0);
  EXPECT_TRUE(SignerKey::FromPemFile("PeterNeumann", SignatureType::kEd25519, path).ok());

  std::filesystem::remove(path);
  WriteWhole(path, "MC4CAQAwBQYDK2VwBCIEIIEK");
  const auto refused = SignerKey::FromPemFile("PeterNeumann", SignatureType::kEd25519, path);
  EXPECT_EQ(refused.status().code(), kMalformed);
  EXPECT_THAT(refused.status().message(), HasSubstr("log.pem"));
  EXPECT_THAT(refused.status().message(), Not(HasSubstr("MC4CAQ")));
  EXPECT_EQ(
      SignerKey::FromPemFile("a", SignatureType::kEd25519, folder.Path("none")).status().code(),
      absl::StatusCode::kNotFound);
}

TEST(SignerKeyTest, KeysOfOtherKindsAndImpossibleNamesAreRefused) {
  const KeyPtr elliptic(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(
      PEM_write_bio_PrivateKey(bio.get(), elliptic.get(), nullptr, nullptr, 0, nullptr, nullptr),
      1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  const std::string pem(text, static_cast<size_t>(size));
  EXPECT_EQ(SignerKey::FromPem("a", SignatureType::kEd25519, pem).status().code(), kMalformed);
  EXPECT_EQ(SignerKey::FromPem("a b", SignatureType::kEd25519, PeterPem()).status().code(),
            kMalformed);
}

}  // namespace
}  // namespace concordat::tlog
