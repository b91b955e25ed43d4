// The Ed25519 keys of signed notes (C2SP signed-note v1.0.0), and of the
// cosignatures that witnesses add (C2SP tlog-cosignature v1.0.0). Keys are
// immutable and safe from any thread.
#ifndef CONCORDAT_TLOG_NOTE_KEY_H_
#define CONCORDAT_TLOG_NOTE_KEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/openssl_ptr.h"

namespace concordat::tlog {

// What a key signs; the values are those of the signed-note specification.
enum class SignatureType : uint8_t {
  // The text of a note: how a log signs its checkpoint.
  kEd25519 = 0x01,
  // A checkpoint and the time at which a witness saw it.
  kCosignatureV1 = 0x04,
};

// One signature line of a note.
struct NoteSignature {
  // Whose it claims to be.
  std::string key_name;
  // Which of the keys of that name.
  uint32_t key_id = 0;
  // What the key made: 64 bytes of kEd25519; of kCosignatureV1 eight bytes, the
  // big-endian POSIX time, before them.
  std::string bytes;
};

// The time in a cosignature/v1; nothing when it has another length or a time
// after 2^63 - 1. Worth nothing before the signature is verified.
std::optional<absl::Time> CosignatureTime(const NoteSignature& signature);

// A key that verifies, known under a name.
class VerifierKey {
 public:
  // A verifier key as it is published: `name+hex(key id)+base64(type, key)`.
  // INVALID_ARGUMENT when it is malformed, of a type that is not a SignatureType
  // or its id is not that of its name and key.
  static absl::StatusOr<VerifierKey> Parse(absl::string_view text);
  // `public_key`: 32 bytes of RFC 8032. INVALID_ARGUMENT when it has another
  // length or the name may not name a key.
  static absl::StatusOr<VerifierKey> Create(absl::string_view name, SignatureType type,
                                            absl::string_view public_key);

  const std::string& name() const { return name_; }
  SignatureType type() const { return type_; }
  uint32_t id() const { return id_; }
  // As Parse reads it.
  std::string ToString() const;

  // Whether the signature names this key. Says nothing about its truth.
  bool IsNamedBy(const NoteSignature& signature) const;
  // Whether `signature` is this key's of `text`. DATA_LOSS when it is not.
  absl::Status Verify(absl::string_view text, const NoteSignature& signature) const;

  friend bool operator==(const VerifierKey&, const VerifierKey&) = default;

 private:
  VerifierKey(absl::string_view name, SignatureType type, absl::string_view public_key);

  std::string name_;
  SignatureType type_;
  std::string public_key_;
  uint32_t id_;
};

// A key that signs under a name. Move-only; no part of it is ever in an error.
class SignerKey {
 public:
  // `pem`: an Ed25519 private key, PKCS #8 without a passphrase. INVALID_ARGUMENT
  // when it is not, or the name may not name a key.
  static absl::StatusOr<SignerKey> FromPem(absl::string_view name, SignatureType type,
                                           absl::string_view pem);
  // Of a file; NOT_FOUND when it cannot be read, FAILED_PRECONDITION when everybody may.
  static absl::StatusOr<SignerKey> FromPemFile(absl::string_view name, SignatureType type,
                                               const std::string& path);

  // What verifies this key's signatures.
  const VerifierKey& verifier() const { return verifier_; }

  // Signs the text of a note. FAILED_PRECONDITION unless the type is kEd25519.
  absl::StatusOr<NoteSignature> Sign(absl::string_view text) const;
  // Cosigns the text of a checkpoint as seen at `time`, cut to the second.
  // FAILED_PRECONDITION unless the type is kCosignatureV1, INVALID_ARGUMENT for a
  // time before 1970.
  absl::StatusOr<NoteSignature> Cosign(absl::string_view text, absl::Time time) const;

 private:
  SignerKey(VerifierKey verifier, KeyPtr key);
  absl::StatusOr<std::string> SignBytes(absl::string_view message) const;
  NoteSignature Signature(std::string bytes) const;

  VerifierKey verifier_;
  KeyPtr key_;
};

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_NOTE_KEY_H_
