#include "base/yaml_message.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <system_error>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "base/civil_time.h"
#include "base/yaml_tree.h"
#include "google/protobuf/descriptor.h"

namespace concordat {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;
using google::protobuf::Reflection;

// A file with more problems than this is not the file it was meant to be.
constexpr size_t kMaxProblems = 1000;
constexpr size_t kMaxKeyBytesShown = 100;

constexpr absl::string_view kDateType = "google.type.Date";
constexpr absl::string_view kTimestampType = "google.protobuf.Timestamp";

// A key as it can be shown: on one line, and not endless.
std::string Shown(absl::string_view key) {
  std::string shown = absl::Utf8SafeCEscape(key);
  if (shown.size() <= kMaxKeyBytesShown) return shown;
  size_t end = kMaxKeyBytesShown;
  while (end > 0 && (static_cast<unsigned char>(shown[end]) & 0xC0) == 0x80) --end;
  return absl::StrCat(shown.substr(0, end), "...");
}

bool AreDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Whether `text` is digits, after a `-` when `sign`, without needless zeros.
bool IsWholeNumber(absl::string_view text, bool sign) {
  if (sign) absl::ConsumePrefix(&text, "-");
  return AreDigits(text) && (text.size() == 1 || text[0] != '0');
}

// Whether `text` is a decimal number such as `-12.5` or `1e6`.
bool IsDecimalNumber(absl::string_view text) {
  if (const size_t e = text.find_first_of("eE"); e != absl::string_view::npos) {
    absl::string_view exponent = text.substr(e + 1);
    if (!absl::ConsumePrefix(&exponent, "-")) absl::ConsumePrefix(&exponent, "+");
    if (!AreDigits(exponent)) return false;
    text = text.substr(0, e);
  }
  if (const size_t point = text.find('.'); point != absl::string_view::npos) {
    if (!AreDigits(text.substr(point + 1))) return false;
    text = text.substr(0, point);
  }
  return IsWholeNumber(text, /*sign=*/true);
}

// Reads all of `text`; the form has been checked. Nothing when out of range.
template <typename Number>
std::optional<Number> ParseNumber(absl::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

// Year, month, day, `T` and the time of day, with two digits each: the form
// that ParseInstant alone does not insist on.
bool StartsLikeInstant(absl::string_view text) {
  constexpr absl::string_view kForm = "dddd-dd-ddTdd:dd:dd";
  if (text.size() <= kForm.size()) return false;
  for (size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == 'd' ? !absl::ascii_isdigit(text[i]) : text[i] != kForm[i]) return false;
  }
  return true;
}

// The instant, when it is RFC 3339 and no finer than the microseconds kept.
std::optional<google::protobuf::Timestamp> ParseTimestamp(absl::string_view text) {
  if (!StartsLikeInstant(text)) return std::nullopt;
  const std::optional<absl::Time> time = ParseInstant(text);
  if (!time.has_value()) return std::nullopt;
  google::protobuf::Timestamp timestamp = ToTimestamp(*time);
  if (ToTime(timestamp) != *time) return std::nullopt;
  return timestamp;
}

std::string AllowedNames(const EnumDescriptor& type) {
  std::vector<absl::string_view> names;
  for (int i = 0; i < type.value_count(); ++i) {
    const absl::string_view name = type.value(i)->name();
    if (!absl::EndsWith(name, "UNSPECIFIED")) names.push_back(name);
  }
  return absl::StrJoin(names, ", ");
}

std::string FieldNames(const Descriptor& type) {
  std::vector<absl::string_view> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->name());
  return absl::StrJoin(names, ", ");
}

// Where one value goes: into a singular field, or at the end of a repeated one.
class Slot {
 public:
  Slot(Message& message, const FieldDescriptor& field)
      : message_(message), field_(field), reflection_(*message.GetReflection()) {}

  const FieldDescriptor& field() const { return field_; }

