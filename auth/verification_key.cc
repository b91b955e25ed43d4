#include "auth/verification_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace concordat::auth {
namespace {

using ContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;
using ParamBuilderPtr = std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>>;
using ParamsPtr = std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>>;

constexpr size_t kP256Bytes = 32;
constexpr size_t kEd25519Bytes = 32;
constexpr BN_ULONG kMinRsaExponent = 65537;
constexpr int kMaxRsaExponentBits = 64;

// Takes back the errors that the library left in its queue for this thread:
// the TLS connections that the thread serves next would take them for theirs.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_set_mark(); }
  ~ErrorQueueGuard() { ERR_pop_to_mark(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

BignumPtr NumberOf(absl::string_view big_endian) {
  return BignumPtr(BN_bin2bn(Bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

absl::Status Refused(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the key ", what));
}

// Null when the library refuses the parameters, such as a point off the curve.
KeyPtr KeyFrom(const char* type, OSSL_PARAM_BLD* builder) {
  ParamsPtr params(OSSL_PARAM_BLD_to_param(builder));
  ContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  KeyPtr owned(key);
  ContextPtr check(EVP_PKEY_CTX_new(key, nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return nullptr;
  return owned;
}

// Whether `value` is a power of 65537 modulo `prime`.
bool IsPowerOf65537(BN_ULONG value, BN_ULONG prime) {
  BN_ULONG power = 1;
  do {
    if (power == value) return true;
    power = power * 65537 % prime;
  } while (power != 1);
  return false;
}

// Whether the modulus has the fingerprint of CVE-2017-15361: the faulty library
// made primes that are powers of 65537 modulo each of these, and so is their
// product. Another modulus has it by chance less than once in 2^27.
bool HasRocaFingerprint(const BIGNUM* modulus) {
  constexpr BN_ULONG kPrimes[] = {3,   5,   7,   11,  13,  17,  19,  23,  29,  31,  37,  41,  43,
                                  47,  53,  59,  61,  67,  71,  73,  79,  83,  89,  97,  101, 103,
                                  107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};
  for (const BN_ULONG prime : kPrimes) {
    if (!IsPowerOf65537(BN_mod_word(modulus, prime), prime)) return false;
  }
  return true;
}

// The DER form of r and s; empty when the signature has another length.
std::string DerOf(absl::string_view signature) {
  if (signature.size() != 2 * kP256Bytes) return {};
  EcdsaSignaturePtr pair(ECDSA_SIG_new());
  BignumPtr r = NumberOf(signature.substr(0, kP256Bytes));
  BignumPtr s = NumberOf(signature.substr(kP256Bytes));
  if (pair == nullptr || r == nullptr || s == nullptr ||
      ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) {
    return {};
  }
  (void)r.release();  // `pair` owns them now.
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool UsePss(EVP_PKEY_CTX* context) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

}  // namespace

absl::string_view NameOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kEs256:
      return "ES256";
    case SignatureAlgorithm::kRs256:
      return "RS256";
    case SignatureAlgorithm::kPs256:
      return "PS256";
    case SignatureAlgorithm::kEdDsa:
      return "EdDSA";
  }
  return {};
}

std::optional<SignatureAlgorithm> SignatureAlgorithmNamed(absl::string_view name) {
  for (const SignatureAlgorithm algorithm :
       {SignatureAlgorithm::kEs256, SignatureAlgorithm::kRs256, SignatureAlgorithm::kPs256,
        SignatureAlgorithm::kEdDsa}) {
    if (NameOf(algorithm) == name) return algorithm;
  }
  return std::nullopt;
}

absl::StatusOr<VerificationKey> VerificationKey::P256(absl::string_view x, absl::string_view y) {
  const ErrorQueueGuard errors;
  if (x.size() != kP256Bytes || y.size() != kP256Bytes) {
    return Refused("has coordinates that are not 32 bytes long");
  }
  const std::string point = absl::StrCat("\x04", x, y);  // SEC 1: uncompressed.
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  KeyPtr key;
  if (builder != nullptr &&
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) == 1) {
    key = KeyFrom("EC", builder.get());
  }
  if (key == nullptr) return Refused("is no point of the curve P-256");
  return VerificationKey(SignatureAlgorithm::kEs256, std::move(key));
}

absl::StatusOr<VerificationKey> VerificationKey::Rsa(SignatureAlgorithm algorithm,
                                                     absl::string_view modulus,
                                                     absl::string_view exponent) {
  const ErrorQueueGuard errors;
  if (algorithm != SignatureAlgorithm::kRs256 && algorithm != SignatureAlgorithm::kPs256) {
    return Refused(absl::StrCat("is of RSA, which ", NameOf(algorithm), " is not"));
  }
  if (modulus.empty() || modulus[0] == '\0' || exponent.empty() || exponent[0] == '\0') {
    return Refused("has an empty number, or one with a leading zero");
  }
  if (modulus.size() > kMaxRsaBits / 8) {
    return Refused(absl::StrCat("has more than ", kMaxRsaBits, " bits"));
  }
  if (exponent.size() > kMaxRsaExponentBits / 8) return Refused("has too large an exponent");
  const BignumPtr n = NumberOf(modulus);
  const BignumPtr e = NumberOf(exponent);
  ParamBuilderPtr builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr) return Refused("cannot be read");
  if (BN_num_bits(n.get()) < kMinRsaBits) {
    return Refused(absl::StrCat("has fewer than ", kMinRsaBits, " bits"));
  }
  if (!BN_is_odd(n.get())) return Refused("has an even modulus");
  const BignumPtr smallest(BN_new());
  if (smallest == nullptr || BN_set_word(smallest.get(), kMinRsaExponent) != 1 ||
      !BN_is_odd(e.get()) || BN_cmp(e.get(), smallest.get()) < 0) {
    return Refused("has an exponent that is even or below 65537");
  }
  if (HasRocaFingerprint(n.get())) return Refused("can be factored (CVE-2017-15361)");
  KeyPtr key;
  if (OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1) {
    key = KeyFrom("RSA", builder.get());
  }
  if (key == nullptr) return Refused("is no RSA key");
  return VerificationKey(algorithm, std::move(key));
}

absl::StatusOr<VerificationKey> VerificationKey::Ed25519(absl::string_view key) {
  const ErrorQueueGuard errors;
  KeyPtr made;
  if (key.size() == kEd25519Bytes) {
    made.reset(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, Bytes(key), key.size()));
  }
  if (made == nullptr) return Refused("is not the 32 bytes of an Ed25519 key");
  return VerificationKey(SignatureAlgorithm::kEdDsa, std::move(made));
}

bool VerificationKey::Verify(absl::string_view message, absl::string_view signature) const {
  const ErrorQueueGuard errors;
  std::string der;
  if (algorithm_ == SignatureAlgorithm::kEs256) {
    der = DerOf(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const EVP_MD* digest = algorithm_ == SignatureAlgorithm::kEdDsa ? nullptr : EVP_sha256();
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;  // Owned by `context`.
  if (context == nullptr ||
      EVP_DigestVerifyInit(context.get(), &key_context, digest, nullptr, key_.get()) != 1) {
    return false;
  }
  if (algorithm_ == SignatureAlgorithm::kPs256 && !UsePss(key_context)) return false;
  return EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(message),
                          message.size()) == 1;
}

}  // namespace concordat::auth
