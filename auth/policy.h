// The directory and the agreements as one immutable snapshot: it says who a
// certificate is, and what a principal may do.
#ifndef CONCORDAT_AUTH_POLICY_H_
#define CONCORDAT_AUTH_POLICY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "auth/certificate.h"
#include "auth/grant.h"
#include "auth/principal.h"
#include "concordat/v1/access.pb.h"
#include "concordat/v1/agreement.pb.h"
#include "concordat/v1/directory.pb.h"

namespace concordat::auth {

// What a request says of itself that the access decision depends on.
struct RequestFacts {
  // Named in the request's metadata. Empty when not.
  std::string purpose;
  // `agreements/{agreement}`, named in the metadata. Empty when not.
  std::string agreement;
  // Whether the metadata names a person on whose behalf it is made.
  bool has_on_behalf_of = false;
  // The well-formed resource name that the request is about. Empty when it has
  // none; it then asks for what the grant covers.
  std::string resource;
};

// How much of a request's resource an agreement covers for an agency.
enum class Coverage { kNone, kPart, kAll };

Coverage CoverageOf(const CompiledAgreement& agreement, absl::string_view agency,
                    absl::string_view resource);

// The role of an agency in an agreement: whether it gets data by it.
bool Receives(const v1::Agreement& agreement, absl::string_view agency);

// How one agreement judges a request.
struct Judgement {
  struct Clause {
    v1::AccessClause clause;
    bool holds;
  };
  std::shared_ptr<const CompiledAgreement> agreement;
  // All of them, in the order in which they are judged.
  std::vector<Clause> clauses;
  Coverage coverage = Coverage::kNone;
};

// Immutable, and so thread-safe.
class Policy {
 public:
  // Everything that decides: all current agencies, clients and agreements.
  struct Source {
    // The store's revision that the rest was read at.
    int64_t revision = 0;
    std::vector<v1::Agency> agencies;
    std::vector<v1::Client> clients;
    std::vector<v1::Agreement> agreements;
    Contributions contributions;
  };

  explicit Policy(const Source& source);

  int64_t revision() const { return revision_; }
  bool has_clients() const { return !clients_.empty(); }
  // Whether the directory has an agency or a client of this name, revoked and
  // ended ones too.
  bool HasAgency(absl::string_view name) const { return agencies_.contains(name); }
  // The agency's name in full; empty when the directory has none.
  absl::string_view AgencyDisplayName(absl::string_view name) const;
  bool HasClient(absl::string_view name) const { return client_by_name_.contains(name); }
  // Whether there is an agreement of this name, ended ones too.
  bool HasAgreement(absl::string_view name) const;
  // The agency that contributed a resource: a plan's owner, for what is below the
  // plan too, and a measure's provider. Empty when it is neither, or not known.
  absl::string_view ContributorOf(absl::string_view resource) const;
  // SHA-256 of the source, 32 bytes.
  const std::string& digest() const { return digest_; }

  // Who the certificate is at `now`. CLIENT_UNKNOWN, CLIENT_REVOKED,
  // CERTIFICATE_EXPIRED, or CERTIFICATE_AMBIGUOUS when it names two clients.
  absl::StatusOr<std::shared_ptr<const Principal>> Identify(
      const std::shared_ptr<const Certificate>& certificate, absl::Time now) const;

  // Who a client of the directory is at `now`, without a certificate, for questions
  // about it. CLIENT_UNKNOWN or CLIENT_REVOKED.
  absl::StatusOr<std::shared_ptr<const Principal>> PrincipalOf(absl::string_view client,
                                                               absl::Time now) const;

  // The clients of the agency that take part at `now`, by name.
  std::vector<std::shared_ptr<const Principal>> ClientsOf(absl::string_view agency,
                                                          absl::Time now) const;

  // The principal with the verified token that came beside its certificate.
  // TOKEN_CLIENT_MISMATCH when the directory does not have the token's issuer
  // and client for the very client that the certificate is.
  absl::StatusOr<std::shared_ptr<const Principal>> IdentifyToken(
      const Principal& principal, std::shared_ptr<const AccessToken> token) const;

