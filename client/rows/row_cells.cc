#include "client/rows/row_cells.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/civil_time.h"
#include "base/status.h"
#include "client/rows/row_period.h"

namespace concordat::rows {
namespace {

using v1::Observation;
using v1::Period;

constexpr auto kColumns = static_cast<size_t>(Column::kCount);
constexpr std::array<absl::string_view, kColumns> kNames = {
    "measure",
    "area",
    "period",
    "period_kind",
    "period_start",
    "period_end",
    "breakdown_dimension",
    "breakdown_item",
    "value",
    "numerator",
    "denominator",
    "status",
    "provisional",
    "commentary",
    "area_name",
    "due",
};

// The cells of one row, by column.
using Cells = std::array<absl::string_view, kColumns>;

absl::string_view At(const Cells& cells, Column column) {
  return cells[static_cast<size_t>(column)];
}

absl::Status Wrong(Column column, absl::string_view reason) {
  return absl::InvalidArgumentError(absl::StrCat(NameOf(column), ": ", reason));
}

// The same error with its column before it.
absl::Status In(Column column, const absl::Status& error) { return Wrong(column, error.message()); }

// Digits, a sign and a point, and nothing that could mean something else.
std::optional<double> PlainNumber(absl::string_view text) {
  absl::string_view digits = text;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  const size_t point = digits.find('.');
  const absl::string_view whole = digits.substr(0, point);
  const absl::string_view decimals =
      point == digits.npos ? absl::string_view("0") : digits.substr(point + 1);
  double number = 0;
  if (whole.empty() || decimals.empty() || !absl::c_all_of(whole, absl::ascii_isdigit) ||
      !absl::c_all_of(decimals, absl::ascii_isdigit) || !absl::SimpleAtod(text, &number)) {
    return std::nullopt;
  }
  // There is one zero.
  return number == 0 ? 0 : number;
}

// Two numbers of so many digits that matter are never taken for one.
constexpr size_t kMostDigits = 17;

// Digits without zeros at either end.
size_t DigitsOf(absl::string_view text) {
  std::string digits = absl::StrReplaceAll(text, {{"-", ""}, {".", ""}});
  const size_t first = digits.find_first_not_of('0');
  return first == digits.npos ? 0 : digits.find_last_not_of('0') - first + 1;
}

std::string WhatToWriteInstead(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "c" || lower == "low" || lower == "*") {
    return "hiding and rounding small numbers is the service's work: write the number";
  }
  if (lower == ":" || lower == "~" || lower == "-" || lower == ".." || lower == "n/a" ||
      lower == "na" || lower == "null") {
    return "its meaning differs from file to file: write x (not available) or z (not applicable)";
  }
  if (absl::StrContains(text, '%'))
    return "write the percentage without the sign, such as 12 for 12%";
  if (absl::StrContains(text, ',')) return "write the number without commas, such as 1234.5";
  if (absl::ascii_isdigit(static_cast<unsigned char>(lower.back())) &&
      absl::StrContains(lower, 'e')) {
    return "write the number with all its digits";
  }
  return "is no number: write digits with a point, such as 1234.5, or x or z";
}

std::optional<Observation::Symbol> SymbolOf(absl::string_view text) {
  if (text == "x") return Observation::NOT_AVAILABLE;
  if (text == "z") return Observation::NOT_APPLICABLE;
  return std::nullopt;
}

absl::StatusOr<std::optional<double>> ParseNumber(const Cells& cells, Column column) {
  const absl::string_view text = At(cells, column);
  if (text.empty()) return std::nullopt;
  if (SymbolOf(absl::AsciiStrToLower(text)).has_value()) {
    return Wrong(column, column == Column::kValue
                             ? "write x (not available) and z (not applicable) as small letters"
                             : "x and z stand in value alone, for all of the figure: leave this "
                               "blank");
  }
  const std::optional<double> number = PlainNumber(text);
  if (!number.has_value()) return Wrong(column, WhatToWriteInstead(text));
  if (DigitsOf(text) > kMostDigits) {
    return Wrong(column,
                 absl::StrCat("has more digits than are kept: write at most ", kMostDigits));
  }
  return number;
}

absl::Status ParseFigure(const Cells& cells, v1::SubmittedObservation& figure) {
  absl::string_view symbol = At(cells, Column::kStatus);
  const absl::string_view value = At(cells, Column::kValue);
  if (SymbolOf(value).has_value()) {
    if (!symbol.empty() && symbol != value) {
      return Wrong(Column::kStatus, "is another symbol than the one in value");
    }
    symbol = value;
  } else {
    ASSIGN_OR_RETURN(const std::optional<double> number, ParseNumber(cells, Column::kValue));
    if (number.has_value()) figure.set_value(*number);
  }
  ASSIGN_OR_RETURN(const std::optional<double> numerator, ParseNumber(cells, Column::kNumerator));
  if (numerator.has_value()) figure.set_numerator(*numerator);
  ASSIGN_OR_RETURN(const std::optional<double> denominator,
                   ParseNumber(cells, Column::kDenominator));
  if (denominator.has_value()) figure.set_denominator(*denominator);
  if (symbol.empty()) {
    if (figure.has_value() || (numerator.has_value() && denominator.has_value())) {
      return absl::OkStatus();
    }
    return Wrong(Column::kValue,
                 "is blank: write the number, or x (not available) or z (not applicable)");
  }
  if (!SymbolOf(symbol).has_value()) {
    return Wrong(Column::kStatus, "write x (not available), z (not applicable) or nothing");
  }
  if (figure.has_value() || figure.has_numerator() || figure.has_denominator()) {
    return Wrong(At(cells, Column::kStatus).empty() ? Column::kValue : Column::kStatus,
                 "says that there is no value, and there is a number");
  }
  figure.set_symbol(*SymbolOf(symbol));
  return absl::OkStatus();
}

absl::StatusOr<google::type::Date> ParseDate(const Cells& cells, Column column) {
  const std::optional<absl::CivilDay> day = ParseDay(At(cells, column));
  if (!day.has_value()) return Wrong(column, "is no day: write it as 2018-05-01");
  return ToDate(*day);
}

absl::Status ParsePeriod(const Cells& cells, Period& period) {
  Period::Kind kind = Period::KIND_UNSPECIFIED;
  if (const absl::string_view text = At(cells, Column::kPeriodKind); !text.empty()) {
    const absl::StatusOr<Period::Kind> parsed = ParsePeriodKind(text);
    if (!parsed.ok()) return In(Column::kPeriodKind, parsed.status());
    kind = *parsed;
  }
  const bool has_days =
      !At(cells, Column::kPeriodStart).empty() || !At(cells, Column::kPeriodEnd).empty();
  if (const absl::string_view label = At(cells, Column::kPeriod); !label.empty()) {
    if (has_days) return Wrong(Column::kPeriod, "stands beside days: leave one of them out");
    absl::StatusOr<Period> parsed = ParsePeriodLabel(label, kind);
    if (!parsed.ok()) return In(Column::kPeriod, parsed.status());
    period = *std::move(parsed);
    return absl::OkStatus();
  }
  if (!has_days) return Wrong(Column::kPeriod, "is blank, and so are the days");
  if (kind == Period::KIND_UNSPECIFIED) {
    return Wrong(Column::kPeriodKind, "is required beside days, such as FINANCIAL_QUARTER");
  }
  period.set_kind(kind);
  ASSIGN_OR_RETURN(*period.mutable_start(), ParseDate(cells, Column::kPeriodStart));
  ASSIGN_OR_RETURN(*period.mutable_end(), ParseDate(cells, Column::kPeriodEnd));
  return absl::OkStatus();
}

absl::Status ParseBreakdown(const Cells& cells, v1::SubmittedObservation& figure) {
  const absl::string_view dimension = At(cells, Column::kBreakdownDimension);
  const absl::string_view item = At(cells, Column::kBreakdownItem);
  // As extracts write the whole.
  if (dimension.empty() && (item.empty() || item == "Total")) return absl::OkStatus();
  if (dimension.empty()) return Wrong(Column::kBreakdownDimension, "is blank beside an item");
  if (item.empty()) return Wrong(Column::kBreakdownItem, "is blank beside a dimension");
  Observation::Breakdown& breakdown = *figure.add_breakdowns();
  breakdown.set_dimension(std::string(dimension));
  breakdown.set_item(std::string(item));
  return absl::OkStatus();
}

absl::StatusOr<bool> ParseProvisional(const Cells& cells) {
  const std::string text = absl::AsciiStrToLower(At(cells, Column::kProvisional));
  if (text == "true") return true;
  if (text.empty() || text == "false") return false;
  return Wrong(Column::kProvisional, "write true or false");
}

bool LooksLikeAColumn(absl::string_view name) {
  constexpr size_t kLongest = 30;
  return !name.empty() && name.size() <= kLongest &&
         absl::c_all_of(name, [](unsigned char c) { return absl::ascii_islower(c) || c == '_'; });
}

// `collection/…` in full; an identifier may stand for it, an area's code in capitals too.
absl::StatusOr<std::string> ParseName(const Cells& cells, Column column,
                                      absl::string_view collection) {
  const absl::string_view text = At(cells, column);
  if (text.empty()) return Wrong(column, "is blank");
  if (absl::StartsWith(text, collection)) return std::string(text);
  const std::string identifier =
      column == Column::kArea ? absl::AsciiStrToLower(text) : std::string(text);
  return absl::StrCat(collection, identifier);
}

}  // namespace

