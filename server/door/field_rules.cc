#include "server/door/field_rules.h"

#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/type/date.pb.h"
#include "server/domain/narrative_guard.h"

namespace concordat::door {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

constexpr uint32_t kDefaultMaxBytes = 1000;
constexpr uint32_t kDefaultMaxItems = 1000;
// 0001-01-01 to 9999-12-31, the range of google.protobuf.Timestamp.
constexpr int64_t kMinTimestampSeconds = -62135596800;
constexpr int64_t kMaxTimestampSeconds = 253402300799;

bool IsDate(const Descriptor* type) { return type == google::type::Date::descriptor(); }
bool IsTimestamp(const Descriptor* type) {
  return type == google::protobuf::Timestamp::descriptor();
}

uint32_t MaxBytes(const v1::FieldRule& rule) {
  return rule.max_bytes() > 0 ? rule.max_bytes() : kDefaultMaxBytes;
}

// Those too that turn the direction of writing (U+202A to U+202E, U+2066 to U+2069), with
// which a text reads otherwise than it is.
bool HasControlCharacter(absl::string_view text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) && c != '\n' && c != '\t') return true;
  }
  for (size_t i = 0; i + 2 < text.size(); ++i) {
    const absl::string_view three = text.substr(i, 3);
    if ((three >= "\u202A" && three <= "\u202E") || (three >= "\u2066" && three <= "\u2069")) {
      return true;
    }
  }
  return false;
}

bool IsAreaCode(absl::string_view text) {
  if (text.size() != 9 || !absl::ascii_isupper(text[0])) return false;
  for (const char c : text.substr(1)) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return true;
}

std::string Child(const std::string& path, const FieldDescriptor& field) {
  return path.empty() ? field.name() : absl::StrCat(path, ".", field.name());
}

void CheckUnknownFields(const Message& message, const std::string& path,
                        std::vector<FieldViolation>& violations) {
  const auto& unknown = message.GetReflection()->GetUnknownFields(message);
  for (int i = 0; i < unknown.field_count(); ++i) {
    violations.push_back(
        {path, absl::StrCat("has a field number ", unknown.field(i).number(),
                            " that the contract does not know; update the client's contract")});
  }
}

