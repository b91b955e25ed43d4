// SHA-256, HMAC and random bytes, from OpenSSL.
#ifndef CONCORDAT_BASE_DIGEST_H_
#define CONCORDAT_BASE_DIGEST_H_

#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace concordat {

// SHA-256 of bytes given in pieces. Not thread-safe; one digest an object.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  // The 32 bytes. No other call may follow.
  std::string Finish();

 private:
  evp_md_ctx_st* context_;
};

// SHA-256 of `bytes`, 32 bytes.
std::string Sha256Of(absl::string_view bytes);
// HMAC-SHA-256, 32 bytes.
std::string HmacSha256(absl::string_view key, absl::string_view bytes);
// Whether the two are equal, in a time that says nothing about where they differ.
bool EqualInConstantTime(absl::string_view a, absl::string_view b);
// `count` bytes from the cryptographic generator. Ends the process when the
// generator fails: nothing built on guessable bytes may run.
std::string RandomBytes(size_t count);

}  // namespace concordat

#endif  // CONCORDAT_BASE_DIGEST_H_
