// How much processor time another process has used.
#ifndef CONCORDAT_TESTS_BENCH_PROCESS_CPU_H_
#define CONCORDAT_TESTS_BENCH_PROCESS_CPU_H_

#include <sys/types.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace concordat::bench {

// User and system time of all threads of `pid` since it started, in steps of a
// clock tick (10 ms on Linux). NOT_FOUND when there is no such process.
absl::StatusOr<absl::Duration> ProcessCpu(pid_t pid);

}  // namespace concordat::bench

#endif  // CONCORDAT_TESTS_BENCH_PROCESS_CPU_H_
