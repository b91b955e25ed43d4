#include "base/status.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MakeErrorTest, CarriesCodeMessageReasonAndMetadata) {
  const absl::Status status =
      MakeError(v1::ROLE_MISSING, "ask the office", {{"roles", "ADMINISTRATOR"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status.message(), "ask the office");
  EXPECT_EQ(ReasonOf(status), v1::ROLE_MISSING);
  const auto info = PayloadOf<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->domain(), kErrorDomain);
  EXPECT_EQ(info->reason(), "ROLE_MISSING");
  EXPECT_EQ(info->metadata().at("roles"), "ADMINISTRATOR");
}

// INTERNAL is the code for what the list forgot, so only INTERNAL_ERROR may have it.
TEST(CodeOfTest, EveryReasonHasACodeOfItsOwn) {
  const google::protobuf::EnumDescriptor& reasons = *v1::ErrorReason_descriptor();
  for (int i = 0; i < reasons.value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(reasons.value(i)->number());
    if (reason == v1::ERROR_REASON_UNSPECIFIED || reason == v1::INTERNAL_ERROR) continue;
    EXPECT_NE(CodeOf(reason), absl::StatusCode::kInternal) << reasons.value(i)->name();
    EXPECT_NE(CodeOf(reason), absl::StatusCode::kOk) << reasons.value(i)->name();
  }
  EXPECT_EQ(CodeOf(v1::INTERNAL_ERROR), absl::StatusCode::kInternal);
}

TEST(InvalidFieldsTest, SingleFieldIsNamedInTheMessage) {
  const absl::Status status = InvalidField("plan.name", "is required");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "plan.name: is required");
  const auto bad = PayloadOf<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_EQ(bad->field_violations_size(), 1);
  EXPECT_EQ(bad->field_violations(0).field(), "plan.name");
  EXPECT_EQ(bad->field_violations(0).description(), "is required");
}

TEST(InvalidFieldsTest, WhatIsWrongWithTheRequestItselfNeedsNoPath) {
  const std::string description = "has a field number 99 that the contract does not know";
  EXPECT_EQ(InvalidField("", description).message(), "the request: " + description);
  EXPECT_EQ(InvalidFields({{"", description}, {"plan.name", "is required"}}).message(),
            "2 fields are wrong; the first is the request: " + description);
}

TEST(InvalidFieldsTest, ManyFieldsAreCutButCounted) {
  const absl::Status status = InvalidFields(std::vector<FieldViolation>(150, {"f", "is bad"}));
  EXPECT_THAT(std::string(status.message()), HasSubstr("150 fields"));
  EXPECT_EQ(PayloadOf<google::rpc::BadRequest>(status)->field_violations_size(), 100);
  EXPECT_EQ(PayloadOf<google::rpc::ErrorInfo>(status)->metadata().at("violations"), "150");
}

TEST(InvalidFieldsTest, LongDescriptionsStayWithinATrailer) {
  const absl::Status status =
      InvalidFields(std::vector<FieldViolation>(50, {"f", std::string(1000, 'x')}));
  const auto bad = PayloadOf<google::rpc::BadRequest>(status);
  EXPECT_GE(bad->field_violations_size(), 1);
  EXPECT_LE(bad->ByteSizeLong(), 4500u);
}

TEST(ResourceNotFoundTest, NamesTheResourceInItsDetailOnly) {
  const absl::Status status = ResourceNotFound("Plan", "plans/p");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReasonOf(status), v1::RESOURCE_NOT_FOUND);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("plans/p")));
  const auto info = PayloadOf<google::rpc::ResourceInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->resource_type(), "concordat/Plan");
  EXPECT_EQ(info->resource_name(), "plans/p");
}

TEST(ReasonOfTest, ForeignErrorsHaveNone) {
  EXPECT_EQ(ReasonOf(absl::OkStatus()), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), v1::ERROR_REASON_UNSPECIFIED);
  absl::Status foreign = absl::InternalError("x");
  google::rpc::ErrorInfo info;
  info.set_domain("example.org");
  info.set_reason("ROLE_MISSING");
  AttachPayload(foreign, info);
  EXPECT_EQ(ReasonOf(foreign), v1::ERROR_REASON_UNSPECIFIED);
}

TEST(StatusProtoTest, TravelsThereAndBack) {
  const absl::Status status = InvalidField("f", "is bad");
  const google::rpc::Status proto = ToProto(status);
  EXPECT_EQ(proto.code(), 3);
  EXPECT_EQ(proto.details_size(), 2);
  EXPECT_EQ(FromProto(proto), status);
  EXPECT_TRUE(FromProto(ToProto(absl::OkStatus())).ok());
}

TEST(StatusProtoTest, CodeOutsideTheEnumerationIsUnknown) {
  google::rpc::Status proto;
  for (const int code : {-1, 17, 1000}) {
    proto.set_code(code);
    EXPECT_EQ(FromProto(proto).code(), absl::StatusCode::kUnknown);
  }
}

TEST(StatusPayloadTest, DamagedPayloadIsNone) {
  absl::Status status = absl::InternalError("x");
  status.SetPayload(PayloadUrl(*google::rpc::ErrorInfo::descriptor()), absl::Cord("\xFF\xFF"));
  EXPECT_FALSE(PayloadOf<google::rpc::ErrorInfo>(status).has_value());
  EXPECT_FALSE(PayloadOf<google::rpc::BadRequest>(status).has_value());
}

absl::StatusOr<std::unique_ptr<int>> Make(bool ok) {
  if (!ok) return absl::NotFoundError("none");
  return std::make_unique<int>(7);
}

absl::StatusOr<int> UseBothMacros(bool first, bool second) {
  RETURN_IF_ERROR(first ? absl::OkStatus() : absl::AbortedError("first"));
  ASSIGN_OR_RETURN(const std::unique_ptr<int> made, Make(second));
  return *made;
}

TEST(StatusMacrosTest, ErrorsLeaveTheFunctionAndValuesMove) {
  EXPECT_EQ(*UseBothMacros(true, true), 7);
  EXPECT_EQ(UseBothMacros(false, true).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(UseBothMacros(true, false).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace concordat
