// `concordat releases …`.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "base/status.h"
#include "client/cli/atomic_file.h"
#include "client/cli/commands.h"
#include "client/cli/extract_workbook.h"
#include "client/cli/json.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/progress_line.h"
#include "client/cli/text.h"

namespace concordat::cli {
namespace {

using v1::Observation;
using v1::Release;
using ExtractFormat = v1::ExtractObservationsRequest::Format;
using PeriodKind = v1::Period::Kind;

// What stands for standard output where a file is named.
constexpr absl::string_view kStandardOutput = "-";
// The format that is made here, of what the service sends as others.
constexpr absl::string_view kWorkbookFormat = "xlsx";

struct ListOptions {};

// Which figures, as written.
struct FilterOptions {
  std::vector<std::string> measures;
  std::vector<std::string> areas;
  std::string topic;
  std::string changed_since;
};

struct ObservationsOptions {
  std::string release = "-";
  FilterOptions filter;
};

struct ExtractOptions {
  std::string release;
  std::string format;
  std::string file;
  std::string period_kind;
  // The manifest's file; empty for none.
  std::string manifest;
  FilterOptions filter;
};

std::vector<Column<Release>> ReleaseColumns() {
  return {
      {"Release", "name", [](const Release& r) { return Plain(ShortName(r.name())); },
       [](const Release& r) { return r.name(); }},
      {"Title", "display_name", [](const Release& r) { return Plain(r.display_name()); }},
      {"State", "state",
       [](const Release& r) {
         return Cell{LowerWords(NameOf(r.state())),
                     r.state() == Release::WITHDRAWN ? Style::kRed : Style::kPlain};
       },
       [](const Release& r) { return NameOf(r.state()); }},
      {"Date", "document_date", [](const Release& r) { return Plain(DayText(r.document_date())); }},
      {"Figures", "observation_count",
       [](const Release& r) { return Plain(absl::StrCat(r.observation_count())); }, nullptr, true},
      {"Small numbers", "disclosure_profile",
       // Of submitted figures it is each measure's.
       [](const Release& r) {
         return Plain(r.disclosure_profile() == v1::DISCLOSURE_PROFILE_UNSPECIFIED
                          ? ""
                          : LowerWords(NameOf(r.disclosure_profile())));
       },
       [](const Release& r) { return NameOf(r.disclosure_profile()); }},
      {"", "digest", [](const Release& r) { return Plain(r.digest()); }},
  };
}

// The value, or the word for why there is none.
Cell ValueCell(const Observation& figure) {
  std::string text =
      figure.has_value() ? NumberText(figure.value()) : LowerWords(NameOf(figure.symbol()));
  if (figure.provisional()) text += " (provisional)";
  return {text, figure.has_value() ? Style::kPlain : Style::kFaint};
}

std::string OptionalNumber(bool set, double number) { return set ? NumberText(number) : ""; }

std::string BreakdownText(const Observation& figure) {
  return absl::StrJoin(figure.breakdowns(), "; ",
                       [](std::string* out, const Observation::Breakdown& breakdown) {
                         absl::StrAppend(out, breakdown.dimension(), ": ", breakdown.item());
                       });
}

std::vector<Column<Observation>> ObservationColumns() {
  return {
      {"", "name", [](const Observation& o) { return Plain(o.name()); }},
      {"Measure", "measure",
       [](const Observation& o) {
         return Plain(o.measure_display_name().empty() ? ShortName(o.measure())
                                                       : o.measure_display_name());
       },
       [](const Observation& o) { return o.measure(); }},
      {"Area", "area",
       [](const Observation& o) {
         return Plain(o.area_display_name().empty() ? ShortName(o.area()) : o.area_display_name());
       },
       [](const Observation& o) { return o.area(); }},
      {"", "area_name", [](const Observation& o) { return Plain(o.area_display_name()); }},
      {"Of", "comparator",
       [](const Observation& o) { return Plain(LowerWords(NameOf(o.comparator()))); },
       [](const Observation& o) { return NameOf(o.comparator()); }},
      {"Period", "period_label", [](const Observation& o) { return Plain(PeriodText(o.period())); },
       [](const Observation& o) { return o.period().label(); }},
      {"", "period_kind", [](const Observation& o) { return Plain(NameOf(o.period().kind())); }},
      {"", "period_start", [](const Observation& o) { return Plain(DayText(o.period().start())); }},
      {"", "period_end", [](const Observation& o) { return Plain(DayText(o.period().end())); }},
      {"Breakdown", "breakdowns", [](const Observation& o) { return Plain(BreakdownText(o)); }},
      {"Value", "value", &ValueCell,
       [](const Observation& o) { return OptionalNumber(o.has_value(), o.value()); }, true},
      {"", "symbol", [](const Observation& o) { return Plain(NameOf(o.symbol())); }},
      {"", "numerator",
       [](const Observation& o) {
         return Plain(OptionalNumber(o.has_numerator(), o.numerator()));
       }},
      {"", "denominator",
       [](const Observation& o) {
         return Plain(OptionalNumber(o.has_denominator(), o.denominator()));
       }},
      {"", "provisional",
       [](const Observation& o) { return Plain(o.provisional() ? "true" : "false"); }},
      {"", "printed", [](const Observation& o) { return Plain(o.printed()); }},
      {"", "note", [](const Observation& o) { return Plain(o.note()); }},
      {"", "revision", [](const Observation& o) { return Plain(absl::StrCat(o.revision())); }},
  };
}

absl::StatusOr<v1::ObservationFilter> MakeFilter(const FilterOptions& options) {
  v1::ObservationFilter filter;
  for (const std::string& measure : options.measures) {
    ASSIGN_OR_RETURN(*filter.add_measures(), ExpandName(measure, kMeasurePattern));
  }
  for (const std::string& area : options.areas) {
    ASSIGN_OR_RETURN(*filter.add_areas(), ExpandName(area, kAreaPattern));
  }
  filter.set_topic(options.topic);
  if (!options.changed_since.empty()) {
    ASSIGN_OR_RETURN(*filter.mutable_changed_since(),
                     ParseMomentFromStartOfDay(options.changed_since));
  }
  return filter;
}

absl::Status ListReleases(Session& session, const ListOptions&) {
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListReleases({}, call), ReleaseColumns(), {"release", ""});
}

absl::Status ListObservations(Session& session, const ObservationsOptions& options) {
  v1::ListObservationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(),
                   ExpandName(options.release, kReleasePattern, Wildcard::kAccepted));
  ASSIGN_OR_RETURN(*request.mutable_filter(), MakeFilter(options.filter));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  return PrintList(session, client.ListObservations(request, call), ObservationColumns(),
                   {"figure", ""});
}

