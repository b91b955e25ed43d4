#include "client/onboarding/subject_names.h"

#include <algorithm>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace concordat::onboarding {
namespace {

using GeneralNamePtr = std::unique_ptr<GENERAL_NAME, FreeWith<GENERAL_NAME_free>>;

std::string Bytes(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<size_t>(ASN1_STRING_length(text))};
}

absl::StatusOr<int> KindOf(absl::string_view& identity) {
  if (absl::ConsumePrefix(&identity, "uri:")) return GEN_URI;
  if (absl::ConsumePrefix(&identity, "dns:")) return GEN_DNS;
  return absl::InvalidArgumentError("an identity is `uri:` or `dns:` and the name");
}

}  // namespace

absl::StatusOr<X509ExtensionPtr> MakeSubjectName(absl::string_view identity) {
  const absl::StatusOr<int> kind = KindOf(identity);
  if (!kind.ok()) return kind.status();
  const bool is_plain = std::all_of(identity.begin(), identity.end(),
                                    [](unsigned char c) { return absl::ascii_isgraph(c); });
  if (identity.empty() || !is_plain) {
    return absl::InvalidArgumentError("a name of a certificate is printable ASCII without spaces");
  }
  GeneralNamePtr name(GENERAL_NAME_new());
  ASN1_IA5STRING* const text = ASN1_IA5STRING_new();
  GeneralNamesPtr names(GENERAL_NAMES_new());
  if (name == nullptr || text == nullptr || names == nullptr ||
      ASN1_STRING_set(text, identity.data(), static_cast<int>(identity.size())) != 1) {
    return absl::InternalError("the TLS library made no name");
  }
  GENERAL_NAME_set0_value(name.get(), *kind, text);
  if (sk_GENERAL_NAME_push(names.get(), name.get()) == 0) {
    return absl::InternalError("the TLS library made no name");
  }
  static_cast<void>(name.release());  // the list owns it now
  X509ExtensionPtr extension(X509V3_EXT_i2d(NID_subject_alt_name, /*crit=*/0, names.get()));
  if (extension == nullptr) return absl::InternalError("the TLS library made no extension");
  return extension;
}

std::vector<std::string> IdentitiesOf(const GENERAL_NAMES& names) {
  std::vector<std::string> identities;
  for (int i = 0; i < sk_GENERAL_NAME_num(&names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(&names, i);
    if (name->type == GEN_URI) {
      identities.push_back(absl::StrCat("uri:", Bytes(name->d.uniformResourceIdentifier)));
    } else if (name->type == GEN_DNS) {
      identities.push_back(absl::StrCat("dns:", absl::AsciiStrToLower(Bytes(name->d.dNSName))));
    } else {
      identities.push_back("other");
    }
  }
  return identities;
}

}  // namespace concordat::onboarding
