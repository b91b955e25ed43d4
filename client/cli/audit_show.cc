// `concordat audit show`.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/audit_commands.h"
#include "client/cli/audit_words.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/text.h"
#include "client/cli/usage.h"
#include "tlog/entry_bundle.h"
#include "tlog/merkle.h"
#include "tlog/tile.h"
#include "tlog/tree_proof.h"

namespace concordat::cli {
namespace {

using v1::AuditEntry;

struct ShowOptions {
  uint64_t index = 0;
};

absl::Status NoSuchRecord(uint64_t index) {
  return absl::NotFoundError(
      absl::StrCat("the log shows you no record ", index,
                   ": it is another agency's, was dropped by retention, or is not made yet"));
}

// Whether the record is the one that the log has at its index, under the root that the
// service gives now.
absl::Status CompareWithTree(Client& client, const AuditEntry& entry, const CallOptions& call) {
  v1::GetInclusionProofRequest request;
  request.set_index(entry.index());
  ASSIGN_OR_RETURN(const v1::GetInclusionProofResponse proof,
                   client.GetInclusionProof(request, call));
  const absl::Status verified =
      tlog::VerifyInclusion(entry.index(), proof.tree_size(), entry.leaf_hash(),
                            std::vector<std::string>(proof.hashes().begin(), proof.hashes().end()),
                            proof.checkpoint().root_hash());
  if (verified.ok()) return absl::OkStatus();
  return WithNextStep(
      absl::DataLossError(absl::StrCat("what the service sent as record ", entry.index(),
                                       " does not lead to the root of its log")),
      "take the log with `concordat audit export`, see with `concordat audit verify` what is "
      "damaged, and tell the operator");
}

// The record from its bundle, which is as fast however long the log is.
absl::StatusOr<AuditEntry> FromBundle(Client& client, uint64_t index, const CallOptions& call) {
  v1::ReadEntryBundlesRequest request;
  request.set_first(index / tlog::kTileWidth);
  request.set_count(1);
  std::string path;
  std::string bundle;
  RETURN_IF_ERROR(client.ReadEntryBundles(
      request,
      [&](v1::ReadEntryBundlesResponse part) {
        path = part.path();
        bundle += part.data();
        return absl::OkStatus();
      },
      call));
  if (path.empty()) return NoSuchRecord(index);
  ASSIGN_OR_RETURN(const tlog::Tile tile, tlog::ParseTilePath(path));
  ASSIGN_OR_RETURN(const std::vector<absl::string_view> records,
                   tlog::ParseEntryBundle(bundle, tile.width));
  const size_t place = index % tlog::kTileWidth;
  if (place >= records.size()) return NoSuchRecord(index);
  AuditEntry entry;
  if (!entry.mutable_record()->ParseFromString(std::string(records[place]))) {
    return absl::DataLossError(
        absl::StrCat("what the service sent as record ", index, " is no record"));
  }
  entry.set_index(index);
  entry.set_leaf_hash(tlog::LeafHash(records[place]));
  RETURN_IF_ERROR(CompareWithTree(client, entry, call));
  return entry;
}

// The record from the list of those that the agency may see.
absl::StatusOr<AuditEntry> FromList(Client& client, uint64_t index, const CallOptions& call) {
  v1::ListAuditEntriesRequest request;
  request.set_page_size(kLargestPage);
  for (absl::StatusOr<AuditEntry>& entry : client.ListAuditEntries(request, call)) {
    if (!entry.ok()) return entry.status();
    if (entry->index() == index) return *std::move(entry);
    if (entry->index() < index) break;
  }
  return NoSuchRecord(index);
}

absl::Status Show(Session& session, const ShowOptions& options) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::WhoAmIResponse self, client.WhoAmI(call));
  const bool auditor = absl::c_linear_search(self.roles(), static_cast<int>(v1::AUDITOR));
  ASSIGN_OR_RETURN(const AuditEntry entry, auditor ? FromBundle(client, options.index, call)
                                                   : FromList(client, options.index, call));
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(entry));
    return absl::OkStatus();
  }
  const std::vector<Fact> facts = EntryFacts(entry);
  if (session.options().output == OutputFormat::kCsv) {
    session.out() << MakeCsv<Fact>(facts,
                                   {{"", "field", [](const Fact& f) { return Plain(f.label); }},
                                    {"", "value", [](const Fact& f) { return f.value; }}});
    return absl::OkStatus();
  }
  session.out() << FormatFacts(facts, session.width(), session.colour());
  return absl::OkStatus();
}

// What is wrong with an index, as the command line's parser asks for it: it would take
// -1 for the largest number.
std::string CheckIndex(const std::string& text) {
  uint64_t index = 0;
  if (absl::SimpleAtoi(text, &index)) return "";
  return absl::StrCat("'", Printable(text), "' is no index of a record");
}

}  // namespace

void AddAuditShowCommand(CLI::App& group, Session& session) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* command =
      AddCommand(group, "show", "One record, with all that it says", session, options, &Show);
  command->add_option("index", options->index, "The record's index, as its receipt says")
      ->required()
      ->check(CheckIndex);
}

}  // namespace concordat::cli
