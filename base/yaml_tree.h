// YAML text as a tree that knows its lines, before anything is made of it. Only
// what plain configuration needs is accepted: one document, no anchors, no
// aliases, no tags.
#ifndef CONCORDAT_BASE_YAML_TREE_H_
#define CONCORDAT_BASE_YAML_TREE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/yaml_message.h"

namespace concordat {

// Larger texts, deeper nesting and more nodes are refused, so that no text can
// cost more than it is worth.
inline constexpr size_t kMaxYamlBytes = 8 << 20;
inline constexpr int kMaxYamlDepth = 64;
inline constexpr int kMaxYamlNodes = 200000;

// One value of a YAML text.
struct YamlNode {
  enum class Kind {
    // Nothing is written, or `~` or `null`.
    kNull,
    kScalar,
    kSequence,
    kMap,
    // Something that is not accepted and has been reported.
    kRefused,
  };
  Kind kind = Kind::kNull;
  // Counted from 1.
  int line = 1;
  // Of a scalar, unquoted and unescaped. Valid UTF-8 without NUL.
  std::string text;
  // Items of a sequence; keys and values of a map, in turn.
  std::vector<YamlNode> children;
};

// Reads `text` into `root` and adds what is wrong to `problems`. Returns false
// when there is no tree to look at; otherwise every problem lies in a node of
// kind kRefused, and the rest of the tree is good. A byte order mark is passed over.
bool ReadYamlTree(absl::string_view text, YamlNode& root, std::vector<YamlProblem>& problems);

}  // namespace concordat

#endif  // CONCORDAT_BASE_YAML_TREE_H_
