#include "auth/resource_field.h"

#include "base/resource_name.h"
#include "concordat/v1/access.pb.h"

namespace concordat::auth {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

bool IsName(const FieldDescriptor& field) {
  return field.options().GetExtension(v1::rule).format() == v1::FieldRule::NAME;
}

}  // namespace

ResourceField::ResourceField(const Descriptor& request) {
  for (int i = 0; i < request.field_count() && path_.empty(); ++i) {
    const FieldDescriptor& field = *request.field(i);
    if (field.is_repeated()) continue;
    if (IsName(field) && (field.name() == "name" || field.name() == "parent")) {
      path_ = {&field};
    } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      const FieldDescriptor* inner = field.message_type()->FindFieldByName("name");
      if (inner != nullptr && IsName(*inner)) path_ = {&field, inner};
    }
  }
  if (path_.empty()) return;
  const v1::FieldRule& rule = path_.back()->options().GetExtension(v1::rule);
  pattern_ = rule.resource();
  wildcard_ = rule.wildcard();
}

std::string ResourceField::In(const Message& request) const {
  const Message* message = &request;
  for (const FieldDescriptor* field : path_) {
    const google::protobuf::Reflection& reflection = *message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      message = &reflection.GetMessage(*message, field);
      continue;
    }
    std::string name = reflection.GetString(*message, field);
    if (Accepts(name)) return name;
  }
  return {};
}

bool ResourceField::Accepts(absl::string_view name) const {
  return !path_.empty() && MatchesPattern(name, pattern_, wildcard_);
}

}  // namespace concordat::auth
