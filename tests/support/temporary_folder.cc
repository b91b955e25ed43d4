#include "tests/support/temporary_folder.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "tests/support/must.h"

namespace concordat {

TemporaryFolder::TemporaryFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "concordat-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) Die("no temporary folder can be made");
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string ReadWhole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  // An empty file inserts nothing, which the stream calls a failure.
  if (!file || (file.peek() != std::ifstream::traits_type::eof() && !(content << file.rdbuf()))) {
    Die(absl::StrCat("cannot read ", path));
  }
  return content.str();
}

void WriteWhole(const std::string& path, const std::string& content) {
  const bool is_new = !std::filesystem::exists(path);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  if (file && is_new) {
    using std::filesystem::perms;
    std::filesystem::permissions(path, perms::owner_read | perms::owner_write);
  }
  if (!(file << content) || !file.flush()) Die(absl::StrCat("cannot write ", path));
}

}  // namespace concordat
