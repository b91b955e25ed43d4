// Unsigned integers as the log's formats write them: the highest byte first.
#ifndef CONCORDAT_TLOG_BIG_ENDIAN_H_
#define CONCORDAT_TLOG_BIG_ENDIAN_H_

#include <cstddef>
#include <string>
#include <type_traits>

#include "absl/strings/string_view.h"

namespace concordat::tlog {

// Appends the sizeof(Integer) bytes of `value`.
template <typename Integer>
void AppendBigEndian(Integer value, std::string& bytes) {
  static_assert(std::is_unsigned_v<Integer>);
  for (size_t left = sizeof(Integer); left > 0; --left) {
    bytes.push_back(static_cast<char>(value >> (8 * (left - 1)) & 0xFF));
  }
}

// The number in the first sizeof(Integer) bytes, which must be there.
template <typename Integer>
Integer ReadBigEndian(absl::string_view bytes) {
  static_assert(std::is_unsigned_v<Integer>);
  Integer value = 0;
  for (size_t i = 0; i < sizeof(Integer); ++i) {
    value = static_cast<Integer>(value << 8 | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

}  // namespace concordat::tlog

#endif  // CONCORDAT_TLOG_BIG_ENDIAN_H_
