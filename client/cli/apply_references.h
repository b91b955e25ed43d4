// What the files of one `concordat apply` name, and which of them refer to
// others.
#ifndef CONCORDAT_CLIENT_CLI_APPLY_REFERENCES_H_
#define CONCORDAT_CLIENT_CLI_APPLY_REFERENCES_H_

#include <string>

#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace concordat::cli {

// The `name` of every resource that `request` holds. Not of figures: they are
// part of their release, which is never changed.
absl::btree_set<std::string> DeclaredNames(const google::protobuf::Message& request);

// The text at `path` of `request`, such as `actions[3].leads[0].agency`. Empty
// when nothing is there, or no text.
std::string TextAt(const google::protobuf::Message& request, absl::string_view path);

// The one of `names` that `reference` is, or stands below:
// `agencies/a/clients/c` stands below `agencies/a`. Empty when none is.
std::string ReferredName(const absl::btree_set<std::string>& names, absl::string_view reference);

}  // namespace concordat::cli

#endif  // CONCORDAT_CLIENT_CLI_APPLY_REFERENCES_H_
