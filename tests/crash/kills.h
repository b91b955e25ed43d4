// kill -9 at random instants.
#ifndef CONCORDAT_TESTS_CRASH_KILLS_H_
#define CONCORDAT_TESTS_CRASH_KILLS_H_

#include <cstdint>
#include <filesystem>

#include "tests/crash/findings.h"

namespace concordat::crash {

// Kills servers over copies of `prepared` `kills` times, some while they start and
// the others under load, each at an instant that follows from `seed`, and checks
// after each that nothing that was said is untrue.
void RunKills(const std::filesystem::path& prepared, uint64_t seed, int kills, Findings& findings);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_KILLS_H_
