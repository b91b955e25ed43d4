// Whether a database keeps what was claimed to its callers.
#ifndef CONCORDAT_TESTS_CRASH_CHECKER_H_
#define CONCORDAT_TESTS_CRASH_CHECKER_H_

#include <string>
#include <vector>

#include "tests/crash/seen_call.h"

namespace concordat::crash {

// What is not as it has to be, a sentence each; nothing when all is. The server
// has started again after `calls`, and calls nobody has made since.
//
// - Records have the indexes from 0 without a hole, and no stream is open.
// - A call with a receipt has one record, at that index, with that leaf hash, that
//   says what its caller saw; no two receipts name one record. Any other call has
//   at most one.
// - Nothing arrived without a record: no answer, no refusal, no message of a stream.
// - A change is there in whole, once, if it was answered with OK; in whole or not
//   at all if it was not answered; and not without its record.
std::vector<std::string> FindBroken(const std::string& database_path,
                                    const std::vector<SeenCall>& calls);

// The names of those changes that were not answered, so that their callers call
// again under the same request id; none that `calls` repeats with an answer.
std::vector<std::string> UnansweredChanges(const std::vector<SeenCall>& calls);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_CHECKER_H_
