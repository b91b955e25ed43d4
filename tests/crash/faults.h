// Every write, sync, truncation and rename in turn, failed in every way.
#ifndef CONCORDAT_TESTS_CRASH_FAULTS_H_
#define CONCORDAT_TESTS_CRASH_FAULTS_H_

#include <cstdint>
#include <filesystem>
#include <limits>

#include "tests/crash/findings.h"

namespace concordat::crash {

inline constexpr int kEveryFaultPoint = std::numeric_limits<int>::max();

// Counts what a server over a copy of `prepared` does to its files from start to
// stop while a fixed row of calls is made, and then runs it again for up to `runs`
// pairs of an operation and a fault: all, or a sample that follows from `seed`, in
// which each kind of operation on each file has its turn first. Returns how many
// pairs there are.
int RunFaults(const std::filesystem::path& prepared, uint64_t seed, int runs, Findings& findings);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_FAULTS_H_
