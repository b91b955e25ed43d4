#include "server/store/sqlite/reading.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/civil_time.h"
#include "base/resource_name.h"
#include "base/status.h"
#include "concordat/v1/measure.pb.h"
#include "concordat/v1/plan.pb.h"

namespace concordat::store {
namespace {

// Columns of every statement that yields a Row.
#define ROW_COLUMNS "name, revision, recorded, committed, removed, imported, topics, body"

Row RowOf(const Query& query) {
  Row row;
  row.name = std::string(query.Text(0));
  row.revision = query.Int(1);
  row.recorded = absl::FromUnixMicros(query.Int(2));
  row.committed = absl::FromUnixMicros(query.Int(3));
  row.removed = query.Int(4) != 0;
  row.imported = query.Int(5) != 0;
  row.topics = absl::StrSplit(query.Text(6), ' ', absl::SkipEmpty());
  row.body = std::string(query.Text(7));
  return row;
}

int64_t Micros(absl::Time time) {
  if (time == absl::InfiniteFuture()) return std::numeric_limits<int64_t>::max();
  if (time == absl::InfinitePast()) return std::numeric_limits<int64_t>::min();
  return absl::ToUnixMicros(time);
}

// What the statement of a resource's revisions asks for.
void BindName(Query& query, Kind kind, absl::string_view name, ReadPoint point) {
  query.Bind(static_cast<int64_t>(kind)).Bind(name).Bind(point.revision).Bind(Micros(point.as_of));
}

void Assign(absl::string_view bytes, std::string& to) { to.assign(bytes.data(), bytes.size()); }

// After every PeriodKey.
constexpr absl::string_view kAfterAllPeriods = "~";

// The first text that is greater than every text that starts with `prefix`.
// Names hold no byte above `z`.
std::string EndOf(absl::string_view prefix) { return std::string(prefix) + "\x7f"; }

}  // namespace

int64_t TileId(int level, uint64_t index) {
  return static_cast<int64_t>(static_cast<uint64_t>(level) << 56 | index);
}

int64_t HourOf(absl::Time time) { return Micros(time) / absl::ToInt64Microseconds(absl::Hours(1)); }

absl::StatusOr<Reading> Reading::Prepare(Connection& connection) {
  Reading reading;
  ASSIGN_OR_RETURN(
      reading.revisions_,
      connection.Prepare("SELECT " ROW_COLUMNS " FROM resource WHERE kind=? AND name=? AND "
                         "store_revision<=? AND recorded<? "
                         "ORDER BY revision DESC"));
  ASSIGN_OR_RETURN(
      reading.scan_,
      connection.Prepare("SELECT " ROW_COLUMNS
                         " FROM resource WHERE kind=? AND name>=? AND name<? AND name<>? AND "
                         "store_revision<=? AND recorded<? "
                         "ORDER BY name, revision DESC"));
  ASSIGN_OR_RETURN(
      reading.newest_,
      connection.Prepare("SELECT max(revision) FROM resource WHERE kind=? AND name=?"));
  ASSIGN_OR_RETURN(reading.observations_,
                   connection.Prepare("SELECT ordinal, measure, area, level, topics, body FROM "
                                      "observation WHERE release=? AND ordinal>? "
                                      "ORDER BY ordinal"));
  ASSIGN_OR_RETURN(reading.lines_,
                   connection.Prepare("SELECT line_index, texts FROM line_page WHERE release=? AND "
                                      "last_ordinal>? ORDER BY last_ordinal"));
  ASSIGN_OR_RETURN(reading.recipients_,
                   connection.Prepare("SELECT agency, agreement, agreement_version, first, last "
                                      "FROM release_recipient WHERE release=? ORDER BY agency"));
  // CROSS JOIN, so that the measure's own index leads whatever the planner thinks.
  ASSIGN_OR_RETURN(
      reading.figures_,
      connection.Prepare("SELECT period, area, breakdown, row, body, name, provider, "
                         "store_revision, recorded FROM figure INDEXED BY figure_by_key "
                         "CROSS JOIN submission ON submission.id=figure.submission "
                         "WHERE measure=? AND (period, area, breakdown)>(?,?,?) AND period<? AND "
                         "(name=? OR (store_revision BETWEEN 1 AND ? AND recorded<?)) "
                         "ORDER BY period, area, breakdown"));
  ASSIGN_OR_RETURN(
      reading.unapplied_,
      connection.Prepare("SELECT name FROM submission WHERE store_revision=0 ORDER BY name"));
  ASSIGN_OR_RETURN(reading.kinds_, connection.Prepare("SELECT DISTINCT kind FROM resource"));
  ASSIGN_OR_RETURN(reading.meta_, connection.Prepare("SELECT value FROM meta WHERE key=?"));
  ASSIGN_OR_RETURN(reading.quota_used_,
                   connection.Prepare("SELECT used FROM daily_quota WHERE day=? AND subject=?"));
  ASSIGN_OR_RETURN(reading.audit_size_,
                   connection.Prepare("SELECT coalesce(max(idx)+1, 0) FROM audit"));
  ASSIGN_OR_RETURN(reading.audit_minimum_,
                   connection.Prepare("SELECT coalesce(min(idx), 0) FROM audit"));
  ASSIGN_OR_RETURN(reading.leaves_,
                   connection.Prepare("SELECT idx, record FROM audit WHERE idx>=? ORDER BY idx"));
  ASSIGN_OR_RETURN(reading.tile_, connection.Prepare("SELECT hashes FROM audit_tile WHERE id=?"));
  ASSIGN_OR_RETURN(reading.audit_all_,
                   connection.Prepare("SELECT idx, record FROM audit WHERE idx>=? AND idx<? AND "
                                      "time>=? AND time<? ORDER BY idx DESC"));
  // CROSS JOIN, so that the agency's own index leads whatever the planner thinks.
  ASSIGN_OR_RETURN(reading.audit_seen_by_,
                   connection.Prepare("SELECT seen.idx, record FROM audit_seen_by AS seen "
                                      "CROSS JOIN audit ON audit.idx=seen.idx WHERE seen.agency=? "
                                      "AND seen.idx>=? AND seen.idx<? AND time>=? AND time<? "
                                      "ORDER BY seen.idx DESC"));
  ASSIGN_OR_RETURN(reading.audit_hours_,
                   connection.Prepare("SELECT coalesce(min(first), 0), coalesce(max(last)+1, 0) "
                                      "FROM audit_hour WHERE hour BETWEEN ? AND ?"));
  // CROSS JOIN keeps the order: the planner would walk all records to find few streams.
  ASSIGN_OR_RETURN(reading.open_streams_,
                   connection.Prepare("SELECT audit.idx, record FROM open_stream CROSS JOIN audit "
                                      "USING (idx) ORDER BY audit.idx"));
  return reading;
}

absl::StatusOr<Row> Reading::Find(const auth::Grant& grant, Kind kind, absl::string_view name,
                                  ReadPoint point) const {
  Query query = revisions_.Start();
  BindName(query, kind, name, point);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  if (!found) {
    RETURN_IF_ERROR(JudgeScope(grant, kind, name, nullptr));
    return ResourceNotFound(KindName(kind), name);
  }
  Row row = RowOf(query);
  RETURN_IF_ERROR(JudgeScope(grant, kind, name, &row.topics));
  if (row.removed) {
    // Judged as what never was, so that a removal says no more than absence.
    RETURN_IF_ERROR(JudgeScope(grant, kind, name, nullptr));
    return ResourceNotFound(KindName(kind), name);
  }
  return row;
}

absl::Status Reading::ScanRows(Kind kind, const Reader::Range& range,
                               absl::FunctionRef<bool(const Row&)> visit) const {
  const std::string& begin = std::max(range.prefix, range.after);
  const std::string end = EndOf(range.prefix);
  Query query = scan_.Start();
  query.Bind(static_cast<int64_t>(kind))
      .Bind(begin)
      .Bind(end)
      .Bind(range.after)
      .Bind(range.point.revision)
      .Bind(Micros(range.point.as_of));
  std::string last;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    // Newest first: the rest of a name's rows are its earlier revisions.
    if (query.Text(0) == last) continue;
    const Row row = RowOf(query);
    last = row.name;
    if (row.removed && !range.changed_since.has_value()) continue;
    if (range.changed_since.has_value() && row.committed < *range.changed_since) continue;
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::Status Reading::ScanRevisions(const auth::Grant& grant, Kind kind, absl::string_view name,
                                    absl::FunctionRef<bool(const Row&)> visit) const {
  Query query = revisions_.Start();
  BindName(query, kind, name, {std::numeric_limits<int64_t>::max(), absl::InfiniteFuture()});
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    const Row row = RowOf(query);
    RETURN_IF_ERROR(JudgeScope(grant, kind, name, &row.topics));
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::StatusOr<std::optional<Row>> Reading::LastInScope(const auth::Grant& grant, Kind kind,
                                                        absl::string_view name, ReadPoint point,
                                                        absl::Time since) const {
  Query query = revisions_.Start();
  BindName(query, kind, name, point);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return std::nullopt;
    Row row = RowOf(query);
    if (!row.removed && JudgeScope(grant, kind, name, &row.topics).ok()) return row;
    // It was out of scope already: what came later is not the caller's to know.
    if (row.committed < since) return std::nullopt;
  }
}

absl::Status Reading::Scan(const auth::Grant& grant, Kind kind, const Reader::Range& range,
                           absl::FunctionRef<bool(const Row&)> visit) const {
  absl::Status failed;
  RETURN_IF_ERROR(ScanRows(kind, range, [&](const Row& row) {
    if (JudgeScope(grant, kind, row.name, &row.topics).ok()) return visit(row);
    if (!range.changed_since.has_value() || !grant.limits_topics()) return true;
    absl::StatusOr<std::optional<Row>> last =
        LastInScope(grant, kind, row.name, range.point, *range.changed_since);
    if (!last.ok()) {
      failed = std::move(last).status();
      return false;
    }
    if (!last->has_value()) return true;
    (*last)->removed = true;
    return visit(**last);
  }));
  return failed;
}

absl::Status Reading::ScanObservations(const auth::Grant& grant, absl::string_view release,
                                       int64_t after_ordinal,
                                       absl::FunctionRef<bool(const ObservationRow&)> visit) const {
  if (!grant.CoversRelease(release)) return grant.OutOfScope();
  Query query = observations_.Start();
  query.Bind(release).Bind(after_ordinal);
  // One for all rows, so that its strings keep their memory.
  ObservationRow row;
  std::string topics;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    row.ordinal = query.Int(0);
    Assign(query.Text(1), row.measure);
    Assign(query.Text(2), row.area);
    row.level = static_cast<int>(query.Int(3));
    if (query.Text(4) != topics) {
      Assign(query.Text(4), topics);
      row.topics = absl::StrSplit(topics, ' ', absl::SkipEmpty());
    }
    if (!grant.CoversMeasure(row.measure) ||
        !grant.CoversArea(row.area, static_cast<v1::GeographicLevel>(row.level)) ||
        !grant.CoversTopics(row.topics)) {
      continue;
    }
    Assign(query.Text(5), row.body);
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::Status Reading::ScanLines(const auth::Grant& grant, absl::string_view release,
                                int64_t after_ordinal,
                                absl::FunctionRef<bool(const LineRow&)> visit) const {
  if (!grant.CoversRelease(release)) return grant.OutOfScope();
  Query query = lines_.Start();
  query.Bind(release).Bind(after_ordinal);
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    ASSIGN_OR_RETURN(const bool goes_on,
                     VisitLines(query.Text(0), query.Text(1), grant, after_ordinal, visit));
    if (!goes_on) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<Recipient>> Reading::ReadRecipients(const auth::Grant& grant,
                                                               absl::string_view release) const {
  if (!grant.CoversRelease(release)) return grant.OutOfScope();
  Query query = recipients_.Start();
  query.Bind(release);
  std::vector<Recipient> recipients;
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return recipients;
    recipients.push_back({std::string(query.Text(0)), std::string(query.Text(1)), query.Int(2),
                          absl::FromUnixMicros(query.Int(3)), absl::FromUnixMicros(query.Int(4))});
  }
}

absl::Status Reading::ScanSubmitted(const auth::Grant& grant, const FigureRange& range,
                                    ReadPoint point,
                                    absl::FunctionRef<bool(const FigureRow&)> visit) const {
  const bool sees_all = grant.basis() == v1::AccessRule::ROLE || grant.sees_all_agencies();
  if (!sees_all && grant.basis() != v1::AccessRule::SELF) return grant.OutOfScope();
  const bool resumes = range.after.period >= range.from && !range.after.period.empty();
  const FigureKey after = resumes ? range.after : FigureKey{range.from, "", ""};
  const std::string to = range.to.empty() ? std::string(kAfterAllPeriods) : range.to;
  Query query = figures_.Start();
  query.Bind(range.measure)
      .Bind(after.period)
      .Bind(after.area)
      .Bind(after.breakdown)
      .Bind(to)
      .Bind(range.staged)
      .Bind(point.revision)
      .Bind(Micros(point.as_of));
  // The visible revisions of one key, in no order: submissions are applied in another
  // order than they are begun in.
  std::vector<std::pair<int64_t, FigureRow>> revisions;
  const auto visit_key = [&] {
    std::sort(revisions.begin(), revisions.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    auto number = static_cast<int64_t>(revisions.size());
    for (auto& [applied, row] : revisions) {
      row.revision = number--;
      if (!visit(row)) return false;
      if (!range.all_revisions) break;
    }
    return true;
  };
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) break;
    if (!sees_all && query.Text(6) != grant.agency()) continue;
    FigureRow row;
    row.measure = range.measure;
    row.key = {std::string(query.Text(0)), std::string(query.Text(1)), std::string(query.Text(2))};
    row.row = query.Int(3);
    row.body = std::string(query.Text(4));
    row.submission = std::string(query.Text(5));
    row.provider = std::string(query.Text(6));
    const int64_t applied = query.Int(7);
    row.recorded = applied == 0 ? absl::InfiniteFuture() : absl::FromUnixMicros(query.Int(8));
    if (!revisions.empty() && !(revisions.front().second.key == row.key)) {
      if (!visit_key()) return absl::OkStatus();
      revisions.clear();
    }
    revisions.emplace_back(applied == 0 ? std::numeric_limits<int64_t>::max() : applied,
                           std::move(row));
  }
  visit_key();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> Reading::UnappliedSubmissions() const {
  std::vector<std::string> names;
  Query query = unapplied_.Start();
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return names;
    names.emplace_back(query.Text(0));
  }
}

absl::StatusOr<Store::State> Reading::ReadState() const {
  Query query = meta_.Start();
  query.Bind(absl::string_view("state"));
  ASSIGN_OR_RETURN(const bool found, query.Step());
  Store::State state;
  if (found) {
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(query.Text(0), absl::MaxSplits(' ', 1));
    int64_t micros = 0;
    if (!absl::SimpleAtoi(parts.first, &state.revision) ||
        !absl::SimpleAtoi(parts.second, &micros)) {
      return absl::DataLossError("the store's state cannot be read");
    }
    state.last_change = absl::FromUnixMicros(micros);
  }
  return state;
}

absl::StatusOr<auth::Policy::Source> Reading::ReadPolicy(absl::Time as_of) const {
  auth::Policy::Source source;
  ASSIGN_OR_RETURN(const Store::State state, ReadState());
  source.revision = state.revision;
  bool damaged = false;
  const auto read_all = [&]<typename Message>(Kind kind, std::vector<Message>& messages) {
    Reader::Range range;
    range.point = {state.revision, as_of};
    return ScanRows(kind, range, [&](const Row& row) {
      Message& message = messages.emplace_back();
      damaged |= !message.ParseFromString(row.body);
      if constexpr (requires { message.set_version(row.revision); }) {
        message.set_version(row.revision);
      }
      return true;
    });
  };
  RETURN_IF_ERROR(read_all(Kind::kAgency, source.agencies));
  RETURN_IF_ERROR(read_all(Kind::kClient, source.clients));
  RETURN_IF_ERROR(read_all(Kind::kAgreement, source.agreements));
  // One that cannot be read fails its own calls alone, and here is nobody's.
  const auto read_agency = [&]<typename Message>(Kind kind,
                                                 const std::string& (Message::*agency)() const) {
    Reader::Range range;
    range.point = {state.revision, as_of};
    return ScanRows(kind, range, [&](const Row& row) {
      Message message;
      const bool readable = message.ParseFromString(row.body);
      source.contributions[row.name] = readable ? (message.*agency)() : "";
      return true;
    });
  };
  RETURN_IF_ERROR(read_agency(Kind::kPlan, &v1::Plan::owner));
  RETURN_IF_ERROR(read_agency(Kind::kMeasure, &v1::Measure::provider));
  if (damaged) return absl::DataLossError("a stored access rule cannot be read");
  return source;
}

absl::StatusOr<int64_t> Reading::QuotaUsed(absl::CivilDay day, absl::string_view subject) const {
  const std::string day_text = FormatDay(day);
  Query query = quota_used_.Start();
  query.Bind(day_text).Bind(subject);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  return found ? query.Int(0) : 0;
}

absl::StatusOr<int64_t> Reading::NewestRevision(Kind kind, absl::string_view name) const {
  Query query = newest_.Start();
  query.Bind(static_cast<int64_t>(kind)).Bind(name);
  RETURN_IF_ERROR(query.Step().status());
  return query.Int(0);
}

absl::StatusOr<absl::flat_hash_set<Kind>> Reading::Kinds() const {
  absl::flat_hash_set<Kind> kinds;
  Query query = kinds_.Start();
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return kinds;
    kinds.insert(static_cast<Kind>(query.Int(0)));
  }
}

absl::StatusOr<bool> Reading::HasObservations(absl::string_view release) const {
  Query query = observations_.Start();
  query.Bind(release).Bind(std::numeric_limits<int64_t>::min());
  return query.Step();
}

absl::StatusOr<std::string> Reading::Meta(absl::string_view key) const {
  Query query = meta_.Start();
  query.Bind(key);
  ASSIGN_OR_RETURN(const bool found, query.Step());
  return found ? std::string(query.Text(0)) : std::string();
}

absl::StatusOr<uint64_t> Reading::AuditSize() const {
  Query query = audit_size_.Start();
  RETURN_IF_ERROR(query.Step().status());
  return static_cast<uint64_t>(query.Int(0));
}

absl::StatusOr<uint64_t> Reading::AuditMinimum() const {
  Query query = audit_minimum_.Start();
  RETURN_IF_ERROR(query.Step().status());
  return static_cast<uint64_t>(query.Int(0));
}

absl::Status Reading::ScanLeaves(uint64_t first,
                                 absl::FunctionRef<bool(const AuditRow&)> visit) const {
  Query query = leaves_.Start();
  query.Bind(static_cast<int64_t>(std::min<uint64_t>(first, std::numeric_limits<int64_t>::max())));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    AuditRow row{static_cast<uint64_t>(query.Int(0)), std::string(query.Text(1))};
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::StatusOr<std::string> Reading::ReadTile(int level, uint64_t index) const {
  Query query = tile_.Start();
  query.Bind(TileId(level, index));
  ASSIGN_OR_RETURN(const bool found, query.Step());
  return found ? std::string(query.Text(0)) : std::string();
}

absl::Status Reading::ScanAudit(const Store::AuditRange& range,
                                absl::FunctionRef<bool(const AuditRow&)> visit) const {
  const absl::Time from = range.from.value_or(absl::InfinitePast());
  const absl::Time to = range.to.value_or(absl::InfiniteFuture());
  // Times need not rise with indexes: the span narrows, the times decide.
  Store::AuditSpan span{0, std::numeric_limits<int64_t>::max()};
  if (range.from.has_value() || range.to.has_value()) {
    ASSIGN_OR_RETURN(span, AuditIndexesBetween(from, to));
  }
  Query query = range.agency.empty() ? audit_all_.Start() : audit_seen_by_.Start();
  if (!range.agency.empty()) query.Bind(range.agency);
  query.Bind(static_cast<int64_t>(span.begin))
      .Bind(static_cast<int64_t>(std::min(span.end, range.before)))
      .Bind(Micros(from))
      .Bind(Micros(to));
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return absl::OkStatus();
    AuditRow row{static_cast<uint64_t>(query.Int(0)), std::string(query.Text(1))};
    if (!visit(row)) return absl::OkStatus();
  }
}

absl::StatusOr<Store::AuditSpan> Reading::AuditIndexesBetween(absl::Time from,
                                                              absl::Time to) const {
  Query query = audit_hours_.Start();
  query.Bind(HourOf(from)).Bind(HourOf(to - absl::Microseconds(1)));
  RETURN_IF_ERROR(query.Step().status());
  return Store::AuditSpan{static_cast<uint64_t>(query.Int(0)), static_cast<uint64_t>(query.Int(1))};
}

absl::StatusOr<std::vector<AuditRow>> Reading::OpenStreams() const {
  std::vector<AuditRow> rows;
  Query query = open_streams_.Start();
  while (true) {
    ASSIGN_OR_RETURN(const bool found, query.Step());
    if (!found) return rows;
    rows.push_back({static_cast<uint64_t>(query.Int(0)), std::string(query.Text(1))});
  }
}

}  // namespace concordat::store
