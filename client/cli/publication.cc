// `concordat releases preview|publish|withdraw|show`: making releases of submitted figures.
#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "client/cli/apply_files.h"
#include "client/cli/apply_report.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/table.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Release;
using HiddenFigure = v1::DisclosureReport::HiddenFigure;
using MeasureLine = v1::DisclosureReport::MeasureLine;

// What a release is made of, as written: in a file, or in all the others.
struct MakeOptions {
  std::string file;
  std::string release;
  std::string title;
  std::vector<std::string> measures;
  std::string from;
  std::string to;
  std::string note;
  // For publishing alone.
  std::string preview_digest;
  bool accept_missing = false;
  bool accept_broken_sums = false;
  bool accept_narrow_counts = false;
};

struct WithdrawOptions {
  std::string release;
  std::string reason;
  bool dry_run = false;
};

struct ShowOptions {
  std::string release;
};

absl::StatusOr<Release> ReleaseOf(const MakeOptions& options) {
  if (options.release.empty() || options.title.empty() || options.measures.empty() ||
      options.from.empty() || options.to.empty()) {
    return UsageError(
        "say what the release is made of: its name, --title, --measure, --from and --to, or "
        "--file");
  }
  Release release;
  ASSIGN_OR_RETURN(*release.mutable_name(), ExpandName(options.release, kReleasePattern));
  release.set_display_name(options.title);
  release.set_note(options.note);
  v1::ReleaseSelection& selection = *release.mutable_selection();
  for (const std::string& measure : options.measures) {
    ASSIGN_OR_RETURN(*selection.add_measures(), ExpandName(measure, kMeasurePattern));
  }
  ASSIGN_OR_RETURN(*selection.mutable_period_from(), ParseDate(options.from));
  ASSIGN_OR_RETURN(*selection.mutable_period_to(), ParseDate(options.to));
  return release;
}

// The release that is to be made; read into `file` where one says it.
absl::StatusOr<Release> ReadRelease(Session& session, const MakeOptions& options, ApplyFile& file) {
  if (options.file.empty()) return ReleaseOf(options);
  if (std::error_code error; !std::filesystem::exists(options.file, error)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no file ", options.file));
  }
  file.request = std::make_unique<v1::PreviewReleaseRequest>();
  if (const auto problems = ReadFileOf("release", options.file, file); !problems.empty()) {
    return NothingSent(session, problems, "the file");
  }
  return static_cast<const v1::PreviewReleaseRequest&>(*file.request).release();
}

// The service's error about the release in `file`, of which it prints the fields that are
// wrong at their lines. About a release of options it is `error` itself.
absl::Status Refusal(Session& session, const ApplyFile& file, const absl::Status& error) {
  if (file.path.empty()) return error;
  const std::vector<FileProblem> problems = ProblemsOf(error, file);
  const bool is_about_file = absl::c_all_of(problems, [](const FileProblem& problem) {
    return absl::StartsWith(problem.field, "release");
  });
  if (!is_about_file) return error;
  PrintProblems(session, problems);
  return WithMessage(error, absl::StrCat(file.path, ": ", RefusalText(error, problems)));
}

std::vector<Column<MeasureLine>> MeasureColumns() {
  const auto count = [](const std::string& title, const std::string& key,
                        int64_t (MeasureLine::*field)() const) {
    return Column<MeasureLine>{
        title, key,
        [field](const MeasureLine& line) { return Plain(absl::StrCat((line.*field)())); }, nullptr,
        true};
  };
  return {
      {"Measure", "measure",
       [](const MeasureLine& line) { return Plain(ShortName(line.measure())); }},
      {"Rule", "profile",
       [](const MeasureLine& line) {
         std::string rule = LowerWords(NameOf(line.profile()));
         if (line.threshold() > 0) absl::StrAppend(&rule, ", from ", line.threshold());
         if (line.rounding_base() > 1) absl::StrAppend(&rule, ", to ", line.rounding_base());
         return Plain(rule);
       }},
      count("Figures", "figures", &MeasureLine::figures),
      count("Small", "primary", &MeasureLine::primary),
      count("To protect", "complementary", &MeasureLine::complementary),
      count("Of hidden", "dependent", &MeasureLine::dependent),
      count("As before", "carried_over", &MeasureLine::carried_over),
      count("Rounded", "rounded", &MeasureLine::rounded),
  };
}

