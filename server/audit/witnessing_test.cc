// The log's side of witnessing, against real witnesses over https.
#include "server/audit/witnessing.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/https_server.h"
#include "tests/support/must.h"
#include "tests/support/real_witness.h"
#include "tlog/note.h"
#include "tlog/test_log.h"
#include "tlog/tree_proof.h"

namespace concordat::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using tlog::SignatureType;
using tlog::TestLog;

constexpr char kOrigin[] = "log.example/audit";
constexpr absl::Duration kPatience = absl::Seconds(20);

class WitnessingTest : public testing::Test {
 protected:
  WitnessingTest() {
    absl::MutexLock lock(&mutex_);
    log_key_ = log_.key();
  }

  void Watch(const server::v1::ServerConfig::Audit::Witness& witness) {
    *config_.add_witnesses() = witness;
    keys_.push_back(Must(tlog::VerifierKey::Parse(witness.verifier_key())));
  }
  void Start() {
    witnessing_.reset();
    witnessing_ = Must(Witnessing::Start(
        config_, [this](uint64_t old_size, uint64_t size) { return Prove(old_size, size); },
        [this](const std::string& text, const tlog::NoteSignature& signature) {
          Take(text, signature);
        },
        [this](bool contradicts) {
          absl::MutexLock lock(&mutex_);
          contradictions_.push_back(contradicts);
        }));
  }
  // Grows the log and publishes its checkpoint.
  void Publish(uint64_t size) {
    std::string note;
    {
      absl::MutexLock lock(&mutex_);
      log_.GrowTo(size);
      note = log_.Checkpoint();
    }
    witnessing_->Publish(size, note);
  }
  // Waits for the cosignature of the witness of a checkpoint of this size.
  testing::AssertionResult IsCosigned(size_t witness, uint64_t size) {
    const std::string wanted = absl::StrCat(keys_[witness].name(), " ", size);
    const auto is_there = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return std::find(cosigned_.begin(), cosigned_.end(), wanted) != cosigned_.end();
    };
    absl::MutexLock lock(&mutex_);
    if (mutex_.AwaitWithTimeout(absl::Condition(&is_there), kPatience)) {
      return testing::AssertionSuccess();
    }
    return testing::AssertionFailure() << "no cosignature " << wanted;
  }
  testing::AssertionResult HasFailed(size_t witness, int64_t times) {
    const std::atomic<int64_t>& failures = witnessing_->counters()[witness]->failures;
    const absl::Time deadline = absl::Now() + kPatience;
    while (failures < times && absl::Now() < deadline) absl::SleepFor(absl::Milliseconds(10));
    if (failures >= times) return testing::AssertionSuccess();
    return testing::AssertionFailure() << failures << " failures";
  }

  absl::StatusOr<std::vector<std::string>> Prove(uint64_t old_size, uint64_t size) {
    absl::MutexLock lock(&mutex_);
    return tlog::ConsistencyProof(old_size, size,
                                  [this](tlog::NodeId node) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                                    return log_.Node(node);
                                  });
  }
  void Take(const std::string& text, const tlog::NoteSignature& signature) {
    absl::MutexLock lock(&mutex_);
    const std::vector<std::string> lines = absl::StrSplit(text, '\n');
    cosigned_.push_back(absl::StrCat(signature.key_name, " ", lines[1]));
    bool verified = false;
    for (const tlog::VerifierKey& key : keys_) {
      verified |= key.IsNamedBy(signature) && key.Verify(text, signature).ok();
    }
    EXPECT_TRUE(verified);
  }
  // What was told of contradictions, in turn.
  std::vector<bool> contradictions() {
    absl::MutexLock lock(&mutex_);
    return contradictions_;
  }
  std::vector<std::string> cosigned() {
    absl::MutexLock lock(&mutex_);
    return cosigned_;
  }

  absl::Mutex mutex_;
  TestLog log_ ABSL_GUARDED_BY(mutex_){kOrigin};
  std::vector<std::string> cosigned_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> contradictions_ ABSL_GUARDED_BY(mutex_);
  std::optional<tlog::VerifierKey> log_key_;
  server::v1::ServerConfig::Audit config_;
  std::vector<tlog::VerifierKey> keys_;
  std::unique_ptr<Witnessing> witnessing_;
};

TEST_F(WitnessingTest, EveryWitnessCosignsAsTheLogGrows) {
  e2e::RealWitness first("witness.example/1", '1', *log_key_);
  e2e::RealWitness second("witness.example/2", '2', *log_key_);
  Watch(first.config());
  Watch(second.config());
  Start();
  for (const uint64_t size : {1, 2, 7, 300}) {
    Publish(size);
    EXPECT_TRUE(IsCosigned(0, size));
    EXPECT_TRUE(IsCosigned(1, size));
  }
  EXPECT_EQ(witnessing_->counters()[0]->cosigned, 4);
  // An older one that comes late is no news.
  TestLog earlier(kOrigin);
  earlier.GrowTo(7);
  witnessing_->Publish(7, earlier.Checkpoint());
  Publish(301);
  EXPECT_TRUE(IsCosigned(0, 301));
  EXPECT_EQ(witnessing_->counters()[0]->failures, 0);
}

