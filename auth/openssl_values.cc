#include "auth/openssl_values.h"

#include <ctime>

#include "base/openssl_ptr.h"

namespace concordat::auth {

std::optional<absl::Time> ToAbslTime(const ASN1_TIME* time) {
  std::tm fields = {};
  // Without a time the library answers with the present one.
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::optional<std::string> ToBytes(const ASN1_INTEGER* number) {
  const BignumPtr value(ASN1_INTEGER_to_BN(number, nullptr));
  if (value == nullptr) return std::nullopt;
  std::string bytes(BN_num_bytes(value.get()), '\0');
  BN_bn2bin(value.get(), reinterpret_cast<unsigned char*>(bytes.data()));
  return bytes;
}

std::string NameText(const X509_NAME* name) {
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (text == nullptr || X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_RFC2253) < 0) return "";
  return TextOf(text.get());
}

std::string TextOf(BIO* memory) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory, &data);
  return {data, static_cast<size_t>(size)};
}

std::shared_ptr<const X509_name_st> CopyOf(const X509_NAME* name) {
  X509_NAME* const copy = X509_NAME_dup(name);
  if (copy == nullptr) return nullptr;
  return {copy, X509_NAME_free};
}

}  // namespace concordat::auth
