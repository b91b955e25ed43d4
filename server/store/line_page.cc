#include "server/store/line_page.h"

#include <tuple>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/digest.h"
#include "server/store/line_page.pb.h"

namespace concordat::store {
namespace {

constexpr absl::CivilDay kFirstDay(1970, 1, 1);

using PeriodKey = std::tuple<int, absl::CivilDay, absl::CivilDay>;

// The place of `key` in `list`, which `add` puts it into when it has none.
template <typename Key, typename Add>
uint32_t PlaceOf(const Key& key, absl::flat_hash_map<Key, uint32_t>& places, Add add) {
  const auto [place, is_new] = places.try_emplace(key, static_cast<uint32_t>(places.size()));
  if (is_new) add();
  return place->second;
}

// Whether each line has all that a line has, and names what the page lists.
bool FitsTogether(const LineIndex& index, absl::string_view texts) {
  const int lines = index.ordinal_size();
  const bool are_whole = index.measure_size() == lines && index.area_size() == lines &&
                         index.period_size() == lines && index.comparator_size() == lines &&
                         index.is_hidden_size() == lines && index.size_size() == lines;
  const auto are_listed = [](const auto& places, int listed) {
    return absl::c_all_of(places,
                          [&](uint32_t place) { return place < static_cast<uint32_t>(listed); });
  };
  return are_whole && are_listed(index.measure(), index.measures_size()) &&
         are_listed(index.area(), index.areas_size()) &&
         are_listed(index.period(), index.periods_size()) &&
         absl::c_accumulate(index.size(), size_t{0}) == texts.size();
}

}  // namespace

LinePage MakeLinePage(absl::Span<const LineRow> lines) {
  LinePage page;
  LineIndex index;
  absl::flat_hash_map<absl::string_view, uint32_t> measures;
  absl::flat_hash_map<absl::string_view, uint32_t> areas;
  absl::flat_hash_map<PeriodKey, uint32_t> periods;
  for (const LineRow& line : lines) {
    index.add_ordinal(line.ordinal);
    index.add_measure(PlaceOf(line.measure, measures, [&] {
      LineIndex::Measure& measure = *index.add_measures();
      measure.set_name(std::string(line.measure));
      measure.mutable_topics()->Assign(line.topics.begin(), line.topics.end());
    }));
    index.add_area(PlaceOf(line.area, areas, [&] {
      LineIndex::Area& area = *index.add_areas();
      area.set_name(std::string(line.area));
      area.set_level(line.level);
    }));
    index.add_period(
        PlaceOf(PeriodKey(line.period_kind, line.period_start, line.period_end), periods, [&] {
          LineIndex::Period& period = *index.add_periods();
          period.set_kind(line.period_kind);
          period.set_start(static_cast<int32_t>(line.period_start - kFirstDay));
          period.set_end(static_cast<int32_t>(line.period_end - kFirstDay));
        }));
    index.add_comparator(static_cast<uint32_t>(line.comparator));
    index.add_is_hidden(line.is_hidden);
    index.add_size(static_cast<uint32_t>(line.text.size()));
    page.texts.append(line.text.data(), line.text.size());
  }
  index.set_sha256(Sha256Of(page.texts));
  page.index = index.SerializeAsString();
  return page;
}

absl::StatusOr<bool> VisitLines(absl::string_view index_bytes, absl::string_view texts,
                                const auth::Grant& grant, int64_t after_ordinal,
                                absl::FunctionRef<bool(const LineRow&)> visit) {
  LineIndex index;
  if (!index.ParseFromArray(index_bytes.data(), static_cast<int>(index_bytes.size())) ||
      !FitsTogether(index, texts)) {
    return absl::DataLossError("stored lines of a release cannot be read");
  }
  // What is the same for many lines is judged, and made into what they show, once.
  struct Measure {
    std::vector<std::string> topics;
    bool is_covered = false;
  };
  std::vector<Measure> measures;
  for (const LineIndex::Measure& measure : index.measures()) {
    measures.push_back(
        {{measure.topics().begin(), measure.topics().end()},
         grant.CoversMeasure(measure.name()) && grant.CoversTopics(measure.topics())});
  }
  std::vector<std::pair<absl::CivilDay, absl::CivilDay>> days;
  days.reserve(static_cast<size_t>(index.periods_size()));
  for (const LineIndex::Period& period : index.periods()) {
    days.emplace_back(kFirstDay + period.start(), kFirstDay + period.end());
  }
  std::vector<bool> covers_area;
  for (const LineIndex::Area& area : index.areas()) {
    covers_area.push_back(
        grant.CoversArea(area.name(), static_cast<v1::GeographicLevel>(area.level())));
  }

  LineRow line;
  line.page_begin = index.ordinal_size() > 0 ? index.ordinal(0) : 0;
  line.page_lines = index.ordinal_size();
  line.page_sha256 = index.sha256();
  size_t begin = 0;
  for (int i = 0; i < index.ordinal_size(); ++i) {
    line.text = texts.substr(begin, index.size(i));
    begin += index.size(i);
    line.ordinal = index.ordinal(i);
    const Measure& measure = measures[index.measure(i)];
    if (line.ordinal <= after_ordinal || !measure.is_covered || !covers_area[index.area(i)]) {
      continue;
    }
    line.measure = index.measures(static_cast<int>(index.measure(i))).name();
    line.topics = measure.topics;
    const LineIndex::Area& area = index.areas(static_cast<int>(index.area(i)));
    line.area = area.name();
    line.level = area.level();
    line.period_kind = index.periods(static_cast<int>(index.period(i))).kind();
    std::tie(line.period_start, line.period_end) = days[index.period(i)];
    line.comparator = static_cast<int>(index.comparator(i));
    line.is_hidden = index.is_hidden(i);
    line.ends_page = i + 1 == index.ordinal_size();
    if (!visit(line)) return false;
  }
  return true;
}

}  // namespace concordat::store
