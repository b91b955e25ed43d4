// The field rules of the contract (access.proto), enforced by reflection.
#ifndef CONCORDAT_SERVER_DOOR_FIELD_RULES_H_
#define CONCORDAT_SERVER_DOOR_FIELD_RULES_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "auth/resource_field.h"
#include "base/status.h"
#include "concordat/v1/access.pb.h"
#include "google/protobuf/message.h"

namespace concordat::door {

// The rules of one message type and of all that it holds, read once. Immutable
// once made, and so thread-safe.
class FieldRules {
 public:
  // Reads the rules of `descriptor`. A rule that contradicts its field (a
  // format on a number, a NAME without a pattern) is FAILED_PRECONDITION.
  static absl::StatusOr<std::unique_ptr<FieldRules>> Compile(
      const google::protobuf::Descriptor& descriptor);

  // Every rule that `message` breaks, by field path in order; empty when it
  // keeps them all. Output-only fields are cleared, and not looked at.
  std::vector<FieldViolation> Check(google::protobuf::Message& message) const;

  // The resource that a request is about: its `name`, `parent`, or the `name`
  // of the resource it carries. Empty when it has none that is well formed.
  std::string ResourceOf(const google::protobuf::Message& request) const {
    return resource_.In(request);
  }

  // The request's `dry_run` field; null when it has none.
  const google::protobuf::FieldDescriptor* dry_run() const { return dry_run_; }

 private:
  struct FieldCheck {
    const google::protobuf::FieldDescriptor* field;
    v1::FieldRule rule;
  };
  using MessageChecks = std::vector<FieldCheck>;

  explicit FieldRules(const google::protobuf::Descriptor& descriptor) : resource_(descriptor) {}
  absl::Status Add(const google::protobuf::Descriptor& descriptor);
  void CheckMessage(google::protobuf::Message& message, const std::string& path,
                    std::vector<FieldViolation>& violations) const;
  void CheckString(const v1::FieldRule& rule, absl::string_view value, const std::string& path,
                   std::vector<FieldViolation>& violations) const;
  void CheckValue(google::protobuf::Message& message, const FieldCheck& check, int index,
                  const std::string& path, std::vector<FieldViolation>& violations) const;

  absl::flat_hash_map<const google::protobuf::Descriptor*, MessageChecks> checks_;
  const auth::ResourceField resource_;
  const google::protobuf::FieldDescriptor* dry_run_ = nullptr;
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_FIELD_RULES_H_
