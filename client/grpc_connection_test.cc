// The SDK against a real gRPC server over TLS on both sides.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/testing/test_certificates.h"
#include "concordat/client.h"
#include "concordat/v1/measure_service.grpc.pb.h"
#include "concordat/v1/plan_service.grpc.pb.h"
#include "concordat/v1/release_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace concordat {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Receipt MakeReceipt(uint64_t index) {
  Receipt receipt;
  receipt.set_origin("log.test");
  receipt.set_index(index);
  return receipt;
}

void SendReceipt(grpc::ServerContext* context, uint64_t index) {
  context->AddTrailingMetadata("concordat-receipt-bin", MakeReceipt(index).SerializeAsString());
}

grpc::Status ToGrpc(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), std::string(status.message()),
                      ToProto(status).SerializeAsString());
}

// Answers as its test says.
class FakePlanService final : public v1::PlanService::Service {
 public:
  std::function<grpc::Status(grpc::ServerContext*, v1::Plan*)> get_plan;
  std::function<grpc::Status(grpc::ServerContext*)> apply_plan;

  grpc::Status GetPlan(grpc::ServerContext* context, const v1::GetPlanRequest*,
                       v1::Plan* plan) override {
    return get_plan(context, plan);
  }
  grpc::Status ApplyPlan(grpc::ServerContext* context, const v1::ApplyPlanRequest*,
                         v1::ApplyPlanResponse*) override {
    return apply_plan(context);
  }
};

class FakeReleaseService final : public v1::ReleaseService::Service {
 public:
  std::function<grpc::Status(grpc::ServerContext*,
                             grpc::ServerWriter<v1::ExtractObservationsResponse>*)>
      extract;
  // The chunks that the calls asked for first.
  std::vector<int64_t> first_chunks;

  grpc::Status ExtractObservations(
      grpc::ServerContext* context, const v1::ExtractObservationsRequest* request,
      grpc::ServerWriter<v1::ExtractObservationsResponse>* writer) override {
    first_chunks.push_back(request->first_chunk());
    return extract(context, writer);
  }
};

class FakeMeasureService final : public v1::MeasureService::Service {
 public:
  std::function<grpc::Status(grpc::ServerContext*,
                             grpc::ServerReader<v1::SubmitObservationsRequest>*,
                             v1::SubmitObservationsResponse*)>
      submit;

  grpc::Status SubmitObservations(grpc::ServerContext* context,
                                  grpc::ServerReader<v1::SubmitObservationsRequest>* reader,
                                  v1::SubmitObservationsResponse* response) override {
    return submit(context, reader, response);
  }
};

std::string Sent(const grpc::ServerContext& context, const std::string& key) {
  const auto found = context.client_metadata().find(key);
  return found == context.client_metadata().end()
             ? ""
             : std::string(found->second.data(), found->second.size());
}

class GrpcConnectionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = new TestCertificates(); }
  static void TearDownTestSuite() {
    delete certificates_;
    certificates_ = nullptr;
  }

  void SetUp() override { Serve(); }
  void TearDown() override { Stop(); }

  // Starts the service, at the same port when it had one.
  void Serve() {
    grpc::SslServerCredentialsOptions credentials(
        GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    credentials.pem_root_certs = certificates_->Read("ca.pem");
    credentials.pem_key_cert_pairs.push_back(
        {certificates_->Read("server.key"), certificates_->Read("server.pem")});
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port_),
                             grpc::SslServerCredentials(credentials), &port_);
    builder.RegisterService(&plans_);
    builder.RegisterService(&releases_);
    builder.RegisterService(&measures_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void Stop() { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1)); }

  ClientOptions Options(const std::string& who = "client") const {
    ClientOptions options;
    options.target = "127.0.0.1:" + std::to_string(port_);
    options.ca_certificate_file = certificates_->Path("ca.pem");
    options.certificate_file = certificates_->Path(who + ".pem");
    options.private_key_file = certificates_->Path(who + ".key");
    options.server_name = "service.test";
    return options;
  }

  Client Connect() const {
    absl::StatusOr<Client> client = Client::Connect(Options());
    EXPECT_TRUE(client.ok()) << client.status();
    return *client;
  }

  static const TestCertificates* certificates_;
  int port_ = 0;
  FakePlanService plans_;
  FakeReleaseService releases_;
  FakeMeasureService measures_;
  std::unique_ptr<grpc::Server> server_;
};

