// YAML read into a proto message by reflection: one way for the server's
// configuration and for the files that `concordat apply` sends.
//
// Keys are proto field names; unknown and repeated keys are errors. Enum values
// are written by name, dates (google.type.Date) as 2018-11-30, timestamps as
// RFC 3339, bytes are not supported. A scalar is read by its field's type and
// never guessed: `yes` is no bool, `1,234` no number. Text may be quoted or
// not: `reference: 1.10` keeps its zero.
#ifndef CONCORDAT_BASE_YAML_MESSAGE_H_
#define CONCORDAT_BASE_YAML_MESSAGE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace concordat {

// One thing that is wrong with a YAML text.
struct YamlProblem {
  // Counted from 1.
  int line = 0;
  // The field's path, such as `actions[3].due.text` or, for an entry of a map,
  // `labels[key]`. Empty for a syntax error.
  std::string field;
  // What is wrong and what is expected. Never echoes more than a key's name.
  std::string description;
};

// Where each field stands: from its path, such as `actions[3].due.text`, to its
// line, counted from 1.
using YamlLines = absl::flat_hash_map<std::string, int>;

// Reads `text` into `message`, which is cleared first. Returns every problem,
// in the order of lines and at most 1,000; empty when all is well, and only then
// is `message` whole. `ignored_keys` are top-level keys that are not fields.
// `lines`, when given, gets the place of every field.
std::vector<YamlProblem> ReadYaml(absl::string_view text, google::protobuf::Message& message,
                                  const std::vector<std::string>& ignored_keys = {},
                                  YamlLines* lines = nullptr);

// The value of one top-level scalar key of `text`; empty when there is none.
// INVALID_ARGUMENT when the text is not a YAML map.
absl::StatusOr<std::string> ReadYamlKey(absl::string_view text, absl::string_view key);

// The line of `field`, or of the nearest enclosing field that has one; 1 when
// none has.
int LineOf(const YamlLines& lines, absl::string_view field);

}  // namespace concordat

#endif  // CONCORDAT_BASE_YAML_MESSAGE_H_
