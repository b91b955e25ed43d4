#include "server/door/method_table.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/door/door_test.pb.h"

namespace concordat::door {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using google::protobuf::ServiceDescriptor;

const ServiceDescriptor* ServiceNamed(const char* name) {
  const ServiceDescriptor* service = testing::Reply::descriptor()->file()->FindServiceByName(name);
  EXPECT_NE(service, nullptr) << name;
  return service;
}

// Counts down to the stream's end.
class CountDown final : public MessageSource<testing::Reply> {
 public:
  explicit CountDown(int from) : left_(from) {}
  absl::StatusOr<std::optional<testing::Reply>> Next() override {
    if (left_ < 0) return absl::AbortedError("below zero");
    if (left_ == 0) return std::optional<testing::Reply>();
    testing::Reply reply;
    reply.set_number(left_--);
    ++rows_;
    return std::optional<testing::Reply>(reply);
  }
  int64_t rows() const override { return rows_; }

 private:
  int left_;
  int64_t rows_ = 0;
};

// Adds up what it takes.
class Sum final : public MessageSink<testing::PutRequest, testing::Reply> {
 public:
  SinkNeed need() const override { return sum_ < 3 ? SinkNeed::kMessage : SinkNeed::kFinish; }
  bool is_complete() const override { return sum_ >= 3; }
  absl::Status Take(testing::PutRequest message,
                    const std::vector<FieldViolation>& violations) override {
    if (!violations.empty()) return InvalidFields(violations);
    sum_ += message.number();
    ++rows_;
    return absl::OkStatus();
  }
  absl::Status Write(store::Batch&) override { return absl::OkStatus(); }
  absl::Status Step() override { return absl::OkStatus(); }
  absl::StatusOr<testing::Reply> Finish(store::Transaction&) override { return testing::Reply(); }
  absl::Status Drop(store::Batch&) override { return absl::OkStatus(); }
  bool must_drop() const override { return false; }
  bool is_dry_run() const override { return true; }
  int64_t rows() const override { return rows_; }

 private:
  int sum_ = 0;
  int64_t rows_ = 0;
};

// Functions of every shape for the test services.
class TestService {
 public:
  explicit TestService(absl::StatusOr<int> count = 2) : count_(std::move(count)) {}

  absl::StatusOr<testing::Reply> Get(const Call&, const testing::GetRequest&) const {
    return testing::Reply();
  }
  absl::StatusOr<testing::Reply> Set(const Call&, const testing::SetRequest&,
                                     store::Transaction&) const {
    return testing::Reply();
  }
  absl::StatusOr<std::unique_ptr<MessageSource<testing::Reply>>> Watch(
      std::shared_ptr<const Call>, const testing::WatchRequest&) const {
    if (!count_.ok()) return count_.status();
    return std::make_unique<CountDown>(*count_);
  }

  absl::StatusOr<std::unique_ptr<MessageSink<testing::PutRequest, testing::Reply>>> Put(
      std::shared_ptr<const Call>, const testing::PutRequest&) const {
    if (!count_.ok()) return count_.status();
    return std::make_unique<Sum>();
  }

  template <typename Request, typename Answer = testing::Reply>
  absl::StatusOr<Answer> Any(const Call&, const Request&) const {
    return Answer();
  }
  template <typename Request>
  absl::StatusOr<testing::Reply> AnyChange(const Call&, const Request&, store::Transaction&) const {
    return testing::Reply();
  }

