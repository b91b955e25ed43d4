#include "server/services/redaction.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan.pb.h"
#include "concordat/v1/release.pb.h"
#include "concordat/v1/return.pb.h"
#include "concordat/v1/submission.pb.h"
#include "google/protobuf/descriptor.h"
#include "server/domain/tombstone.h"
#include "server/services/apply.h"
#include "server/services/release_digest.h"
#include "server/services/release_lines.h"

namespace concordat::services {
namespace {

using google::protobuf::Message;
using store::FigureRow;
using store::Kind;
using store::ObservationRow;
using store::Row;

constexpr absl::Duration kProposalLife = absl::Hours(7 * 24);
// A shorter text would be found in words that it has nothing to do with.
constexpr size_t kShortestText = 4;

// What can be redacted: its name, its kind and its message.
struct Redactable {
  absl::string_view pattern;
  Kind kind;
  const Message* prototype;
};

std::optional<Redactable> FindRedactable(absl::string_view resource) {
  const Redactable redactables[] = {
      {"plans/{plan}", Kind::kPlan, &v1::Plan::default_instance()},
      {"plans/{plan}/actions/{action}", Kind::kAction, &v1::Action::default_instance()},
      {"plans/{plan}/actions/{action}/reports/{report}", Kind::kProgressReport,
       &v1::ProgressReport::default_instance()},
      {"measures/{measure}", Kind::kMeasure, &v1::Measure::default_instance()},
      {"measures/{measure}/returns/{return}", Kind::kReturn, &v1::Return::default_instance()},
      {"releases/{release}", Kind::kRelease, &v1::Release::default_instance()},
      {"submissions/{submission}", Kind::kSubmission, &v1::Submission::default_instance()},
  };
  for (const Redactable& redactable : redactables) {
    if (MatchesPattern(resource, redactable.pattern)) return redactable;
  }
  return std::nullopt;
}

absl::Status Damaged() { return absl::DataLossError("what is to be redacted cannot be read"); }

// Finds what holds the text, and then replaces it.
class Redactor {
 public:
  Redactor(store::Transaction& transaction, const auth::Grant& grant, absl::string_view text)
      : transaction_(transaction), grant_(grant), text_(text) {}

  // Looks through all revisions of the resource, and through the copies of its texts.
  // RESOURCE_NOT_FOUND when there never was such a resource.
  absl::Status Find(const Redactable& redactable, const std::string& resource) {
    std::unique_ptr<Message> message(redactable.prototype->New());
    bool exists = false;
    bool damaged = false;
    RETURN_IF_ERROR(
        transaction_.ScanRevisions(grant_, redactable.kind, resource, [&](const Row& row) {
          exists = true;
          damaged |= !message->ParseFromString(row.body);
          if (const int64_t texts = domain::RedactTexts(*message, text_); texts > 0) {
            Count(texts);
            rows_.push_back({redactable.kind, row});
            rows_.back().row.body = StoredBytes(*message);
          }
          return true;
        }));
    if (damaged) return Damaged();
    if (!exists) return ResourceNotFound(store::KindName(redactable.kind), resource);
    if (redactable.kind == Kind::kRelease) return FindInRelease(resource);
    if (redactable.kind == Kind::kMeasure) return FindInTitles(resource);
    if (redactable.kind == Kind::kSubmission) return FindInSubmitted(resource);
    return absl::OkStatus();
  }

  // Replaces what Find found, and what answers to request ids hold.
  absl::Status Replace() {
    for (const Rewritten& rewritten : rows_) {
      RETURN_IF_ERROR(transaction_.RewriteRevision(grant_, rewritten.kind, rewritten.row));
    }
    for (const auto& [release, row] : figures_) {
      RETURN_IF_ERROR(transaction_.RewriteObservation(grant_, release, row));
    }
    for (const std::string& release : shown_in_) {
      RETURN_IF_ERROR(RefreezeLines(transaction_, grant_, release));
    }
    for (const FigureRow& row : submitted_) {
      RETURN_IF_ERROR(transaction_.RewriteFigure(grant_, row));
    }
    return transaction_.RewriteReplies(text_,
                                       [&](absl::string_view method, absl::string_view reply) {
                                         return RedactReply(method, reply);
                                       });
  }

  // Texts that hold the text, and revisions and figures that have such a one.
  int64_t texts() const { return texts_; }
  int64_t revisions() const { return revisions_; }

 private:
  struct Rewritten {
    Kind kind;
    Row row;
  };
  using Figure = std::pair<std::string, ObservationRow>;

  void Count(int64_t texts) {
    texts_ += texts;
    ++revisions_;
  }

