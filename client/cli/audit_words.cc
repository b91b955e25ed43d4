#include "client/cli/audit_words.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/csv.h"
#include "client/cli/html.h"
#include "client/cli/names.h"
#include "client/cli/text.h"
#include "google/rpc/code.pb.h"

namespace concordat::cli {
namespace {

using v1::AuditRecord;
using v1::AuditSummary;

std::string EventWords(AuditRecord::Event event) {
  switch (event) {
    case AuditRecord::CALL:
      return "a call";
    case AuditRecord::STREAM_OPENED:
      return "a stream was opened";
    case AuditRecord::STREAM_ENDED:
      return "a stream ended";
    case AuditRecord::INITIALISED:
      return "the first administrator was made";
    case AuditRecord::STREAM_INTERRUPTED:
      return "a stream had no end when the server started again";
    case AuditRecord::RECORDS_DROPPED_BY_RETENTION:
      return "records were archived, and dropped by retention";
    case AuditRecord::LOG_SUCCEEDED:
      return "this log took the place of another, after a restore";
    default:
      return LowerWords(NameOf(event));
  }
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// A number, or nothing for 0.
std::string NumberOrNothing(int64_t number) { return number == 0 ? "" : absl::StrCat(number); }

std::string DataSetWords(v1::DataSet data_set) {
  return data_set == v1::DATA_SET_UNSPECIFIED ? "" : LowerWords(NameOf(data_set));
}

std::string AgreementWords(const std::string& agreement, int64_t version) {
  return agreement.empty() ? "" : absl::StrCat(agreement, ", version ", version);
}

// Whether the record has an answer whose size is worth telling.
bool HasAnswer(const AuditRecord& record) { return !record.released().empty(); }

std::string ClientWords(const std::string& client) {
  return client.empty() ? "not known" : ShortName(client);
}

std::string MethodWords(const std::string& method) {
  return method.empty() ? "none of the service's" : ShortMethod(method);
}

Table AccessTable(const google::protobuf::RepeatedPtrField<AuditSummary::Access>& accesses) {
  Table table;
  table.headings = {{"Client"},      {"Purpose"},    {"Agreement"},    {"Data set"},   {"Method"},
                    {"Calls", true}, {"Rows", true}, {"First", false}, {"Last", false}};
  for (const AuditSummary::Access& access : accesses) {
    std::string agreement =
        access.agreement().empty()
            ? "none needed"
            : absl::StrCat(ShortName(access.agreement()), " version ", access.agreement_version());
    table.rows.push_back({Plain(ClientWords(access.client())), Plain(access.purpose()),
                          Plain(std::move(agreement)), Plain(DataSetWords(access.data_set())),
                          Plain(MethodWords(access.method())), Plain(absl::StrCat(access.served())),
                          Plain(absl::StrCat(access.rows())),
                          Plain(ShortInstantText(access.first_time())),
                          Plain(ShortInstantText(access.last_time()))});
  }
  return table;
}

Table RefusalTable(const google::protobuf::RepeatedPtrField<AuditSummary::Refusals>& refusals) {
  Table table;
  table.headings = {{"Client"}, {"Method"}, {"Reason"}, {"Calls", true}};
  for (const AuditSummary::Refusals& refusal : refusals) {
    table.rows.push_back({Plain(ClientWords(refusal.client())),
                          Plain(MethodWords(refusal.method())), Plain(LowerWords(refusal.reason())),
                          Plain(absl::StrCat(refusal.count()))});
  }
  return table;
}

void AppendCsv(const char* part,
               const google::protobuf::RepeatedPtrField<AuditSummary::Access>& accesses,
               std::string& csv) {
  for (const AuditSummary::Access& access : accesses) {
    csv +=
        CsvRecord({part, access.client(), access.purpose(), access.agreement(),
                   NumberOrNothing(access.agreement_version()), NameOf(access.data_set()),
                   access.method(), "", absl::StrCat(access.served()), absl::StrCat(access.rows()),
                   InstantText(access.first_time()), InstantText(access.last_time())});
  }
}

}  // namespace

std::string ShortMethod(const std::string& method) {
  const size_t slash = method.rfind('/');
  return slash == std::string::npos ? method : method.substr(slash + 1);
}

Cell DecisionCell(const AuditRecord& record) {
  if (record.decision() == AuditRecord::ALLOWED) return {"allowed", Style::kGreen};
  std::string text = LowerWords(NameOf(record.decision()));
  if (!record.reason().empty()) absl::StrAppend(&text, ", ", LowerWords(record.reason()));
  return {text, Style::kRed};
}

std::vector<Fact> EntryFacts(const v1::AuditEntry& entry) {
  const AuditRecord& record = entry.record();
  std::vector<Fact> facts;
  const auto say = [&](const char* label, std::string value) {
    facts.push_back({label, Plain(std::move(value))});
  };
  say("Record", absl::StrCat(entry.index()));
  say("Leaf hash", Hex(entry.leaf_hash()));
  say("Log", record.origin());
  say("What", EventWords(record.event()));
  facts.push_back({"Decision", DecisionCell(record)});
  say("Status", google::rpc::Code_Name(static_cast<google::rpc::Code>(record.status_code())));
  say("Time", InstantText(record.time()));
  say("Took", absl::StrCat(record.latency_micros(), " microseconds"));

  say("Method", record.method());
  say("Access rule", record.rule());
  say("Data set", DataSetWords(entry.data_set()));
  say("Resource", record.resource());
  say("Agency", record.agency());
  say("Client", record.client());
  say("On behalf of", record.on_behalf_of());
  say("Purpose", record.purpose());
  say("Decided by", AgreementWords(record.agreement(), record.agreement_version()));
  say("Digest of the agreement", Hex(record.agreement_digest()));
  say("Digest of the policy", Hex(record.policy_digest()));
  say("Justification", record.justification());

  say("Answer", record.released());
  if (HasAnswer(record)) {
    say("Rows", absl::StrCat(record.rows()));
    say("Bytes", absl::StrCat(record.bytes()));
  }
  say("Digest of the answer", Hex(record.response_digest()));
  say("Release", record.release());
  say("Contributed by", absl::StrJoin(record.contributors(), ", "));
  if (record.event() == AuditRecord::STREAM_ENDED ||
      record.event() == AuditRecord::STREAM_INTERRUPTED) {
    say("Opened by record", absl::StrCat(record.opening_index()));
  }

  say("Request id", record.request_id());
  say("Trace id", record.trace_id());
  say("Peer", record.peer());
  say("Connection", record.tls_version());
  if (!record.tls_version().empty())
    say("TLS session resumed", record.tls_resumed() ? "yes" : "no");
  say("Certificate SHA-256", Hex(record.certificate_sha256()));
  say("Certificate serial number", Hex(record.certificate_serial()));
  say("Token issuer", record.token_issuer());
  say("Token subject", record.token_subject());
  say("Token id SHA-256", Hex(record.token_id_digest()));
  say("Token key", record.token_key_id());

  say("Server build", record.build());
  say("Server sequence", absl::StrCat(record.monotonic_sequence()));
  say("Salt", Hex(record.salt()));
  say("Record shape", absl::StrCat("version ", record.schema_version()));
  return facts;
}

Verification VerificationOf(const AuditSummary& summary, SignatureCheck check) {
  Verification verification;
  const std::string hashed =
      absl::StrCat("the service hashed ", Counted(summary.verified_records(), "record"),
                   " of the quarter again");
  if (summary.has_first_bad_index()) {
    verification.sound = false;
    const std::string which =
        summary.has_last_bad_index()
            ? absl::StrCat("one of the records ", summary.first_bad_index(), " to ",
                           summary.last_bad_index(), ", or its stored hash,")
            : absl::StrCat("record ", summary.first_bad_index(), ", or its stored hash,");
    verification.records = absl::StrCat(
        "NOT SOUND: ", which, " is not what was signed; tell the operator. Otherwise ", hashed);
  } else {
    verification.records = absl::StrCat(hashed, ", and all agree with the signed tree");
  }
  switch (check) {
    case SignatureCheck::kNotChecked:
      verification.signature = "not checked here: no key was given";
      break;
    case SignatureCheck::kValid:
      verification.signature = "checked here: it is signed by the key that was given";
      break;
    case SignatureCheck::kInvalid:
      verification.sound = false;
      verification.signature = "NOT SOUND: it is not signed by the key that was given";
      break;
  }
  return verification;
}

std::vector<Fact> SummaryFacts(const AuditSummary& summary, const Verification& verification) {
  const Style style = verification.sound ? Style::kGreen : Style::kRed;
  std::string dropped;
  if (summary.dropped_records() > 0) {
    dropped = absl::StrCat(Counted(summary.dropped_records(), "record"),
                           " of the quarter, archived and dropped by retention");
  }
  std::string signed_at = InstantText(summary.checkpoint().sign_time());
  if (!summary.checkpoint().has_sign_time()) signed_at.clear();
  return {
      {"Agency", Plain(summary.agency())},
      {"Quarter", Plain(absl::StrCat(DayText(summary.first_day()), " to ",
                                     DayText(summary.last_day()), ", Europe/London"))},
      {"Log", Plain(summary.checkpoint().origin())},
      {"Up to", Plain(absl::StrCat(
                    "the checkpoint of ",
                    Counted(static_cast<int64_t>(summary.checkpoint().tree_size()), "record")))},
      {"Signed at", Plain(std::move(signed_at))},
      {"Root hash", Plain(Hex(summary.checkpoint().root_hash()))},
      {"Records", {verification.records, style}},
      {"Signature", {verification.signature, style}},
      {"Not counted", Plain(std::move(dropped))},
  };
}

std::vector<SummaryPart> SummaryParts(const AuditSummary& summary) {
  return {
      {"What this agency's clients did", AccessTable(summary.own_calls()), "Nothing."},
      {"What others did with what this agency contributed", AccessTable(summary.calls_of_others()),
       "Nothing."},
      {"What this agency's clients were refused", RefusalTable(summary.refusals()), "Nothing."},
  };
}

std::string SummaryCsv(const AuditSummary& summary) {
  std::string csv =
      CsvRecord({"part", "client", "purpose", "agreement", "agreement_version", "data_set",
                 "method", "reason", "calls", "rows", "first_time", "last_time"});
  AppendCsv("own_calls", summary.own_calls(), csv);
  AppendCsv("calls_of_others", summary.calls_of_others(), csv);
  for (const AuditSummary::Refusals& refusal : summary.refusals()) {
    csv += CsvRecord({"refusals", refusal.client(), "", "", "", "", refusal.method(),
                      refusal.reason(), absl::StrCat(refusal.count()), "", "", ""});
  }
  return csv;
}

std::string SummaryHtml(const AuditSummary& summary, const Verification& verification) {
  std::vector<HtmlFact> facts;
  for (const Fact& fact : SummaryFacts(summary, verification)) {
    if (!fact.value.text.empty()) facts.push_back({fact.label, {fact.value.text}});
  }
  std::string body = HtmlFacts(facts);
  for (const SummaryPart& part : SummaryParts(summary)) {
    if (part.table.rows.empty()) {
      absl::StrAppend(&body, "<h2>", HtmlEscaped(part.title), "</h2>\n<p>", part.none, "</p>\n");
    } else {
      absl::StrAppend(&body, HtmlTable(part.title, part.table));
    }
  }
  return HtmlPage(absl::StrCat("Audit summary of ", ShortName(summary.agency()), ", ",
                               DayText(summary.first_day()), " to ", DayText(summary.last_day())),
                  body);
}

}  // namespace concordat::cli
