// tools/verify_audit.py, run as a program of its own.
#ifndef CONCORDAT_TESTS_SUPPORT_PYTHON_VERIFIER_H_
#define CONCORDAT_TESTS_SUPPORT_PYTHON_VERIFIER_H_

#include <string>
#include <vector>

namespace concordat {

// What the verifier said, and how it ended.
struct PythonVerdict {
  // -1 when a signal ended it.
  int exit_code = -1;
  // Standard output and error, to the last newline and without it.
  std::string output;
};

// Runs the verifier with these arguments, none of which may hold a quote. Ends the
// process when it cannot be run.
PythonVerdict RunPythonVerifier(const std::vector<std::string>& arguments);

}  // namespace concordat

#endif  // CONCORDAT_TESTS_SUPPORT_PYTHON_VERIFIER_H_