absl::Status CheckRuleFits(const FieldDescriptor& field, const v1::FieldRule& rule) {
  const bool text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
  const bool number = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32 ||
                      field.cpp_type() == FieldDescriptor::CPPTYPE_INT64;
  const bool wants_text = rule.format() != v1::FieldRule::FORMAT_UNSPECIFIED ||
                          rule.max_bytes() > 0 || rule.narrative();
  const bool name_without_pattern =
      (rule.format() == v1::FieldRule::NAME) != !rule.resource().empty();
  if ((wants_text && !text) || (rule.has_range() && !number) || name_without_pattern ||
      (rule.max_items() > 0 && !field.is_repeated())) {
    return absl::FailedPreconditionError(
        absl::StrCat("the field rule of ", field.full_name(), " does not fit its field"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<FieldRules>> FieldRules::Compile(const Descriptor& descriptor) {
  auto rules = std::unique_ptr<FieldRules>(new FieldRules(descriptor));
  RETURN_IF_ERROR(rules->Add(descriptor));
  rules->dry_run_ = descriptor.FindFieldByName("dry_run");
  return rules;
}

absl::Status FieldRules::Add(const Descriptor& descriptor) {
  if (checks_.contains(&descriptor) || IsDate(&descriptor) || IsTimestamp(&descriptor)) {
    return absl::OkStatus();
  }
  MessageChecks& checks = checks_[&descriptor];
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    FieldCheck check{&field, field.options().GetExtension(v1::rule)};
    if (check.rule.max_bytes() == 0) check.rule.clear_max_bytes();
    RETURN_IF_ERROR(CheckRuleFits(field, check.rule));
    checks.push_back(std::move(check));
  }
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      RETURN_IF_ERROR(Add(*field.message_type()));
    }
  }
  return absl::OkStatus();
}

std::vector<FieldViolation> FieldRules::Check(Message& message) const {
  std::vector<FieldViolation> violations;
  CheckMessage(message, "", violations);
  return violations;
}

void FieldRules::CheckMessage(Message& message, const std::string& path,
                              std::vector<FieldViolation>& violations) const {
  const Reflection& reflection = *message.GetReflection();
  CheckUnknownFields(message, path, violations);
  for (const FieldCheck& check : checks_.at(message.GetDescriptor())) {
    const FieldDescriptor& field = *check.field;
    if (check.rule.output_only()) {
      reflection.ClearField(&message, &field);
      continue;
    }
    const std::string child = Child(path, field);
    if (field.is_repeated()) {
      const int size = reflection.FieldSize(message, &field);
      if (check.rule.required() && size == 0) violations.push_back({child, "is required"});
      const uint32_t most = check.rule.max_items() > 0 ? check.rule.max_items() : kDefaultMaxItems;
      if (static_cast<uint32_t>(size) > most) {
        violations.push_back(
            {child, absl::StrCat("has ", size, " items; at most ", most, " are accepted")});
        continue;
      }
      for (int i = 0; i < size; ++i) {
        CheckValue(message, check, i, absl::StrCat(child, "[", i, "]"), violations);
      }
      continue;
    }
    const bool present = field.has_presence() ? reflection.HasField(message, &field) : true;
    if (!present) {
      if (check.rule.required()) violations.push_back({child, "is required"});
      continue;
    }
    CheckValue(message, check, -1, child, violations);
  }
}

void FieldRules::CheckString(const v1::FieldRule& rule, absl::string_view value,
                             const std::string& path,
                             std::vector<FieldViolation>& violations) const {
  if (value.empty()) {
    if (rule.required()) violations.push_back({path, "is required"});
    return;
  }
  if (value.size() > MaxBytes(rule)) {
    violations.push_back({path, absl::StrCat("has ", value.size(), " bytes; at most ",
                                             MaxBytes(rule), " are accepted")});
    return;
  }
  if (HasControlCharacter(value)) {
    violations.push_back({path, "holds a control character"});
    return;
  }
  switch (rule.format()) {
    case v1::FieldRule::IDENTIFIER:
      if (!IsIdentifier(value)) {
        violations.push_back({path,
                              "must be an identifier: lower-case letters, digits, `.` and `-`, "
                              "starting with a letter or digit, at most 63"});
      }
      break;
    case v1::FieldRule::NAME:
      if (!MatchesPattern(value, rule.resource(), rule.wildcard())) {
        violations.push_back({path, absl::StrCat("must be a name of the form ", rule.resource())});
      }
      break;
    case v1::FieldRule::AREA_CODE:
      if (!IsAreaCode(value)) {
        violations.push_back({path, "must be a GSS code: a letter and eight digits"});
      }
      break;
    default:
      break;
  }
  if (rule.narrative()) {
    for (const domain::Finding& finding : domain::ScreenNarrative(value)) {
      violations.push_back({path, absl::StrCat("looks like it holds a record of a person (",
                                               domain::NameOf(finding.kind), " at byte ",
                                               finding.offset, "); take it out")});
    }
  }
}

void FieldRules::CheckValue(Message& message, const FieldCheck& check, int index,
                            const std::string& path,
                            std::vector<FieldViolation>& violations) const {
  const Reflection& reflection = *message.GetReflection();
  const FieldDescriptor& field = *check.field;
  const bool repeated = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      std::string scratch;
      const std::string& value =
          repeated ? reflection.GetRepeatedStringReference(message, &field, index, &scratch)
                   : reflection.GetStringReference(message, &field, &scratch);
      if (repeated && value.empty()) {
        violations.push_back({path, "is empty"});
      } else if (field.type() == FieldDescriptor::TYPE_STRING) {
        CheckString(check.rule, value, path, violations);
      } else if (value.size() > MaxBytes(check.rule)) {
        violations.push_back({path, absl::StrCat("has ", value.size(), " bytes; at most ",
                                                 MaxBytes(check.rule), " are accepted")});
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = repeated ? reflection.GetRepeatedEnumValue(message, &field, index)
                                 : reflection.GetEnumValue(message, &field);
      if (field.enum_type()->FindValueByNumber(value) == nullptr) {
        violations.push_back(
            {path, absl::StrCat("has the value ", value, " that the contract does not know")});
      } else if (value == 0 && check.rule.required()) {
        violations.push_back({path, "is required"});
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64: {
      if (!check.rule.has_range()) break;
      int64_t value = 0;
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
        value = repeated ? reflection.GetRepeatedInt32(message, &field, index)
                         : reflection.GetInt32(message, &field);
      } else {
        value = repeated ? reflection.GetRepeatedInt64(message, &field, index)
                         : reflection.GetInt64(message, &field);
      }
      if (value < check.rule.minimum() || value > check.rule.maximum()) {
        violations.push_back({path, absl::StrCat("must be from ", check.rule.minimum(), " to ",
                                                 check.rule.maximum())});
      }
      break;
    }
    case FieldDescriptor::CPPTYPE_DOUBLE: {
      const double value = repeated ? reflection.GetRepeatedDouble(message, &field, index)
                                    : reflection.GetDouble(message, &field);
      if (!std::isfinite(value)) violations.push_back({path, "must be a finite number"});
      break;
    }
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message& child = repeated ? *reflection.MutableRepeatedMessage(&message, &field, index)
                                : *reflection.MutableMessage(&message, &field);
      if (IsDate(field.message_type()) || IsTimestamp(field.message_type())) {
        CheckUnknownFields(child, path, violations);
      }
      if (IsDate(field.message_type())) {
        if (!ToCivilDay(static_cast<const google::type::Date&>(child)).has_value()) {
          violations.push_back({path, "must be a whole date that exists"});
        }
      } else if (IsTimestamp(field.message_type())) {
        const auto& time = static_cast<const google::protobuf::Timestamp&>(child);
        if (time.seconds() < kMinTimestampSeconds || time.seconds() > kMaxTimestampSeconds ||
            time.nanos() < 0 || time.nanos() > 999999999) {
          violations.push_back({path, "must be a time in the years 1 to 9999"});
        }
      } else {
        CheckMessage(child, path, violations);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace concordat::door
