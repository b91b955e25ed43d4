#include "server/domain/disclosure/release.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat::domain::disclosure {
namespace {

Count Of(const std::string& name, int64_t value) { return {.name = name, .value = value}; }

TEST(ProtectTest, Smoke) {
  Table table;
  table.counts = {Of("a", 3), Of("b", 20), Of("c", 40), Of("d", 0), Of("t", 63)};
  table.sums = {{"t", {"a", "b", "c", "d"}}};
  auto release = Protect(table, {});
  ASSERT_TRUE(release.ok()) << release.status();
  for (const auto& f : release->figures) {
    std::cerr << f.name << " " << int(f.symbol) << " " << f.value << " " << int(f.reason) << " " << f.protects << "\n";
  }
  for (const auto& f : release->findings) {
    std::cerr << f.name << " [" << f.attacker << "] " << f.derivable.low << ".." << f.derivable.high << " proven " << f.proven.low << ".." << f.proven.high << " " << f.is_protected << f.is_unavoidable << "\n";
  }
}
}  // namespace
}  // namespace concordat::domain::disclosure
