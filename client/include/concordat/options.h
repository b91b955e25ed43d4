// How a client connects, and what one call carries.
#ifndef CONCORDAT_OPTIONS_H_
#define CONCORDAT_OPTIONS_H_

#include <functional>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "concordat/v1/audit.pb.h"

namespace concordat {

// The record of one call in the service's audit log: quote it when asking the
// partnership's office about the call.
using Receipt = v1::Receipt;

// How to reach one Concordat service. Files are PEM and are read once, by
// Client::Connect: make a new Client after a certificate was renewed.
//
// Here and in CallOptions, what may be left out has an initialiser even where
// it changes nothing: with it, no compiler warns of a designated initialisation
// that leaves the member out.
struct ClientOptions {
  // `host:port`. Required.
  std::string target;
  // The authority that the service's certificate is checked against. Required.
  std::string ca_certificate_file;
  // This client's certificate, followed by its intermediates. Required.
  std::string certificate_file;
  // The key of `certificate_file`, unencrypted. Required.
  std::string private_key_file;
  // The name that the service's certificate must have, when it is not the host
  // of `target`.
  std::string server_name = {};
  // The purpose of calls that name none. Empty leaves it to the service.
  std::string default_purpose = {};
  // The most bytes of a stream that are taken from the network before the program
  // asks for them, where memory is small: at least 65,535. 0 lets gRPC take what the
  // network needs.
  int stream_window_bytes = 0;
  // Put before gRPC's own user agent, such as `case-system/4.2`.
  std::string user_agent = {};

  // The longest that a read may take, with its retries.
  absl::Duration deadline = absl::Seconds(10);
  // The longest that an Apply or Import may take, with its retries.
  absl::Duration apply_deadline = absl::Seconds(30);
  // The longest that a whole extract, or another stream from the service, may take.
  absl::Duration extract_deadline = absl::Seconds(120);
  // The longest that a whole submission may take: the service takes a large one slowly, so
  // that others do not wait for it.
  absl::Duration submission_deadline = absl::Minutes(30);

  // Called each time a call is about to be tried again, with what became of it: a call may
  // be tried for as long as it may take. On the thread of the call, so by several at once
  // where several calls are made at once. May be empty.
  std::function<void(const absl::Status& outcome)> on_retry = {};
};

// What one call carries beside its request. Texts are printable ASCII; an empty
// one is not sent.
struct CallOptions {
  // Why the caller asks; one of the purposes that the agreement names.
  std::string purpose = {};
  // The agreement to decide by, `agreements/{agreement}`. Empty lets the service
  // take the first that covers the call.
  std::string agreement = {};
  // An opaque identifier of the person on whose behalf the call is made. Never
  // a name.
  std::string on_behalf_of = {};
  // Makes a change safe to send twice; at most 128 bytes. Every change gets a
  // random one when it is empty.
  std::string request_id = {};
  // W3C trace context.
  std::string traceparent = {};
  // The longest that the call may take, with its retries, instead of the
  // client's default.
  std::optional<absl::Duration> deadline = {};
  // Gets the receipt of the call, or of the newest page of a list, whether it
  // was served or refused. Cleared when the service sent none. May be null;
  // else it outlives the call, and calls at the same time each have their own.
  Receipt* receipt = nullptr;
};

}  // namespace concordat

#endif  // CONCORDAT_OPTIONS_H_