const TestCertificates* GrpcConnectionTest::certificates_ = nullptr;

TEST_F(GrpcConnectionTest, CallCarriesItsMetadataAndBringsItsReceipt) {
  plans_.get_plan = [](grpc::ServerContext* context, v1::Plan* plan) {
    EXPECT_EQ(Sent(*context, "concordat-purpose"), "improvement");
    EXPECT_EQ(Sent(*context, "concordat-agreement"), "agreements/a");
    EXPECT_EQ(Sent(*context, "concordat-on-behalf-of"), "u-17");
    EXPECT_EQ(Sent(*context, "concordat-request-id"), "r-1");
    EXPECT_EQ(Sent(*context, "traceparent"),
              "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033"
              "31-01");
    EXPECT_THAT(Sent(*context, "user-agent"), HasSubstr("tester/1"));
    EXPECT_GT(context->deadline(), std::chrono::system_clock::now() + std::chrono::seconds(5));
    EXPECT_LT(context->deadline(), std::chrono::system_clock::now() + std::chrono::seconds(11));
    plan->set_name("plans/p");
    SendReceipt(context, 41);
    return grpc::Status::OK;
  };
  ClientOptions options = Options();
  options.user_agent = "tester/1";
  absl::StatusOr<Client> client = Client::Connect(options);
  ASSERT_TRUE(client.ok()) << client.status();
  Receipt receipt;
  const auto plan =
      client->GetPlan({}, {.purpose = "improvement",
                           .agreement = "agreements/a",
                           .on_behalf_of = "u-17",
                           .request_id = "r-1",
                           .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                           .receipt = &receipt});
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->name(), "plans/p");
  EXPECT_EQ(receipt.origin(), "log.test");
  EXPECT_EQ(receipt.index(), 41u);
}

TEST_F(GrpcConnectionTest, DefaultPurposeIsSentUnlessTheCallNamesOne) {
  std::string sent;
  plans_.get_plan = [&](grpc::ServerContext* context, v1::Plan*) {
    sent = Sent(*context, "concordat-purpose");
    return grpc::Status::OK;
  };
  ClientOptions options = Options();
  options.default_purpose = "oversight";
  absl::StatusOr<Client> client = Client::Connect(options);
  ASSERT_TRUE(client.ok());
  ASSERT_TRUE(client->GetPlan({}).ok());
  EXPECT_EQ(sent, "oversight");
  ASSERT_TRUE(client->GetPlan({}, {.purpose = "improvement"}).ok());
  EXPECT_EQ(sent, "improvement");
}

TEST_F(GrpcConnectionTest, RefusalCarriesReasonDetailsAndReceipt) {
  plans_.get_plan = [](grpc::ServerContext* context, v1::Plan*) {
    SendReceipt(context, 42);
    return ToGrpc(InvalidField("name", "is missing"));
  };
  Receipt receipt;
  const auto plan = Connect().GetPlan({}, {.receipt = &receipt});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReasonOf(plan.status()), v1::FIELDS_INVALID);
  const auto fields = PayloadOf<google::rpc::BadRequest>(plan.status());
  ASSERT_TRUE(fields.has_value());
  EXPECT_EQ(fields->field_violations(0).field(), "name");
  const auto attached = PayloadOf<Receipt>(plan.status());
  ASSERT_TRUE(attached.has_value());
  EXPECT_EQ(attached->index(), 42u);
  EXPECT_EQ(receipt.index(), 42u);
}

TEST_F(GrpcConnectionTest, ReadIsTriedAgainWhenTheServiceIsUnavailable) {
  int calls = 0;
  plans_.get_plan = [&](grpc::ServerContext* context, v1::Plan*) {
    if (++calls < 3) return ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down"));
    SendReceipt(context, 5);
    return grpc::Status::OK;
  };
  ClientOptions options = Options();
  std::vector<absl::Status> retried;
  options.on_retry = [&](const absl::Status& outcome) { retried.push_back(outcome); };
  absl::StatusOr<Client> client = Client::Connect(options);
  ASSERT_TRUE(client.ok());
  EXPECT_TRUE(client->GetPlan({}).ok());
  EXPECT_EQ(calls, 3);
  ASSERT_EQ(retried.size(), 2U);
  EXPECT_EQ(ReasonOf(retried[0]), v1::SHUTTING_DOWN);
}