// Bytes and SHA-256 of a file.
struct FileFacts {
  int64_t bytes = 0;
  std::string sha256;
};

absl::StatusOr<FileFacts> FactsOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  FileFacts facts;
  Sha256 digest;
  std::string bytes(size_t{1} << 16, '\0');
  while (file) {
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    facts.bytes += file.gcount();
    digest.Update({bytes.data(), static_cast<size_t>(file.gcount())});
  }
  if (!file.eof()) return LocalError("the workbook cannot be read back", "try another disk");
  facts.sha256 = digest.Finish();
  return facts;
}

// What came, and the file that was made of it: a workbook is another one than the manifest's.
struct Extracted {
  ExtractSummary summary;
  FileFacts file;
};

// Writes what the file is, where that is wanted, before the file gets its name.
absl::Status WriteManifest(const Extracted& extracted, std::optional<AtomicFile>& file) {
  if (!file.has_value()) return absl::OkStatus();
  nlohmann::ordered_json manifest;
  manifest["file"]["bytes"] = extracted.file.bytes;
  manifest["file"]["sha256"] = absl::BytesToHexString(extracted.file.sha256);
  manifest["header"] = ToJson(extracted.summary.header);
  manifest["manifest"] = ToJson(extracted.summary.manifest);
  return file->Write(JsonText(manifest));
}

// Writes what is asked for, as the workbook of it or as it comes.
absl::Status WriteExtract(Session& session, Client& client,
                          const v1::ExtractObservationsRequest& request, bool as_workbook,
                          const CallOptions& call, const std::string& path,
                          std::optional<AtomicFile>& manifest) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  absl::StatusOr<ExtractSummary> extracted;
  {
    ProgressLine progress(session, "bytes");
    int64_t written = 0;
    const auto write = [&](absl::string_view bytes) {
      written += static_cast<int64_t>(bytes.size());
      progress.Show(written, 0);
      return file.Write(bytes);
    };
    extracted = as_workbook ? WriteExtractWorkbook(file.temporary().string(), client, request, call,
                                                   [&](int64_t bytes) { progress.Show(bytes, 0); })
                            : client.Extract(request, write, call);
  }
  RETURN_IF_ERROR(extracted.status());
  const ExtractSummary& summary = *extracted;
  FileFacts facts{summary.manifest.bytes(), summary.manifest.sha256()};
  if (as_workbook) {
    ASSIGN_OR_RETURN(facts, FactsOf(file.temporary().string()));
  }
  RETURN_IF_ERROR(WriteManifest({summary, facts}, manifest));
  RETURN_IF_ERROR(file.Commit());
  session.err() << path << ": " << Counted(summary.manifest.rows(), "row") << ", "
                << Counted(facts.bytes, "byte") << ", SHA-256 "
                << absl::BytesToHexString(facts.sha256) << ", under " << summary.header.agreement()
                << " version " << summary.header.agreement_version() << "\n";
  return absl::OkStatus();
}

