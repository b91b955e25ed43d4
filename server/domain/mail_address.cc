#include "server/domain/mail_address.h"

#include "re2/re2.h"

namespace concordat::domain {

bool IsMailAddress(absl::string_view text) {
  // RFC 5322's dot-atom before the sign; names of hosts after it.
  static const RE2* const kAddress = new RE2(
      "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
      "@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+");
  return text.size() <= 200 && RE2::FullMatch({text.data(), text.size()}, *kAddress);
}

}  // namespace concordat::domain
