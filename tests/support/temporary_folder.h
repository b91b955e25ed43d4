// A folder for one test.
#ifndef CONCORDAT_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
#define CONCORDAT_TESTS_SUPPORT_TEMPORARY_FOLDER_H_

#include <filesystem>
#include <string>

namespace concordat {

// A folder of its own that goes, with all in it, when this does.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string Path(const std::string& file) const { return (path_ / file).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The whole of a file. Ends the process when it cannot be read.
std::string ReadWhole(const std::string& path);
// Replaces a file's content; a new one is its owner's alone, as files with keys have to
// be. Ends the process when it cannot be written.
void WriteWhole(const std::string& path, const std::string& content);

}  // namespace concordat

#endif  // CONCORDAT_TESTS_SUPPORT_TEMPORARY_FOLDER_H_
