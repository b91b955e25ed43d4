// The doctor against real listeners that fail at one step each.
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "client/doctor/diagnosis.h"
#include "concordat/v1/agreement_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/test_partnership.h"
#include "tests/support/tls_listener.h"

namespace concordat::e2e {
namespace {

using doctor::Diagnose;
using doctor::Examination;
using doctor::Outcome;
using doctor::Step;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string Text(const std::vector<Step>& steps) {
  return absl::StrJoin(steps, "\n", [](std::string* out, const Step& step) {
    absl::StrAppend(out, static_cast<int>(step.outcome), " ", step.name, ": ", step.saw);
  });
}

std::vector<std::string> NamesOf(const std::vector<Step>& steps, Outcome outcome) {
  std::vector<std::string> names;
  for (const Step& step : steps) {
    if (step.outcome == outcome) names.push_back(step.name);
  }
  return names;
}

class DoctorTest : public testing::Test {
 protected:
  void SetUp() override { partnership_ = std::make_unique<TestPartnership>(); }

  // What the trust's machine has: its profile, and an environment without a proxy.
  Examination Healthy() {
    Examination examination;
    examination.profile = ProfileWith(certificates_.OfClient(kHealthTrust.uri()));
    examination.environment = [this](const char* name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      if (found == environment_.end()) return std::nullopt;
      return found->second;
    };
    examination.now = [this] { return absl::Now() + clock_error_; };
    return examination;
  }

  ClientOptions ProfileWith(const KeyPair& pair) {
    WriteWhole(folder_.Path("client.crt"), pair.certificate);
    WriteWhole(folder_.Path("client.key"), pair.key);
    chmod(folder_.Path("client.key").c_str(), 0600);
    ClientOptions options;
    options.target = partnership_->server().address();
    options.ca_certificate_file = certificates_.Path("ca.crt");
    options.certificate_file = folder_.Path("client.crt");
    options.private_key_file = folder_.Path("client.key");
    options.default_purpose = kHealthTrust.purpose;
    options.deadline = absl::Seconds(5);
    return options;
  }

  // Expects that this step alone fails, that those after it wait for it, and that
  // it says what to do; returns what it saw.
  static std::string OnlyFailure(const std::vector<Step>& steps, const std::string& name) {
    EXPECT_THAT(NamesOf(steps, Outcome::kFailed), testing::ElementsAre(name)) << Text(steps);
    for (const Step& step : steps) {
      if (step.outcome == Outcome::kSkipped) {
        EXPECT_EQ(step.saw, absl::StrCat("because ", name, " failed"));
      }
      if (step.outcome == Outcome::kFailed) {
        EXPECT_FALSE(step.status.ok());
        // The command line has words for a refusal of the service.
        EXPECT_TRUE(!step.next_step.empty() ||
                    ReasonOf(step.status) != v1::ERROR_REASON_UNSPECIFIED);
        return step.saw;
      }
    }
    return "";
  }
  std::string OnlyFailure(const Examination& examination, const std::string& name) {
    return OnlyFailure(Diagnose(examination), name);
  }
  // The same for another server at the same client.
  std::string OnlyFailureAt(const LoopbackListener& listener, const std::string& name) {
    Examination examination = Healthy();
    examination.profile->target = listener.address();
    return OnlyFailure(examination, name);
  }

