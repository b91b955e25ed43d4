// Which function serves which method of the contract. Functions are bound by
// type: the request type says which method it is, so that a wrong function does
// not compile and a forgotten one stops the server from starting.
#ifndef CONCORDAT_SERVER_DOOR_METHOD_TABLE_H_
#define CONCORDAT_SERVER_DOOR_METHOD_TABLE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "concordat/v1/access.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/door/call.h"
#include "server/door/field_rules.h"
#include "server/door/message_sink.h"
#include "server/door/message_source.h"
#include "server/door/stepped_read.h"
#include "server/store/store.h"

namespace concordat::door {

using MessagePtr = std::unique_ptr<google::protobuf::Message>;

// One method, ready to be called.
struct Method {
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  // As it is called, such as `/concordat.v1.PlanService/GetPlan`.
  std::string path;
  v1::AccessRule rule;
  // The rule in words, for the audit record.
  std::string rule_text;
  std::unique_ptr<FieldRules> fields;
  const google::protobuf::Message* request_prototype = nullptr;

  // Exactly one of the five is set.
  std::function<absl::StatusOr<MessagePtr>(const Call&, const google::protobuf::Message&)> read;
  std::function<absl::StatusOr<MessagePtr>(const Call&, const google::protobuf::Message&,
                                           store::Transaction&)>
      change;
  std::function<absl::StatusOr<std::unique_ptr<MessageSource<MessagePtr>>>(
      std::shared_ptr<const Call>, const google::protobuf::Message&)>
      open;
  std::function<absl::StatusOr<std::unique_ptr<SteppedRead<MessagePtr>>>(
      std::shared_ptr<const Call>, const google::protobuf::Message&)>
      begin;
  std::function<absl::StatusOr<std::unique_ptr<MessageSink<MessagePtr, MessagePtr>>>(
      std::shared_ptr<const Call>, const google::protobuf::Message&)>
      take;
};

// Filled once at start-up, then read by all threads.
class MethodTable {
 public:
  // Binds a function that reads and answers with one message.
  template <typename Service, typename Request, typename Reply>
  void Read(const Service& service,
            absl::StatusOr<Reply> (Service::*function)(const Call&, const Request&) const) {
    Method& method = Add(Request::descriptor(), Reply::descriptor(), Request::default_instance(),
                         v1::AccessRule::READ, Shape::kUnary);
    method.read = [&service, function](
                      const Call& call,
                      const google::protobuf::Message& request) -> absl::StatusOr<MessagePtr> {
      return ToPointer((service.*function)(call, static_cast<const Request&>(request)));
    };
  }

  // Binds a function that changes what is stored, within the transaction that
  // also commits its audit record. With the request's `dry_run` set, the door
  // undoes the change: the function need not look at it.
  template <typename Service, typename Request, typename Reply>
  void Change(const Service& service,
              absl::StatusOr<Reply> (Service::*function)(const Call&, const Request&,
                                                         store::Transaction&) const) {
    Method& method = Add(Request::descriptor(), Reply::descriptor(), Request::default_instance(),
                         v1::AccessRule::WRITE, Shape::kUnary);
    method.change = [&service, function](
                        const Call& call, const google::protobuf::Message& request,
                        store::Transaction& transaction) -> absl::StatusOr<MessagePtr> {
      return ToPointer(
          (service.*function)(call, static_cast<const Request&>(request), transaction));
    };
  }

  // Binds a function that answers with a stream of messages.
  template <typename Service, typename Request, typename Reply>
  void Stream(const Service& service,
              absl::StatusOr<std::unique_ptr<MessageSource<Reply>>> (Service::*function)(
                  std::shared_ptr<const Call>, const Request&) const) {
    Method& method = Add(Request::descriptor(), Reply::descriptor(), Request::default_instance(),
                         v1::AccessRule::READ, Shape::kServerStream);
    method.open = [&service, function](std::shared_ptr<const Call> call,
                                       const google::protobuf::Message& request)
        -> absl::StatusOr<std::unique_ptr<MessageSource<MessagePtr>>> {
      auto source = (service.*function)(std::move(call), static_cast<const Request&>(request));
      if (!source.ok()) return source.status();
      return std::unique_ptr<MessageSource<MessagePtr>>(
          std::make_unique<ErasedSource<Reply>>(*std::move(source)));
    };
  }

  // Binds a function that reads in many steps and answers with one message.
  template <typename Service, typename Request, typename Reply>
  void ReadInSteps(const Service& service,
                   absl::StatusOr<std::unique_ptr<SteppedRead<Reply>>> (Service::*function)(
                       std::shared_ptr<const Call>, const Request&) const) {
    Method& method = Add(Request::descriptor(), Reply::descriptor(), Request::default_instance(),
                         v1::AccessRule::READ, Shape::kUnary);
    method.begin = [&service, function](std::shared_ptr<const Call> call,
                                        const google::protobuf::Message& request)
        -> absl::StatusOr<std::unique_ptr<SteppedRead<MessagePtr>>> {
      auto read = (service.*function)(std::move(call), static_cast<const Request&>(request));
      if (!read.ok()) return read.status();
      return std::unique_ptr<SteppedRead<MessagePtr>>(
          std::make_unique<ErasedRead<Reply>>(*std::move(read)));
    };
  }

