// The program as a process: signals, full disks, closed pipes, gRPC's own log.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "base/digest.h"
#include "client/cli/testing/child_process.h"
#include "client/cli/testing/cli_runner.h"
#include "client/testing/test_certificates.h"
#include "concordat/v1/release_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "gtest/gtest.h"

namespace concordat::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Lists no release, and sends the beginning of an extract, but no end before the
// caller goes.
class EndlessReleaseService final : public v1::ReleaseService::Service {
 public:
  grpc::Status ListReleases(grpc::ServerContext*, const v1::ListReleasesRequest*,
                            v1::ListReleasesResponse*) override {
    return grpc::Status::OK;
  }
  grpc::Status ExtractObservations(
      grpc::ServerContext* context, const v1::ExtractObservationsRequest* request,
      grpc::ServerWriter<v1::ExtractObservationsResponse>* writer) override {
    const std::string data = "measure\r\n";
    v1::ExtractObservationsResponse message;
    message.mutable_header()->set_release(request->parent());
    writer->Write(message);
    message.mutable_chunk()->set_data(data);
    message.mutable_chunk()->set_sha256(Sha256Of(data));
    writer->Write(message);
    while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(5));
    return grpc::Status::CANCELLED;
  }
};

class ProcessTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { certificates_ = new TestCertificates(); }
  static void TearDownTestSuite() {
    delete certificates_;
    certificates_ = nullptr;
  }

  void SetUp() override {
    Serve();
    WriteProfile("default", "ca.pem");
    WriteProfile("distrustful", "stranger-ca.pem");
  }
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
    builder.RegisterService(&releases_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }
  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }

  void WriteProfile(const std::string& name, const std::string& authority) const {
    profiles_.Write(
        name + ".yaml",
        "target: 127.0.0.1:" + std::to_string(port_) +
            "\nserver_name: service.test\nca_certificate_file: " + certificates_->Path(authority) +
            "\ncertificate_file: " + certificates_->Path("client.pem") +
            "\nprivate_key_file: " + certificates_->Path("client.key") + "\n");
  }

  // Starts the program; its standard error goes to Err().
  std::unique_ptr<ChildProcess> Start(std::vector<std::string> arguments,
                                      const std::string& out = "/dev/null",
                                      std::vector<std::string> variables = {}) const {
    arguments.insert(arguments.begin(), CONCORDAT_PROGRAM);
    variables.push_back("CONCORDAT_CONFIG_DIR=" + profiles_.path().string());
    return std::make_unique<ChildProcess>(arguments, variables, out, profiles_.Path("err"));
  }

  std::string Err() const { return ReadFile(profiles_.Path("err")); }

  static const TestCertificates* certificates_;
  TemporaryFolder profiles_;
  int port_ = 0;
  EndlessReleaseService releases_;
  std::unique_ptr<grpc::Server> server_;
};

const TestCertificates* ProcessTest::certificates_ = nullptr;

int CountFiles(const TemporaryFolder& folder) {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(folder.path()), {}));
}

TEST_F(ProcessTest, ExtractThatASignalEndsLeavesTheFileUntouchedAndNothingElse) {
  for (const int signal : {SIGINT, SIGTERM}) {
    TemporaryFolder folder;
    const std::string path = folder.Write("figures.csv", "old");
    const auto program = Start({"releases", "extract", "papers-2018", "--format", "csv", "-o", path,
                                "--manifest", folder.Path("figures.json")});
    for (int i = 0; i < 2000 && CountFiles(folder) < 3; ++i) absl::SleepFor(absl::Milliseconds(5));
    ASSERT_EQ(CountFiles(folder), 3) << Err();
    program->Signal(signal);
    EXPECT_EQ(program->Wait(), 128 + signal);
    EXPECT_EQ(ReadFile(path), "old");
    EXPECT_EQ(CountFiles(folder), 1);
  }
}

TEST_F(ProcessTest, ServiceThatIsStillStartingIsWaitedFor) {
  Stop();
  const auto program = Start({"releases", "list"});
  absl::SleepFor(absl::Seconds(3));
  Serve();
  EXPECT_EQ(program->Wait(), 0) << Err();
}

TEST_F(ProcessTest, FullDiskBehindStandardOutputIsOneLineAndAnExitCode) {
  EXPECT_EQ(Start({"--help"}, "/dev/full")->Wait(), 1);
  EXPECT_EQ(Err(), "concordat: the output could not be written\n");
  EXPECT_EQ(Start({"--version"}, "/dev/full")->Wait(), 1);
  EXPECT_EQ(Err(), "concordat: the output could not be written\n");
}

TEST_F(ProcessTest, PipeThatIsClosedEndsItWithoutAWord) {
  const std::string status = profiles_.Path("status");
  // The reader has gone before the program writes, and the signal that says so was
  // ignored by whoever started it.
  const std::string script = "( sleep 0.2; trap '' PIPE; \"$0\" --help; echo $? >\"$1\" ) | true";
  ChildProcess shell({"/bin/bash", "-c", script, CONCORDAT_PROGRAM, status}, {"PATH=/usr/bin:/bin"},
                     "/dev/null", profiles_.Path("err"));
  shell.Wait();
  EXPECT_EQ(ReadFile(status), "141\n");
  EXPECT_EQ(Err(), "");
}

TEST_F(ProcessTest, LogOfGrpcIsSilentUnlessAskedFor) {
  const std::vector<std::string> command = {"--profile", "distrustful", "whoami"};
  EXPECT_EQ(Start(command)->Wait(), 8);
  EXPECT_THAT(Err(), Not(HasSubstr("ssl_transport_security")));
  EXPECT_EQ(Err().rfind("concordat: ", 0), 0u) << Err();
  EXPECT_EQ(Start(command, "/dev/null", {"GRPC_VERBOSITY=error"})->Wait(), 8);
  EXPECT_THAT(Err(), HasSubstr("ssl_transport_security"));
}

}  // namespace
}  // namespace concordat::cli