 private:
  const absl::StatusOr<int> count_;
};

// A table in which the service `Whole` is bound as it should be.
MethodTable WholeTable(const TestService& service) {
  MethodTable table;
  table.Read(service, &TestService::Get);
  table.Change(service, &TestService::Set);
  table.Stream(service, &TestService::Watch);
  return table;
}

// What Check says of the table and the services.
std::string Problems(const MethodTable& table, std::vector<const ServiceDescriptor*> services) {
  const absl::Status status = table.Check(services);
  EXPECT_TRUE(status.ok() || status.code() == absl::StatusCode::kFailedPrecondition) << status;
  return std::string(status.message());
}

TEST(MethodTableTest, AWholeTableIsInOrder) {
  const TestService service;
  EXPECT_THAT(Problems(WholeTable(service), {ServiceNamed("Whole")}), IsEmpty());
}

TEST(MethodTableTest, AMethodIsFoundByItsPathAlone) {
  const TestService service;
  const MethodTable table = WholeTable(service);
  const Method* method = table.Find("/concordat.door.testing.Whole/Set");
  ASSERT_NE(method, nullptr);
  EXPECT_EQ(method->path, "/concordat.door.testing.Whole/Set");
  EXPECT_EQ(method->rule_text, "ROLE DIRECTORY WRITE ADMINISTRATOR");
  EXPECT_EQ(method->request_prototype->GetTypeName(), "concordat.door.testing.SetRequest");
  EXPECT_NE(method->fields, nullptr);
  for (const char* path :
       {"", "/", "concordat.door.testing.Whole/Set", "/concordat.door.testing.Whole/set",
        "/concordat.door.testing.Whole/Set/", "/concordat.door.testing.Whole/Missing"}) {
    EXPECT_EQ(table.Find(path), nullptr) << path;
  }
}

TEST(MethodTableTest, EachMethodHasTheFunctionOfItsShape) {
  const TestService service;
  const MethodTable table = WholeTable(service);
  const Method& read = *table.Find("/concordat.door.testing.Whole/Get");
  EXPECT_TRUE(read.read && !read.change && !read.open);
  const Method& change = *table.Find("/concordat.door.testing.Whole/Set");
  EXPECT_TRUE(!change.read && change.change && !change.open);
  const Method& stream = *table.Find("/concordat.door.testing.Whole/Watch");
  EXPECT_TRUE(!stream.read && !stream.change && stream.open);
}

TEST(MethodTableTest, AStreamIsDrawnToItsEndWithItsRows) {
  const TestService service(2);
  const MethodTable table = WholeTable(service);
  auto source =
      table.Find("/concordat.door.testing.Whole/Watch")->open(nullptr, testing::WatchRequest());
  ASSERT_TRUE(source.ok()) << source.status();
  for (const int number : {2, 1}) {
    auto next = (*source)->Next();
    ASSERT_TRUE(next.ok() && next->has_value());
    EXPECT_EQ(static_cast<const testing::Reply&>(***next).number(), number);
  }
  EXPECT_FALSE((*source)->Next()->has_value());
  EXPECT_EQ((*source)->rows(), 2);
}

TEST(MethodTableTest, AStreamsErrorsComeThrough) {
  const TestService failing(-1);
  auto source = WholeTable(failing)
                    .Find("/concordat.door.testing.Whole/Watch")
                    ->open(nullptr, testing::WatchRequest());
  ASSERT_TRUE(source.ok());
  EXPECT_EQ((*source)->Next().status().code(), absl::StatusCode::kAborted);

  const TestService refusing(absl::PermissionDeniedError("no"));
  EXPECT_EQ(WholeTable(refusing)
                .Find("/concordat.door.testing.Whole/Watch")
                ->open(nullptr, testing::WatchRequest())
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(MethodTableTest, AnUploadIsTakenMessageByMessage) {
  const TestService service;
  MethodTable table;
  table.Take(service, &TestService::Put);
  EXPECT_THAT(Problems(table, {ServiceNamed("Taking")}), IsEmpty());
  const Method& method = *table.Find("/concordat.door.testing.Taking/Put");
  EXPECT_TRUE(!method.read && !method.change && !method.open && method.take);
  const auto sink = method.take(nullptr, testing::PutRequest());
  ASSERT_TRUE(sink.ok()) << sink.status();
  for (const int number : {1, 2}) {
    EXPECT_EQ((*sink)->need(), SinkNeed::kMessage);
    EXPECT_FALSE((*sink)->is_complete());
    auto message = std::make_unique<testing::PutRequest>();
    message->set_number(number);
    EXPECT_TRUE((*sink)->Take(std::move(message), {}).ok());
  }
  EXPECT_EQ((*sink)->need(), SinkNeed::kFinish);
  EXPECT_TRUE((*sink)->is_complete());
  EXPECT_EQ((*sink)->rows(), 2);
  EXPECT_EQ((*sink)->Take(std::make_unique<testing::PutRequest>(), {{"number", "is wrong"}}).code(),
            absl::StatusCode::kInvalidArgument);

  const TestService refusing(absl::PermissionDeniedError("no"));
  MethodTable refuses;
  refuses.Take(refusing, &TestService::Put);
  EXPECT_EQ(refuses.Find("/concordat.door.testing.Taking/Put")
                ->take(nullptr, testing::PutRequest())
                .status()
                .code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(MethodTableTest, AMethodWithoutFunctionIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Get);
  table.Stream(service, &TestService::Watch);
  const std::string problems = Problems(table, {ServiceNamed("Whole")});
  EXPECT_EQ(problems, "/concordat.door.testing.Whole/Set has no function");
}

TEST(MethodTableTest, AMethodWithoutAWholeAccessRuleIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Any<testing::NoRuleRequest>);
  table.Read(service, &TestService::Any<testing::NoDataSetRequest>);
  table.Read(service, &TestService::Any<testing::NoPermissionRequest>);
  table.Read(service, &TestService::Any<testing::NoRolesRequest>);
  table.Read(service, &TestService::Any<testing::SelfWithRolesRequest>);
  const std::string problems = Problems(table, {ServiceNamed("Ruleless")});
  const std::string service_path = "/concordat.door.testing.Ruleless/";
  EXPECT_THAT(problems, HasSubstr(service_path + "NoRule has no access rule"));
  EXPECT_THAT(problems, HasSubstr(service_path + "NoDataSet has an access rule without data set"));
  EXPECT_THAT(problems,
              HasSubstr(service_path + "NoPermission has an access rule without permission"));
  EXPECT_THAT(problems, HasSubstr(service_path + "NoRoles names roles without"));
  EXPECT_THAT(problems, HasSubstr(service_path + "SelfWithRoles names roles without"));
}

// The rule matters whether or not the method is bound.
TEST(MethodTableTest, AnUnboundMethodWithoutRuleIsNamedForBoth) {
  const std::string problems = Problems(MethodTable(), {ServiceNamed("Ruleless")});
  EXPECT_THAT(problems, AllOf(HasSubstr("Ruleless/NoRule has no access rule"),
                              HasSubstr("Ruleless/NoRule has no function")));
}

TEST(MethodTableTest, AMethodBoundTwiceIsNamed) {
  const TestService service;
  MethodTable table = WholeTable(service);
  table.Read(service, &TestService::Get);
  EXPECT_EQ(Problems(table, {ServiceNamed("Whole")}),
            "/concordat.door.testing.Whole/Get is bound twice");
}

TEST(MethodTableTest, AFunctionWithAnotherReplyIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Any<testing::GetRequest, testing::Stranger>);
  table.Change(service, &TestService::Set);
  table.Stream(service, &TestService::Watch);
  EXPECT_EQ(Problems(table, {ServiceNamed("Whole")}),
            "/concordat.door.testing.Whole/Get is bound to a function of another shape");
}

TEST(MethodTableTest, AStreamBoundToAFunctionWithOneAnswerIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Get);
  table.Change(service, &TestService::Set);
  table.Read(service, &TestService::Any<testing::WatchRequest>);
  EXPECT_EQ(Problems(table, {ServiceNamed("Whole")}),
            "/concordat.door.testing.Whole/Watch is bound to a function of another shape");
}

TEST(MethodTableTest, AMethodThatTakesAStreamIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Any<testing::SendRequest>);
  EXPECT_EQ(Problems(table, {ServiceNamed("Upload")}),
            "/concordat.door.testing.Upload/Send is bound to a function of another shape");
}

