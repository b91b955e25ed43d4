#include "tests/support/python_verifier.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tests/support/must.h"

namespace concordat {

PythonVerdict RunPythonVerifier(const std::vector<std::string>& arguments) {
  std::string command = absl::StrCat("python3 '", CONCORDAT_SOURCE_DIR, "/tools/verify_audit.py'");
  for (const std::string& argument : arguments) absl::StrAppend(&command, " '", argument, "'");
  FILE* pipe = popen(absl::StrCat(command, " 2>&1").c_str(), "r");
  if (pipe == nullptr) Die("cannot run python3");
  PythonVerdict verdict;
  std::array<char, 4096> buffer{};
  for (size_t size = 0; (size = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    verdict.output.append(buffer.data(), size);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) verdict.exit_code = WEXITSTATUS(status);
  verdict.output = std::string(absl::StripSuffix(verdict.output, "\n"));
  return verdict;
}

}  // namespace concordat
