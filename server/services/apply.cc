#include "server/services/apply.h"

#include <memory>
#include <utility>

#include "absl/algorithm/container.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/message_differencer.h"

namespace concordat::services {
namespace {

using google::protobuf::Message;
using google::protobuf::util::MessageDifferencer;

// Names of the top-level fields in which two messages differ, each once.
class FieldCollector : public MessageDifferencer::Reporter {
 public:
  explicit FieldCollector(v1::Change& change) : change_(change) {}
  void ReportAdded(const Message&, const Message&,
                   const std::vector<MessageDifferencer::SpecificField>& path) override {
    Add(path);
  }
  void ReportDeleted(const Message&, const Message&,
                     const std::vector<MessageDifferencer::SpecificField>& path) override {
    Add(path);
  }
  void ReportModified(const Message&, const Message&,
                      const std::vector<MessageDifferencer::SpecificField>& path) override {
    Add(path);
  }

 private:
  void Add(const std::vector<MessageDifferencer::SpecificField>& path) {
    if (path.empty() || path[0].field == nullptr) return;
    const std::string& name = path[0].field->name();
    if (!absl::c_linear_search(change_.fields(), name)) change_.add_fields(name);
  }
  v1::Change& change_;
};

}  // namespace

std::string StoredBytes(const Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

absl::StatusOr<int64_t> ApplyResource(store::Transaction& transaction, const auth::Grant& grant,
                                      store::Kind kind, const std::string& name,
                                      const Message& message,
                                      const std::vector<std::string>& topics,
                                      const Recorded& recorded, Changes& changes, bool always) {
  store::Row row;
  row.name = name;
  row.topics = topics;
  row.recorded = recorded.time;
  row.imported = recorded.imported;
  row.body = StoredBytes(message);

  absl::StatusOr<store::Row> stored = transaction.Find(grant, kind, name, transaction.Latest());
  v1::Change change;
  change.set_name(name);
  if (!stored.ok()) {
    if (!absl::IsNotFound(stored.status())) return std::move(stored).status();
    change.set_kind(v1::Change::ADDED);
  } else {
    const bool same = stored->body == row.body;
    if (same && !always) return stored->revision;
    if (!same) {
      change.set_kind(v1::Change::REVISED);
      const std::unique_ptr<Message> before(message.New());
      if (!before->ParseFromString(stored->body)) {
        return absl::DataLossError("a stored resource cannot be read");
      }
      FieldCollector collector(change);
      MessageDifferencer differencer;
      differencer.ReportDifferencesTo(&collector);
      differencer.Compare(*before, message);
    }
  }
  ASSIGN_OR_RETURN(const int64_t revision, transaction.Put(grant, kind, std::move(row)));
  if (change.kind() != v1::Change::KIND_UNSPECIFIED) *changes.Add() = std::move(change);
  return revision;
}

absl::StatusOr<bool> Exists(const store::Transaction& transaction, const auth::Grant& grant,
                            store::Kind kind, absl::string_view name) {
  absl::Status found = transaction.Find(grant, kind, name, transaction.Latest()).status();
  if (found.ok()) return true;
  if (absl::IsNotFound(found)) return false;
  return found;
}

absl::Status CheckEtag(absl::string_view sent, absl::string_view stored) {
  if (sent.empty() || sent == stored) return absl::OkStatus();
  return MakeError(v1::ETAG_MISMATCH,
                   "somebody else changed it since it was read; read it again and send the new "
                   "etag");
}

absl::Status FromViolations(const std::vector<FieldViolation>& violations) {
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace concordat::services