absl::string_view NameOf(Column column) { return kNames[static_cast<size_t>(column)]; }

absl::StatusOr<RowCells> RowCells::Make(absl::Span<const std::string> header,
                                        absl::string_view what) {
  std::vector<Column> columns;
  for (const std::string& cell : header) {
    const absl::string_view name = absl::StripAsciiWhitespace(cell);
    const auto found = absl::c_find(kNames, name);
    if (found == kNames.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, "'s column ", columns.size() + 1,
                       LooksLikeAColumn(name) ? absl::StrCat(", `", name, "`,") : "",
                       " is not known; the columns are ", absl::StrJoin(kNames, ", ")));
    }
    const auto column = static_cast<Column>(found - kNames.begin());
    if (absl::c_linear_search(columns, column)) {
      return absl::InvalidArgumentError(absl::StrCat(what, " has ", name, " twice"));
    }
    columns.push_back(column);
  }
  const auto has = [&](Column column) { return absl::c_linear_search(columns, column); };
  for (const Column required : {Column::kMeasure, Column::kArea}) {
    if (!has(required)) {
      return absl::InvalidArgumentError(absl::StrCat(what, " lacks ", NameOf(required)));
    }
  }
  if (!has(Column::kPeriod) &&
      !(has(Column::kPeriodStart) && has(Column::kPeriodEnd) && has(Column::kPeriodKind))) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " lacks period, or period_kind, period_start and period_end"));
  }
  if (!has(Column::kValue) && !(has(Column::kNumerator) && has(Column::kDenominator))) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " lacks value, or numerator and denominator"));
  }
  return RowCells(std::move(columns));
}

