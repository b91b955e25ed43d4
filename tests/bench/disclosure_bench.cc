// How long disclosure control takes by the number of counts: cubes of district ×
// category × quarter, with their totals.
#include <cstring>
#include <ctime>
#include <iostream>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "server/domain/disclosure/random_table.h"
#include "server/domain/disclosure/release.h"

namespace concordat::domain::disclosure {
namespace {

struct Size {
  int districts;
  int categories;
  int quarters;
};

// Processor time of this process, in seconds.
double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// 14 districts is pan-Lancashire's number with the two unitaries.
std::vector<Size> Sizes(bool with_large) {
  if (!with_large) return {{4, 4, 3}, {14, 12, 4}};
  return {{4, 4, 3}, {14, 12, 4}, {14, 12, 8}, {14, 32, 9}};
}

int Main(bool with_large) {
  std::cout << "counts  sums  hidden by rule  complementary  % of sum  CPU s  s a 1,000 counts"
               "  ratio to the line before\n";
  double before = 0;
  for (const Size& size : Sizes(with_large)) {
    std::mt19937_64 random(2018);
    const Table table = RandomCube({FlatDimension(size.districts), FlatDimension(size.categories),
                                    FlatDimension(size.quarters)},
                                   kDfeChildren, random);
    const double start = CpuSeconds();
    Options options;
    options.audit.every_limit = false;
    const absl::StatusOr<ProtectedRelease> release = Protect(table, options);
    const double seconds = CpuSeconds() - start;
    if (!release.ok()) {
      std::cerr << "disclosure_bench: " << release.status() << "\n";
      return 1;
    }
    const Cost& cost = release->cost;
    std::cout << absl::StreamFormat(
        "%6d %5d %15d %14d %9.1f %6.2f %18.2f", table.counts.size(), table.sums.size(),
        cost.hidden_first, cost.hidden_complementary,
        100.0 * static_cast<double>(cost.sum_hidden) / static_cast<double>(cost.sum), seconds,
        1000 * seconds / static_cast<double>(table.counts.size()));
    if (before > 0) std::cout << absl::StreamFormat("  %.1f", seconds / before);
    std::cout << std::endl;
    before = seconds;
  }
  return 0;
}

}  // namespace
}  // namespace concordat::domain::disclosure

int main(int argc, char** argv) {
  const bool with_large = argc == 2 && std::strcmp(argv[1], "--large") == 0;
  if (argc > 1 && !with_large) {
    std::cerr << "usage: disclosure_bench [--large]\n";
    return 2;
  }
  return concordat::domain::disclosure::Main(with_large);
}