std::string RangeText(const HiddenFigure& hidden) {
  if (hidden.required_width() == 0) return "";
  if (hidden.highest() == std::numeric_limits<int64_t>::max()) {
    return absl::StrCat(hidden.lowest(), " or more");
  }
  return absl::StrCat(hidden.lowest(), " to ", hidden.highest());
}

std::string BreakdownText(
    const google::protobuf::RepeatedPtrField<v1::Observation::Breakdown>& breakdowns) {
  return absl::StrJoin(breakdowns, "; ", [](std::string* out, const auto& breakdown) {
    absl::StrAppend(out, breakdown.dimension(), ": ", breakdown.item());
  });
}

std::vector<Column<HiddenFigure>> HiddenColumns() {
  return {
      {"Measure", "measure",
       [](const HiddenFigure& hidden) { return Plain(ShortName(hidden.measure())); }},
      {"Area", "area", [](const HiddenFigure& hidden) { return Plain(ShortName(hidden.area())); }},
      {"Period", "period",
       [](const HiddenFigure& hidden) {
         return Plain(absl::StrCat(DayText(hidden.period().start()), " to ",
                                   DayText(hidden.period().end())));
       }},
      {"Breakdown", "breakdowns",
       [](const HiddenFigure& hidden) { return Plain(BreakdownText(hidden.breakdowns())); }},
      {"Hidden", "why",
       [](const HiddenFigure& hidden) { return Plain(LowerWords(NameOf(hidden.why()))); }},
      {"May be", "range", [](const HiddenFigure& hidden) { return Plain(RangeText(hidden)); }},
  };
}

void PrintReport(Session& session, const v1::DisclosureReport& report) {
  const std::vector<MeasureLine> lines(report.measures().begin(), report.measures().end());
  const std::vector<HiddenFigure> hidden(report.hidden().begin(), report.hidden().end());
  session.out() << "\n"
                << FormatTable(MakeTable(lines, MeasureColumns()), session.width(),
                               session.colour());
  session.out() << "\n"
                << Counted(report.hidden_count(), "hidden figure") << ", "
                << absl::StrFormat("%.1f%%", 100 * report.hidden_share()) << " of all figures\n";
  if (hidden.empty()) return;
  session.out() << "\n"
                << FormatTable(MakeTable(hidden, HiddenColumns()), session.width(),
                               session.colour());
  if (report.hidden_count() > report.hidden_size()) {
    session.out() << "The first " << report.hidden_size() << " are listed.\n";
  }
}

std::vector<Column<v1::Recipient>> RecipientColumns() {
  return {
      {"Had by", "agency", [](const v1::Recipient& r) { return Plain(ShortName(r.agency())); }},
      {"Under", "agreement",
       [](const v1::Recipient& r) { return Plain(ShortName(r.agreement())); }},
      {"Version", "agreement_version",
       [](const v1::Recipient& r) { return Plain(absl::StrCat(r.agreement_version())); }, nullptr,
       true},
      {"First", "first_time",
       [](const v1::Recipient& r) { return Plain(ShortInstantText(r.first_time())); }},
      {"Last", "last_time",
       [](const v1::Recipient& r) { return Plain(ShortInstantText(r.last_time())); }},
  };
}

void PrintRecipients(Session& session, const Release& release) {
  const std::vector<v1::Recipient> recipients(release.recipients().begin(),
                                              release.recipients().end());
  session.out() << "\n"
                << FormatTable(MakeTable(recipients, RecipientColumns()), session.width(),
                               session.colour());
}

void PrintNames(Session& session, absl::string_view title,
                const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.empty()) return;
  session.out() << "\n" << title << "\n";
  for (const std::string& name : names) session.out() << "  " << Printable(name) << "\n";
}

