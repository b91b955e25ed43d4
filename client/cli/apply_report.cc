#include "client/cli/apply_report.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/apply_references.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/text.h"
#include "concordat/v1/change.pb.h"
#include "google/rpc/error_details.pb.h"

namespace concordat::cli {
namespace {

// One line of the CSV: a change, `UNCHANGED` for a file without any, or
// `REFUSED`.
struct ChangeRow {
  std::string file;
  std::string change;
  std::string name;
  std::string fields;
};

constexpr absl::string_view kNothingStored = " (dry run: nothing is stored)";

nlohmann::ordered_json OutcomesJson(const std::vector<Outcome>& outcomes) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Outcome& outcome : outcomes) {
    nlohmann::ordered_json object = {{"file", outcome.file->path},
                                     {"kind", FileKinds()[outcome.file->kind].name},
                                     {"changes", nlohmann::ordered_json::array()},
                                     {"notices", nlohmann::ordered_json::array()}};
    for (const auto& change : outcome.applied.changes) object["changes"].push_back(ToJson(change));
    for (const auto& notice : outcome.applied.notices) object["notices"].push_back(ToJson(notice));
    if (outcome.status.ok()) {
      object["unchanged"] = CountChanges(outcome).unchanged;
    } else {
      object["error"] = std::string(outcome.status.message());
    }
    array.push_back(std::move(object));
  }
  return array;
}

std::string OutcomesCsv(const std::vector<Outcome>& outcomes) {
  std::vector<ChangeRow> rows;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.status.ok()) {
      rows.push_back({outcome.file->path, "REFUSED", "", ""});
    } else if (outcome.applied.changes.empty()) {
      rows.push_back({outcome.file->path, "UNCHANGED", "", ""});
    }
    for (const v1::Change& change : outcome.applied.changes) {
      rows.push_back({outcome.file->path, NameOf(change.kind()), change.name(),
                      absl::StrJoin(change.fields(), ";")});
    }
  }
  return MakeCsv<ChangeRow>(
      rows, {{"", "file", [](const ChangeRow& row) { return Plain(row.file); }},
             {"", "change", [](const ChangeRow& row) { return Plain(row.change); }},
             {"", "name", [](const ChangeRow& row) { return Plain(row.name); }},
             {"", "fields", [](const ChangeRow& row) { return Plain(row.fields); }}});
}

// `2 added, 1 unchanged`, without what is 0.
std::string JoinCounts(const std::vector<std::pair<int64_t, absl::string_view>>& counts) {
  std::vector<std::string> parts;
  for (const auto& [count, word] : counts) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", word));
  }
  return absl::StrJoin(parts, ", ");
}

}  // namespace

void PrintProblems(Session& session, const std::vector<FileProblem>& problems) {
  for (const FileProblem& problem : problems) session.err() << ProblemText(problem) << "\n";
}

absl::Status NothingSent(Session& session, const std::vector<FileProblem>& problems,
                         absl::string_view what) {
  PrintProblems(session, problems);
  return absl::InvalidArgumentError(
      absl::StrCat(Counted(static_cast<int64_t>(problems.size()), "problem"), " in ", what,
                   ", so nothing was sent"));
}

absl::Status WithMessage(const absl::Status& error, absl::string_view message) {
  absl::Status described(error.code(), message);
  error.ForEachPayload([&described](absl::string_view url, const absl::Cord& payload) {
    described.SetPayload(url, payload);
  });
  described.ErasePayload(PayloadUrl(*google::rpc::BadRequest::descriptor()));
  return described;
}

std::string RefusalText(const absl::Status& error, const std::vector<FileProblem>& problems) {
  if (problems.empty()) return std::string(error.message());
  return Counted(static_cast<int64_t>(problems.size()), "field is wrong", "fields are wrong");
}

void ChangeCounts::Add(const ChangeCounts& other) {
  added += other.added;
  revised += other.revised;
  removed += other.removed;
  unchanged += other.unchanged;
}

ChangeCounts CountChanges(const Outcome& outcome) {
  ChangeCounts counts;
  absl::btree_set<std::string> unchanged = DeclaredNames(*outcome.file->request);
  for (const v1::Change& change : outcome.applied.changes) {
    unchanged.erase(change.name());
    switch (change.kind()) {
      case v1::Change::ADDED:
        ++counts.added;
        break;
      case v1::Change::REMOVED:
        ++counts.removed;
        break;
      default:
        ++counts.revised;
        break;
    }
  }
  counts.unchanged = static_cast<int64_t>(unchanged.size());
  return counts;
}

std::string CountsText(const ChangeCounts& counts) {
  if (!counts.any_change()) return "unchanged";
  return JoinCounts({{counts.added, "added"},
                     {counts.revised, "revised"},
                     {counts.removed, "removed"},
                     {counts.unchanged, "unchanged"}});
}

void PrintAccepted(Session& session, const Outcome& outcome, bool dry_run) {
  const ChangeCounts counts = CountChanges(outcome);
  session.out() << outcome.file->path << ": " << CountsText(counts)
                << (dry_run && counts.any_change() ? kNothingStored : "") << "\n";
  for (const v1::Change& change : outcome.applied.changes) {
    session.out() << "  " << LowerWords(NameOf(change.kind())) << " " << Printable(change.name());
    if (change.fields_size() > 0) {
      session.out() << " (" << Printable(absl::StrJoin(change.fields(), ", ")) << ")";
    }
    session.out() << "\n";
  }
  for (const v1::Notice& notice : outcome.applied.notices) {
    session.out() << "  notice " << Printable(notice.name()) << " " << Printable(notice.field())
                  << ": " << Printable(notice.description()) << "\n";
  }
}

void PrintOutcomes(Session& session, const std::vector<Outcome>& outcomes, bool dry_run) {
  switch (session.options().output) {
    case OutputFormat::kJson:
      session.out() << JsonText(OutcomesJson(outcomes));
      return;
    case OutputFormat::kCsv:
      session.out() << OutcomesCsv(outcomes);
      return;
    case OutputFormat::kTable:
      break;
  }
  ChangeCounts sum;
  int64_t accepted = 0;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.status.ok()) continue;
    sum.Add(CountChanges(outcome));
    ++accepted;
  }
  if (accepted > 1) {
    session.out() << accepted << " files: " << CountsText(sum)
                  << (dry_run && sum.any_change() ? kNothingStored : "") << "\n";
  }
}

std::string FilesText(const std::vector<Outcome>& outcomes, size_t files) {
  int64_t changed = 0;
  int64_t unchanged = 0;
  int64_t failed = 0;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.status.ok()) {
      ++failed;
    } else if (outcome.applied.changes.empty()) {
      ++unchanged;
    } else {
      ++changed;
    }
  }
  return JoinCounts({{changed, "changed"},
                     {unchanged, "unchanged"},
                     {failed, "failed"},
                     {static_cast<int64_t>(files - outcomes.size()), "not sent"}});
}

}  // namespace concordat::cli
