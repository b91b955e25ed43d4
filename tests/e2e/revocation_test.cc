// Certificates that their authority revokes while partners call.
#include <grpc/grpc_security.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "base/civil_time.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/test_partnership.h"

namespace concordat::e2e {
namespace {

const std::string kWhoAmI = PathOf(*v1::WhoAmIRequest::descriptor());

// A partnership whose server reads revocation lists, with the police's
// certificate to be revoked.
class RevocationTest : public testing::Test {
 protected:
  // `list` is what the file holds at the start; nothing for no file.
  void StartWith(const std::optional<std::string>& list, bool required,
                 const Clock* clock = nullptr) {
    if (list.has_value()) WriteWhole(file_, *list);
    TestPartnership::Options options;
    options.clock = clock;
    options.configure = [&](server::v1::ServerConfig& config) {
      config.mutable_tls()->set_crl_file(file_);
      config.mutable_tls()->set_crl_required(required);
      config.set_health_address("127.0.0.1:0");
    };
    partnership_.emplace(options);
  }
  Outcome WhoAmI(const Partner& partner = kPolice) {
    return partnership_->Call(partner, kWhoAmI, "");
  }
  // The first outcome that `wanted` accepts, or the last one after 2 s.
  Outcome Until(const std::function<bool(const Outcome&)>& wanted,
                const Partner& partner = kPolice) {
    const absl::Time deadline = absl::Now() + absl::Seconds(2);
    Outcome outcome;
    do {
      outcome = WhoAmI(partner);
    } while (!wanted(outcome) && absl::Now() < deadline);
    return outcome;
  }
  Outcome UntilRefused() {
    return Until([](const Outcome& outcome) { return !outcome.ok(); });
  }
  Outcome UntilServed() {
    return Until([](const Outcome& outcome) { return outcome.ok(); });
  }
  // What health says: `\x08\x01` is SERVING, `\x08\x02` NOT_SERVING.
  std::string Health() {
    return Call(grpc::CreateChannel(partnership_->server().health_address(),
                                    grpc::InsecureChannelCredentials()),
                "/grpc.health.v1.Health/Check", "")
        .reply;
  }
  bool HealthSays(const std::string& wanted) {
    const absl::Time deadline = absl::Now() + absl::Seconds(2);
    while (Health() != wanted && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(50));
    return Health() == wanted;
  }

  // An extract by the board that stands still, since nobody reads on; returns when
  // the certificate is refused.
  void OpenStreamOfTheBoardAndRevokeIt() {
    const KeyPair board = certificates_.OfClient(kBoard.uri());
    v1::ExtractObservationsRequest request;
    request.set_parent("releases/papers-2018");
    request.set_format(v1::ExtractObservationsRequest::NDJSON);
    stream_.emplace(MakeChannel(partnership_->server().address(), board, WithSmallWindow()),
                    PathOf(*request.descriptor()), TestPartnership::PurposeOf(kBoard));
    ASSERT_TRUE(stream_->Write(request.SerializeAsString()));
    stream_->CloseWrites();
    ASSERT_TRUE(stream_->Read().has_value());
    WriteWhole(file_, certificates_.RevocationList({board}));
    ASSERT_TRUE(RefusedWith(Until([](const Outcome& outcome) { return !outcome.ok(); }, kBoard),
                            v1::CERTIFICATE_REVOKED));
  }

