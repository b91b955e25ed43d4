// The field of a request that says what the request is about.
#ifndef CONCORDAT_AUTH_RESOURCE_FIELD_H_
#define CONCORDAT_AUTH_RESOURCE_FIELD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace concordat::auth {

// By the contract: the first `name` or `parent` of the request, or of a message
// in it the `name`, whose rule is the format NAME. A request may have none.
class ResourceField {
 public:
  explicit ResourceField(const google::protobuf::Descriptor& request);

  // The well-formed name in `request`; empty when there is none.
  std::string In(const google::protobuf::Message& request) const;
  // Whether a request can be about `name`.
  bool Accepts(absl::string_view name) const;

 private:
  // From the request to the field; empty when it has none.
  std::vector<const google::protobuf::FieldDescriptor*> path_;
  std::string pattern_;
  bool wildcard_ = false;
};

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_RESOURCE_FIELD_H_