  void Put(int32_t value) { PutWith(&Reflection::SetInt32, &Reflection::AddInt32, value); }
  void Put(int64_t value) { PutWith(&Reflection::SetInt64, &Reflection::AddInt64, value); }
  void Put(uint32_t value) { PutWith(&Reflection::SetUInt32, &Reflection::AddUInt32, value); }
  void Put(uint64_t value) { PutWith(&Reflection::SetUInt64, &Reflection::AddUInt64, value); }
  void Put(float value) { PutWith(&Reflection::SetFloat, &Reflection::AddFloat, value); }
  void Put(double value) { PutWith(&Reflection::SetDouble, &Reflection::AddDouble, value); }
  void Put(bool value) { PutWith(&Reflection::SetBool, &Reflection::AddBool, value); }
  void Put(const std::string& value) {
    PutWith(&Reflection::SetString, &Reflection::AddString, value);
  }
  void Put(const EnumValueDescriptor* value) {
    PutWith(&Reflection::SetEnum, &Reflection::AddEnum, value);
  }
  Message& PutMessage() {
    return field_.is_repeated() ? *reflection_.AddMessage(&message_, &field_)
                                : *reflection_.MutableMessage(&message_, &field_);
  }

 private:
  template <typename Set, typename Add, typename Value>
  void PutWith(Set set, Add add, const Value& value) {
    if (field_.is_repeated()) {
      (reflection_.*add)(&message_, &field_, value);
    } else {
      (reflection_.*set)(&message_, &field_, value);
    }
  }

  Message& message_;
  const FieldDescriptor& field_;
  const Reflection& reflection_;
};

// Reads a tree into a message. One object a text.
class MessageReader {
 public:
  MessageReader(const std::vector<std::string>& ignored_keys, std::vector<YamlProblem>& problems,
                YamlLines* lines)
      : ignored_keys_(ignored_keys), problems_(problems), lines_(lines) {}

