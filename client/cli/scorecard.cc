// `concordat scorecard`.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/cli/atomic_file.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/page_option.h"
#include "client/cli/scorecard_page.h"
#include "client/cli/scorecard_workbook.h"
#include "client/cli/table.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

struct ScorecardOptions {
  std::string release;
  std::vector<std::string> measures;
  std::vector<std::string> areas;
  std::string topic;
  std::string period_to;
  std::string period_kind;
  std::string format;
  std::string file;
};

absl::StatusOr<v1::GetScorecardRequest> MakeRequest(const ScorecardOptions& options) {
  v1::GetScorecardRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.release, kReleasePattern));
  for (const std::string& measure : options.measures) {
    ASSIGN_OR_RETURN(*request.add_measures(), ExpandName(measure, kMeasurePattern));
  }
  for (const std::string& area : options.areas) {
    ASSIGN_OR_RETURN(*request.add_areas(), ExpandName(area, kAreaPattern));
  }
  request.set_topic(options.topic);
  if (!options.period_to.empty()) {
    ASSIGN_OR_RETURN(*request.mutable_period_to(), ParseDate(options.period_to));
  }
  if (!options.period_kind.empty()) {
    ASSIGN_OR_RETURN(const v1::Period::Kind kind, ParseWord<v1::Period::Kind>(options.period_kind));
    request.set_period_kind(kind);
  }
  return request;
}

std::string Format(Session& session, const v1::Scorecard& scorecard) {
  switch (session.options().output) {
    case OutputFormat::kJson:
      return JsonText(ToJson(scorecard));
    case OutputFormat::kCsv:
      return ScorecardCsv(scorecard);
    default:
      return FormatTable(ScorecardTable(scorecard), session.width(), session.colour());
  }
}

absl::Status WriteWorkbook(const v1::Scorecard& scorecard, const v1::Release& release,
                           const AtomicFile& file) {
  absl::Status written = WriteScorecardWorkbook(file.temporary().string(), scorecard, release);
  if (written.ok()) return written;
  return LocalError(written.message(), "make room there, or write to another disk");
}

absl::Status ShowScorecard(Session& session, const ScorecardOptions& options) {
  ASSIGN_OR_RETURN(const Document document, WantedDocument(session, options.format));
  if (document == Document::kWorkbook && options.file.empty()) {
    return UsageError("a workbook is written to a file: name it with -o");
  }
  ASSIGN_OR_RETURN(const v1::GetScorecardRequest request, MakeRequest(options));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const v1::Scorecard scorecard, client.GetScorecard(request, call));
  if (scorecard.rows().empty()) session.err() << "No figures match.\n";
  // What is printed or filed has its note and the marks that the scorecard lacks.
  v1::Release release;
  if (document != Document::kNone) {
    v1::GetReleaseRequest wanted;
    wanted.set_name(scorecard.release());
    ASSIGN_OR_RETURN(release, client.GetRelease(wanted, call));
  }
  const std::string text =
      document == Document::kPage ? ScorecardHtml(scorecard, release) : Format(session, scorecard);
  if (options.file.empty()) {
    session.out() << text;
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(options.file));
  RETURN_IF_ERROR(document == Document::kWorkbook ? WriteWorkbook(scorecard, release, file)
                                                  : file.Write(text));
  RETURN_IF_ERROR(file.Commit());
  session.err() << options.file << ": " << Counted(scorecard.rows_size(), "measure") << " of "
                << scorecard.release() << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddScorecardCommand(CLI::App& app, Session& session) {
  auto options = std::make_shared<ScorecardOptions>();
  CLI::App* command = AddCommand(app, "scorecard",
                                 "The board's table of a release: value, band, travel, place and "
                                 "comparators of each measure and area",
                                 session, options, &ShowScorecard);
  command->add_option("release", options->release, "The release, such as papers-2018")->required();
  command->add_option("--measure", options->measures, "Only this measure; repeatable")
      ->allow_extra_args(false);
  command->add_option("--area", options->areas, "Only this area, such as e10000017; repeatable")
      ->allow_extra_args(false);
  command->add_option("--topic", options->topic, "Only measures of this topic");
  command->add_option("--period-to", options->period_to,
                      "Only periods that end by this day, such as 2018-03-31. Default: the newest");
  command->add_option("--period-kind", options->period_kind,
                      "Only such periods, such as financial-quarter");
  AddDocumentOption(*command, options->format);
  command->add_option("-o,--file", options->file,
                      "The file to write, whole or not at all. Default: standard output");
}

}  // namespace concordat::cli
