// What fault_shim.cc traced.
#ifndef CONCORDAT_TESTS_CRASH_TRACE_H_
#define CONCORDAT_TESTS_CRASH_TRACE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace concordat::crash {

// One operation on a file of the server's data folder.
struct Operation {
  // From 1, in the order in which they were asked for.
  int number = 0;
  // `write`, `sync`, `truncate` or `rename`.
  std::string name;
  // What the shim did to it; `-` for nothing.
  std::string fault;
  // From the data folder on; of a rename, the new one.
  std::string path;

  bool failed() const { return fault == "EIO" || fault == "ENOSPC"; }
};

// The operations of a trace. A last line that a kill cut off is left out.
std::vector<Operation> ParseTrace(const std::string& trace);

// The faults that an operation can have, as the shim takes them.
std::vector<std::string> FaultsOf(const Operation& operation);

// Whether any fault was made to happen.
bool AnyFault(const std::vector<Operation>& operations);

// Number of the first operation that syncs a file of the database whose sync has
// failed before; 0 when there is none. Of a checkpoint each sync is that of a new file.
int FirstRetriedSync(const std::vector<Operation>& operations);

}  // namespace concordat::crash

#endif  // CONCORDAT_TESTS_CRASH_TRACE_H_
