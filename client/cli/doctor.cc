// `concordat doctor`.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "client/cli/commands.h"
#include "client/cli/error_text.h"
#include "client/cli/list_output.h"
#include "client/cli/local_error.h"
#include "client/cli/names.h"
#include "client/cli/text.h"
#include "client/doctor/diagnosis.h"

namespace concordat::cli {
namespace {

using doctor::Outcome;
using doctor::Step;

struct DoctorOptions {};

std::optional<std::string> ReadEnvironment(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  return value;
}

std::string NextStepOf(const Step& step) {
  if (step.outcome != Outcome::kFailed) return "";
  return step.next_step.empty() ? NextStepText(step.status) : step.next_step;
}

absl::string_view WordOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kOk:
      return "ok";
    case Outcome::kFailed:
      return "FAILED";
    case Outcome::kSkipped:
      break;
  }
  return "skipped";
}

void PrintLines(Session& session, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    session.out() << absl::StrFormat("%-8s %-19s %s", WordOf(step.outcome), step.name,
                                     Printable(step.saw));
    if (const std::string next = NextStepOf(step); !next.empty()) {
      session.out() << "; next: " << Printable(next);
    }
    session.out() << "\n";
  }
}

void PrintJson(Session& session, const std::vector<Step>& steps) {
  nlohmann::ordered_json array = nlohmann::ordered_json::array();
  for (const Step& step : steps) {
    array.push_back({{"step", step.name},
                     {"outcome", WordOf(step.outcome)},
                     {"saw", step.saw},
                     {"next_step", NextStepOf(step)}});
  }
  session.out() << JsonText(array);
}

void PrintCsv(Session& session, const std::vector<Step>& steps) {
  session.out() << MakeCsv<Step>(
      steps,
      {{"", "step", [](const Step& step) { return Plain(step.name); }},
       {"", "outcome", [](const Step& step) { return Plain(std::string(WordOf(step.outcome))); }},
       {"", "saw", [](const Step& step) { return Plain(step.saw); }},
       {"", "next_step", [](const Step& step) { return Plain(NextStepOf(step)); }}});
}

// The first failure, by its step; it has the exit code that its call would have.
absl::Status Conclude(const std::vector<Step>& steps) {
  const auto failed = std::find_if(steps.begin(), steps.end(), [](const Step& step) {
    return step.outcome == Outcome::kFailed;
  });
  if (failed == steps.end()) return absl::OkStatus();
  return WithNextStep(absl::Status(failed->status.code(), absl::StrCat(failed->name, " failed")),
                      NextStepOf(*failed));
}

absl::Status Doctor(Session& session, const DoctorOptions&) {
  ASSIGN_OR_RETURN(const CallOptions call, session.Call());
  const std::vector<Step> steps = doctor::Diagnose(
      {session.ReadProfile(), call.purpose, call.agreement, &ReadEnvironment, &absl::Now});
  switch (session.options().output) {
    case OutputFormat::kTable:
      PrintLines(session, steps);
      break;
    case OutputFormat::kJson:
      PrintJson(session, steps);
      break;
    case OutputFormat::kCsv:
      PrintCsv(session, steps);
      break;
  }
  return Conclude(steps);
}

}  // namespace

void AddDoctorCommand(CLI::App& app, Session& session) {
  AddCommand(app, "doctor", "Says which step between this machine and an answered call fails",
             session, std::make_shared<DoctorOptions>(), &Doctor)
      ->footer(
          "One line a step: ok, FAILED with what was seen and what to do, or skipped because of "
          "an\n"
          "earlier one. The exit code is that of the first failure; a clock that is wrong has 1.");
}

}  // namespace concordat::cli