absl::StatusOr<std::optional<v1::SubmittedObservation>> RowCells::Parse(
    int64_t row, absl::Span<const std::string> texts) const {
  if (texts.size() != columns_.size()) {
    return absl::InvalidArgumentError(absl::StrCat("has ", texts.size(), " cells, and the header ",
                                                   columns_.size(),
                                                   ": a number has no comma, and a text with one "
                                                   "stands in quotes"));
  }
  Cells cells;
  bool blank = true;
  for (size_t i = 0; i < texts.size(); ++i) {
    const absl::string_view text = absl::StripAsciiWhitespace(texts[i]);
    cells[static_cast<size_t>(columns_[i])] = text;
    blank &= text.empty();
  }
  if (blank) return std::nullopt;
  v1::SubmittedObservation figure;
  figure.set_row(row);
  ASSIGN_OR_RETURN(*figure.mutable_measure(), ParseName(cells, Column::kMeasure, "measures/"));
  ASSIGN_OR_RETURN(*figure.mutable_area(), ParseName(cells, Column::kArea, "areas/"));
  RETURN_IF_ERROR(ParsePeriod(cells, *figure.mutable_period()));
  RETURN_IF_ERROR(ParseBreakdown(cells, figure));
  RETURN_IF_ERROR(ParseFigure(cells, figure));
  ASSIGN_OR_RETURN(const bool provisional, ParseProvisional(cells));
  figure.set_provisional(provisional);
  figure.set_commentary(std::string(At(cells, Column::kCommentary)));
  return figure;
}

}  // namespace concordat::rows