TEST_F(GrpcConnectionTest, ChangeIsTriedAgainUnderTheSameRequestId) {
  std::vector<std::string> ids;
  plans_.apply_plan = [&](grpc::ServerContext* context) {
    ids.push_back(Sent(*context, "concordat-request-id"));
    return ids.size() < 2 ? ToGrpc(MakeError(v1::AUDIT_UNAVAILABLE, "no audit")) : grpc::Status::OK;
  };
  EXPECT_TRUE(Connect().ApplyPlan({}).ok());
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_FALSE(ids[0].empty());
  EXPECT_EQ(ids[0], ids[1]);
}

// Rows numbered from 1.
ListedRows RowsUpTo(int64_t last) {
  std::vector<v1::SubmittedObservation> rows;
  for (int64_t number = 1; number <= last; ++number) {
    rows.emplace_back().set_row(number);
  }
  return ListedRows(std::move(rows));
}

TEST_F(GrpcConnectionTest, SubmissionIsSentAgainFromItsFirstRowUnderTheSameRequestId) {
  std::vector<std::string> ids;
  measures_.submit = [&](grpc::ServerContext* context, auto* reader,
                         v1::SubmitObservationsResponse* response) {
    ids.push_back(Sent(*context, "concordat-request-id"));
    v1::SubmitObservationsRequest message;
    EXPECT_TRUE(reader->Read(&message));
    EXPECT_EQ(message.header().provider(), "agencies/police");
    // The first time it goes away in the middle.
    if (ids.size() < 2) return ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down"));
    int64_t rows = 0;
    while (reader->Read(&message) && message.has_rows()) {
      for (const auto& row : message.rows().rows()) EXPECT_EQ(row.row(), ++rows);
    }
    EXPECT_EQ(message.end().row_count(), rows);
    response->mutable_submission()->set_row_count(rows);
    SendReceipt(context, 7);
    return grpc::Status::OK;
  };
  v1::SubmissionHeader header;
  header.set_provider("agencies/police");
  ListedRows rows = RowsUpTo(1000);
  Receipt receipt;
  int64_t told = 0;
  const auto response = Connect().SubmitObservations(
      header, rows, [&](int64_t sent) { told = sent; }, {.receipt = &receipt});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->submission().row_count(), 1000);
  EXPECT_EQ(told, 1000);
  EXPECT_EQ(receipt.index(), 7u);
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_FALSE(ids[0].empty());
  EXPECT_EQ(ids[0], ids[1]);
}

TEST_F(GrpcConnectionTest, SubmissionWhoseRowsCannotBeReadIsCancelledAndNotTriedAgain) {
  class Failing final : public RowSource {
   public:
    absl::StatusOr<std::optional<v1::SubmittedObservation>> Next() override {
      return absl::UnavailableError("the drive is gone");
    }
    absl::Status Rewind() override { return absl::OkStatus(); }
  };
  std::atomic<int> whole{0};
  measures_.submit = [&](grpc::ServerContext*, auto* reader, v1::SubmitObservationsResponse*) {
    v1::SubmitObservationsRequest message;
    while (reader->Read(&message)) whole += message.has_end() ? 1 : 0;
    return grpc::Status::OK;
  };
  Failing rows;
  const auto response = Connect().SubmitObservations({}, rows);
  EXPECT_EQ(response.status().message(), "the drive is gone");
  EXPECT_EQ(whole.load(), 0);
}

TEST_F(GrpcConnectionTest, SubmissionThatIsRefusedInTheMiddleSaysWhy) {
  measures_.submit = [&](grpc::ServerContext*, auto*, v1::SubmitObservationsResponse*) {
    return ToGrpc(MakeError(v1::OUT_OF_SCOPE, "not yours"));
  };
  ListedRows rows = RowsUpTo(100000);
  EXPECT_EQ(ReasonOf(Connect().SubmitObservations({}, rows).status()), v1::OUT_OF_SCOPE);
}

