#include "tests/support/command_line.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "client/cli/testing/child_process.h"
#include "tests/support/certificates.h"

namespace concordat::e2e {

CommandLine::CommandLine(const std::string& address, const Partner& partner) {
  using std::filesystem::perms;
  const Certificates& certificates = Certificates::Get();
  const KeyPair pair = certificates.OfClient(partner.uri());
  WriteWhole(folder_.Path("own.crt"), pair.certificate);
  WriteWhole(folder_.Path("own.key"), pair.key);
  std::filesystem::permissions(folder_.Path("own.key"), perms::owner_read | perms::owner_write);
  WriteWhole(folder_.Path("default.yaml"),
             absl::StrCat("target: ", address, "\nca_certificate_file: ",
                          certificates.Path("ca.crt"), "\ncertificate_file: own.crt\n",
                          "private_key_file: own.key\npurpose: '", partner.purpose, "'\n"));
}

CommandResult CommandLine::Run(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command = {CONCORDAT_PROGRAM};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string out = folder_.Path("out");
  const std::string err = folder_.Path("err");
  cli::ChildProcess program(
      command, {absl::StrCat("CONCORDAT_CONFIG_DIR=", folder_.path().string()), "LC_ALL=C.UTF-8"},
      out, err);
  CommandResult result;
  result.code = program.Wait();
  result.out = ReadWhole(out);
  result.err = ReadWhole(err);
  return result;
}

}  // namespace concordat::e2e