void PrintRelease(Session& session, const Release& release) {
  session.out() << FormatFacts(
      {
          {"Release", Plain(release.name())},
          {"Title", Plain(release.display_name())},
          {"State", Plain(release.has_frozen_time() ? LowerWords(NameOf(release.state()))
                                                    : "not published")},
          {"Frozen",
           Plain(release.has_frozen_time() ? ShortInstantText(release.frozen_time()) : "")},
          {"Withdrawn",
           Plain(release.has_withdrawn_time() ? ShortInstantText(release.withdrawn_time()) : "")},
          {"Because", Plain(release.withdrawn_reason())},
          {"Note", Plain(release.note())},
          {"Figures", Plain(absl::StrCat(release.observation_count()))},
          {"Digest", Plain(release.digest())},
      },
      session.width(), session.colour());
  PrintNames(session, "Missing returns:", release.missing_returns());
  if (release.has_report()) PrintReport(session, release.report());
  if (release.recipients_size() > 0) PrintRecipients(session, release);
}

absl::Status PrintOutcome(Session& session, const Release& release) {
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(release));
  } else {
    PrintRelease(session, release);
  }
  return absl::OkStatus();
}

std::string DaysText(const v1::Period& period) {
  return absl::StrCat(DayText(period.start()), " to ", DayText(period.end()));
}

void PrintBrokenSums(Session& session, const v1::PreviewReleaseResponse& preview) {
  if (preview.broken_sums().empty()) return;
  session.out() << "\nDeclared sums that do not hold; a return that is nil counts as 0. Ask who "
                   "sent the figures,\nor publish with --accept-broken-sums:\n";
  for (const auto& sum : preview.broken_sums()) {
    session.out() << "  " << Printable(ShortName(sum.measure())) << ", "
                  << Printable(ShortName(sum.area())) << ", " << DaysText(sum.period());
    if (!sum.breakdowns().empty()) {
      session.out() << ", " << Printable(BreakdownText(sum.breakdowns()));
    }
    session.out() << ": "
                  << (sum.dimension().empty()
                          ? "the areas within it"
                          : absl::StrCat("the items of ", Printable(sum.dimension())))
                  << " do not add up\n";
  }
}

void PrintNarrowCounts(Session& session, const v1::PreviewReleaseResponse& preview) {
  if (preview.narrow_counts().empty()) return;
  session.out() << "\nOf these hidden counts some readers may work out more than the rule allows, "
                   "with everything\nhidden too; leave the measure or period out, or publish with "
                   "--accept-narrow-counts:\n";
  for (const auto& narrow : preview.narrow_counts()) {
    session.out() << "  " << Printable(ShortName(narrow.measure())) << ", "
                  << DaysText(narrow.period()) << ": " << Counted(narrow.counts(), "count")
                  << ", by " << Printable(narrow.readers()) << "\n";
  }
}

absl::Status Preview(Session& session, const MakeOptions& options) {
  ApplyFile file;
  v1::PreviewReleaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_release(), ReadRelease(session, options, file));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  const absl::StatusOr<v1::PreviewReleaseResponse> answer = client.PreviewRelease(request, call);
  if (!answer.ok()) return Refusal(session, file, answer.status());
  const v1::PreviewReleaseResponse& preview = *answer;
  if (session.options().output == OutputFormat::kJson) {
    session.out() << JsonText(ToJson(preview));
    return absl::OkStatus();
  }
  PrintRelease(session, preview.release());
  PrintNames(session,
             "Queried returns, which keep it from being published:", preview.queried_returns());
  PrintBrokenSums(session, preview);
  PrintNarrowCounts(session, preview);
  if (preview.release().observation_count() == 0) {
    session.out()
        << "\nThere is nothing to publish: no figure of these measures was submitted, and "
           "none is owed, of a\nperiod that lies whole between the first and the last "
           "day.\n";
    return absl::OkStatus();
  }
  if (preview.queried_returns_size() > 0) {
    session.out() << "\nNothing was published, and nothing can be before the queries are ended.\n";
    return absl::OkStatus();
  }
  session.out() << "\nNothing was published. To publish exactly this, give `releases publish` the "
                   "same options and\n  --preview-digest "
                << Printable(preview.preview_digest()) << "\n";
  return absl::OkStatus();
}

