// Reading the PEM files that both sides of mutual TLS are given.
#ifndef CONCORDAT_TESTS_BENCH_PEM_FILE_H_
#define CONCORDAT_TESTS_BENCH_PEM_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace concordat::bench {

// One side's certificate, its key, and the authority it trusts, in PEM.
struct Credentials {
  std::string certificate;
  std::string key;
  std::string authority;
};

// Reads `FOLDER/NAME.crt`, `FOLDER/NAME.key` and `FOLDER/ca.crt`, as
// scripts/make_certificates.sh writes them. NOT_FOUND names the file.
absl::StatusOr<Credentials> ReadCredentials(const std::string& folder, const std::string& name);

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_PEM_FILE_H_
