// The log as it lies on disk, verified by the program that shares no code with the
// server.
#ifndef CONCORDAT_TESTS_CRASH_STORED_LOG_H_
#define CONCORDAT_TESTS_CRASH_STORED_LOG_H_

#include <set>
#include <string>

#include "server/config.pb.h"

namespace concordat::crash {

// Lays out the records and tiles of the database below the checkpoint that is kept,
// as C2SP tlog-tiles says, and has tools/verify_audit.py verify them; and compares
// with the records each of `shown`, the checkpoints that callers were shown. What is
// wrong; empty when all is whole. The server may run.
std::string FindWrongInLog(const server::v1::ServerConfig& config,
                           const std::set<std::string>& shown);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_STORED_LOG_H_
