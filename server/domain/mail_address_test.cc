#include "server/domain/mail_address.h"

#include <string>

#include "gtest/gtest.h"

namespace concordat::domain {
namespace {

TEST(MailAddressTest, APlainAddressIsOne) {
  for (const char* text : {"figures@lancashire.example", "a.b+c@x-y.example.org", "o'neill@a.b"}) {
    EXPECT_TRUE(IsMailAddress(text)) << text;
  }
}

TEST(MailAddressTest, NothingElseIs) {
  for (const char* text : {"", "figures", "@a.b", "a@", "a@b", "a@b.", "a@.b", "a@-b.c", "a@b..c",
                           ".a@b.c", "a.@b.c", "a b@c.d", "a@b.c, d@e.f", "a@b.c\r\nBcc: d@e.f",
                           "A <a@b.c>", "\"a\"@b.c", "a@b@c.d", "\xC3\xA9@b.c", "a@b.c\n"}) {
    EXPECT_FALSE(IsMailAddress(text)) << text;
  }
  EXPECT_FALSE(IsMailAddress(std::string(195, 'a') + "@b.org"));
}

}  // namespace
}  // namespace concordat::domain
