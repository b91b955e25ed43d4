#include "tlog/note_key.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/digest.h"
#include "base/secret_file.h"
#include "base/status.h"
#include "tlog/big_endian.h"
#include "tlog/strict_text.h"

namespace concordat::tlog {
namespace {

using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

constexpr size_t kPublicKeyBytes = 32;
constexpr size_t kEd25519Bytes = 64;
constexpr size_t kTimeBytes = sizeof(uint64_t);

const unsigned char* Bytes(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// The type and the key as key ids and verifier keys have them.
std::string TypedKey(SignatureType type, absl::string_view public_key) {
  return absl::StrCat(std::string(1, static_cast<char>(type)), public_key);
}

uint32_t KeyId(absl::string_view name, SignatureType type, absl::string_view public_key) {
  return ReadBigEndian<uint32_t>(Sha256Of(absl::StrCat(name, "\n", TypedKey(type, public_key))));
}

std::string HexOf(uint32_t key_id) { return absl::StrCat(absl::Hex(key_id, absl::kZeroPad8)); }

// What a cosignature/v1 signs.
std::string CosignedMessage(uint64_t unix_seconds, absl::string_view text) {
  return absl::StrCat("cosignature/v1\ntime ", unix_seconds, "\n", text);
}

bool IsEd25519Signature(absl::string_view public_key, absl::string_view message,
                        absl::string_view signature) {
  const KeyPtr key(
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(public_key), public_key.size()));
  const DigestContextPtr context(EVP_MD_CTX_new());
  const bool verified =
      key != nullptr && context != nullptr &&
      EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
      EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                       message.size()) == 1;
  // Another use of the library on this thread must not find our errors.
  ERR_clear_error();
  return verified;
}

// Without it the library would ask for a passphrase on the terminal.
int NoPassphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

absl::Status MalformedVerifierKey() {
  return absl::InvalidArgumentError("not a verifier key: name+id+base64 of type and key");
}

}  // namespace

std::optional<absl::Time> CosignatureTime(const NoteSignature& signature) {
  if (signature.bytes.size() != kTimeBytes + kEd25519Bytes) return std::nullopt;
  const auto seconds = ReadBigEndian<uint64_t>(signature.bytes);
  if (seconds > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

VerifierKey::VerifierKey(absl::string_view name, SignatureType type, absl::string_view public_key)
    : name_(name), type_(type), public_key_(public_key), id_(KeyId(name, type, public_key)) {}

absl::StatusOr<VerifierKey> VerifierKey::Create(absl::string_view name, SignatureType type,
                                                absl::string_view public_key) {
  if (!IsKeyName(name)) return absl::InvalidArgumentError("the name may not name a key");
  if (public_key.size() != kPublicKeyBytes) {
    return absl::InvalidArgumentError("an Ed25519 public key has 32 bytes");
  }
  return VerifierKey(name, type, public_key);
}

absl::StatusOr<VerifierKey> VerifierKey::Parse(absl::string_view text) {
  // Base64 has plus signs of its own; names and ids have none.
  const std::vector<absl::string_view> parts = absl::StrSplit(text, absl::MaxSplits('+', 2));
  if (parts.size() != 3) return MalformedVerifierKey();
  const std::optional<std::string> typed = DecodeBase64(parts[2]);
  if (!typed.has_value() || typed->empty()) return MalformedVerifierKey();
  const auto type = static_cast<SignatureType>((*typed)[0]);
  if (type != SignatureType::kEd25519 && type != SignatureType::kCosignatureV1) {
    return absl::InvalidArgumentError("the verifier key is of a type that is not supported");
  }
  ASSIGN_OR_RETURN(VerifierKey key, Create(parts[0], type, absl::string_view(*typed).substr(1)));
  if (HexOf(key.id()) != parts[1]) {
    return absl::InvalidArgumentError("the verifier key's id is not that of its name and key");
  }
  return key;
}

std::string VerifierKey::ToString() const {
  return absl::StrCat(name_, "+", HexOf(id_), "+",
                      absl::Base64Escape(TypedKey(type_, public_key_)));
}

bool VerifierKey::IsNamedBy(const NoteSignature& signature) const {
  return signature.key_id == id_ && signature.key_name == name_;
}

absl::Status VerifierKey::Verify(absl::string_view text, const NoteSignature& signature) const {
  absl::Status refused = absl::DataLossError(
      absl::StrCat("the signature of ", name_, " with key ", HexOf(id_), " does not verify"));
  if (!IsNamedBy(signature)) return refused;
  absl::string_view bytes = signature.bytes;
  std::string message(text);
  if (type_ == SignatureType::kCosignatureV1) {
    const std::optional<absl::Time> time = CosignatureTime(signature);
    if (!time.has_value()) return refused;
    message = CosignedMessage(static_cast<uint64_t>(absl::ToUnixSeconds(*time)), text);
    bytes.remove_prefix(kTimeBytes);
  }
  return IsEd25519Signature(public_key_, message, bytes) ? absl::OkStatus() : refused;
}

SignerKey::SignerKey(VerifierKey verifier, KeyPtr key)
    : verifier_(std::move(verifier)), key_(std::move(key)) {}

absl::StatusOr<SignerKey> SignerKey::FromPem(absl::string_view name, SignatureType type,
                                             absl::string_view pem) {
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr) : nullptr);
  std::string public_key(kPublicKeyBytes, '\0');
  size_t size = public_key.size();
  const bool usable =
      key != nullptr && EVP_PKEY_is_a(key.get(), "ED25519") == 1 &&
      EVP_PKEY_get_raw_public_key(key.get(), reinterpret_cast<unsigned char*>(public_key.data()),
                                  &size) == 1 &&
      size == kPublicKeyBytes;
  ERR_clear_error();
  if (!usable) {
    return absl::InvalidArgumentError("not an Ed25519 private key in PEM without a passphrase");
  }
  ASSIGN_OR_RETURN(VerifierKey verifier, VerifierKey::Create(name, type, public_key));
  return SignerKey(std::move(verifier), std::move(key));
}