  // Fills `message`, whose own path is `path`: empty for the whole text.
  void ReadMessage(const YamlNode& node, const std::string& path, Message& message) {
    if (!CheckIsMap(node, path)) return;
    const Descriptor& type = *message.GetDescriptor();
    KeyLines seen;
    absl::flat_hash_map<const OneofDescriptor*, const FieldDescriptor*> chosen;
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& key = node.children[i];
      if (!CheckKey(key, path, seen) || (path.empty() && IsIgnored(key.text))) continue;
      const std::string field_path = absl::StrCat(path, path.empty() ? "" : ".", Shown(key.text));
      const FieldDescriptor* const field = type.FindFieldByName(key.text);
      if (field == nullptr) {
        Report(key, field_path, absl::StrCat("is not a key; the keys are ", FieldNames(type)));
        continue;
      }
      if (const OneofDescriptor* const oneof = field->real_containing_oneof(); oneof != nullptr) {
        const auto [first, is_first] = chosen.emplace(oneof, field);
        if (!is_first) {
          Report(key, field_path,
                 absl::StrCat("cannot stand beside ", first->second->name(),
                              ": only one of them may be set"));
          continue;
        }
      }
      Place(field_path, key.line);
      ReadField(node.children[i + 1], field_path, *field, message);
    }
  }

 private:
  // From a key to its line.
  using KeyLines = absl::flat_hash_map<absl::string_view, int>;

  void Report(const YamlNode& node, absl::string_view path, absl::string_view description) {
    if (problems_.size() == kMaxProblems) return;
    problems_.push_back({node.line, std::string(path), std::string(description)});
  }

  void Place(const std::string& path, int line) {
    if (lines_ != nullptr) lines_->emplace(path, line);
  }

  bool IsIgnored(absl::string_view key) const {
    return std::find(ignored_keys_.begin(), ignored_keys_.end(), key) != ignored_keys_.end();
  }

  // A refused node has been reported already, so it fails without a word.
  bool CheckIsMap(const YamlNode& node, absl::string_view path) {
    if (node.kind == YamlNode::Kind::kMap) return true;
    if (node.kind != YamlNode::Kind::kRefused) Report(node, path, "must be keys with values");
    return false;
  }

  bool CheckIsScalar(const YamlNode& node, absl::string_view path) {
    if (node.kind == YamlNode::Kind::kScalar) return true;
    if (node.kind == YamlNode::Kind::kNull) {
      Report(node, path, "has no value: write one, or leave the key out");
    } else if (node.kind != YamlNode::Kind::kRefused) {
      Report(node, path, "must be a single value");
    }
    return false;
  }

  // Whether `key` can be a key of the map at `path` and is its first of that name.
  bool CheckKey(const YamlNode& key, absl::string_view path, KeyLines& seen) {
    if (key.kind == YamlNode::Kind::kRefused) return false;
    if (key.kind != YamlNode::Kind::kScalar) {
      Report(key, path, "has a key that is not plain text");
      return false;
    }
    const auto [first, is_first] = seen.emplace(key.text, key.line);
    if (!is_first) {
      Report(key, absl::StrCat(path, path.empty() ? "" : ".", Shown(key.text)),
             absl::StrCat("is given twice; the first is in line ", first->second));
    }
    return is_first;
  }

  void ReadField(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
                 Message& message) {
    if (field.is_map()) {
      ReadMap(node, path, field, message);
    } else if (!field.is_repeated()) {
      ReadValue(node, path, Slot(message, field));
    } else if (node.kind == YamlNode::Kind::kSequence) {
      for (size_t i = 0; i < node.children.size(); ++i) {
        const std::string item_path = absl::StrCat(path, "[", i, "]");
        Place(item_path, node.children[i].line);
        ReadValue(node.children[i], item_path, Slot(message, field));
      }
    } else if (node.kind == YamlNode::Kind::kNull) {
      Report(node, path, "has no value: write a list, or leave the key out");
    } else if (node.kind != YamlNode::Kind::kRefused) {
      Report(node, path, "must be a list");
    }
  }

  void ReadMap(const YamlNode& node, const std::string& path, const FieldDescriptor& field,
               Message& message) {
    if (!CheckIsMap(node, path)) return;
    KeyLines seen;
    for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
      const YamlNode& key = node.children[i];
      if (!CheckKey(key, path, seen)) continue;
      const std::string entry_path = absl::StrCat(path, "[", Shown(key.text), "]");
      Place(entry_path, key.line);
      Message& entry = Slot(message, field).PutMessage();
      ReadValue(key, entry_path, Slot(entry, *field.message_type()->map_key()));
      ReadField(node.children[i + 1], entry_path, *field.message_type()->map_value(), entry);
    }
  }

  // Reads one value, which is never a list.
  void ReadValue(const YamlNode& node, const std::string& path, Slot slot) {
    const FieldDescriptor& field = slot.field();
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const absl::string_view type = field.message_type()->full_name();
      if (type != kDateType && type != kTimestampType) {
        ReadMessage(node, path, slot.PutMessage());
        return;
      }
    }
    if (CheckIsScalar(node, path)) ReadScalar(node, path, slot);
  }

  void ReadScalar(const YamlNode& node, const std::string& path, Slot slot) {
    const FieldDescriptor& field = slot.field();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        return ReadWholeNumber<int32_t>(node, path, slot);
      case FieldDescriptor::CPPTYPE_INT64:
        return ReadWholeNumber<int64_t>(node, path, slot);
      case FieldDescriptor::CPPTYPE_UINT32:
        return ReadWholeNumber<uint32_t>(node, path, slot);
      case FieldDescriptor::CPPTYPE_UINT64:
        return ReadWholeNumber<uint64_t>(node, path, slot);
      case FieldDescriptor::CPPTYPE_FLOAT:
        return ReadDecimalNumber<float>(node, path, slot);
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return ReadDecimalNumber<double>(node, path, slot);
      case FieldDescriptor::CPPTYPE_BOOL:
        if (node.text == "true" || node.text == "false") return slot.Put(node.text == "true");
        return Report(node, path, "must be true or false");
      case FieldDescriptor::CPPTYPE_STRING:
        if (field.type() != FieldDescriptor::TYPE_BYTES) return slot.Put(node.text);
        return Report(node, path, "is bytes, which cannot be written here");
      case FieldDescriptor::CPPTYPE_ENUM:
        return ReadEnum(node, path, slot);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return ReadTime(node, path, slot);
    }
  }

  template <typename Number>
  void ReadWholeNumber(const YamlNode& node, const std::string& path, Slot slot) {
    using Limits = std::numeric_limits<Number>;
    if (!IsWholeNumber(node.text, /*sign=*/Limits::is_signed)) {
      Report(node, path, "must be a whole number, such as 12");
    } else if (const std::optional<Number> number = ParseNumber<Number>(node.text)) {
      slot.Put(*number);
    } else {
      Report(node, path, absl::StrCat("must be from ", Limits::min(), " to ", Limits::max()));
    }
  }

  template <typename Number>
  void ReadDecimalNumber(const YamlNode& node, const std::string& path, Slot slot) {
    if (!IsDecimalNumber(node.text)) {
      Report(node, path, "must be a number, such as 12.5");
    } else if (const std::optional<Number> number = ParseNumber<Number>(node.text)) {
      slot.Put(*number);
    } else {
      Report(node, path, "is a number out of range");
    }
  }

  void ReadEnum(const YamlNode& node, const std::string& path, Slot slot) {
    const EnumDescriptor& type = *slot.field().enum_type();
    if (const EnumValueDescriptor* const value = type.FindValueByName(node.text)) {
      slot.Put(value);
    } else {
      Report(node, path, absl::StrCat("must be one of ", AllowedNames(type)));
    }
  }

  // A date or a timestamp. By bytes, since the field's class may be a dynamic one.
  void ReadTime(const YamlNode& node, const std::string& path, Slot slot) {
    if (slot.field().message_type()->full_name() == kDateType) {
      if (const std::optional<absl::CivilDay> day = ParseDay(node.text)) {
        slot.PutMessage().ParseFromString(ToDate(*day).SerializeAsString());
      } else {
        Report(node, path, "must be a day, such as 2018-11-30");
      }
    } else if (const auto timestamp = ParseTimestamp(node.text)) {
      slot.PutMessage().ParseFromString(timestamp->SerializeAsString());
    } else {
      Report(node, path, "must be an instant to the microsecond, such as 2018-11-30T09:00:00Z");
    }
  }

  const std::vector<std::string>& ignored_keys_;
  std::vector<YamlProblem>& problems_;
  YamlLines* const lines_;
};

}  // namespace