TEST(MethodTableTest, AFunctionThatThePermissionDoesNotFitIsNamed) {
  const TestService service;
  MethodTable table;
  table.Change(service, &TestService::AnyChange<testing::GetRequest>);
  table.Read(service, &TestService::Any<testing::SetRequest>);
  table.Stream(service, &TestService::Watch);
  const std::string problems = Problems(table, {ServiceNamed("Whole")});
  EXPECT_THAT(problems, HasSubstr("Whole/Get is bound to a function that its permission"));
  EXPECT_THAT(problems, HasSubstr("Whole/Set is bound to a function that its permission"));
  EXPECT_THAT(problems, Not(HasSubstr("Watch")));
}

TEST(MethodTableTest, AFunctionOfNoMethodIsNamed) {
  const TestService service;
  MethodTable table = WholeTable(service);
  table.Read(service, &TestService::Any<testing::Stranger>);
  EXPECT_EQ(Problems(table, {ServiceNamed("Whole")}),
            "concordat.door.testing.Stranger is no method's request");
}

TEST(MethodTableTest, ARequestWhoseFieldRuleDoesNotFitIsNamed) {
  const TestService service;
  MethodTable table;
  table.Read(service, &TestService::Any<testing::HoldsAMisfit>);
  EXPECT_THAT(Problems(table, {ServiceNamed("Misfit")}),
              HasSubstr("concordat.door.testing.FormatOnNumber.field"));
}

}  // namespace
}  // namespace concordat::door
