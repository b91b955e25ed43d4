// What has to be true of a database after every fault.
#ifndef CONCORDAT_TESTS_CRASH_RECOVERY_H_
#define CONCORDAT_TESTS_CRASH_RECOVERY_H_

#include <string>

#include "tests/crash/crash_server.h"
#include "tests/crash/findings.h"
#include "tests/crash/seen_call.h"

namespace concordat::crash {

// Starts the server again, which has to serve within kLongestStart, checks what
// `ledger` holds against its database, and repeats the changes that were not
// answered. Leaves the server running. False when it does not start: the database
// is of no further use.
bool Recover(CrashServer& server, const std::string& where, Ledger& ledger, Findings& findings);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_RECOVERY_H_