TEST_F(GrpcConnectionTest, DeadlineOfTheCallIsKept) {
  plans_.get_plan = [](grpc::ServerContext* context, v1::Plan*) {
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
    return grpc::Status::OK;
  };
  const auto plan = Connect().GetPlan({}, {.deadline = absl::Milliseconds(150)});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(GrpcConnectionTest, TextThatCannotTravelIsRefusedBeforeTheCall) {
  const auto plan = Connect().GetPlan({}, {.purpose = "improve\nment"});
  EXPECT_EQ(ReasonOf(plan.status()), v1::METADATA_INVALID);
}

TEST_F(GrpcConnectionTest, RestartOfThreeSecondsIsNotNoticedByARead) {
  plans_.get_plan = [](grpc::ServerContext*, v1::Plan* plan) {
    plan->set_name("plans/p");
    return grpc::Status::OK;
  };
  Client client = Connect();
  ASSERT_TRUE(client.GetPlan({}).ok());
  Stop();
  std::thread restart([this] {
    absl::SleepFor(absl::Seconds(3));
    Serve();
  });
  const auto plan = client.GetPlan({});
  restart.join();
  EXPECT_TRUE(plan.ok()) << plan.status();
}

// The lines of a message.
std::vector<std::string> LinesOf(const absl::Status& status) {
  return absl::StrSplit(status.message(), '\n');
}

TEST_F(GrpcConnectionTest, ClosedConnectionListsItsLikelyCausesInOrder) {
  absl::StatusOr<Client> client = Client::Connect(Options("stranger"));
  ASSERT_TRUE(client.ok());
  const auto plan = client->GetPlan({});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kUnavailable);
  const std::string message(plan.status().message());
  EXPECT_THAT(message,
              ContainsRegex("wrong address or port.*intercepts TLS.*(\n.*)*authority(.*\n)*"))
      << message;
  EXPECT_LE(LinesOf(plan.status()).size(), 4u) << message;
}

TEST_F(GrpcConnectionTest, HandshakeThatIsRefusedIsGivenUpLongBeforeTheDeadline) {
  absl::StatusOr<Client> client = Client::Connect(Options("stranger"));
  ASSERT_TRUE(client.ok());
  const absl::Time start = absl::Now();
  EXPECT_FALSE(client->GetPlan({}, {.deadline = absl::Seconds(60)}).ok());
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST_F(GrpcConnectionTest, ServiceOfAnotherNameIsNotTrusted) {
  ClientOptions options = Options();
  options.server_name = "other.test";
  absl::StatusOr<Client> client = Client::Connect(options);
  ASSERT_TRUE(client.ok());
  const auto plan = client->GetPlan({});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kUnavailable);
  const std::string message(plan.status().message());
  EXPECT_THAT(message, AllOf(HasSubstr("wrong address or port"), HasSubstr("intercepts TLS"),
                             HasSubstr("server_name")))
      << message;
  EXPECT_LE(LinesOf(plan.status()).size(), 4u) << message;
}

TEST_F(GrpcConnectionTest, AddressWhereNothingListensIsNamed) {
  ClientOptions options = Options();
  options.target = "127.0.0.1:1";
  options.deadline = absl::Seconds(1);
  absl::StatusOr<Client> client = Client::Connect(options);
  ASSERT_TRUE(client.ok());
  const auto plan = client->GetPlan({});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(plan.status().message()), HasSubstr("nothing listens at 127.0.0.1:1"))
      << plan.status();
}

// Sends a whole extract of one row.
void WriteExtract(grpc::ServerWriter<v1::ExtractObservationsResponse>* writer) {
  const std::string line = "{\"value\":1}\n";
  v1::ExtractObservationsResponse message;
  message.mutable_header()->set_release("releases/r");
  writer->Write(message);
  message.mutable_chunk()->set_data(line);
  message.mutable_chunk()->set_sha256(Sha256Of(line));
  writer->Write(message);
  message.mutable_manifest()->set_rows(1);
  message.mutable_manifest()->set_chunks(1);
  message.mutable_manifest()->set_bytes(static_cast<int64_t>(line.size()));
  message.mutable_manifest()->set_sha256(Sha256Of(line));
  writer->Write(message);
}

