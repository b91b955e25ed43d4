#include "tests/support/call.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "base/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/slice.h"

namespace concordat::e2e {
namespace {

constexpr char kReceiptKey[] = "concordat-receipt-bin";
constexpr char kQuotaKey[] = "concordat-quota";
constexpr std::chrono::seconds kPatience(30);

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return {&slice, 1};
}

std::string BytesOf(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Valid() || !buffer.Dump(&slices).ok()) return {};
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

void Prepare(grpc::ClientContext& context, const Metadata& metadata) {
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
}

}  // namespace

absl::Status Outcome::error() const {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status proto;
  if (!status.error_details().empty() && proto.ParseFromString(status.error_details())) {
    return FromProto(proto);
  }
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

v1::ErrorReason Outcome::reason() const { return ReasonOf(error()); }

std::string Outcome::Text() const {
  return absl::StrCat(static_cast<int>(status.error_code()), " ", v1::ErrorReason_Name(reason()),
                      ": ", status.error_message());
}

std::optional<v1::Receipt> ReceiptOf(const grpc::ClientContext& context) {
  const auto& trailing = context.GetServerTrailingMetadata();
  const auto found = trailing.find(kReceiptKey);
  v1::Receipt receipt;
  if (found == trailing.end() ||
      !receipt.ParseFromArray(found->second.data(), static_cast<int>(found->second.size()))) {
    return std::nullopt;
  }
  return receipt;
}

std::vector<std::string> QuotasOf(const grpc::ClientContext& context) {
  std::vector<std::string> quotas;
  const auto found = context.GetServerTrailingMetadata().equal_range(kQuotaKey);
  for (auto entry = found.first; entry != found.second; ++entry) {
    quotas.emplace_back(entry->second.data(), entry->second.size());
  }
  return quotas;
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const KeyPair& key_pair,
                                           grpc::ChannelArguments arguments) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = Certificates::Get().Authority();
  options.pem_cert_chain = key_pair.certificate;
  options.pem_private_key = key_pair.key;
  arguments.SetSslTargetNameOverride("localhost");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel(address, grpc::SslCredentials(options), arguments);
}

grpc::ChannelArguments WithSmallWindow() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 * 1024);
  return arguments;
}

Outcome Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
             const std::string& request, const Metadata& metadata) {
  grpc::ClientContext context;
  Prepare(context, metadata);
  const grpc::ByteBuffer request_buffer = BufferOf(request);
  grpc::ByteBuffer reply;
  Outcome outcome;
  absl::Notification done;
  grpc::GenericStub stub(channel);
  stub.UnaryCall(&context, path, grpc::StubOptions(), &request_buffer, &reply,
                 [&](grpc::Status status) {
                   outcome.status = std::move(status);
                   done.Notify();
                 });
  done.WaitForNotification();
  if (outcome.ok()) outcome.reply = BytesOf(reply);
  outcome.receipt = ReceiptOf(context);
  outcome.quotas = QuotasOf(context);
  return outcome;
}

StreamCall::StreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                       const Metadata& metadata)
    : stub_(channel) {
  Prepare(context_, metadata);
  call_ = stub_.PrepareCall(&context_, path, &queue_);
  call_->StartCall(this);
  Wait();
}

StreamCall::~StreamCall() {
  if (!finished_) {
    Cancel();
    Finish();
  }
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool StreamCall::Wait() {
  void* tag = nullptr;
  bool ok = false;
  return queue_.Next(&tag, &ok) && ok;
}

bool StreamCall::Write(const std::string& message) {
  call_->Write(BufferOf(message), this);
  return Wait();
}

bool StreamCall::CloseWrites() {
  call_->WritesDone(this);
  return Wait();
}

std::optional<std::string> StreamCall::Read() {
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, this);
  if (!Wait()) return std::nullopt;
  return BytesOf(buffer);
}

Outcome StreamCall::Finish() {
  Outcome outcome;
  call_->Finish(&outcome.status, this);
  Wait();
  finished_ = true;
  outcome.receipt = ReceiptOf(context_);
  outcome.quotas = QuotasOf(context_);
  return outcome;
}

}  // namespace concordat::e2e
