#include "client/cli/session.h"

#include "base/status.h"
#include "client/cli/names.h"

namespace concordat::cli {

Session::Session(Environment& environment)
    : environment_(environment), command_([] { return absl::OkStatus(); }) {
  options_.profile = environment.default_profile;
}

absl::StatusOr<ClientOptions> Session::ReadProfile() {
  return environment_.read_profile(options_.profile);
}

absl::StatusOr<Client> Session::Connect() { return environment_.connect(options_.profile); }

absl::StatusOr<CallOptions> Session::Call() {
  CallOptions call;
  call.purpose = options_.purpose;
  ASSIGN_OR_RETURN(call.agreement, ExpandOptionalName(options_.agreement, kAgreementPattern));
  call.on_behalf_of = options_.on_behalf_of;
  call.request_id = options_.request_id;
  call.receipt = &receipt_;
  return call;
}

}  // namespace concordat::cli