TEST_F(WitnessingTest, AfterARestartItGoesOnFromTheSizeThatTheWitnessNames) {
  e2e::RealWitness witness("witness.example/1", '1', *log_key_);
  Watch(witness.config());
  Start();
  Publish(5);
  ASSERT_TRUE(IsCosigned(0, 5));
  Start();
  Publish(12);
  EXPECT_TRUE(IsCosigned(0, 12));
  EXPECT_EQ(witnessing_->counters()[0]->failures, 0);
}

TEST_F(WitnessingTest, AnOutageIsToldOnceAndItsEndOnceAndOnlyTheNewestIsSentThen) {
  e2e::RealWitness witness("witness.example/1", '1', *log_key_);
  Watch(witness.config());
  Start();
  Publish(1);
  ASSERT_TRUE(IsCosigned(0, 1));
  witness.Stop();
  testing::internal::CaptureStderr();
  for (const uint64_t size : {2, 3, 4}) Publish(size);
  EXPECT_TRUE(HasFailed(0, 2));
  EXPECT_TRUE(witnessing_->counters()[0]->failing);
  Publish(5);
  witness.Start();
  EXPECT_TRUE(IsCosigned(0, 5));
  EXPECT_FALSE(witnessing_->counters()[0]->failing);
  Publish(6);
  EXPECT_TRUE(IsCosigned(0, 6));
  const std::string logged = testing::internal::GetCapturedStderr();
  const auto times = [&](const char* event) {
    return std::vector<std::string>(absl::StrSplit(logged, absl::StrCat("\"", event, "\"")))
               .size() -
           1;
  };
  EXPECT_EQ(times("witness_failed"), 1U) << logged;
  EXPECT_EQ(times("witness_is_back"), 1U) << logged;
  EXPECT_EQ(times("witness_objects"), 0U) << logged;
  EXPECT_THAT(contradictions(), testing::IsEmpty());
  EXPECT_THAT(cosigned(),
              ElementsAre("witness.example/1 1", "witness.example/1 5", "witness.example/1 6"));
}

TEST_F(WitnessingTest, ADeadWitnessHoldsUpNobody) {
  e2e::HttpsServer silent({e2e::Certificates::Get().Read("server")});
  silent.ServeNothing();
  e2e::RealWitness good("witness.example/2", '2', *log_key_);
  server::v1::ServerConfig::Audit::Witness dead = good.config();
  dead.set_url(absl::StrCat("https://127.0.0.1:", silent.port()));
  dead.set_verifier_key(
      tlog::TestKey("witness.example/1", SignatureType::kCosignatureV1).verifier().ToString());
  Watch(dead);
  Watch(good.config());
  Start();
  for (const uint64_t size : {1, 2, 3}) {
    Publish(size);
    EXPECT_TRUE(IsCosigned(1, size));
  }
  // The request to the dead one is still under way.
  const absl::Time begun = absl::Now();
  witnessing_->Stop();
  EXPECT_LT(absl::Now() - begun, absl::Seconds(5));
}

TEST_F(WitnessingTest, AWitnessThatCosignedAnotherHistoryObjects) {
  e2e::RealWitness witness("witness.example/1", '1', *log_key_);
  Watch(witness.config());
  Start();
  Publish(5);
  ASSERT_TRUE(IsCosigned(0, 5));
  witnessing_.reset();
  testing::internal::CaptureStderr();
  witnessing_ = Must(Witnessing::Start(
      config_, [](uint64_t, uint64_t) { return std::vector<std::string>{std::string(32, 'x')}; },
      [](const std::string&, const tlog::NoteSignature&) { FAIL() << "a fork was cosigned"; },
      [this](bool contradicts) {
        absl::MutexLock lock(&mutex_);
        contradictions_.push_back(contradicts);
      }));
  TestLog fork(kOrigin);
  fork.Append("another first record");
  fork.GrowTo(9);
  witnessing_->Publish(9, fork.Checkpoint());
  EXPECT_TRUE(HasFailed(0, 1));
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("witness_objects"));
  EXPECT_THAT(contradictions(), ElementsAre(true));
}

TEST_F(WitnessingTest, AnotherHistoryOfTheSameLengthIsAContradictionToo) {
  e2e::RealWitness witness("witness.example/1", '1', *log_key_);
  Watch(witness.config());
  Start();
  Publish(5);
  ASSERT_TRUE(IsCosigned(0, 5));
  Start();
  TestLog fork(kOrigin);
  fork.GrowTo(4);
  fork.Append("another fifth record");
  witnessing_->Publish(5, fork.Checkpoint());
  EXPECT_TRUE(HasFailed(0, 1));
  EXPECT_THAT(contradictions(), ElementsAre(true));
}