  // What the principal may do at `now` under `rule`. NO_AGREEMENT,
  // PURPOSE_MISSING, ROLE_MISSING, ON_BEHALF_OF_MISSING or OUT_OF_SCOPE.
  //
  // Where several agreements cover the request, the one that the caller names
  // decides; else, of those that cover all of the resource, the one with the
  // lowest identifier, and of those that cover a part of it likewise.
  absl::StatusOr<Grant> Authorise(const Principal& principal, const v1::AccessRule& rule,
                                  const RequestFacts& facts, absl::Time now) const;

  // How each agreement of the principal's agency judges a request that `rule`
  // asks an agreement for, by name; only the one that the request names, if it
  // names one. Authorise asks the same clauses.
  std::vector<Judgement> Judge(const Principal& principal, const v1::AccessRule& rule,
                               const RequestFacts& facts, absl::Time now) const;

  // To write the first administrator, when there is nobody to authorise:
  // FAILED_PRECONDITION as soon as the directory has a client.
  absl::StatusOr<Grant> AuthoriseInitialisation() const;

  // Whether a stream that `grant` and `principal` opened may go on at `now`:
  // the client is not revoked and has the same roles and credentials, none of
  // them has expired, and the same version of the agreement is in force.
  bool StillAllows(const Principal& principal, const Grant& grant, absl::Time now) const;

  // All agreements, by name.
  const std::vector<std::shared_ptr<const CompiledAgreement>>& agreements() const {
    return agreements_;
  }
  // Agreements that the agency is a party of, by name.
  std::vector<std::shared_ptr<const CompiledAgreement>> AgreementsOf(
      absl::string_view agency) const;

 private:
  // An issuer and its name for a client.
  using TokenIdentity = std::pair<std::string, std::string>;

  // In client_by_identity_ and client_by_token_identity_: the identity of
  // several clients, and so of none.
  static constexpr size_t kSharedIdentity = static_cast<size_t>(-1);

  struct KnownClient {
    std::shared_ptr<Principal> principal;
    bool revoked = false;
    // The days on which its agency takes part.
    absl::Time from = absl::InfiniteFuture();
    absl::Time until = absl::InfinitePast();

    bool TakesPart(absl::Time now) const { return !revoked && from <= now && now < until; }
  };

  // Whether the token is the client's at this place of clients_.
  bool IsTokenOf(const AccessToken& token, size_t client) const;
  absl::StatusOr<Grant> AuthoriseByAgreement(const Principal& principal, const v1::AccessRule& rule,
                                             const RequestFacts& facts, absl::Time now) const;

  int64_t revision_;
  std::string digest_;
  // Names in full, by name.
  absl::flat_hash_map<std::string, std::string> agencies_;
  Contributions contributions_;
  std::vector<KnownClient> clients_;
  absl::flat_hash_map<std::string, size_t> client_by_identity_;
  absl::flat_hash_map<TokenIdentity, size_t> client_by_token_identity_;
  absl::flat_hash_map<std::string, size_t> client_by_name_;
  // By name.
  std::vector<std::shared_ptr<const CompiledAgreement>> agreements_;
  // By party, in the order of names.
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<const CompiledAgreement>>>
      agreements_by_agency_;
};

// The snapshot in force. Thread-safe.
class PolicyHolder {
 public:
  std::shared_ptr<const Policy> Get() const {
    absl::ReaderMutexLock lock(&mutex_);
    return policy_;
  }
  void Swap(std::shared_ptr<const Policy> policy) {
    absl::MutexLock lock(&mutex_);
    policy_ = std::move(policy);
  }

 private:
  mutable absl::Mutex mutex_;
  std::shared_ptr<const Policy> policy_ ABSL_GUARDED_BY(mutex_);
};

// The rule in words, such as `AGREEMENT PLANS READ`.
std::string RuleText(const v1::AccessRule& rule);

}  // namespace concordat::auth

#endif  // CONCORDAT_AUTH_POLICY_H_