absl::Status Publish(Session& session, const MakeOptions& options) {
  ApplyFile file;
  v1::PublishReleaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_release(), ReadRelease(session, options, file));
  request.set_preview_digest(options.preview_digest);
  request.set_accept_missing(options.accept_missing);
  request.set_accept_broken_sums(options.accept_broken_sums);
  request.set_accept_narrow_counts(options.accept_narrow_counts);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  const absl::StatusOr<Release> release = client.PublishRelease(request, call);
  if (!release.ok()) return Refusal(session, file, release.status());
  return PrintOutcome(session, *release);
}

absl::Status Withdraw(Session& session, const WithdrawOptions& options) {
  v1::WithdrawReleaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.release, kReleasePattern));
  request.set_reason(options.reason);
  request.set_dry_run(options.dry_run);
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Release release, client.WithdrawRelease(request, call));
  RETURN_IF_ERROR(PrintOutcome(session, release));
  if (release.recipients_size() == 0 && session.options().output != OutputFormat::kJson) {
    session.out() << "\nNobody has had figures of it.\n";
  }
  return absl::OkStatus();
}

absl::Status Show(Session& session, const ShowOptions& options) {
  v1::GetReleaseRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ExpandName(options.release, kReleasePattern));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const Release release, client.GetRelease(request, call));
  return PrintOutcome(session, release);
}

CLI::App* AddMaking(CLI::App& releases, const std::string& name, const std::string& description,
                    Session& session, const std::shared_ptr<MakeOptions>& options,
                    absl::Status (*run)(Session&, const MakeOptions&)) {
  CLI::App* command = AddCommand(releases, name, description, session, options, run);
  command->footer(
      "What it is made of stands in a file of kind `release`, or in its name, --title, --measure,\n"
      "--from and --to.");
  CLI::Option* const file = command->add_option(
      "-f,--file", options->file, "A YAML file with its name, display_name, selection and note");
  for (CLI::Option* const option : {
           command->add_option("release", options->release, "Its name, such as scorecard-2018-q1"),
           command->add_option("--title", options->title, "A short title"),
           command->add_option("--measure", options->measures, "A measure of it; repeatable")
               ->allow_extra_args(false),
           command->add_option("--from", options->from,
                               "First day of its first period, as 2018-04-01"),
           command->add_option("--to", options->to, "Last day of its last period, inclusive"),
           command->add_option("--note", options->note, "What a reader has to know"),
       }) {
    option->excludes(file);
  }
  return command;
}

}  // namespace

void AddPublicationCommands(CLI::App& releases, Session& session) {
  AddMaking(releases, "preview", "What a release of submitted figures would show and hide", session,
            std::make_shared<MakeOptions>(), &Preview);
  auto publish = std::make_shared<MakeOptions>();
  CLI::App* command = AddMaking(releases, "publish", "Freeze a release as it was previewed",
                                session, publish, &Publish);
  command
      ->add_option("--preview-digest", publish->preview_digest,
                   "What `releases preview` printed of it")
      ->required();
  command->add_flag("--accept-missing", publish->accept_missing,
                    "Publish though returns are missing");
  command->add_flag("--accept-broken-sums", publish->accept_broken_sums,
                    "Publish though declared sums do not hold");
  command->add_flag("--accept-narrow-counts", publish->accept_narrow_counts,
                    "Publish though hiding cannot keep all counts from everybody");
  auto withdraw = std::make_shared<WithdrawOptions>();
  command =
      AddCommand(releases, "withdraw", "Withdraw a release for good", session, withdraw, &Withdraw);
  command->add_option("release", withdraw->release, "The release")->required();
  command->add_option("--reason", withdraw->reason, "Why, for those who look for it")->required();
  command->add_flag("--dry-run", withdraw->dry_run, "Only check");
  auto show = std::make_shared<ShowOptions>();
  command =
      AddCommand(releases, "show", "One release; the office sees its report and who has had it",
                 session, show, &Show);
  command->add_option("release", show->release, "The release")->required();
}

}  // namespace concordat::cli