absl::StatusOr<SignerKey> SignerKey::FromPemFile(absl::string_view name, SignatureType type,
                                                 const std::string& path) {
  ASSIGN_OR_RETURN(std::string pem, ReadSecretFile(path));
  absl::StatusOr<SignerKey> key = FromPem(name, type, pem);
  OPENSSL_cleanse(pem.data(), pem.size());
  if (!key.ok()) {
    return absl::Status(key.status().code(), absl::StrCat(path, ": ", key.status().message()));
  }
  return key;
}

absl::StatusOr<std::string> SignerKey::SignBytes(absl::string_view message) const {
  const DigestContextPtr context(EVP_MD_CTX_new());
  std::string signature(kEd25519Bytes, '\0');
  size_t size = signature.size();
  const bool made =
      context != nullptr &&
      EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) == 1 &&
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Bytes(message), message.size()) == 1 &&
      size == kEd25519Bytes;
  ERR_clear_error();
  if (!made) return absl::InternalError("the TLS library did not make a signature");
  return signature;
}

NoteSignature SignerKey::Signature(std::string bytes) const {
  return {verifier_.name(), verifier_.id(), std::move(bytes)};
}

absl::StatusOr<NoteSignature> SignerKey::Sign(absl::string_view text) const {
  if (verifier_.type() != SignatureType::kEd25519) {
    return absl::FailedPreconditionError("a key of cosignatures signs no notes");
  }
  ASSIGN_OR_RETURN(std::string bytes, SignBytes(text));
  return Signature(std::move(bytes));
}

absl::StatusOr<NoteSignature> SignerKey::Cosign(absl::string_view text, absl::Time time) const {
  if (verifier_.type() != SignatureType::kCosignatureV1) {
    return absl::FailedPreconditionError("a key of notes makes no cosignatures");
  }
  if (time < absl::UnixEpoch()) {
    return absl::InvalidArgumentError("a cosignature's time is not before 1970");
  }
  const auto seconds = static_cast<uint64_t>(absl::ToUnixSeconds(time));
  std::string bytes;
  AppendBigEndian(seconds, bytes);
  ASSIGN_OR_RETURN(const std::string signature, SignBytes(CosignedMessage(seconds, text)));
  bytes += signature;
  return Signature(std::move(bytes));
}

}  // namespace concordat::tlog