absl::Status WriteToOutput(Session& session, Client& client,
                           const v1::ExtractObservationsRequest& request, const CallOptions& call,
                           std::optional<AtomicFile>& manifest) {
  const auto write = [&](absl::string_view bytes) {
    session.out() << bytes;
    return session.out() ? absl::OkStatus()
                         : LocalError("the output could not be written", "make room");
  };
  ASSIGN_OR_RETURN(const ExtractSummary summary, client.Extract(request, write, call));
  const FileFacts facts{summary.manifest.bytes(), summary.manifest.sha256()};
  return WriteManifest({summary, facts}, manifest);
}

// Whether both name one file, there or not.
bool IsSameFile(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::weakly_canonical(one, error) ==
         std::filesystem::weakly_canonical(other, error);
}

absl::Status Extract(Session& session, const ExtractOptions& options) {
  v1::ExtractObservationsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_parent(), ExpandName(options.release, kReleasePattern));
  const bool to_file = !options.file.empty() && options.file != kStandardOutput;
  const bool as_workbook = options.format == kWorkbookFormat;
  if (as_workbook && !to_file) {
    return UsageError("a workbook is written to a file: name it with -o");
  }
  if (options.manifest == kStandardOutput ||
      (to_file && !options.manifest.empty() && IsSameFile(options.manifest, options.file))) {
    return UsageError("--manifest is a file of its own, beside the one that -o names");
  }
  if (!as_workbook) {
    const absl::StatusOr<ExtractFormat> format = ParseWord<ExtractFormat>(options.format);
    if (!format.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(format.status().message(), ", or ", kWorkbookFormat));
    }
    request.set_format(*format);
  }
  if (!options.period_kind.empty()) {
    ASSIGN_OR_RETURN(const PeriodKind kind, ParseWord<PeriodKind>(options.period_kind));
    request.set_period_kind(kind);
  }
  ASSIGN_OR_RETURN(*request.mutable_filter(), MakeFilter(options.filter));
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  // Before the extract, which may take long.
  std::optional<AtomicFile> manifest;
  if (!options.manifest.empty()) {
    ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(options.manifest));
    manifest.emplace(std::move(file));
  }
  RETURN_IF_ERROR(
      to_file ? WriteExtract(session, client, request, as_workbook, call, options.file, manifest)
              : WriteToOutput(session, client, request, call, manifest));
  return manifest.has_value() ? manifest->Commit() : absl::OkStatus();
}

void AddFilterOptions(CLI::App& command, FilterOptions& filter) {
  command.add_option("--measure", filter.measures, "Only this measure; repeatable")
      ->allow_extra_args(false);
  command.add_option("--area", filter.areas, "Only this area, such as e10000017; repeatable")
      ->allow_extra_args(false);
  command.add_option("--topic", filter.topic, "Only measures of this topic");
  command.add_option("--changed-since", filter.changed_since,
                     "Only what became known since this moment, or the start of this day");
}

}  // namespace

void AddReleasesCommands(CLI::App& app, Session& session) {
  CLI::App* group = AddGroup(app, "releases", "Releases of figures");
  AddCommand(*group, "list", "Releases, withdrawn ones too", session,
             std::make_shared<ListOptions>(), &ListReleases);
  auto observations = std::make_shared<ObservationsOptions>();
  CLI::App* command = AddCommand(*group, "observations", "Figures of one release, or of all",
                                 session, observations, &ListObservations);
  command->add_option("release", observations->release,
                      "The release, such as papers-2018. Default: all");
  AddFilterOptions(*command, observations->filter);
  auto extract = std::make_shared<ExtractOptions>();
  command = AddCommand(*group, "extract", "The figures of a release as one verified file", session,
                       extract, &Extract);
  command->add_option("release", extract->release, "The release, such as papers-2018")->required();
  command
      ->add_option("--format", extract->format,
                   "csv, ndjson, excel-csv (for spreadsheets), tidy-csv (the tidy standard), "
                   "tidy-metadata (the file that goes with it) or xlsx (both as a workbook)")
      ->required();
  command->add_option("--period-kind", extract->period_kind,
                      "Only such periods, such as financial-quarter; a tidy file or a workbook "
                      "holds one kind");
  command->add_option("-o,--file", extract->file,
                      "The file to write, whole or not at all. Default, and `-`: standard output");
  command->add_option("--manifest", extract->manifest,
                      "Also write what the file is, as JSON: its release, agreement, rows and "
                      "SHA-256, and what is hidden in it of each measure");
  AddFilterOptions(*command, extract->filter);
  AddPublicationCommands(*group, session);
}

}  // namespace concordat::cli