v1::ExtractObservationsRequest ExtractRequest() {
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/r");
  request.set_format(v1::ExtractObservationsRequest::NDJSON);
  return request;
}

TEST_F(GrpcConnectionTest, ExtractIsTriedAgainWhileNothingCame) {
  int calls = 0;
  releases_.extract = [&](grpc::ServerContext* context, auto* writer) {
    if (++calls == 1) return ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down"));
    WriteExtract(writer);
    SendReceipt(context, 9);
    return grpc::Status::OK;
  };
  std::string bytes;
  Receipt receipt;
  const auto summary = Connect().Extract(ExtractRequest(),
                                         [&](absl::string_view part) {
                                           bytes += std::string(part);
                                           return absl::OkStatus();
                                         },
                                         {.receipt = &receipt});
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(bytes, "{\"value\":1}\n");
  EXPECT_EQ(receipt.index(), 9u);
  EXPECT_EQ(calls, 2);
}

constexpr int kLines = 3;
const std::string kLine = "{\"value\":1}\n";

// Sends a header, then the chunks from `first` on and before `end`, one line each;
// with the last of them the manifest.
void WriteChunks(grpc::ServerWriter<v1::ExtractObservationsResponse>* writer, int64_t first,
                 int64_t end, const std::string& agreement = "agreements/a") {
  v1::ExtractObservationsResponse message;
  message.mutable_header()->set_release("releases/r");
  message.mutable_header()->set_agreement(agreement);
  writer->Write(message);
  for (int64_t i = first; i < end; ++i) {
    message.mutable_chunk()->set_index(i);
    message.mutable_chunk()->set_data(kLine);
    message.mutable_chunk()->set_sha256(Sha256Of(kLine));
    writer->Write(message);
  }
  if (end < kLines) return;
  message.mutable_manifest()->set_rows(kLines);
  message.mutable_manifest()->set_chunks(kLines);
  message.mutable_manifest()->set_bytes(static_cast<int64_t>(kLine.size()) * kLines);
  message.mutable_manifest()->set_sha256(Sha256Of(absl::StrCat(kLine, kLine, kLine)));
  writer->Write(message);
}

TEST_F(GrpcConnectionTest, ExtractThatBreaksOffGoesOnAtTheNextChunk) {
  for (int64_t cut = 0; cut <= kLines; ++cut) {
    releases_.first_chunks.clear();
    releases_.extract = [&](grpc::ServerContext*, auto* writer) {
      const bool first = releases_.first_chunks.size() == 1;
      // Cut after all chunks, it is the manifest that does not come.
      if (first && cut == kLines) {
        WriteChunks(writer, 0, kLines - 1);
      } else {
        WriteChunks(writer, releases_.first_chunks.back(), first ? cut : kLines);
      }
      return first ? ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down")) : grpc::Status::OK;
    };
    std::string bytes;
    const auto summary = Connect().Extract(ExtractRequest(), [&](absl::string_view part) {
      absl::StrAppend(&bytes, part);
      return absl::OkStatus();
    });
    ASSERT_TRUE(summary.ok()) << "cut at " << cut << ": " << summary.status();
    EXPECT_EQ(bytes, absl::StrCat(kLine, kLine, kLine));
    EXPECT_EQ(releases_.first_chunks,
              (std::vector<int64_t>{0, std::min<int64_t>(cut, kLines - 1)}));
  }
}

TEST_F(GrpcConnectionTest, ExtractThatChangedWhileTheLineWasBrokenIsNotPutTogether) {
  releases_.extract = [&](grpc::ServerContext*, auto* writer) {
    const bool first = releases_.first_chunks.size() == 1;
    WriteChunks(writer, releases_.first_chunks.back(), first ? 1 : kLines,
                first ? "agreements/a" : "agreements/b");
    return first ? ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down")) : grpc::Status::OK;
  };
  const auto summary =
      Connect().Extract(ExtractRequest(), [](absl::string_view) { return absl::OkStatus(); });
  EXPECT_EQ(summary.status().code(), absl::StatusCode::kDataLoss) << summary.status();
}

