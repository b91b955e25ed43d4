// Calls of any method with any bytes, and all that comes back.
#ifndef CONCORDAT_TESTS_SUPPORT_CALL_H_
#define CONCORDAT_TESTS_SUPPORT_CALL_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "concordat/v1/audit.pb.h"
#include "concordat/v1/error_reason.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/channel_arguments.h"
#include "tests/support/certificates.h"

namespace concordat::e2e {

// Keys and values that travel beside a request, in order.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// How a call ended, as the caller sees it.
struct Outcome {
  grpc::Status status;
  // The bytes of the answer. Empty when there was none.
  std::string reply;
  // Nothing when the server sent none that can be read.
  std::optional<v1::Receipt> receipt;
  // How the server says that quotas stand, in its words.
  std::vector<std::string> quotas;

  bool ok() const { return status.ok(); }
  // The error with its payloads.
  absl::Status error() const;
  v1::ErrorReason reason() const;
  // The reason's name and the words, for messages of failed tests.
  std::string Text() const;
};

// A channel of its own connection to `address` with these credentials, that
// believes in the throwaway authority. `arguments` may ask for more.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address, const KeyPair& key_pair,
                                           grpc::ChannelArguments arguments = {});

// For MakeChannel: the transport takes at most 64 KiB that its reader has not
// asked for, so that a stream that is not read stands still.
grpc::ChannelArguments WithSmallWindow();

// Calls the method of `path` with `request` and waits for the end, at most 30 s.
Outcome Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
             const std::string& request, const Metadata& metadata = {});

// A call whose messages are sent and read one at a time. Not thread-safe.
class StreamCall {
 public:
  StreamCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
             const Metadata& metadata = {});
  ~StreamCall();
  StreamCall(const StreamCall&) = delete;
  StreamCall& operator=(const StreamCall&) = delete;

  // Sends one message. False when the call has ended.
  bool Write(const std::string& message);
  // Says that no other message comes.
  bool CloseWrites();
  // The next message; nothing at the end of the stream.
  std::optional<std::string> Read();
  // Waits for the end. Call once, after Read gave nothing or after Cancel.
  Outcome Finish();
  void Cancel() { context_.TryCancel(); }

 private:
  bool Wait();

  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  grpc::GenericStub stub_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call_;
  bool finished_ = false;
};

// The receipt in a call's trailing metadata.
std::optional<v1::Receipt> ReceiptOf(const grpc::ClientContext& context);
// The standings of quotas there.
std::vector<std::string> QuotasOf(const grpc::ClientContext& context);

}  // namespace concordat::e2e

#endif  // CONCORDAT_TESTS_SUPPORT_CALL_H_
