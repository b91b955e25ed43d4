#include "tlog/merkle.h"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/digest.h"
#include "base/openssl_ptr.h"

namespace concordat::tlog {
namespace {

constexpr char kLeafPrefix = 0;
constexpr char kNodePrefix = 1;

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

void Check(int outcome) {
  if (outcome == 1) return;
  std::fprintf(stderr, "concordat: SHA-256 failed in the TLS library; stopping\n");
  std::abort();
}

// Begins a digest in the thread's own context: to make one for each hash, and to
// look the algorithm up, costs more than to hash a record.
EVP_MD_CTX* BeginDigest() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static thread_local const DigestContext context(EVP_MD_CTX_new());
  Check(EVP_DigestInit_ex2(context.get(), algorithm, nullptr));
  return context.get();
}

void EndDigest(EVP_MD_CTX* context, char* hash) {
  Check(EVP_DigestFinal_ex(context, reinterpret_cast<unsigned char*>(hash), nullptr));
}

}  // namespace

void LeafHashInto(absl::string_view record, char* hash) {
  EVP_MD_CTX* const context = BeginDigest();
  Check(EVP_DigestUpdate(context, &kLeafPrefix, 1));
  Check(EVP_DigestUpdate(context, record.data(), record.size()));
  EndDigest(context, hash);
}

void NodeHashInto(const char* left, const char* right, char* hash) {
  std::array<char, 1 + 2 * kHashBytes> bytes;
  bytes[0] = kNodePrefix;
  std::memcpy(&bytes[1], left, kHashBytes);
  std::memcpy(&bytes[1 + kHashBytes], right, kHashBytes);
  EVP_MD_CTX* const context = BeginDigest();
  Check(EVP_DigestUpdate(context, bytes.data(), bytes.size()));
  EndDigest(context, hash);
}

std::string LeafHash(absl::string_view record) {
  std::string hash(kHashBytes, '\0');
  LeafHashInto(record, hash.data());
  return hash;
}

std::string NodeHash(absl::string_view left, absl::string_view right) {
  std::string hash(kHashBytes, '\0');
  NodeHashInto(left.data(), right.data(), hash.data());
  return hash;
}

std::string EmptyRoot() { return Sha256Of(""); }

}  // namespace concordat::tlog
