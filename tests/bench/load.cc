#include "tests/bench/load.h"

#include <algorithm>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/support/byte_buffer.h"
#include "tests/bench/process_cpu.h"

namespace concordat::bench {
namespace {

constexpr char kReceiptKey[] = "concordat-receipt-bin";
// A server that hangs ends the run instead of holding it for ever.
constexpr std::chrono::seconds kDeadline{30};

// What the lanes of one run share.
struct LoadRun {
  const Endpoint& endpoint;
  const Calls& calls;
  const std::vector<grpc::ByteBuffer>& requests;
  absl::Time end;
  grpc::CompletionQueue queue;
  int lanes_running = 0;
  absl::Status first_failure;
};

// One call after the other: the next one starts when the last one was answered.
class Lane final {
 public:
  Lane(LoadRun& run, grpc::GenericStub& stub, size_t first_request, size_t stride)
      : run_(run), stub_(stub), next_request_(first_request), stride_(stride) {}

  // Starts a call; its answer is told by the run's queue.
  void Start() {
    context_.emplace();
    context_->set_deadline(std::chrono::system_clock::now() + kDeadline);
    for (const auto& [key, value] : run_.calls.metadata) context_->AddMetadata(key, value);
    reply_.Clear();
    const grpc::ByteBuffer& request = run_.requests[next_request_ % run_.requests.size()];
    next_request_ += stride_;
    started_ = absl::Now();
    call_ = stub_.PrepareUnaryCall(&*context_, run_.endpoint.method, request, &run_.queue);
    call_->StartCall();
    call_->Finish(&reply_, &status_, this);
  }

  // Takes the answer, and starts the next call while the run lasts.
  void OnAnswered() {
    const absl::Time now = absl::Now();
    micros_.push_back(static_cast<float>(absl::ToDoubleMicroseconds(now - started_)));
    reply_bytes_ += static_cast<int64_t>(reply_.Length());
    if (!status_.ok()) {
      run_.first_failure.Update(absl::Status(static_cast<absl::StatusCode>(status_.error_code()),
                                             status_.error_message()));
    } else if (run_.endpoint.has_receipt &&
               context_->GetServerTrailingMetadata().count(kReceiptKey) != 1) {
      run_.first_failure.Update(absl::DataLossError("an answer has no receipt"));
    }
    if (now < run_.end && run_.first_failure.ok()) {
      Start();
    } else {
      --run_.lanes_running;
    }
  }

  const std::vector<float>& micros() const { return micros_; }
  int64_t reply_bytes() const { return reply_bytes_; }

 private:
  LoadRun& run_;
  grpc::GenericStub& stub_;
  size_t next_request_;
  const size_t stride_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncResponseReader> call_;
  grpc::ByteBuffer reply_;
  grpc::Status status_;
  absl::Time started_;
  std::vector<float> micros_;
  int64_t reply_bytes_ = 0;
};

// The value that `share` of the values are not above.
double Percentile(std::vector<float>& values, double share) {
  const auto index = static_cast<ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<size_t>(index)];
}

}  // namespace

Load::Load(Endpoint endpoint, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
           int channels)
    : endpoint_(std::move(endpoint)) {
  for (int i = 0; i < channels; ++i) {
    grpc::ChannelArguments arguments;
    // Else all channels to one address share a connection.
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stubs_.push_back(std::make_unique<grpc::GenericStub>(
        grpc::CreateCustomChannel(endpoint_.target, credentials, arguments)));
  }
}

absl::StatusOr<Measurement> Load::Run(const Calls& calls, int outstanding,
                                      absl::Duration duration) {
  std::vector<grpc::ByteBuffer> requests;
  for (const std::string& request : calls.requests) {
    const grpc::Slice slice(request);
    requests.emplace_back(&slice, 1);
  }
  ASSIGN_OR_RETURN(const absl::Duration cpu_before, ProcessCpu(endpoint_.pid));
  const absl::Time start = absl::Now();
  LoadRun run{endpoint_, calls, requests, start + duration};
  std::vector<std::unique_ptr<Lane>> lanes;
  for (int i = 0; i < outstanding; ++i) {
    const auto lane = static_cast<size_t>(i);
    lanes.push_back(std::make_unique<Lane>(run, *stubs_[lane % stubs_.size()], lane,
                                           static_cast<size_t>(outstanding)));
  }
  run.lanes_running = outstanding;
  for (const auto& lane : lanes) lane->Start();
  void* tag = nullptr;
  bool ok = false;
  while (run.lanes_running > 0 && run.queue.Next(&tag, &ok)) {
    static_cast<Lane*>(tag)->OnAnswered();
  }
  const absl::Duration elapsed = absl::Now() - start;
  ASSIGN_OR_RETURN(const absl::Duration cpu_after, ProcessCpu(endpoint_.pid));
  if (!run.first_failure.ok()) {
    return absl::Status(run.first_failure.code(),
                        absl::StrCat(endpoint_.method, ": ", run.first_failure.message()));
  }

  std::vector<float> micros;
  int64_t reply_bytes = 0;
  for (const auto& lane : lanes) {
    micros.insert(micros.end(), lane->micros().begin(), lane->micros().end());
    reply_bytes += lane->reply_bytes();
  }
  Measurement measured;
  measured.calls = static_cast<int64_t>(micros.size());
  const auto count = static_cast<double>(micros.size());
  measured.calls_per_second = count / absl::ToDoubleSeconds(elapsed);
  measured.p50_micros = Percentile(micros, 0.50);
  measured.p99_micros = Percentile(micros, 0.99);
  measured.server_cpu_micros = absl::ToDoubleMicroseconds(cpu_after - cpu_before) / count;
  measured.reply_bytes = static_cast<double>(reply_bytes) / count;
  return measured;
}

}  // namespace concordat::bench
