#include "client/doctor/diagnosis.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "auth/certificate.h"
#include "auth/policy.h"
#include "base/civil_time.h"
#include "base/file.h"
#include "base/status.h"
#include "client/doctor/network.h"
#include "client/doctor/tls_probe.h"
#include "concordat/client.h"

namespace concordat::doctor {
namespace {

using v1::Agreement;

constexpr absl::Duration kPatience = absl::Seconds(5);
constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;

// What one step found: when its status is OK, `saw` says what.
struct Finding {
  absl::Status status;
  std::string saw;
  std::string next_step;
};

Finding Ok(std::string saw) { return {absl::OkStatus(), std::move(saw), ""}; }

Finding Failed(absl::Status status, std::string next_step = "") {
  std::string saw(status.message());
  return {std::move(status), std::move(saw), std::move(next_step)};
}

std::string OneLine(absl::string_view text) { return absl::StrReplaceAll(text, {{"\n", " "}}); }

bool HoldsRole(const Agreement& agreement, const v1::WhoAmIResponse& me) {
  return std::any_of(me.roles().begin(), me.roles().end(), [&agreement](int role) {
    return std::find(agreement.roles().begin(), agreement.roles().end(), role) !=
           agreement.roles().end();
  });
}

// Whether any of its roles reads or reports under an agreement. The others (approver,
// auditor, administrator) act by their role alone.
bool NeedsAgreement(const v1::WhoAmIResponse& me) {
  return std::any_of(me.roles().begin(), me.roles().end(), [](int role) {
    return role == v1::READER || role == v1::CONTRIBUTOR || role == v1::COORDINATOR;
  });
}

constexpr absl::string_view kByRoleAlone = "not needed by the roles of this client";

// In whole seconds: nobody sets a clock more exactly.
std::string Seconds(absl::Time time) {
  return FormatInstant(absl::FromUnixSeconds(absl::ToUnixSeconds(time)));
}

// Why the agreement gives this client nothing today; empty when it does.
std::string WhyNot(const Agreement& agreement, const v1::WhoAmIResponse& me) {
  if (!agreement.in_force()) {
    const std::string dates = absl::StrCat(
        " (from ", FormatDay(ToCivilDay(agreement.effective_from()).value_or(absl::CivilDay())),
        agreement.has_effective_to()
            ? absl::StrCat(
                  " to ",
                  FormatDay(ToCivilDay(agreement.effective_to()).value_or(absl::CivilDay())))
            : std::string(),
        ")");
    return absl::StrCat("is ", Agreement::State_Name(agreement.state()), dates);
  }
  if (!auth::Receives(agreement, me.agency())) return "gives your agency no data";
  if (!HoldsRole(agreement, me)) return "asks for a role that this client has not";
  return "";
}

// Goes through the steps, and keeps what each leaves for the ones after it.
class Examiner {
 public:
  explicit Examiner(const Examination& examination) : examination_(examination) {}

  std::vector<Step> Run();

 private:
  // One step. It is skipped when one of an earlier stage failed that bears others.
  struct Check {
    const char* name;
    int stage;
    bool bears_others;
    Finding (Examiner::*examine)();
  };
  static const Check kChecks[];

  Finding Profile();
  Finding Certificate();
  Finding KeyPermissions();
  Finding Dns();
  Finding Tcp();
  Finding Proxy();
  Finding Tls();
  Finding Authority();
  Finding ServerDates();
  Finding ServerName();
  Finding Alpn();
  Finding ClientCertificate();
  Finding WhoAmI();
  Finding Clock();
  Finding InForce();
  Finding Purpose();

  // What the client asks for, and who says so.
  std::pair<std::string, absl::string_view> WantedPurpose() const;
  const HostPort& FirstHop() const { return choice_.proxy.has_value() ? *choice_.proxy : target_; }
  const ClientOptions& options() const { return *examination_.profile; }

  const Examination& examination_;
  std::vector<Step> steps_;
  std::vector<const Check*> failed_;