  const std::string kServing = "\x08\x01";
  const std::string kNotServing = "\x08\x02";
  const Certificates& certificates_ = Certificates::Get();
  const KeyPair police_ = certificates_.OfClient(kPolice.uri());
  const std::string revoking_ = certificates_.RevocationList({police_});
  const std::string empty_ = certificates_.RevocationList({});
  const TemporaryFolder folder_;
  const std::string file_ = folder_.Path("clients.crl");
  // Two days ago, for those that give it to the server, which it has to outlive.
  FakeClock clock_{absl::Now() - absl::Hours(48)};
  std::optional<TestPartnership> partnership_;
  std::optional<StreamCall> stream_;
};

TEST_F(RevocationTest, ARevokedCertificateIsRefusedOnAConnectionThatIsOpen) {
  StartWith(empty_, false);
  ASSERT_TRUE(WhoAmI().ok());
  WriteWhole(file_, revoking_);
  const Outcome refused = UntilRefused();
  EXPECT_TRUE(RefusedWith(refused, v1::CERTIFICATE_REVOKED));
  EXPECT_EQ(partnership_->RecordFor(refused).client(), kPolice.client_name());
  EXPECT_TRUE(WhoAmI(kBoard).ok());
  WriteWhole(file_, empty_);
  EXPECT_TRUE(UntilServed().ok());
}

TEST_F(RevocationTest, ARevokedCertificateIsRefusedOnAResumedSession) {
  StartWith(empty_, false);
  grpc_ssl_session_cache* const cache = grpc_ssl_session_cache_create_lru(4);
  const grpc_arg argument = grpc_ssl_session_cache_create_channel_arg(cache);
  grpc::ChannelArguments arguments;
  arguments.SetPointerWithVtable(argument.key, argument.value.pointer.p,
                                 argument.value.pointer.vtable);
  const auto connect = [&] {
    return MakeChannel(partnership_->server().address(), police_, arguments);
  };
  ASSERT_TRUE(Call(connect(), kWhoAmI, "").ok());
  const Outcome resumed = Call(connect(), kWhoAmI, "");
  ASSERT_TRUE(resumed.ok()) << resumed.Text();
  ASSERT_TRUE(partnership_->RecordFor(resumed).tls_resumed());

  WriteWhole(file_, revoking_);
  ASSERT_TRUE(RefusedWith(UntilRefused(), v1::CERTIFICATE_REVOKED));
  const Outcome refused = Call(connect(), kWhoAmI, "");
  EXPECT_TRUE(RefusedWith(refused, v1::CERTIFICATE_REVOKED));
  EXPECT_TRUE(partnership_->RecordFor(refused).tls_resumed());
  grpc_ssl_session_cache_destroy(cache);
}

TEST_F(RevocationTest, AnOpenStreamOfARevokedCertificateIsCut) {
  StartWith(empty_, false);
  OpenStreamOfTheBoardAndRevokeIt();
  while (stream_->Read().has_value()) {
  }
  EXPECT_TRUE(RefusedWith(stream_->Finish(), v1::ACCESS_ENDED));
}

TEST_F(RevocationTest, AnOpenStreamThatNobodyReadsIsCutWithinASecond) {
  StartWith(empty_, false);
  OpenStreamOfTheBoardAndRevokeIt();
  const absl::Time refused = absl::Now();
  std::optional<v1::AuditRecord> ending;
  while (!ending.has_value() && absl::Now() < refused + absl::Seconds(10)) {
    absl::SleepFor(absl::Milliseconds(20));
    for (const StoredRecord& stored : ReadAudit(partnership_->database_path())) {
      if (stored.record.event() == v1::AuditRecord::STREAM_ENDED) ending = stored.record;
    }
  }
  ASSERT_TRUE(ending.has_value());
  EXPECT_LE(ToTime(ending->time()) - refused, absl::Seconds(1));
  EXPECT_EQ(ending->reason(), "ACCESS_ENDED");
}

TEST_F(RevocationTest, ARequiredListThatIsMissingAdmitsNobodyUntilItIsThere) {
  StartWith(std::nullopt, true);
  EXPECT_TRUE(RefusedWith(WhoAmI(), v1::REVOCATION_UNKNOWN));
  EXPECT_TRUE(RefusedWith(WhoAmI(kAdmin), v1::REVOCATION_UNKNOWN));
  EXPECT_TRUE(HealthSays(kNotServing));
  EXPECT_EQ(partnership_->server().tls_counters().lists_refused, 1);
  WriteWhole(file_, revoking_);
  EXPECT_TRUE(Until([](const Outcome& outcome) { return outcome.ok(); }, kAdmin).ok());
  EXPECT_TRUE(RefusedWith(WhoAmI(), v1::CERTIFICATE_REVOKED));
  EXPECT_TRUE(HealthSays(kServing));
}

TEST_F(RevocationTest, ARequiredListThatIsForgedOrPastAdmitsNobody) {
  const KeyPair forger = {certificates_.Authority(), certificates_.Read("untrusted-ca").key};
  const std::string bad[] = {
      Certificates::RevocationListOf(forger, {}),
      certificates_.RevocationList({}, Certificates::kLongAgo, absl::Now() - absl::Hours(1)),
      "nonsense"};
  for (const std::string& list : bad) {
    StartWith(list, true);
    EXPECT_TRUE(RefusedWith(WhoAmI(), v1::REVOCATION_UNKNOWN));
    EXPECT_TRUE(HealthSays(kNotServing));
  }
}

TEST_F(RevocationTest, ABadListThatIsNotRequiredKeepsNobodyOut) {
  StartWith("nonsense", false);
  EXPECT_TRUE(WhoAmI().ok());
  EXPECT_TRUE(HealthSays(kServing));
  EXPECT_EQ(partnership_->server().tls_counters().lists_refused, 1);
}

TEST_F(RevocationTest, ABadNewListKeepsTheLastGoodOneUntilItsEnd) {
  // In the past, so that no deadline is behind the server's clock_.
  const absl::Time start = clock_.Now();
  StartWith(
      certificates_.RevocationList({police_}, Certificates::kLongAgo, start + absl::Hours(24)),
      true, &clock_);
  ASSERT_TRUE(RefusedWith(WhoAmI(), v1::CERTIFICATE_REVOKED));
  WriteWhole(file_, "nonsense");
  const absl::Time deadline = absl::Now() + absl::Seconds(3);
  while (partnership_->server().tls_counters().lists_refused == 0 && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(20));
  }
  EXPECT_EQ(partnership_->server().tls_counters().lists_refused, 1);
  EXPECT_TRUE(RefusedWith(WhoAmI(), v1::CERTIFICATE_REVOKED));
  EXPECT_TRUE(WhoAmI(kBoard).ok());
  clock_.Set(absl::FromUnixSeconds(absl::ToUnixSeconds(start)) + absl::Hours(24) -
             absl::Microseconds(1));
  EXPECT_TRUE(WhoAmI(kBoard).ok());
  clock_.Advance(absl::Seconds(1));
  EXPECT_TRUE(RefusedWith(WhoAmI(kBoard), v1::REVOCATION_UNKNOWN));
  EXPECT_TRUE(HealthSays(kNotServing));
  // What was revoked stays so, and a clock that is set back admits again.
  EXPECT_TRUE(RefusedWith(WhoAmI(), v1::CERTIFICATE_REVOKED));
  clock_.Set(start);
  EXPECT_TRUE(WhoAmI(kBoard).ok());
  EXPECT_TRUE(HealthSays(kServing));
}

}  // namespace
}  // namespace concordat::e2e
