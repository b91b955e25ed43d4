#include "tests/support/signing_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace concordat {
namespace {

using nlohmann::json;

using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using EcdsaSignaturePtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

void Must(bool succeeded) {
  if (succeeded) return;
  std::fputs("the TLS library failed in a test\n", stderr);
  std::abort();
}

std::string NumberOf(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  Must(EVP_PKEY_get_bn_param(key, name, &number) == 1);
  const BignumPtr owned(number);
  std::string bytes(static_cast<size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

// The same, as long as a coordinate of P-256.
std::string CoordinateOf(EVP_PKEY* key, const char* name) {
  const std::string bytes = NumberOf(key, name);
  return std::string(32 - bytes.size(), '\0') + bytes;
}

}  // namespace

SigningKey::SigningKey(std::string algorithm, std::string key_id, int rsa_bits)
    : algorithm_(std::move(algorithm)), key_id_(std::move(key_id)) {
  if (algorithm_ == "ES256") {
    key_.reset(EVP_EC_gen("P-256"));
  } else if (algorithm_ == "EdDSA") {
    key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  } else {
    key_.reset(EVP_RSA_gen(static_cast<unsigned int>(rsa_bits)));
  }
  Must(key_ != nullptr);
}

json SigningKey::PublicJwk() const {
  json jwk = {{"kid", key_id_}, {"use", "sig"}, {"alg", algorithm_}};
  if (algorithm_ == "ES256") {
    jwk["kty"] = "EC";
    jwk["crv"] = "P-256";
    jwk["x"] = absl::WebSafeBase64Escape(CoordinateOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X));
    jwk["y"] = absl::WebSafeBase64Escape(CoordinateOf(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
  } else if (algorithm_ == "EdDSA") {
    std::string bytes(32, '\0');
    size_t size = bytes.size();
    Must(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()),
                                     &size) == 1);
    jwk["kty"] = "OKP";
    jwk["crv"] = "Ed25519";
    jwk["x"] = absl::WebSafeBase64Escape(bytes);
  } else {
    jwk["kty"] = "RSA";
    jwk["n"] = absl::WebSafeBase64Escape(NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_N));
    jwk["e"] = absl::WebSafeBase64Escape(NumberOf(key_.get(), OSSL_PKEY_PARAM_RSA_E));
  }
  return jwk;
}

std::string SigningKey::SignDer(absl::string_view message) const {
  DigestContextPtr context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* key_context = nullptr;
  const EVP_MD* digest = algorithm_ == "EdDSA" ? nullptr : EVP_sha256();
  Must(EVP_DigestSignInit(context.get(), &key_context, digest, nullptr, key_.get()) == 1);
  if (algorithm_ == "PS256") {
    Must(EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1);
    Must(EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, RSA_PSS_SALTLEN_DIGEST) == 1);
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  size_t size = 0;
  Must(EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) == 1);
  std::string signature(size, '\0');
  Must(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                      bytes, message.size()) == 1);
  signature.resize(size);
  return signature;
}

std::string SigningKey::Sign(absl::string_view message) const {
  std::string signature = SignDer(message);
  if (algorithm_ != "ES256") return signature;
  const auto* der = reinterpret_cast<const unsigned char*>(signature.data());
  const EcdsaSignaturePtr pair(d2i_ECDSA_SIG(nullptr, &der, static_cast<int>(signature.size())));
  Must(pair != nullptr);
  std::string bytes(64, '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  Must(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), out, 32) == 32);
  Must(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), out + 32, 32) == 32);
  return bytes;
}

json SigningKey::Header() const {
  return {{"alg", algorithm_}, {"kid", key_id_}, {"typ", "at+jwt"}};
}

std::string SigningKey::TokenOfTexts(absl::string_view header, absl::string_view claims) const {
  const std::string text =
      absl::StrCat(absl::WebSafeBase64Escape(header), ".", absl::WebSafeBase64Escape(claims));
  return absl::StrCat(text, ".", absl::WebSafeBase64Escape(Sign(text)));
}

std::string JwksOf(const std::vector<json>& keys) { return json{{"keys", json(keys)}}.dump(); }

}  // namespace concordat
