// A whole partnership for a test: a real server over TLS on loopback with the
// bundled data set, and its partners.
#ifndef CONCORDAT_TESTS_SUPPORT_TEST_PARTNERSHIP_H_
#define CONCORDAT_TESTS_SUPPORT_TEST_PARTNERSHIP_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "concordat/v1/audit.pb.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "server/config.pb.h"
#include "server/server.h"
#include "server/store/store.h"
#include "tests/support/call.h"
#include "tests/support/stored_audit.h"
#include "tests/support/temporary_folder.h"

namespace concordat::e2e {

// Who calls.
struct Partner {
  // What certificate is shown.
  enum class Shows { kOwn, kNone, kOfNobody, kOfUntrustedAuthority };

  // `agency:client` of the data set. Empty when it is no client.
  std::string client;
  // The purpose that Ask sends. Empty for none.
  std::string purpose;
  Shows shows = Shows::kOwn;

  // `agencies/{agency}` and `agencies/{agency}/clients/{client}`.
  std::string agency_name() const;
  std::string client_name() const;
  std::string uri() const { return "urn:concordat:" + client; }
};

inline const Partner kPolice{"lancashire-constabulary:performance-hub",
                             "neglect-and-domestic-abuse"};
inline const Partner kHealthTrust{"lancashire-care-nhs-trust:safeguarding-dashboard",
                                  "safeguarding-improvement"};
inline const Partner kCouncil{"lancashire-county-council:improvement-team",
                              "multi-agency-assurance"};
inline const Partner kBoard{"lscb:analyst", "multi-agency-assurance"};
inline const Partner kAdmin{"lscb:administrator", ""};
inline const Partner kAuditor{"partnership-audit:auditor", ""};
// A client without an agreement in force.
inline const Partner kStranger{"blackpool-council:data-team", "multi-agency-assurance"};
// With a certificate of our authority that no client has.
inline const Partner kNobody{"", "", Partner::Shows::kOfNobody};
inline const Partner kNoCertificate{"", "", Partner::Shows::kNone};
inline const Partner kUntrusted{"", "", Partner::Shows::kOfUntrustedAuthority};

// What came back from a typed call.
template <typename Response>
struct Answer {
  Outcome outcome;
  // Empty when the call was refused.
  Response message;

  bool ok() const { return outcome.ok(); }
};

// The path of the method whose request has this type, such as
// `/concordat.v1.PlanService/GetPlan`. Ends the process when there is none.
std::string PathOf(const google::protobuf::Descriptor& request);

// One file of the bundled data set, such as `plans/development-2018.yaml`, as
// the request that it is.
template <typename Request>
Request ReadDataFile(const std::string& file);
void ReadDataFileInto(const std::string& file, google::protobuf::Message& request);

// Sends the bundled data set as the administrator.
void ApplyDataSet(const std::string& address);

// The administrator of the data set, for Initialise.
FirstAdministrator TheAdministrator();

// Thread-safe, but for Start, Stop and the constructor.
class TestPartnership {
 public:
  struct Options {
    // The server's clock, which outlives the partnership. The machine's when
    // there is none. The data set was applied at kDataSetTime.
    const Clock* clock = nullptr;
    // A database that was not copied, with keys of its own.
    bool own_database = false;
    // Only the first administrator.
    bool without_data_set = false;
    // Changes the configuration before the server starts.
    std::function<void(server::v1::ServerConfig&)> configure;
    // Puts another store before that of each Start, which it then owns.
    std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)> wrap_store;
  };
  // When the data set was applied: 2018-12-01 at 09:00 UTC.
  static const absl::Time kDataSetTime;

  explicit TestPartnership(Options options);
  TestPartnership() : TestPartnership(Options()) {}
  ~TestPartnership();

  void Start();
  // Lets calls in hand end within `drain`. Connections are made anew after it.
  void Stop(absl::Duration drain = absl::Seconds(5));

  // Changes the configuration of the next Start.
  void Reconfigure(absl::FunctionRef<void(server::v1::ServerConfig&)> change) { change(config_); }

  Server& server() { return *server_; }
  const server::v1::ServerConfig& config() const { return config_; }
  const std::string& database_path() const { return config_.database_path(); }

  // The connection of `partner`, made at the first call.
  std::shared_ptr<grpc::Channel> ChannelOf(const Partner& partner);
  // Another connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel(const Partner& partner) const;

  // Sends the bytes and nothing else.
  Outcome Call(const Partner& partner, const std::string& path, const std::string& request,
               const Metadata& metadata = {}) {
    return e2e::Call(ChannelOf(partner), path, request, metadata);
  }

  // Sends the request with the partner's purpose, or with `metadata` instead.
  template <typename Response, typename Request>
  Answer<Response> Ask(const Partner& partner, const Request& request,
                       std::optional<Metadata> metadata = std::nullopt) {
    Answer<Response> answer;
    answer.outcome = Call(partner, PathOf(*Request::descriptor()), request.SerializeAsString(),
                          metadata.has_value() ? *metadata : PurposeOf(partner));
    if (!answer.ok()) return answer;
    EXPECT_TRUE(answer.message.ParseFromString(answer.outcome.reply));
    return answer;
  }

  // The same for a call that has to be served.
  template <typename Response, typename Request>
  Response Get(const Partner& partner, const Request& request,
               std::optional<Metadata> metadata = std::nullopt) {
    Answer<Response> answer = Ask<Response>(partner, request, std::move(metadata));
    EXPECT_TRUE(answer.ok()) << PathOf(*Request::descriptor()) << ": " << answer.outcome.Text();
    return std::move(answer.message);
  }

  static Metadata PurposeOf(const Partner& partner);

  // The stored record that the outcome's receipt names; a failure of the test,
  // and an empty record, when there is none or it differs from its receipt.
  v1::AuditRecord RecordFor(const Outcome& outcome) const;

 private:
  TemporaryFolder folder_;
  const SystemClock system_clock_;
  const Clock& clock_;
  const std::function<std::unique_ptr<store::Store>(std::unique_ptr<store::Store>)> wrap_store_;
  server::v1::ServerConfig config_;
  std::unique_ptr<Server> server_;
  absl::Mutex mutex_;
  std::map<std::string, std::shared_ptr<grpc::Channel>> channels_ ABSL_GUARDED_BY(mutex_);
};

// A configuration for a server in `folder` with the throwaway certificates, on
// free ports of the loopback address.
server::v1::ServerConfig TestConfig(const std::string& folder);

template <typename Request>
Request ReadDataFile(const std::string& file) {
  Request request;
  ReadDataFileInto(file, request);
  return request;
}

// The call was refused for this reason, with the code that the contract gives it.
testing::AssertionResult RefusedWith(const Outcome& outcome, v1::ErrorReason reason);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_TEST_PARTNERSHIP_H_