TEST_F(GrpcConnectionTest, ExtractThatBringsNothingNewIsGivenUp) {
  releases_.extract = [&](grpc::ServerContext*, auto* writer) {
    WriteChunks(writer, 0, 0);
    return ToGrpc(MakeError(v1::SHUTTING_DOWN, "shutting down"));
  };
  const auto summary =
      Connect().Extract(ExtractRequest(), [](absl::string_view) { return absl::OkStatus(); });
  EXPECT_EQ(ReasonOf(summary.status()), v1::SHUTTING_DOWN);
  EXPECT_EQ(releases_.first_chunks.size(), 5u);
}

TEST_F(GrpcConnectionTest, SinkThatFailsCancelsTheStream) {
  std::atomic<bool> cancelled = false;
  releases_.extract = [&](grpc::ServerContext* context, auto* writer) {
    WriteExtract(writer);
    for (int i = 0; i < 1000 && !context->IsCancelled(); ++i) absl::SleepFor(absl::Milliseconds(5));
    cancelled = context->IsCancelled();
    return grpc::Status::OK;
  };
  const auto summary = Connect().Extract(ExtractRequest(), [](absl::string_view) {
    return absl::ResourceExhaustedError("disk full");
  });
  EXPECT_EQ(summary.status(), absl::ResourceExhaustedError("disk full"));
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(6));
  EXPECT_TRUE(cancelled);
}

// Options that are wrong, and what the error says about them.
struct OptionsCase {
  ClientOptions options;
  std::string message;
};

TEST_F(GrpcConnectionTest, OptionWhoseFileCannotBeUsedIsNamed) {
  std::ofstream(certificates_->Path("empty.pem")).flush();
  std::vector<OptionsCase> cases;
  const auto add = [&](std::string ClientOptions::*option, const std::string& file,
                       const std::string& message) {
    ClientOptions options = Options();
    options.*option = file;
    cases.push_back({std::move(options), message});
  };
  add(&ClientOptions::ca_certificate_file, certificates_->Path("missing.pem"),
      "ca_certificate_file: cannot read");
  add(&ClientOptions::certificate_file, certificates_->Path("missing.pem"),
      "certificate_file: cannot read");
  add(&ClientOptions::private_key_file, certificates_->Path("missing.key"),
      "private_key_file: cannot read");
  add(&ClientOptions::certificate_file, certificates_->folder().string(),
      "certificate_file: cannot read");
  add(&ClientOptions::certificate_file, certificates_->Path("empty.pem"),
      "certificate_file: " + certificates_->Path("empty.pem") + " holds no certificate");
  add(&ClientOptions::certificate_file, certificates_->Path("client.key"),
      "certificate_file: " + certificates_->Path("client.key") + " holds no certificate");
  add(&ClientOptions::private_key_file, certificates_->Path("client.pem"),
      "private_key_file: " + certificates_->Path("client.pem") + " holds no unencrypted key");
  add(&ClientOptions::certificate_file, "", "certificate_file is not set");
  add(&ClientOptions::target, "", "target is not set");
  for (const OptionsCase& options_case : cases) {
    const absl::Status status = Client::Connect(options_case.options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), StartsWith(options_case.message));
  }
}

TEST_F(GrpcConnectionTest, AStreamWindowIsLeftToGrpcOrAtLeastThatOfHttp2) {
  ClientOptions options = Options();
  for (const int bytes : {-1, 1, 65534}) {
    options.stream_window_bytes = bytes;
    const absl::Status status = Client::Connect(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << bytes;
    EXPECT_THAT(std::string(status.message()), HasSubstr("stream_window_bytes"));
  }
  for (const int bytes : {0, 65535}) {
    options.stream_window_bytes = bytes;
    EXPECT_TRUE(Client::Connect(options).ok()) << bytes;
  }
}

TEST_F(GrpcConnectionTest, CertificateAndKeyThatDoNotBelongTogetherAreBothNamed) {
  ClientOptions other_key = Options();
  other_key.private_key_file = certificates_->Path("stranger.key");
  ClientOptions other_certificate = Options();
  other_certificate.certificate_file = certificates_->Path("stranger.pem");
  for (const ClientOptions& options : {other_key, other_certificate}) {
    const absl::Status status = Client::Connect(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                AllOf(StartsWith("certificate_file and private_key_file do not belong together"),
                      HasSubstr(options.certificate_file), HasSubstr(options.private_key_file)));
  }
}

}  // namespace
}  // namespace concordat