  // Puts a tombstone into the figures of a release, and restates the release when it has
  // such a one. `redact` says how many texts of a figure it replaced.
  absl::Status FindInFigures(const std::string& release,
                             absl::FunctionRef<int64_t(v1::Observation&)> redact) {
    const size_t before = figures_.size();
    ReleaseDigest digest;
    bool damaged = false;
    RETURN_IF_ERROR(
        transaction_.ScanObservations(grant_, release, -1, [&](const ObservationRow& row) {
          v1::Observation figure;
          damaged |= !figure.ParseFromString(row.body);
          if (const int64_t texts = redact(figure); texts > 0) {
            Count(texts);
            figures_.emplace_back(release, row).second.body = StoredBytes(figure);
          }
          digest.Add(figure);
          return true;
        }));
    if (damaged) return Damaged();
    return figures_.size() > before ? Restate(release, digest.Finish(transaction_))
                                    : absl::OkStatus();
  }

  // The same in all releases.
  absl::Status FindInAllFigures(absl::FunctionRef<int64_t(v1::Observation&)> redact) {
    std::vector<std::string> releases;
    RETURN_IF_ERROR(transaction_.Scan(grant_, Kind::kRelease,
                                      {"releases/", "", transaction_.Latest(), std::nullopt},
                                      [&](const Row& row) {
                                        releases.push_back(row.name);
                                        return true;
                                      }));
    for (const std::string& release : releases) RETURN_IF_ERROR(FindInFigures(release, redact));
    return absl::OkStatus();
  }

  absl::Status FindInRelease(const std::string& release) {
    return FindInFigures(release, [&](v1::Observation& figure) {
      const int64_t texts = domain::RedactTexts(figure, text_);
      if (texts > 0) shown_in_.insert(release);
      return texts;
    });
  }

  // The measure's title, where it is frozen beside figures. Their lines show its unit too.
  absl::Status FindInTitles(const std::string& measure) {
    return FindInAllFigures([&](v1::Observation& figure) -> int64_t {
      if (figure.measure() != measure) return 0;
      shown_in_.emplace(ParentOf(figure.name()));
      v1::Measure title;
      title.set_display_name(figure.measure_display_name());
      if (domain::RedactTexts(title, text_) == 0) return 0;
      figure.set_measure_display_name(title.display_name());
      return 1;
    });
  }

  // What was said about the submission's figures, in all their revisions, and where
  // releases show it.
  absl::Status FindInSubmitted(const std::string& submission) {
    bool damaged = false;
    absl::flat_hash_set<std::string> keys;
    RETURN_IF_ERROR(
        transaction_.ScanFiguresWithText(grant_, submission, text_, [&](const FigureRow& row) {
          v1::SubmittedObservation figure;
          damaged |= !figure.ParseFromString(row.body);
          // The items of a breakdown are words of the measure, and tell figures apart.
          v1::SubmittedObservation said;
          said.set_commentary(figure.commentary());
          if (domain::RedactTexts(said, text_) == 0) return true;
          Count(1);
          keys.insert(KeyOf(row.measure, row.key));
          figure.set_commentary(said.commentary());
          submitted_.push_back(row);
          submitted_.back().body = StoredBytes(figure);
          return true;
        }));
    if (damaged) return Damaged();
    if (keys.empty()) return absl::OkStatus();
    return FindInAllFigures([&](v1::Observation& figure) -> int64_t {
      if (!keys.contains(KeyOf(figure))) return 0;
      v1::Observation said;
      said.set_note(figure.note());
      if (domain::RedactTexts(said, text_) == 0) return 0;
      figure.set_note(said.note());
      return 1;
    });
  }

  static std::string KeyOf(absl::string_view measure, const store::FigureKey& key) {
    return absl::StrCat(measure, "|", key.period, "|", key.area, "|", key.breakdown);
  }
  // Of the submitted figure that the release's is made from.
  static std::string KeyOf(const v1::Observation& figure) {
    v1::SubmittedObservation sent;
    sent.set_area(figure.area());
    *sent.mutable_period() = figure.period();
    *sent.mutable_breakdowns() = figure.breakdowns();
    return KeyOf(figure.measure(), store::KeyOf(sent));
  }