TEST_F(WitnessingTest, ALogThatWasPutBackIsToldSo) {
  e2e::RealWitness witness("witness.example/1", '1', *log_key_);
  Watch(witness.config());
  Start();
  Publish(9);
  ASSERT_TRUE(IsCosigned(0, 9));
  Start();
  TestLog earlier(kOrigin);
  earlier.GrowTo(4);
  testing::internal::CaptureStderr();
  witnessing_->Publish(4, earlier.Checkpoint());
  EXPECT_TRUE(HasFailed(0, 1));
  const std::string logged = testing::internal::GetCapturedStderr();
  EXPECT_THAT(logged, HasSubstr("witness_objects"));
  EXPECT_THAT(logged, HasSubstr("cosigned a log of 9 records, and this one has 4"));
  EXPECT_THAT(contradictions(), ElementsAre(true));
  // Once it has what the witness has seen, all is well again.
  Publish(12);
  EXPECT_TRUE(IsCosigned(0, 12));
  EXPECT_THAT(contradictions(), ElementsAre(true, false));
}

TEST_F(WitnessingTest, WhatIsNoCosignatureOfTheConfiguredKeyIsNotTaken) {
  const tlog::SignerKey key = tlog::TestKey("witness.example/1", SignatureType::kCosignatureV1);
  const tlog::SignerKey other =
      tlog::TestKey("witness.example/1", SignatureType::kCosignatureV1, 'o');
  const std::string text = [&] {
    absl::MutexLock lock(&mutex_);
    log_.GrowTo(3);
    return Must(tlog::ParseNote(log_.Checkpoint())).text;
  }();
  const auto line = [](const tlog::NoteSignature& signature, const std::string& of) {
    return Must(tlog::FormatNote({of, {signature}})).substr(of.size() + 1);
  };
  const auto ok = [](const std::string& body) {
    return absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
  };
  tlog::NoteSignature forged = Must(other.Cosign(text, absl::Now()));
  forged.key_id = key.verifier().id();
  const std::string conflict = "HTTP/1.1 409 Conflict\r\nContent-Length: 2\r\n";
  const std::vector<std::string> answers = {
      ok(""),
      ok("nonsense\n"),
      ok(line(forged, text)),
      ok(line(Must(other.Cosign(text, absl::Now())), text)),
      ok(line(Must(key.Cosign("another text\n", absl::Now())), text)),
      ok(line(Must(key.Cosign(text, absl::UnixEpoch())), text)),
      ok(std::string(100000, 'x')),
      conflict + "\r\n0\n",
      conflict + "Content-Type: text/x.tlog.size\r\n\r\nx\n",
      conflict + "Content-Type: text/x.tlog.size\r\n\r\n9\n",
      conflict + "Content-Type: text/x.tlog.size\r\n\r\n0\n",
      "HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
      "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n",
      "garbage",
  };
  e2e::HttpsServer server({e2e::Certificates::Get().Read("server")});
  server::v1::ServerConfig::Audit::Witness config;
  config.set_url(absl::StrCat("https://127.0.0.1:", server.port(), "/"));
  config.set_verifier_key(key.verifier().ToString());
  config.set_ca_file(e2e::Certificates::Get().Path("ca.crt"));
  std::string note;
  {
    absl::MutexLock lock(&mutex_);
    note = log_.Checkpoint();
  }
  const std::atomic<bool> cancelled{false};
  for (const std::string& answer : answers) {
    server.ServeRaw(answer);
    WitnessClient client = Must(WitnessClient::Create(
        config, [](uint64_t, uint64_t) { return std::vector<std::string>(); }));
    EXPECT_FALSE(client.Cosign({3, text, note}, cancelled).ok()) << answer;
  }
  // As large as this log, and asked from there in conflict still: of another root.
  server.ServeRaw(conflict + "Content-Type: text/x.tlog.size\r\n\r\n3\n");
  WitnessClient asks = Must(
      WitnessClient::Create(config, [](uint64_t, uint64_t) { return std::vector<std::string>(); }));
  EXPECT_EQ(asks.Cosign({3, text, note}, cancelled).status().code(),
            absl::StatusCode::kFailedPrecondition);
  // The same with a good one, so that the above is refused for what it is.
  server.ServeRaw(ok(line(Must(other.Cosign(text, absl::Now())), text) +
                     line(Must(key.Cosign(text, absl::Now())), text)));
  WitnessClient client = Must(
      WitnessClient::Create(config, [](uint64_t, uint64_t) { return std::vector<std::string>(); }));
  EXPECT_TRUE(client.Cosign({3, text, note}, cancelled).ok());
  EXPECT_THAT(server.last_request(), StartsWith("POST /add-checkpoint HTTP/1.1\r\n"));
  EXPECT_EQ(server.last_body(), absl::StrCat("old 0\n\n", note));
}

TEST_F(WitnessingTest, AKeyOfAnotherTypeStopsTheStart) {
  server::v1::ServerConfig::Audit::Witness& witness = *config_.add_witnesses();
  witness.set_url("https://127.0.0.1:1");
  witness.set_verifier_key(log_key_->ToString());
  EXPECT_EQ(Witnessing::Start(config_, {}, {}, {}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace concordat::audit
