#include "server/door/method_table.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace concordat::door {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

std::string PathOf(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

// The method that takes `request`. Requests are declared beside their service,
// one for each method.
const MethodDescriptor* MethodTaking(const Descriptor& request) {
  const FileDescriptor& file = *request.file();
  for (int s = 0; s < file.service_count(); ++s) {
    const ServiceDescriptor& service = *file.service(s);
    for (int m = 0; m < service.method_count(); ++m) {
      if (service.method(m)->input_type() == &request) return service.method(m);
    }
  }
  return nullptr;
}

// What is wrong with a method's access rule; empty when nothing is.
std::string RuleProblem(const v1::AccessRule& rule) {
  if (rule.basis() == v1::AccessRule::BASIS_UNSPECIFIED) return "has no access rule";
  if (rule.data_set() == v1::DATA_SET_UNSPECIFIED) return "has an access rule without data set";
  if (rule.permission() == v1::AccessRule::PERMISSION_UNSPECIFIED) {
    return "has an access rule without permission";
  }
  if ((rule.basis() == v1::AccessRule::ROLE) != (rule.roles_size() > 0)) {
    return "names roles without the basis ROLE, or the basis ROLE without roles";
  }
  return "";
}

}  // namespace

Method& MethodTable::Add(const Descriptor* request, const Descriptor* reply,
                         const google::protobuf::Message& prototype,
                         v1::AccessRule::Permission permission, Shape shape) {
  auto method = std::make_unique<Method>();
  Method& added = *method;
  const MethodDescriptor* descriptor = MethodTaking(*request);
  if (descriptor == nullptr) {
    problems_.push_back(absl::StrCat(request->full_name(), " is no method's request"));
    methods_[request->full_name()] = std::move(method);
    return added;
  }
  added.descriptor = descriptor;
  added.path = PathOf(*descriptor);
  added.request_prototype = &prototype;
  added.rule = descriptor->options().GetExtension(v1::access);
  added.rule_text = auth::RuleText(added.rule);
  if (descriptor->output_type() != reply ||
      descriptor->server_streaming() != (shape == Shape::kServerStream) ||
      descriptor->client_streaming() != (shape == Shape::kClientStream)) {
    problems_.push_back(absl::StrCat(added.path, " is bound to a function of another shape"));
  }
  if (added.rule.permission() != permission) {
    problems_.push_back(
        absl::StrCat(added.path, " is bound to a function that its permission does not fit"));
  }
  absl::StatusOr<std::unique_ptr<FieldRules>> fields = FieldRules::Compile(*request);
  if (fields.ok()) {
    added.fields = *std::move(fields);
  } else {
    problems_.push_back(std::string(fields.status().message()));
  }
  if (!methods_.emplace(added.path, std::move(method)).second) {
    problems_.push_back(absl::StrCat(PathOf(*descriptor), " is bound twice"));
    return *methods_[PathOf(*descriptor)];
  }
  return added;
}

absl::Status MethodTable::Check(const std::vector<const ServiceDescriptor*>& services) const {
  std::vector<std::string> problems = problems_;
  for (const ServiceDescriptor* service : services) {
    for (int m = 0; m < service->method_count(); ++m) {
      const MethodDescriptor& method = *service->method(m);
      const std::string path = PathOf(method);
      const std::string problem = RuleProblem(method.options().GetExtension(v1::access));
      if (!problem.empty()) problems.push_back(absl::StrCat(path, " ", problem));
      if (Find(path) == nullptr) problems.push_back(absl::StrCat(path, " has no function"));
    }
  }
  if (problems.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrJoin(problems, "; "));
}

const Method* MethodTable::Find(absl::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : found->second.get();
}

}  // namespace concordat::door