  const Certificates& certificates_ = Certificates::Get();
  const TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
  absl::Duration clock_error_;
  std::unique_ptr<TestPartnership> partnership_;
};

TEST_F(DoctorTest, EveryStepIsOkForAHealthyClient) {
  const std::vector<Step> steps = Diagnose(Healthy());
  EXPECT_THAT(
      NamesOf(steps, Outcome::kOk),
      testing::ElementsAre("profile", "certificate", "key-permissions", "dns", "tcp", "proxy",
                           "tls", "authority", "server-dates", "server-name", "alpn",
                           "client-certificate", "client", "clock", "agreement", "purpose"))
      << Text(steps);
}

TEST_F(DoctorTest, AProfileThatIsMissingEndsEverything) {
  Examination examination = Healthy();
  examination.profile = absl::InvalidArgumentError("there is no profile 'trust'");
  const std::vector<Step> steps = Diagnose(examination);
  EXPECT_EQ(OnlyFailure(steps, "profile"), "there is no profile 'trust'");
  EXPECT_EQ(NamesOf(steps, Outcome::kSkipped).size(), 15);
  examination.profile = Healthy().profile;
  examination.profile->target = "unix:/run/concordat";
  EXPECT_THAT(OnlyFailure(examination, "profile"), HasSubstr("HOST:PORT"));
}

TEST_F(DoctorTest, AKeyOfAnotherCertificateIsNamed) {
  Examination examination = Healthy();
  WriteWhole(folder_.Path("client.key"), certificates_.OfClient(kPolice.uri()).key);
  EXPECT_THAT(OnlyFailure(examination, "certificate"), HasSubstr("do not belong together"));
}

TEST_F(DoctorTest, ACertificateThatIsOutOfItsDatesIsNamed) {
  Examination examination = Healthy();
  examination.profile = ProfileWith(certificates_.OfClient(
      kHealthTrust.uri(), Certificates::kLongAgo, absl::Now() - absl::Hours(1)));
  EXPECT_THAT(OnlyFailure(examination, "certificate"), HasSubstr("expired"));
  examination.profile =
      ProfileWith(certificates_.OfClient(kHealthTrust.uri(), absl::Now() + absl::Hours(1)));
  EXPECT_THAT(OnlyFailure(examination, "certificate"),
              AllOf(HasSubstr("not valid before"), HasSubstr("this machine's clock says")));
}

TEST_F(DoctorTest, AKeyThatOthersCanReadIsNamedAndTheRestIsStillTried) {
  const Examination examination = Healthy();
  chmod(folder_.Path("client.key").c_str(), 0640);
  const std::vector<Step> steps = Diagnose(examination);
  EXPECT_THAT(OnlyFailure(steps, "key-permissions"), HasSubstr("mode 0640"));
  EXPECT_THAT(NamesOf(steps, Outcome::kSkipped), IsEmpty());
}

TEST_F(DoctorTest, AHostThatNobodyKnowsIsNamed) {
  Examination examination = Healthy();
  // RFC 6761: never a host.
  examination.profile->target = "concordat.invalid:8443";
  EXPECT_THAT(OnlyFailure(examination, "dns"), HasSubstr("concordat.invalid"));
}

TEST_F(DoctorTest, APortWhereNothingListensIsNamed) {
  Examination examination = Healthy();
  examination.profile->target = UnusedAddress();
  EXPECT_THAT(OnlyFailure(examination, "tcp"), HasSubstr("Connection refused"));
}

TEST_F(DoctorTest, AProxyThatIsNotThereIsNamedAsTheProxyWithoutItsPassword) {
  environment_["https_proxy"] = absl::StrCat("http://trust:hunter2@", UnusedAddress());
  const std::vector<Step> steps = Diagnose(Healthy());
  EXPECT_THAT(OnlyFailure(steps, "tcp"),
              AllOf(HasSubstr("the proxy 127.0.0.1"), HasSubstr("https_proxy names"),
                    HasSubstr("Connection refused")));
  EXPECT_THAT(Text(steps), Not(HasSubstr("hunter2")));
}

TEST_F(DoctorTest, AProxyThatRefusesConnectIsNamedWithoutItsPassword) {
  const LoopbackListener proxy(ServeProxyAnswer("HTTP/1.1 403 Forbidden\r\n\r\n"));
  environment_["https_proxy"] = absl::StrCat("http://trust:hunter2@", proxy.address());
  const std::vector<Step> steps = Diagnose(Healthy());
  EXPECT_THAT(OnlyFailure(steps, "proxy"),
              AllOf(HasSubstr("https_proxy names 127.0.0.1"), HasSubstr("403 Forbidden")));
  EXPECT_THAT(Text(steps), Not(HasSubstr("hunter2")));
}

TEST_F(DoctorTest, AProxyThatTalksSomethingElseIsNamed) {
  const LoopbackListener proxy(ServeProxyAnswer("SSH-2.0-OpenSSH\r\n"));
  environment_["https_proxy"] = absl::StrCat("http://", proxy.address());
  EXPECT_THAT(OnlyFailure(Healthy(), "proxy"), HasSubstr("no whole HTTP answer"));
}

TEST_F(DoctorTest, AProxyThatOpensAWayIsOk) {
  const LoopbackListener proxy(ServeTunnel(partnership_->server().address()));
  environment_["https_proxy"] = absl::StrCat("http://", proxy.address());
  const std::vector<Step> steps = Diagnose(Healthy());
  EXPECT_THAT(NamesOf(steps, Outcome::kFailed), IsEmpty()) << Text(steps);
  EXPECT_GE(proxy.connections(), 1);
}

TEST_F(DoctorTest, APortThatSpeaksNoTlsIsNamed) {
  const LoopbackListener mail([](int descriptor) {
    constexpr char kGreeting[] = "220 mail.example ESMTP\r\n";
    send(descriptor, kGreeting, sizeof(kGreeting) - 1, MSG_NOSIGNAL);
  });
  EXPECT_EQ(OnlyFailureAt(mail, "tls"), "wrong version number");
}

TEST_F(DoctorTest, AnInterceptingProxyIsNamedByItsIssuer) {
  // With the right name, as such a proxy has, and of an authority of its own.
  const LoopbackListener interceptor(ServeTls(certificates_.OfUntrustedServer(), true));
  const std::vector<Step> steps = [&] {
    Examination examination = Healthy();
    examination.profile->target = interceptor.address();
    return Diagnose(examination);
  }();
  EXPECT_THAT(OnlyFailure(steps, "authority"), HasSubstr("CN=An authority that nobody trusts"));
  // What the same handshake showed is reported all the same.
  EXPECT_THAT(NamesOf(steps, Outcome::kOk), testing::IsSupersetOf({"server-name", "alpn"}));
}

TEST_F(DoctorTest, AServersCertificateThatHasExpiredIsNamed) {
  const LoopbackListener expired(
      ServeTls(certificates_.AnotherServer(absl::Now() - absl::Hours(1)), true));
  EXPECT_THAT(OnlyFailureAt(expired, "server-dates"), HasSubstr("this machine's clock says"));
}

TEST_F(DoctorTest, AServerOfAnotherNameIsNamedWithItsNames) {
  Examination examination = Healthy();
  examination.profile->server_name = "concordat.example";
  EXPECT_THAT(OnlyFailure(examination, "server-name"),
              AllOf(HasSubstr("DNS:localhost"), HasSubstr("not for concordat.example")));
}

TEST_F(DoctorTest, AServerWithoutHttp2IsNamed) {
  const LoopbackListener old(ServeTls(certificates_.Read("server"), false));
  EXPECT_THAT(OnlyFailureAt(old, "alpn"), HasSubstr("no protocol by ALPN"));
}

TEST_F(DoctorTest, ACertificateThatTheServiceDoesNotTakeIsNamed) {
  Examination examination = Healthy();
  examination.profile = ProfileWith(certificates_.Read("untrusted"));
  EXPECT_THAT(OnlyFailure(examination, "client-certificate"), HasSubstr("refused"));
}

TEST_F(DoctorTest, OurCertificateIsShownToTheServiceAndNotToAStranger) {
  std::atomic<bool> shown{false};
  {
    const LoopbackListener service(ServeTls(certificates_.Read("server"), true, &shown));
    // It hangs up after the handshake, where a service would speak HTTP/2.
    OnlyFailureAt(service, "client-certificate");
  }
  EXPECT_TRUE(shown);
  {
    const LoopbackListener stranger(ServeTls(certificates_.OfUntrustedServer(), true, &shown));
    OnlyFailureAt(stranger, "authority");
    EXPECT_EQ(stranger.connections(), 1);
  }
  EXPECT_FALSE(shown);
}

TEST_F(DoctorTest, AClientThatTheDirectoryDoesNotKnowIsNamed) {
  Examination examination = Healthy();
  examination.profile = ProfileWith(certificates_.Read("nobody"));
  const std::vector<Step> steps = Diagnose(examination);
  OnlyFailure(steps, "client");
  EXPECT_EQ(ReasonOf(steps[12].status), v1::CLIENT_UNKNOWN);
}

TEST_F(DoctorTest, AClockThatIsWrongIsNamedAndTheRestIsStillTried) {
  clock_error_ = absl::Minutes(10);
  const std::vector<Step> steps = Diagnose(Healthy());
  EXPECT_THAT(OnlyFailure(steps, "clock"), HasSubstr("ahead of the service's"));
  EXPECT_THAT(NamesOf(steps, Outcome::kSkipped), IsEmpty());
  clock_error_ = -absl::Minutes(10);
  EXPECT_THAT(OnlyFailure(Healthy(), "clock"), HasSubstr("behind the service's"));
  clock_error_ = absl::Seconds(50);
  EXPECT_THAT(NamesOf(Diagnose(Healthy()), Outcome::kFailed), IsEmpty());
}

TEST_F(DoctorTest, AnAgreementThatIsSuspendedIsNamed) {
  v1::SuspendAgreementRequest request;
  request.set_name("agreements/health-safeguarding");
  request.set_reason("A review of the figures.");
  partnership_->Get<v1::SuspendAgreementResponse>(kAdmin, request, Metadata());
  EXPECT_THAT(OnlyFailure(Healthy(), "agreement"),
              HasSubstr("agreements/health-safeguarding is SUSPENDED"));
  Examination examination = Healthy();
  examination.agreement = "agreements/send-improvement";
  EXPECT_THAT(OnlyFailure(examination, "agreement"), HasSubstr("none of its agreements"));
}

TEST_F(DoctorTest, AnAgencyWithoutAnAgreementInForceIsTold) {
  Examination examination = Healthy();
  examination.profile = ProfileWith(certificates_.OfClient(kStranger.uri()));
  EXPECT_THAT(OnlyFailure(examination, "agreement"), HasSubstr("is ENDED"));
}

TEST_F(DoctorTest, AClientThatActsByItsRoleAloneNeedsNoAgreement) {
  Examination examination = Healthy();
  examination.profile = ProfileWith(certificates_.OfClient(kAuditor.uri()));
  const std::vector<Step> steps = Diagnose(examination);
  EXPECT_EQ(NamesOf(steps, Outcome::kOk).size(), steps.size()) << Text(steps);
}

TEST_F(DoctorTest, APurposeThatNoAgreementNamesIsNamed) {
  Examination examination = Healthy();
  examination.purpose = "curiosity";
  const std::vector<Step> steps = Diagnose(examination);
  EXPECT_THAT(OnlyFailure(steps, "purpose"), HasSubstr("curiosity"));
  EXPECT_THAT(steps.back().next_step, HasSubstr(kHealthTrust.purpose));
  examination = Healthy();
  examination.profile->default_purpose.clear();
  EXPECT_EQ(OnlyFailure(examination, "purpose"), "no purpose is set");
}

}  // namespace
}  // namespace concordat::e2e
