// `concordat returns template`.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/new_folder.h"
#include "client/cli/text.h"
#include "client/workbook/return_workbook.h"

namespace concordat::cli {
namespace {

namespace fs = std::filesystem;
using v1::Return;
using workbook::MeasureGuide;
using workbook::OwedFigure;

struct TemplateOptions {
  std::string agency;
  std::string output;
};

using Measures = std::map<std::string, v1::Measure>;

// The measures that the caller's agreements cover, by name; none when no agreement does.
absl::StatusOr<Measures> ReadMeasures(Session& session, Client& client, const CallOptions& call) {
  const absl::StatusOr<std::vector<v1::Measure>> listed = Collect(client.ListMeasures({}, call));
  if (!listed.ok() && !absl::IsPermissionDenied(listed.status())) return listed.status();
  if (!listed.ok()) {
    session.err() << "concordat: no agreement covers the measures: the workbook has totals alone\n";
    return Measures();
  }
  Measures measures;
  for (const v1::Measure& measure : *listed) measures[measure.name()] = measure;
  return measures;
}

MeasureGuide GuideOf(const Return& owed, const v1::Measure& measure) {
  MeasureGuide guide;
  guide.measure = ShortName(ParentOf(owed.name()));
  guide.title = owed.measure_display_name();
  guide.definition = measure.definition();
  if (measure.unit() != v1::Measure::UNIT_UNSPECIFIED) {
    guide.unit = LowerWords(NameOf(measure.unit()));
  }
  if (measure.rate_per() > 0) absl::StrAppend(&guide.unit, " per ", measure.rate_per());
  if (!measure.unit_label().empty()) absl::StrAppend(&guide.unit, ", ", measure.unit_label());
  return guide;
}

// The figures of one return: for each area the total, then its breakdowns.
void AddFigures(const Return& owed, const v1::Measure& measure, std::vector<OwedFigure>& figures) {
  for (int i = 0; i < owed.areas_size(); ++i) {
    OwedFigure total;
    total.measure = ShortName(ParentOf(owed.name()));
    total.area = absl::AsciiStrToUpper(ShortName(owed.areas(i)));
    if (i < owed.area_display_names_size()) total.area_name = owed.area_display_names(i);
    total.due = DayText(owed.due());
    total.period_kind = NameOf(owed.period().kind());
    total.period_start = DayText(owed.period().start());
    total.period_end = DayText(owed.period().end());
    total.is_count = measure.unit() == v1::Measure::COUNT;
    figures.push_back(total);
    for (const v1::Measure::Dimension& dimension : measure.dimensions()) {
      for (const std::string& item : dimension.items()) {
        OwedFigure part = total;
        part.breakdown_dimension = dimension.name();
        part.breakdown_item = item;
        figures.push_back(part);
      }
    }
  }
}

// The workbook's bytes; the library writes files alone.
absl::StatusOr<std::string> MakeWorkbook(const std::string& agency,
                                         const std::vector<MeasureGuide>& guides,
                                         const std::vector<OwedFigure>& figures) {
  std::string folder = (fs::temp_directory_path() / "concordat-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return LocalError("no temporary folder can be made", "look at the disk, or set TMPDIR");
  }
  const absl::Cleanup remove = [&folder] {
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  };
  const std::string path = absl::StrCat(folder, "/returns.xlsx");
  absl::Status written = workbook::WriteReturnWorkbook(path, agency, guides, figures);
  if (!written.ok()) return LocalError(written.message(), "look at the disk, or set TMPDIR");
  return ReadFile(path);
}

absl::Status WriteTemplate(Session& session, const TemplateOptions& options) {
  if (!absl::EndsWith(options.output, ".xlsx")) {
    return UsageError("the template is a workbook: name a file that ends in .xlsx");
  }
  v1::ListReturnsRequest request;
  ASSIGN_OR_RETURN(*request.mutable_agency(), ExpandName(options.agency, kAgencyPattern));
  for (const Return::State state : {Return::DUE, Return::OVERDUE, Return::EXTENDED}) {
    request.add_states(state);
  }
  ASSIGN_OR_RETURN(CallOptions call, session.Call());
  ASSIGN_OR_RETURN(Client client, session.Connect());
  ASSIGN_OR_RETURN(const std::vector<Return> owed, Collect(client.ListReturns(request, call)));
  if (owed.empty()) {
    session.out() << "nothing is owed, so nothing was written\n";
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(Measures measures, ReadMeasures(session, client, call));
  std::vector<MeasureGuide> guides;
  std::vector<OwedFigure> figures;
  for (const Return& one : owed) {
    const v1::Measure& measure = measures[std::string(ParentOf(one.name()))];
    AddFigures(one, measure, figures);
    const MeasureGuide guide = GuideOf(one, measure);
    const bool is_new = std::none_of(guides.begin(), guides.end(), [&](const MeasureGuide& other) {
      return other.measure == guide.measure;
    });
    if (is_new) guides.push_back(guide);
  }
  ASSIGN_OR_RETURN(const std::string bytes,
                   MakeWorkbook(ShortName(request.agency()), guides, figures));
  RETURN_IF_ERROR(WriteNewFile(options.output, bytes));
  session.out() << Counted(static_cast<int64_t>(figures.size()), "figure") << " of "
                << Counted(static_cast<int64_t>(owed.size()), "return") << " written to "
                << Printable(options.output) << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddReturnsTemplateCommand(CLI::App& returns, Session& session) {
  auto options = std::make_shared<TemplateOptions>();
  CLI::App* command =
      AddCommand(returns, "template", "Writes a workbook of what an agency owes, to be filled in",
                 session, options, &WriteTemplate);
  command->add_option("--agency", options->agency, "Whose returns")->required();
  command->add_option("-o,--file", options->output, "The new .xlsx file")->required();
}

}  // namespace concordat::cli
