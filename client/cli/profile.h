// Profiles: which service to call, and as whom.
#ifndef CONCORDAT_CLIENT_CLI_PROFILE_H_
#define CONCORDAT_CLIENT_CLI_PROFILE_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "concordat/options.h"

namespace concordat::cli {

// The folder that profiles are in: $CONCORDAT_CONFIG_DIR, or the user's
// ~/.config/concordat. Empty when neither variable is set.
std::filesystem::path ProfileFolder();

// Reads `NAME.yaml` of `folder`. INVALID_ARGUMENT says which file is missing and
// what it is to hold, or each line of it that is wrong.
absl::StatusOr<ClientOptions> ReadProfile(const std::filesystem::path& folder,
                                          const std::string& name);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_PROFILE_H_
