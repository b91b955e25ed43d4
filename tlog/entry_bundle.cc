#include "tlog/entry_bundle.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "tlog/big_endian.h"
#include "tlog/merkle.h"

namespace concordat::tlog {
namespace {

constexpr size_t kLengthBytes = sizeof(uint16_t);

}  // namespace

absl::Status AppendEntry(absl::string_view record, std::string& bundle) {
  if (record.size() > kMaxRecordBytes) {
    return absl::InvalidArgumentError("the record is larger than an entry can be");
  }
  AppendBigEndian(static_cast<uint16_t>(record.size()), bundle);
  absl::StrAppend(&bundle, record);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<absl::string_view>> ParseEntryBundle(absl::string_view bundle,
                                                                int width) {
  std::vector<absl::string_view> records;
  while (!bundle.empty()) {
    const size_t length =
        bundle.size() < kLengthBytes ? bundle.size() : ReadBigEndian<uint16_t>(bundle);
    if (bundle.size() < kLengthBytes + length) {
      return absl::DataLossError(absl::StrCat("the bundle ends within entry ", records.size()));
    }
    records.push_back(bundle.substr(kLengthBytes, length));
    bundle.remove_prefix(kLengthBytes + length);
  }
  if (records.size() != static_cast<size_t>(width)) {
    return absl::DataLossError(
        absl::StrCat("the bundle has ", records.size(), " entries instead of ", width));
  }
  return records;
}

}  // namespace concordat::tlog
