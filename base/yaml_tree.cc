#include "base/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <sstream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace concordat {
namespace {

// yaml-cpp counts lines from 0, and has -1 for an unknown place.
int LineOfMark(const YAML::Mark& mark) { return std::max(mark.line, 0) + 1; }

// Cuts the first character off `text`. Returns its code point, or -1 when the
// bytes are not UTF-8 (overlong forms and surrogates are not).
int32_t TakeCharacter(absl::string_view& text) {
  const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  size_t size = 1;
  int32_t smallest = 0;
  int32_t character = first;
  if (first >= 0xF0 && first <= 0xF4) {
    size = 4;
    smallest = 0x10000;
    character = first & 0x07;
  } else if (first >= 0xE0 && first <= 0xEF) {
    size = 3;
    smallest = 0x800;
    character = first & 0x0F;
  } else if (first >= 0xC2 && first <= 0xDF) {
    size = 2;
    smallest = 0x80;
    character = first & 0x1F;
  } else if (first >= 0x80) {
    text.remove_prefix(1);
    return -1;
  }
  for (size_t i = 1; i < size; ++i) {
    if (i >= text.size() || (byte(i) & 0xC0) != 0x80) {
      text.remove_prefix(i);
      return -1;
    }
    character = (character << 6) | (byte(i) & 0x3F);
  }
  text.remove_prefix(size);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  return character < smallest || surrogate || character > 0x10FFFF ? -1 : character;
}

// What a YAML text may hold (YAML 1.2, 5.1). The parser takes some of the rest
// for its own marks: 0x04 for the end of the text.
bool IsPrintable(int32_t character) {
  if (character == '\t' || character == '\n' || character == '\r' || character == 0x85) return true;
  if (character < 0x20 || (character >= 0x7F && character <= 0x9F)) return false;
  return character != 0xFEFF && character != 0xFFFE && character != 0xFFFF;
}

// Reports each line that has a character a YAML text may not hold.
bool CheckCharacters(absl::string_view text, std::vector<YamlProblem>& problems) {
  const size_t before = problems.size();
  int line = 1;
  int reported = 0;
  while (!text.empty()) {
    const int32_t character = TakeCharacter(text);
    if (character == '\n') ++line;
    if (character >= 0 && IsPrintable(character)) continue;
    if (line == reported) continue;
    reported = line;
    problems.push_back({line, "",
                        character < 0    ? "is not valid UTF-8: save the file as UTF-8"
                        : character == 0 ? "has a NUL byte"
                                         : "has a control character"});
  }
  return problems.size() == before;
}

// Whether a scalar, which may have been written with escapes, is text.
bool IsText(absl::string_view text) {
  while (!text.empty()) {
    if (TakeCharacter(text) <= 0) return false;
  }
  return true;
}

// Builds the tree. Stops the parser by throwing its own exception, which is
// caught where the parser was called.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(YamlNode& root, std::vector<YamlProblem>& problems)
      : root_(root), problems_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      throw YAML::ParserException(mark, "a second document starts here; only one is accepted");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddLeaf(YamlNode::Kind::kNull, mark, "?", anchor, "");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    Count(mark);
    Refuse(mark, "an alias is not accepted: write the value out");
    Add({YamlNode::Kind::kRefused, LineOfMark(mark), {}, {}});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    AddLeaf(YamlNode::Kind::kScalar, mark, tag, anchor, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  void Refuse(const YAML::Mark& mark, absl::string_view description) {
    problems_.push_back({LineOfMark(mark), "", std::string(description)});
  }

  void Count(const YAML::Mark& mark) {
    if (++nodes_ > kMaxYamlNodes) {
      throw YAML::ParserException(
          mark, absl::StrCat("the text has more than ", kMaxYamlNodes, " values"));
    }
  }

  // `?` and `!` are what the parser says for no tag, unquoted and quoted.
  bool Accepts(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const bool tagged = !tag.empty() && tag != "?" && tag != "!";
    if (anchor != 0) Refuse(mark, "an anchor is not accepted");
    if (tagged) Refuse(mark, "a tag is not accepted");
    return anchor == 0 && !tagged;
  }

  void AddLeaf(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
               YAML::anchor_t anchor, const std::string& value) {
    Count(mark);
    if (!Accepts(mark, tag, anchor)) {
      kind = YamlNode::Kind::kRefused;
    } else if (!IsText(value)) {
      Refuse(mark, "has an escape that makes a NUL or a character that does not exist");
      kind = YamlNode::Kind::kRefused;
    }
    Add({kind, LineOfMark(mark), value, {}});
  }

  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    Count(mark);
    if (open_.size() == kMaxYamlDepth) {
      throw YAML::ParserException(
          mark, absl::StrCat("values are nested more than ", kMaxYamlDepth, " deep"));
    }
    if (!Accepts(mark, tag, anchor)) kind = YamlNode::Kind::kRefused;
    open_.push_back({kind, LineOfMark(mark), {}, {}});
  }

  void Close() {
    YamlNode node = std::move(open_.back());
    open_.pop_back();
    Add(std::move(node));
  }

  void Add(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    YamlNode& parent = open_.back();
    const bool is_value = parent.kind == YamlNode::Kind::kMap && parent.children.size() % 2 == 1;
    // The parser puts a value that is not written at what follows it.
    if (node.kind == YamlNode::Kind::kNull && is_value) node.line = parent.children.back().line;
    parent.children.push_back(std::move(node));
  }

  YamlNode& root_;
  std::vector<YamlProblem>& problems_;
  // Maps and sequences that have not ended yet, the outermost first.
  std::vector<YamlNode> open_;
  int nodes_ = 0;
  int documents_ = 0;
};

// The text with an end that the parser cannot overlook: without the mark, it
// takes a quoted scalar that is never closed for one that ends with the text.
std::string WithDocumentEnd(absl::string_view text) {
  const absl::string_view trimmed = absl::StripTrailingAsciiWhitespace(text);
  const absl::string_view last_line = trimmed.substr(trimmed.rfind('\n') + 1);
  if (absl::StartsWith(last_line, "...")) return std::string(text);
  return absl::StrCat(text, absl::EndsWith(text, "\n") ? "" : "\n", "...\n");
}

// The parser's message without what it may quote of the text.
std::string DescriptionOf(const YAML::Exception& error) {
  const absl::string_view message = error.msg;
  return absl::StrCat("cannot be read: ", message.substr(0, message.find(": ")));
}

}  // namespace

bool ReadYamlTree(absl::string_view text, YamlNode& root, std::vector<YamlProblem>& problems) {
  root = YamlNode();
  if (text.size() > kMaxYamlBytes) {
    problems.push_back({1, "", absl::StrCat("the text is larger than ", kMaxYamlBytes, " bytes")});
    return false;
  }
  absl::ConsumePrefix(&text, "\xEF\xBB\xBF");
  if (!CheckCharacters(text, problems)) return false;
  bool found = false;
  try {
    std::istringstream stream(WithDocumentEnd(text));
    YAML::Parser parser(stream);
    TreeBuilder builder(root, problems);
    found = parser.HandleNextDocument(builder);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    problems.push_back({LineOfMark(error.mark), "", DescriptionOf(error)});
    return false;
  } catch (const std::exception& error) {
    problems.push_back({1, "", "cannot be read: the YAML parser failed"});
    return false;
  }
  if (found && root.kind != YamlNode::Kind::kNull) return true;
  problems.push_back({1, "", "the text is empty"});
  return false;
}

}  // namespace concordat
