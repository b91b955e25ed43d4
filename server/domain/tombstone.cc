#include "server/domain/tombstone.h"

#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/return.pb.h"
#include "concordat/v1/submission.pb.h"

namespace concordat::domain {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsText(const FieldDescriptor& field) { return field.type() == FieldDescriptor::TYPE_STRING; }

// What is redacted is declared beside these.
bool IsOfResource(const FileDescriptor* file) {
  return file == v1::Plan::descriptor()->file() || file == v1::Measure::descriptor()->file() ||
         file == v1::Release::descriptor()->file() || file == v1::Return::descriptor()->file() ||
         file == v1::Submission::descriptor()->file();
}

// Strings that the server makes or that name a resource, where no rule says so.
bool IsMadeByServer(absl::string_view name) {
  constexpr absl::string_view kNames[] = {"agency",   "agreement",       "area",       "areas",
                                          "client",   "digest",          "etag",       "key",
                                          "measure",  "missing_returns", "name",       "plan",
                                          "provider", "set_by",          "submission", "submitter"};
  return absl::c_linear_search(kNames, name);
}

bool HoldsToRedact(absl::string_view value, absl::string_view text) {
  return value != kTombstone && absl::StrContains(value, text);
}

int64_t RedactField(Message& message, const FieldDescriptor& field, absl::string_view text) {
  const Reflection& reflection = *message.GetReflection();
  const std::string tombstone(kTombstone);
  std::string scratch;
  if (!field.is_repeated()) {
    if (!HoldsToRedact(reflection.GetStringReference(message, &field, &scratch), text)) return 0;
    reflection.SetString(&message, &field, tombstone);
    return 1;
  }
  int64_t replaced = 0;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (HoldsToRedact(reflection.GetRepeatedStringReference(message, &field, i, &scratch), text)) {
      reflection.SetRepeatedString(&message, &field, i, tombstone);
      ++replaced;
    }
  }
  return replaced;
}

int64_t RedactSteps(v1::Due& due) {
  if (due.text() != kTombstone) return 0;
  int64_t replaced = 0;
  for (v1::Due::Stage& stage : *due.mutable_stages()) {
    if (stage.label().empty() || stage.label() == kTombstone) continue;
    stage.set_label(std::string(kTombstone));
    ++replaced;
  }
  return replaced;
}

}  // namespace

bool IsFreeText(const FieldDescriptor& field) {
  return IsText(field) && IsOfResource(field.file()) && !IsMadeByServer(field.name()) &&
         field.options().GetExtension(v1::rule).format() == v1::FieldRule::FORMAT_UNSPECIFIED;
}

int64_t RedactTexts(Message& message, absl::string_view text) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  int64_t replaced = 0;
  for (const FieldDescriptor* field : fields) {
    if (IsFreeText(*field)) {
      replaced += RedactField(message, *field, text);
    } else if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      continue;
    } else if (!field->is_repeated()) {
      replaced += RedactTexts(*reflection.MutableMessage(&message, field), text);
    } else {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        replaced += RedactTexts(*reflection.MutableRepeatedMessage(&message, field, i), text);
      }
    }
  }
  if (message.GetDescriptor() == v1::Due::descriptor()) {
    replaced += RedactSteps(static_cast<v1::Due&>(message));
  }
  return replaced;
}

}  // namespace concordat::domain