std::vector<YamlProblem> ReadYaml(absl::string_view text, Message& message,
                                  const std::vector<std::string>& ignored_keys, YamlLines* lines) {
  message.Clear();
  std::vector<YamlProblem> problems;
  YamlNode root;
  if (ReadYamlTree(text, root, problems)) {
    MessageReader(ignored_keys, problems, lines).ReadMessage(root, "", message);
  }
  std::stable_sort(problems.begin(), problems.end(),
                   [](const YamlProblem& a, const YamlProblem& b) { return a.line < b.line; });
  if (problems.size() > kMaxProblems) problems.resize(kMaxProblems);
  return problems;
}

absl::StatusOr<std::string> ReadYamlKey(absl::string_view text, absl::string_view key) {
  std::vector<YamlProblem> problems;
  YamlNode root;
  ReadYamlTree(text, root, problems);
  if (!problems.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("line ", problems[0].line, ": ", problems[0].description));
  }
  if (root.kind != YamlNode::Kind::kMap) {
    return absl::InvalidArgumentError("the text must be keys with values");
  }
  for (size_t i = 0; i + 1 < root.children.size(); i += 2) {
    if (root.children[i].kind != YamlNode::Kind::kScalar || root.children[i].text != key) continue;
    const YamlNode& value = root.children[i + 1];
    if (value.kind == YamlNode::Kind::kScalar) return value.text;
    if (value.kind == YamlNode::Kind::kNull) return std::string();
    return absl::InvalidArgumentError(
        absl::StrCat("line ", value.line, ": ", Shown(key), " must be a single value"));
  }
  return std::string();
}

int LineOf(const YamlLines& lines, absl::string_view field) {
  while (!field.empty()) {
    if (const auto line = lines.find(field); line != lines.end()) return line->second;
    const size_t end = field.find_last_of(".[");
    field = end == absl::string_view::npos ? absl::string_view() : field.substr(0, end);
  }
  return 1;
}

}  // namespace concordat
