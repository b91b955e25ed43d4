#include "base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdio>
#include <cstdlib>

namespace concordat {
namespace {

constexpr size_t kSha256Bytes = 32;

// Fetched once: an implicit fetch costs more than a small digest.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

[[noreturn]] void StopForCryptoFailure(const char* what) {
  std::fprintf(stderr, "concordat: %s failed in the TLS library; stopping\n", what);
  std::abort();
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  if (context_ == nullptr || EVP_DigestInit_ex2(context_, Sha256Algorithm(), nullptr) != 1) {
    StopForCryptoFailure("SHA-256");
  }
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Update(absl::string_view bytes) {
  if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) StopForCryptoFailure("SHA-256");
}

std::string Sha256::Finish() {
  std::string digest(kSha256Bytes, '\0');
  if (EVP_DigestFinal_ex(context_, reinterpret_cast<unsigned char*>(digest.data()), nullptr) != 1) {
    StopForCryptoFailure("SHA-256");
  }
  return digest;
}

std::string Sha256Of(absl::string_view bytes) {
  Sha256 digest;
  digest.Update(bytes);
  return digest.Finish();
}

std::string HmacSha256(absl::string_view key, absl::string_view bytes) {
  std::string mac(kSha256Bytes, '\0');
  unsigned int size = 0;
  if (HMAC(Sha256Algorithm(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(mac.data()), &size) == nullptr ||
      size != kSha256Bytes) {
    StopForCryptoFailure("HMAC");
  }
  return mac;
}

bool EqualInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string RandomBytes(size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) != 1) {
    StopForCryptoFailure("the random generator");
  }
  return bytes;
}

}  // namespace concordat
