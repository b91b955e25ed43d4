#include "server/services/release_lines.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/time/civil_time.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "concordat/v1/release.pb.h"
#include "server/domain/extract.h"
#include "server/services/extract_cells.h"

namespace concordat::services {
namespace {

// Writes lines into pages, and those into the store.
class LineFreezer {
 public:
  LineFreezer(store::Transaction& transaction, const auth::Grant& grant, std::string release)
      : transaction_(transaction),
        grant_(grant),
        release_(std::move(release)),
        writer_(domain::MakeCsvWriter()),
        cells_(transaction, grant, transaction.Latest(), *writer_) {}

  // Takes the next figure of the release.
  absl::Status Add(const store::ObservationRow& row) {
    if (!figure_.ParseFromString(row.body)) {
      return absl::DataLossError("a stored figure cannot be read");
    }
    std::string text;
    RETURN_IF_ERROR(cells_.AppendRow(figure_, text));
    if (bytes_ + text.size() > store::LinePage::kMostBytes) RETURN_IF_ERROR(PutPage());
    bytes_ += text.size();
    Line& line = lines_.emplace_back();
    line.measure = row.measure;
    line.topics = row.topics;
    line.area = row.area;
    line.text = std::move(text);
    line.row.ordinal = row.ordinal;
    line.row.level = row.level;
    line.row.period_kind = figure_.period().kind();
    // Both days were checked before the figure was frozen.
    line.row.period_start = ToCivilDay(figure_.period().start()).value_or(absl::CivilDay());
    line.row.period_end = ToCivilDay(figure_.period().end()).value_or(absl::CivilDay());
    line.row.comparator = figure_.comparator();
    line.row.is_hidden = figure_.symbol() == v1::Observation::CONFIDENTIAL;
    return absl::OkStatus();
  }

  // Stores the lines that were not stored yet as a page.
  absl::Status PutPage() {
    if (lines_.empty()) return absl::OkStatus();
    std::vector<store::LineRow> rows;
    rows.reserve(lines_.size());
    for (const Line& line : lines_) {
      store::LineRow& row = rows.emplace_back(line.row);
      row.measure = line.measure;
      row.topics = line.topics;
      row.area = line.area;
      row.text = line.text;
    }
    RETURN_IF_ERROR(transaction_.PutLines(grant_, release_, rows));
    lines_.clear();
    bytes_ = 0;
    return absl::OkStatus();
  }

 private:
  struct Line {
    std::string measure;
    std::vector<std::string> topics;
    std::string area;
    std::string text;
    // Without its views, which are of the above.
    store::LineRow row;
  };

  store::Transaction& transaction_;
  const auth::Grant& grant_;
  const std::string release_;
  const std::unique_ptr<domain::ExtractWriter> writer_;
  ExtractCells cells_;
  // One for all figures, so that its strings keep their memory.
  v1::Observation figure_;
  std::vector<Line> lines_;
  size_t bytes_ = 0;
};

}  // namespace

absl::Status FreezeLines(store::Transaction& transaction, const auth::Grant& grant,
                         const std::string& release,
                         const std::vector<store::ObservationRow>& figures) {
  LineFreezer freezer(transaction, grant, release);
  for (const store::ObservationRow& figure : figures) RETURN_IF_ERROR(freezer.Add(figure));
  return freezer.PutPage();
}

absl::Status RefreezeLines(store::Transaction& transaction, const auth::Grant& grant,
                           const std::string& release) {
  ASSIGN_OR_RETURN(const bool has_lines, HasLines(transaction, grant, release));
  if (!has_lines) return absl::OkStatus();
  RETURN_IF_ERROR(transaction.DropLines(grant, release));
  LineFreezer freezer(transaction, grant, release);
  absl::Status failed;
  RETURN_IF_ERROR(
      transaction.ScanObservations(grant, release, -1, [&](const store::ObservationRow& figure) {
        failed = freezer.Add(figure);
        return failed.ok();
      }));
  RETURN_IF_ERROR(failed);
  return freezer.PutPage();
}

absl::StatusOr<bool> HasLines(const store::Reader& reader, const auth::Grant& grant,
                              const std::string& release) {
  bool has_lines = false;
  RETURN_IF_ERROR(reader.ScanLines(grant, release, -1, [&](const store::LineRow&) {
    has_lines = true;
    return false;
  }));
  return has_lines;
}

}  // namespace concordat::services
