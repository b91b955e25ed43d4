// What all Apply methods do alike: compare with what is stored, write what
// differs, and say what that was.
#ifndef CONCORDAT_SERVER_SERVICES_APPLY_H_
#define CONCORDAT_SERVER_SERVICES_APPLY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/grant.h"
#include "base/status.h"
#include "concordat/v1/change.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "server/store/store.h"

namespace concordat::services {

using Changes = google::protobuf::RepeatedPtrField<v1::Change>;

// Bytes of a message that are the same for equal messages of one build.
std::string StoredBytes(const google::protobuf::Message& message);

// When a resource became known, and from where.
struct Recorded {
  absl::Time time;
  // `time` is a document's date.
  bool imported = false;
};

// Stores `message` under `name` unless the newest revision is equal to it.
// Appends to `changes` what was done; returns the number of the revision that
// is then newest. With `always`, a new revision is stored even when nothing
// differs, and no change is reported for it.
absl::StatusOr<int64_t> ApplyResource(store::Transaction& transaction, const auth::Grant& grant,
                                      store::Kind kind, const std::string& name,
                                      const google::protobuf::Message& message,
                                      const std::vector<std::string>& topics,
                                      const Recorded& recorded, Changes& changes,
                                      bool always = false);

// The newest revision of a resource as a message. RESOURCE_NOT_FOUND when there
// is none.
template <typename Message>
absl::StatusOr<Message> Current(const store::Transaction& transaction, const auth::Grant& grant,
                                store::Kind kind, absl::string_view name) {
  ASSIGN_OR_RETURN(const store::Row row, transaction.Find(grant, kind, name, transaction.Latest()));
  Message message;
  if (!message.ParseFromString(row.body)) {
    return absl::DataLossError("a stored resource cannot be read");
  }
  return message;
}

// Whether a resource is stored. Other errors than its absence are returned.
absl::StatusOr<bool> Exists(const store::Transaction& transaction, const auth::Grant& grant,
                            store::Kind kind, absl::string_view name);

// ETAG_MISMATCH when `sent` is not empty and not `stored`.
absl::Status CheckEtag(absl::string_view sent, absl::string_view stored);

// OK when there is no violation, else InvalidFields.
absl::Status FromViolations(const std::vector<FieldViolation>& violations);

}  // namespace concordat::services

#endif  // CONCORDAT_SERVER_SERVICES_APPLY_H_
