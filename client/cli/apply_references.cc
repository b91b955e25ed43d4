#include "client/cli/apply_references.h"

#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "concordat/v1/release.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/reflection.h"

namespace concordat::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// One segment of a path: `leads[0]`, or `name` with the index -1.
struct Segment {
  std::string field;
  int index = -1;
};

Segment ParseSegment(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('[', 1));
  Segment segment = {std::string(parts.first), -1};
  absl::string_view index = parts.second;
  if (!absl::ConsumeSuffix(&index, "]") || !absl::SimpleAtoi(index, &segment.index)) {
    segment.index = -1;
  }
  return segment;
}

// Whether `message` has a value where `segment` points in its `field`.
bool Holds(const Message& message, const FieldDescriptor& field, const Segment& segment) {
  const Reflection& reflection = *message.GetReflection();
  if (!field.is_repeated()) return segment.index < 0;
  return segment.index >= 0 && segment.index < reflection.FieldSize(message, &field);
}

void AddNames(const Message& message, absl::btree_set<std::string>& names) {
  if (message.GetDescriptor() == v1::Observation::descriptor()) return;
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
      for (int i = 0; i < count; ++i) {
        AddNames(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                      : reflection.GetMessage(message, field),
                 names);
      }
    } else if (field->name() == "name" && !field->is_repeated() &&
               field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      names.insert(reflection.GetString(message, field));
    }
  }
}

}  // namespace

absl::btree_set<std::string> DeclaredNames(const Message& request) {
  absl::btree_set<std::string> names;
  AddNames(request, names);
  return names;
}

std::string TextAt(const Message& request, absl::string_view path) {
  const Message* message = &request;
  const std::vector<absl::string_view> segments = absl::StrSplit(path, '.');
  for (size_t i = 0; i < segments.size(); ++i) {
    const Segment segment = ParseSegment(segments[i]);
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(segment.field);
    if (field == nullptr || !Holds(*message, *field, segment)) return "";
    const Reflection& reflection = *message->GetReflection();
    const bool is_last = i + 1 == segments.size();
    if (is_last && field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return field->is_repeated() ? reflection.GetRepeatedString(*message, field, segment.index)
                                  : reflection.GetString(*message, field);
    }
    if (is_last || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
    message = field->is_repeated() ? &reflection.GetRepeatedMessage(*message, field, segment.index)
                                   : &reflection.GetMessage(*message, field);
  }
  return "";
}

std::string ReferredName(const absl::btree_set<std::string>& names, absl::string_view reference) {
  for (absl::string_view name = reference; !name.empty();) {
    if (names.contains(name)) return std::string(name);
    const size_t slash = name.rfind('/');
    name = slash == absl::string_view::npos ? absl::string_view() : name.substr(0, slash);
  }
  return "";
}

}  // namespace concordat::cli