  // Binds a function that changes what is stored by a stream of messages. It is asked
  // for the sink with the first message, which is not given to the sink again.
  template <typename Service, typename Request, typename Reply>
  void Take(const Service& service,
            absl::StatusOr<std::unique_ptr<MessageSink<Request, Reply>>> (Service::*function)(
                std::shared_ptr<const Call>, const Request&) const) {
    Method& method = Add(Request::descriptor(), Reply::descriptor(), Request::default_instance(),
                         v1::AccessRule::WRITE, Shape::kClientStream);
    method.take = [&service, function](std::shared_ptr<const Call> call,
                                       const google::protobuf::Message& request)
        -> absl::StatusOr<std::unique_ptr<MessageSink<MessagePtr, MessagePtr>>> {
      auto sink = (service.*function)(std::move(call), static_cast<const Request&>(request));
      if (!sink.ok()) return sink.status();
      return std::unique_ptr<MessageSink<MessagePtr, MessagePtr>>(
          std::make_unique<ErasedSink<Request, Reply>>(*std::move(sink)));
    };
  }

  // OK when every method of every given service has a function and an access
  // rule that fits it. Says everything that is wrong.
  absl::Status Check(const std::vector<const google::protobuf::ServiceDescriptor*>& services) const;

  // The method called `path`; null when there is none.
  const Method* Find(absl::string_view path) const;

 private:
  template <typename Reply>
  static absl::StatusOr<MessagePtr> ToPointer(absl::StatusOr<Reply> reply) {
    if (!reply.ok()) return std::move(reply).status();
    return MessagePtr(std::make_unique<Reply>(*std::move(reply)));
  }

  template <typename Reply>
  class ErasedSource final : public MessageSource<MessagePtr> {
   public:
    explicit ErasedSource(std::unique_ptr<MessageSource<Reply>> source)
        : source_(std::move(source)) {}
    absl::StatusOr<bool> Prepare() override { return source_->Prepare(); }
    absl::StatusOr<std::optional<MessagePtr>> Next() override {
      absl::StatusOr<std::optional<Reply>> next = source_->Next();
      if (!next.ok()) return std::move(next).status();
      if (!next->has_value()) return std::optional<MessagePtr>();
      return std::optional<MessagePtr>(std::make_unique<Reply>(**std::move(next)));
    }
    int64_t rows() const override { return source_->rows(); }
    absl::StatusOr<int64_t> CountRows() override { return source_->CountRows(); }

   private:
    std::unique_ptr<MessageSource<Reply>> source_;
  };

  template <typename Reply>
  class ErasedRead final : public SteppedRead<MessagePtr> {
   public:
    explicit ErasedRead(std::unique_ptr<SteppedRead<Reply>> read) : read_(std::move(read)) {}
    absl::StatusOr<std::optional<MessagePtr>> Step() override {
      ASSIGN_OR_RETURN(std::optional<Reply> reply, read_->Step());
      if (!reply.has_value()) return std::optional<MessagePtr>();
      return std::optional<MessagePtr>(std::make_unique<Reply>(*std::move(reply)));
    }
    absl::Duration pause() const override { return read_->pause(); }

   private:
    std::unique_ptr<SteppedRead<Reply>> read_;
  };

  template <typename Request, typename Reply>
  class ErasedSink final : public MessageSink<MessagePtr, MessagePtr> {
   public:
    explicit ErasedSink(std::unique_ptr<MessageSink<Request, Reply>> sink)
        : sink_(std::move(sink)) {}
    SinkNeed need() const override { return sink_->need(); }
    bool is_complete() const override { return sink_->is_complete(); }
    absl::Status Take(MessagePtr message, const std::vector<FieldViolation>& violations) override {
      return sink_->Take(std::move(static_cast<Request&>(*message)), violations);
    }
    absl::Status Write(store::Batch& batch) override { return sink_->Write(batch); }
    absl::Status Step() override { return sink_->Step(); }
    absl::StatusOr<MessagePtr> Finish(store::Transaction& transaction) override {
      return ToPointer(sink_->Finish(transaction));
    }
    absl::Status Drop(store::Batch& batch) override { return sink_->Drop(batch); }
    bool must_drop() const override { return sink_->must_drop(); }
    bool is_dry_run() const override { return sink_->is_dry_run(); }
    int64_t rows() const override { return sink_->rows(); }

   private:
    std::unique_ptr<MessageSink<Request, Reply>> sink_;
  };

  // Which side of a method is a stream.
  enum class Shape { kUnary, kServerStream, kClientStream };

  Method& Add(const google::protobuf::Descriptor* request,
              const google::protobuf::Descriptor* reply, const google::protobuf::Message& prototype,
              v1::AccessRule::Permission permission, Shape shape);

  absl::flat_hash_map<std::string, std::unique_ptr<Method>> methods_;
  std::vector<std::string> problems_;
};

}  // namespace concordat::door

#endif  // CONCORDAT_SERVER_DOOR_METHOD_TABLE_H_
