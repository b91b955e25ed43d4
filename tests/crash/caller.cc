#include "tests/crash/caller.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/digest.h"
#include "concordat/v1/audit_service.pb.h"
#include "concordat/v1/directory_service.pb.h"
#include "concordat/v1/plan_service.pb.h"
#include "concordat/v1/release_service.pb.h"
#include "tests/support/certificates.h"
#include "tests/support/must.h"
#include "tests/support/test_partnership.h"
#include "tlog/big_endian.h"

namespace concordat::crash {
namespace {

using e2e::kAdmin;
using e2e::kBoard;
using e2e::Metadata;
using e2e::PathOf;
using e2e::TestPartnership;

std::shared_ptr<grpc::Channel> ChannelOf(const std::string& address, const e2e::Partner& partner) {
  return e2e::MakeChannel(address, e2e::Certificates::Get().OfClient(partner.uri()));
}

// A call that nobody has seen yet, and `metadata` with its trace.
SeenCall Begin(Metadata& metadata) {
  // Unique in the process, and random before that: a database outlives none.
  static const std::string prefix = [] {
    const std::string bytes = RandomBytes(8);
    std::string text;
    for (const char byte : bytes) absl::StrAppendFormat(&text, "%02x", static_cast<uint8_t>(byte));
    return text;
  }();
  static std::atomic<uint64_t> calls{0};
  SeenCall seen;
  seen.trace_id = absl::StrFormat("%s%016x", prefix, ++calls);
  metadata.emplace_back("traceparent", absl::StrCat("00-", seen.trace_id, "-0000000000000001-00"));
  return seen;
}

// A message as the digest of an answer takes it.
void TakeMessage(const std::string& message, Sha256& digest) {
  std::string length;
  tlog::AppendBigEndian(static_cast<uint32_t>(message.size()), length);
  digest.Update(length);
  digest.Update(message);
}

SeenCall CallOnce(const std::shared_ptr<grpc::Channel>& channel,
                  const google::protobuf::Message& request, Metadata metadata) {
  SeenCall seen = Begin(metadata);
  seen.outcome =
      e2e::Call(channel, PathOf(*request.GetDescriptor()), request.SerializeAsString(), metadata);
  if (seen.outcome.ok()) {
    Sha256 digest;
    TakeMessage(seen.outcome.reply, digest);
    seen.messages = 1;
    seen.response_digest = digest.Finish();
  }
  return seen;
}

v1::GetActionRequest ReadAnAction() {
  v1::GetActionRequest request;
  request.set_name("plans/development-2018/actions/1.2.1");
  return request;
}

// A change of both agencies that every call gives other names.
const v1::ApplyDirectoryRequest& Renaming() {
  static const v1::ApplyDirectoryRequest* const renaming = [] {
    const auto all = e2e::ReadDataFile<v1::ApplyDirectoryRequest>("directory.yaml");
    auto* const request = new v1::ApplyDirectoryRequest();
    for (const char* const name : kRenamed) {
      for (const v1::Agency& agency : all.agencies()) {
        if (agency.name() == name) *request->add_agencies() = agency;
      }
    }
    if (request->agencies_size() != 2) Die("the data set has not both agencies");
    return request;
  }();
  return *renaming;
}

}  // namespace

Caller::Caller(const std::string& address)
    : board_(ChannelOf(address, kBoard)), administrator_(ChannelOf(address, kAdmin)) {}

SeenCall Caller::Read() {
  return CallOnce(board_, ReadAnAction(), TestPartnership::PurposeOf(kBoard));
}

SeenCall Caller::BeRefused() { return CallOnce(board_, ReadAnAction(), {}); }

SeenCall Caller::Change(const std::string& name) {
  v1::ApplyDirectoryRequest request = Renaming();
  for (v1::Agency& agency : *request.mutable_agencies()) agency.set_display_name(name);
  SeenCall seen = CallOnce(administrator_, request, {{"concordat-request-id", name}});
  seen.change = name;
  return seen;
}

SeenCall Caller::ReadCheckpoint() {
  SeenCall seen = CallOnce(board_, v1::GetCheckpointRequest(), {});
  v1::Checkpoint checkpoint;
  if (seen.outcome.ok() && checkpoint.ParseFromString(seen.outcome.reply)) {
    seen.checkpoint = checkpoint.note();
  }
  return seen;
}

SeenCall Caller::Extract() {
  v1::ExtractObservationsRequest request;
  request.set_parent("releases/papers-2018");
  request.set_format(v1::ExtractObservationsRequest::CSV);
  Metadata metadata = TestPartnership::PurposeOf(kBoard);
  SeenCall seen = Begin(metadata);
  seen.is_stream = true;
  e2e::StreamCall call(board_, PathOf(*request.GetDescriptor()), metadata);
  call.Write(request.SerializeAsString());
  call.CloseWrites();
  Sha256 digest;
  while (const std::optional<std::string> message = call.Read()) {
    TakeMessage(*message, digest);
    ++seen.messages;
  }
  seen.response_digest = digest.Finish();
  seen.outcome = call.Finish();
  return seen;
}

template <typename Call>
void Traffic::Begin(const std::string& address, Ledger& ledger, Call call) {
  threads_.emplace_back([this, address, &ledger, call]() mutable {
    Caller caller(address);
    for (int i = 0; !stop_.load(); ++i) {
      SeenCall seen = call(caller, i);
      const bool gone = seen.cut_off();
      ledger.Add(std::move(seen));
      if (gone) return;
    }
  });
}

Traffic::Traffic(const std::string& address, const std::string& name, Ledger& ledger) {
  for (int i = 0; i < 3; ++i) {
    Begin(address, ledger, [](Caller& caller, int number) {
      if (number % 20 == 0) return caller.ReadCheckpoint();
      return number % 3 == 2 ? caller.BeRefused() : caller.Read();
    });
  }
  Begin(address, ledger, [name](Caller& caller, int number) {
    return caller.Change(absl::StrCat(name, "-", number));
  });
  Begin(address, ledger, [](Caller& caller, int /*number*/) { return caller.Extract(); });
}

void Traffic::Stop() {
  stop_.store(true);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace concordat::crash