  HostPort target_;
  ProxyChoice choice_;
  std::optional<Client> client_;
  std::vector<Address> addresses_;
  std::optional<Socket> socket_;
  TlsFindings tls_;
  v1::WhoAmIResponse me_;
  // The middle of the call, by this machine's clock.
  absl::Time asked_;
  std::vector<Agreement> usable_;
};

const Examiner::Check Examiner::kChecks[] = {
    {"profile", 0, true, &Examiner::Profile},
    {"certificate", 1, true, &Examiner::Certificate},
    {"key-permissions", 2, false, &Examiner::KeyPermissions},
    {"dns", 3, true, &Examiner::Dns},
    {"tcp", 4, true, &Examiner::Tcp},
    {"proxy", 5, true, &Examiner::Proxy},
    {"tls", 6, true, &Examiner::Tls},
    {"authority", 7, true, &Examiner::Authority},
    {"server-dates", 7, true, &Examiner::ServerDates},
    {"server-name", 7, true, &Examiner::ServerName},
    {"alpn", 7, true, &Examiner::Alpn},
    {"client-certificate", 8, true, &Examiner::ClientCertificate},
    {"client", 9, true, &Examiner::WhoAmI},
    {"clock", 10, false, &Examiner::Clock},
    {"agreement", 10, true, &Examiner::InForce},
    {"purpose", 11, true, &Examiner::Purpose},
};

std::vector<Step> Examiner::Run() {
  for (const Check& check : kChecks) {
    const auto ground = std::find_if(failed_.begin(), failed_.end(), [&check](const Check* failed) {
      return failed->stage < check.stage;
    });
    if (ground != failed_.end()) {
      steps_.push_back({check.name, Outcome::kSkipped,
                        absl::StrCat("because ", (*ground)->name, " failed"), "",
                        absl::OkStatus()});
      continue;
    }
    Finding finding = (this->*check.examine)();
    const bool ok = finding.status.ok();
    if (!ok && check.bears_others) failed_.push_back(&check);
    steps_.push_back({check.name, ok ? Outcome::kOk : Outcome::kFailed, OneLine(finding.saw),
                      std::move(finding.next_step), std::move(finding.status)});
  }
  return std::move(steps_);
}

Finding Examiner::Profile() {
  if (!examination_.profile.ok()) {
    return Failed(examination_.profile.status(), "mend or choose the profile, with --profile");
  }
  absl::StatusOr<HostPort> target = ParseTarget(options().target);
  if (!target.ok()) return Failed(target.status(), "write target: HOST:PORT into the profile");
  target_ = *std::move(target);
  choice_ = ChooseProxy(target_.host, examination_.environment);
  return Ok(ToString(target_));
}

Finding Examiner::Certificate() {
  absl::StatusOr<Client> client = Client::Connect(options());
  if (!client.ok()) {
    return Failed(client.status(),
                  "put the certificate that the office issued beside its key, and name both in the "
                  "profile");
  }
  client_ = *std::move(client);
  const absl::StatusOr<std::string> pem = ReadFile(options().certificate_file);
  if (!pem.ok()) return Failed(pem.status());
  const absl::StatusOr<auth::Certificate> certificate = auth::ParseCertificate(*pem);
  if (!certificate.ok()) return Failed(certificate.status());
  const absl::Time now = examination_.now();
  if (now < certificate->not_before) {
    return Failed(
        absl::InvalidArgumentError(absl::StrCat(options().certificate_file, " is not valid before ",
                                                Seconds(certificate->not_before),
                                                "; this machine's clock says ", Seconds(now))),
        "set this machine's clock right, or wait");
  }
  return Ok(absl::StrCat(absl::StrJoin(certificate->identities, ", "), "; valid until ",
                         Seconds(certificate->not_after), ", ",
                         (certificate->not_after - now) / absl::Hours(24), " days"));
}

Finding Examiner::KeyPermissions() {
  struct stat status = {};
  const std::string& path = options().private_key_file;
  if (stat(path.c_str(), &status) != 0) {
    return Failed(absl::InvalidArgumentError(absl::StrCat(path, ": ", std::strerror(errno))));
  }
  const std::string mode = absl::StrFormat("%04o", status.st_mode & 07777U);
  if ((status.st_mode & kOfOthers) != 0) {
    return Failed(absl::InvalidArgumentError(
                      absl::StrCat(path, " is open to others than its owner: mode ", mode)),
                  absl::StrCat("chmod 600 ", path,
                               "; ask for a new certificate if somebody may have read it"));
  }
  return Ok(absl::StrCat("mode ", mode));
}

Finding Examiner::Dns() {
  const HostPort& hop = FirstHop();
  const absl::string_view what = choice_.proxy.has_value() ? "the proxy's host " : "the host ";
  absl::StatusOr<std::vector<Address>> addresses = Resolve(hop);
  if (!addresses.ok()) {
    return Failed(
        absl::UnavailableError(absl::StrCat(what, hop.host, ": ", addresses.status().message())),
        "check the name, and that this machine's name server knows it");
  }
  addresses_ = *std::move(addresses);
  return Ok(absl::StrCat(
      what, hop.host, " is ",
      absl::StrJoin(addresses_, ", ",
                    [](std::string* out, const Address& address) { out->append(address.text); })));
}

Finding Examiner::Tcp() {
  absl::StatusOr<Socket> socket = Connect(addresses_, kPatience);
  if (!socket.ok() && choice_.proxy.has_value()) {
    return Failed(
        absl::UnavailableError(absl::StrCat("the proxy ", ToString(FirstHop()), " (",
                                            choice_.reason, "): ", socket.status().message())),
        "have the proxy run, or mend the variable, or except the host with no_proxy");
  }
  if (!socket.ok()) {
    return Failed(
        absl::UnavailableError(absl::StrCat(ToString(FirstHop()), ": ", socket.status().message())),
        "check the port, that the service runs, and that the firewall lets it pass: "
        "docs/firewall.md");
  }
  socket_.emplace(*std::move(socket));
  return Ok(absl::StrCat("connected to ", ToString(FirstHop())));
}

Finding Examiner::Proxy() {
  if (!choice_.proxy.has_value()) return Ok(absl::StrCat("not used: ", choice_.reason));
  if (const absl::Status status = AskProxy(*socket_, choice_, target_); !status.ok()) {
    return Failed(absl::UnavailableError(absl::StrCat(choice_.reason, "; ", status.message())),
                  absl::StrCat("have the proxy let CONNECT pass to ", ToString(target_),
                               ", or except the host with no_proxy"));
  }
  return Ok(absl::StrCat(choice_.reason, ", which opened a way to ", ToString(target_)));
}

Finding Examiner::Tls() {
  tls_ = ProbeTls(*socket_, options(),
                  options().server_name.empty() ? target_.host : options().server_name);
  socket_.reset();
  if (!tls_.spoke_tls.ok()) {
    return Failed(tls_.spoke_tls,
                  "check the port; if it is right, something between closes the connection, or the "
                  "service is full: the office sees which");
  }
  return Ok(tls_.protocol);
}

Finding Examiner::Authority() {
  if (tls_.authority.ok()) return Ok(tls_.server);
  return Failed(
      tls_.authority,
      "have TLS inspection turned off for this host (docs/firewall.md); if that issuer is "
      "the partnership's, put its certificate into ca_certificate_file");
}

Finding Examiner::ServerDates() {
  const std::string clock = absl::StrCat("this machine's clock says ", Seconds(examination_.now()));
  if (tls_.dates.ok()) return Ok(clock);
  return Failed(absl::UnavailableError(absl::StrCat(tls_.dates.message(), "; ", clock)),
                "set this machine's clock right; if it is, tell the office");
}

Finding Examiner::ServerName() {
  if (tls_.name.ok()) return Ok("the certificate has it");
  return Failed(tls_.name, "mend target, or set server_name in the profile as the office says");
}

Finding Examiner::Alpn() {
  if (tls_.alpn.ok()) return Ok("h2");
  return Failed(tls_.alpn,
                "check the port; if it is right, something between does not pass HTTP/2: "
                "docs/firewall.md");
}

Finding Examiner::ClientCertificate() {
  if (tls_.accepted.ok()) return Ok("taken");
  return Failed(
      absl::Status(tls_.accepted.code(), absl::StrCat("refused: ", tls_.accepted.message())),
      "use the certificate that the partnership's office issued; if it comes and goes, the "
      "connection is too slow for a handshake, or the service is full: the office sees which with "
      "`concordat handshakes list`");
}

Finding Examiner::WhoAmI() {
  const absl::Time before = examination_.now();
  absl::StatusOr<v1::WhoAmIResponse> me = client_->WhoAmI();
  if (!me.ok()) return Failed(me.status());
  asked_ = before + (examination_.now() - before) / 2;
  me_ = *std::move(me);
  return Ok(absl::StrCat(me_.client(), ", ",
                         absl::StrJoin(me_.roles(), ", ", [](std::string* out, int role) {
                           out->append(v1::Role_Name(static_cast<v1::Role>(role)));
                         })));
}

Finding Examiner::Clock() {
  const absl::Duration ahead = absl::Trunc(asked_ - ToTime(me_.server_time()), absl::Seconds(1));
  const std::string saw =
      ahead == absl::ZeroDuration()
          ? "the same as the service's"
          : absl::StrCat(absl::FormatDuration(absl::AbsDuration(ahead)),
                         ahead > absl::ZeroDuration() ? " ahead of" : " behind", " the service's");
  if (absl::AbsDuration(ahead) <= kClockTolerance) return Ok(saw);
  return Failed(absl::UnknownError(saw), "set this machine's clock by a time server");
}

Finding Examiner::InForce() {
  if (!NeedsAgreement(me_)) return Ok(std::string(kByRoleAlone));
  std::vector<std::string> refused;
  std::vector<std::string> names;
  for (const absl::StatusOr<Agreement>& agreement : client_->ListAgreements()) {
    if (!agreement.ok()) return Failed(agreement.status());
    if (!examination_.agreement.empty() && agreement->name() != examination_.agreement) continue;
    const std::string why_not = WhyNot(*agreement, me_);
    if (why_not.empty()) {
      names.push_back(agreement->name());
      usable_.push_back(*agreement);
    } else {
      refused.push_back(absl::StrCat(agreement->name(), " ", why_not));
    }
  }
  if (!usable_.empty()) return Ok(absl::StrJoin(names, ", "));
  return Failed(
      absl::PermissionDeniedError(
          refused.empty() ? examination_.agreement.empty()
                                ? absl::StrCat(me_.agency(), " is a party of no agreement")
                                : absl::StrCat(examination_.agreement, " is none of its agreements")
                          : absl::StrJoin(refused, "; ")),
      "have the agreement approved by each party, or resumed by the one that suspended it: "
      "`concordat agreements show`");
}

std::pair<std::string, absl::string_view> Examiner::WantedPurpose() const {
  if (!examination_.purpose.empty()) return {examination_.purpose, "--purpose"};
  if (!options().default_purpose.empty()) return {options().default_purpose, "the profile"};
  return {me_.default_purpose(), ""};
}

Finding Examiner::Purpose() {
  if (!NeedsAgreement(me_)) return Ok(std::string(kByRoleAlone));
  const auto [purpose, source] = WantedPurpose();
  const bool is_default = source.empty();
  std::vector<std::string> offered;
  for (const Agreement& agreement : usable_) {
    const auto& purposes = agreement.purposes();
    const bool names_it = std::find(purposes.begin(), purposes.end(), purpose) != purposes.end();
    if (names_it && (!is_default || agreement.accepts_default_purpose())) {
      return Ok(absl::StrCat(purpose, ", of ", is_default ? "the directory" : source, ", in ",
                             agreement.name()));
    }
    offered.insert(offered.end(), purposes.begin(), purposes.end());
  }
  std::sort(offered.begin(), offered.end());
  offered.erase(std::unique(offered.begin(), offered.end()), offered.end());
  std::string saw = absl::StrCat("no agreement in force names ", purpose);
  if (is_default) {
    saw = purpose.empty() ? "no purpose is set"
                          : absl::StrCat("no agreement in force takes ", purpose,
                                         ", the directory's default, for a call that names none");
  }
  return Failed(
      absl::PermissionDeniedError(saw),
      absl::StrCat("set purpose in the profile to one of: ", absl::StrJoin(offered, ", ")));
}

}  // namespace

std::vector<Step> Diagnose(const Examination& examination) { return Examiner(examination).Run(); }

}  // namespace concordat::doctor