  // Has the release's revisions written anew, so that polls of its figures notice,
  // with the digest of what they then are.
  absl::Status Restate(const std::string& release, const std::string& digest) {
    std::vector<Rewritten> restated;
    bool damaged = false;
    RETURN_IF_ERROR(
        transaction_.ScanRevisions(grant_, Kind::kRelease, release, [&](const Row& row) {
          v1::Release message;
          damaged |= !message.ParseFromString(row.body);
          domain::RedactTexts(message, text_);
          message.set_digest(digest);
          restated.push_back({Kind::kRelease, row});
          restated.back().row.body = StoredBytes(message);
          return true;
        }));
    if (damaged) return Damaged();
    // In the place of those that hold the text themselves.
    std::erase_if(rows_, [&](const Rewritten& rewritten) {
      return rewritten.kind == Kind::kRelease && rewritten.row.name == release;
    });
    rows_.insert(rows_.end(), restated.begin(), restated.end());
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> RedactReply(absl::string_view method, absl::string_view reply) const {
    // `/concordat.v1.PlanService/ApplyPlan` is concordat.v1.PlanService.ApplyPlan.
    std::string name(method.substr(1));
    name[name.find('/')] = '.';
    const google::protobuf::MethodDescriptor* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
    if (descriptor == nullptr) return Damaged();
    const std::unique_ptr<Message> message(google::protobuf::MessageFactory::generated_factory()
                                               ->GetPrototype(descriptor->output_type())
                                               ->New());
    if (!message->ParseFromString(std::string(reply))) return Damaged();
    domain::RedactTexts(*message, text_);
    return StoredBytes(*message);
  }

  store::Transaction& transaction_;
  const auth::Grant& grant_;
  const absl::string_view text_;
  std::vector<Rewritten> rows_;
  std::vector<Figure> figures_;
  std::vector<FigureRow> submitted_;
  // Releases whose lines may show the text.
  absl::btree_set<std::string> shown_in_;
  int64_t texts_ = 0;
  int64_t revisions_ = 0;
};

absl::Status Impossible(absl::string_view state, absl::string_view message) {
  return MakeError(v1::REDACTION_STATE, message, {{"state", state}});
}

absl::StatusOr<Redactable> Check(const door::Call& call, const v1::RedactTextRequest& request) {
  if (call.has_on_behalf_of()) {
    return MakeError(
        v1::ON_BEHALF_OF_REFUSED,
        "a redaction is proposed and approved by the client itself; call again without "
        "the metadata key concordat-on-behalf-of");
  }
  std::vector<FieldViolation> violations;
  const std::optional<Redactable> redactable = FindRedactable(request.resource());
  if (!redactable.has_value()) {
    violations.push_back({"resource",
                          "must name a plan, an action, a progress report, a measure, a return, a "
                          "submission or a release"});
  }
  if (request.text().size() < kShortestText) {
    violations.push_back({"text", absl::StrCat("has fewer than ", kShortestText, " bytes")});
  }
  RETURN_IF_ERROR(FromViolations(violations));
  return *redactable;
}

// What a proposal is found by: the same for the same terms, and of no use to anybody
// who guesses at the text.
std::string DigestOfTerms(const v1::RedactTextRequest& request,
                          const store::Transaction& transaction) {
  v1::RedactTextRequest terms = request;
  terms.clear_dry_run();
  return transaction.KeyedDigest(absl::StrCat("RedactText ", StoredBytes(terms)));
}

}  // namespace

absl::StatusOr<v1::Redaction> RedactText(const door::Call& call,
                                         const v1::RedactTextRequest& request,
                                         store::Transaction& transaction) {
  ASSIGN_OR_RETURN(const Redactable redactable, Check(call, request));
  call.NoteRedaction(request.resource(), absl::StrCat(v1::Redaction::Reason_Name(request.reason()),
                                                      " ", request.reference()));

  // Before anything is said of the text: who may only approve learns nothing of what
  // nobody proposed.
  const std::string digest = DigestOfTerms(request, transaction);
  const auth::Principal& principal = call.principal();
  ASSIGN_OR_RETURN(std::optional<store::RedactionProposal> proposal,
                   transaction.FindProposal(digest, call.now() - kProposalLife));
  if (!proposal.has_value() && !principal.Has(v1::ADMINISTRATOR)) {
    return Impossible(
        "NOT_PROPOSED",
        "an administrator has to propose the same redaction first, within seven days");
  }
  if (proposal.has_value() && proposal->client == principal.client) {
    return Impossible("SAME_CLIENT", "another client, an approver's, has to approve it");
  }

  Redactor redactor(transaction, call.grant(), request.text());
  RETURN_IF_ERROR(redactor.Find(redactable, request.resource()));
  if (redactor.texts() == 0) {
    return Impossible(
        "TEXT_NOT_FOUND",
        "no text of the resource holds it, in any revision; send it as it was written");
  }

  if (redactable.kind == Kind::kSubmission) {
    // Whose figures they are sees the record.
    ASSIGN_OR_RETURN(
        const auto submission,
        Current<v1::Submission>(transaction, call.grant(), Kind::kSubmission, request.resource()));
    call.NoteSubmission(submission.name(), submission.provider());
  }

  v1::Redaction redaction;
  redaction.set_state(v1::Redaction::PROPOSED);
  if (!proposal.has_value()) {
    proposal = {principal.client, call.now()};
    RETURN_IF_ERROR(transaction.PutProposal(digest, *proposal, call.now() - kProposalLife));
  } else if (principal.Has(v1::APPROVER)) {
    RETURN_IF_ERROR(redactor.Replace());
    RETURN_IF_ERROR(transaction.DropProposal(digest));
    redaction.set_state(v1::Redaction::DONE);
    redaction.set_approved_by(principal.client);
    *redaction.mutable_approve_time() = ToTimestamp(call.now());
  }
  redaction.set_resource(request.resource());
  redaction.set_reason(request.reason());
  redaction.set_reference(request.reference());
  redaction.set_proposed_by(proposal->client);
  *redaction.mutable_propose_time() = ToTimestamp(proposal->time);
  redaction.set_texts(redactor.texts());
  redaction.set_revisions(redactor.revisions());
  return redaction;
}

}  // namespace concordat::services
