// Releases of any size for benchmarks: far more figures than one import may hold.
#ifndef CONCORDAT_TESTS_BENCH_LARGE_RELEASE_H_
#define CONCORDAT_TESTS_BENCH_LARGE_RELEASE_H_

#include <cstdint>
#include <string>

#include "tests/support/test_partnership.h"

namespace concordat::bench {

inline constexpr char kLargeRelease[] = "releases/large";

// Stores kLargeRelease in a database with the bundled data set, which no server has
// open: the figures of the bundled papers, again and again, until they are `rows`.
void StoreLargeRelease(const std::string& database_path, int64_t rows);

// Lifts the quotas of the agreement that the board reads by.
void LiftQuotas(e2e::TestPartnership& partnership);

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_LARGE_RELEASE_H_
