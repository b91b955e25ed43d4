// What every fuzz target has: rules that end the process, and parsers of which the
// first byte of an input chooses one.
#ifndef CONCORDAT_TESTS_FUZZ_FUZZ_TARGET_H_
#define CONCORDAT_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>

#include "absl/strings/string_view.h"

namespace concordat::fuzz {

// A broken rule ends the process, which is what the fuzzer looks for.
inline void Require(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

// A parser, and the first byte that chooses it.
struct Parser {
  char choice;
  void (*parse)(absl::string_view input);
};

// Gives the input after its first byte to the parser that the byte chooses. What
// libFuzzer's target returns: -1 for an input that reaches nothing, and so is not
// worth keeping.
inline int Parse(const uint8_t* data, size_t size, std::initializer_list<Parser> parsers) {
  if (size == 0) return -1;
  for (const Parser& parser : parsers) {
    if (data[0] != static_cast<uint8_t>(parser.choice)) continue;
    parser.parse({reinterpret_cast<const char*>(data) + 1, size - 1});
    return 0;
  }
  return -1;
}

}  // namespace concordat::fuzz

#endif  // CONCORDAT_TESTS_FUZZ_FUZZ_TARGET_H_
