#!/usr/bin/env python3
"""Checks a tidy data file and its metadata file against the rules of the Department for
Education's analysts' guide, as pandas reads them.

    check_tidy.py DATA.csv METADATA.csv

Prints each broken rule on a line of its own, and ends with 1 when there is any.
"""

import re
import sys

import pandas

TIME = ["time_period", "time_identifier"]
GEOGRAPHY = ["geographic_level", "country_code", "country_name", "region_code", "region_name",
             "old_la_code", "new_la_code", "la_name", "lad_code", "lad_name", "pfa_code",
             "pfa_name"]
# The columns that a level's own rows have to fill.
OF_LEVEL = {
    "National": ["country_code", "country_name"],
    "Regional": ["region_code", "region_name"],
    "Local authority": ["new_la_code", "la_name"],
    "Local authority district": ["lad_code", "lad_name"],
    "Police force area": ["pfa_code", "pfa_name"],
}
SYMBOLS = {"c", "x", "z", "low", "k", "u"}
IDENTIFIERS_OF_FOUR = {"Calendar year", "Reporting year", "January", "February", "March", "April",
                       "May", "June", "July", "August", "September", "October", "November",
                       "December"}
IDENTIFIERS_OF_SIX = {"Academic year", "Financial year", "Tax year", "Autumn term", "Spring term",
                      "Summer term", "Autumn and spring term",
                      *(f"Financial year Q{quarter}" for quarter in range(1, 5))}
# Times that may not stand in one file with others.
GROUPS = [{"Calendar year"}, {"Reporting year"}, {"Academic year"}, {"Financial year"},
          {f"Financial year Q{quarter}" for quarter in range(1, 5)},
          {"Autumn term", "Spring term", "Summer term"},
          IDENTIFIERS_OF_FOUR - {"Calendar year", "Reporting year"}]
UNITS = {"", "%", "pp", "£", "£m", "numberstring"}
METADATA = ["col_name", "col_type", "label", "indicator_grouping", "indicator_unit",
            "indicator_dp", "filter_hint", "filter_grouping_column"]


def load(path, problems):
    """Every cell as it is written: what is empty is an empty text."""
    with open(path, "rb") as file:
        if file.read(3) == b"\xef\xbb\xbf":
            problems.append(f"{path}: the file begins with a byte order mark")
    return pandas.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def check_names(data, problems):
    for name in data.columns:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,34}", name):
            problems.append(f"column {name}: not snake case of at most 35 characters")
    if list(data.columns[:5]) != TIME + GEOGRAPHY[:3]:
        problems.append("the mandatory columns do not come first")


def check_time(data, problems):
    identifiers = set(data["time_identifier"])
    if not any(identifiers <= group for group in GROUPS):
        problems.append(f"times of several groups in one file: {sorted(identifiers)}")
    for time, identifier in set(zip(data["time_period"], data["time_identifier"])):
        if identifier in IDENTIFIERS_OF_FOUR:
            good = re.fullmatch(r"\d{4}", time)
        elif identifier in IDENTIFIERS_OF_SIX:
            good = re.fullmatch(r"\d{6}", time) and (int(time[:4]) + 1) % 100 == int(time[4:])
        else:
            good = False
        if not good:
            problems.append(f"time {time} {identifier}")


def check_geography(data, problems):
    for level, rows in data.groupby("geographic_level"):
        if level not in OF_LEVEL:
            problems.append(f"level {level}")
            continue
        for name in OF_LEVEL[level] + ["country_code", "country_name"]:
            if (rows[name] == "").any():
                problems.append(f"{level}: {name} is blank")
    for code, name in (("new_la_code", "la_name"), ("lad_code", "lad_name")):
        if (data.groupby(code)[name].nunique() > 1).any():
            problems.append(f"a {code} has several names")


def check_indicators(data, indicators, problems):
    for name in indicators:
        cells = data[name]
        numbers = pandas.to_numeric(cells, errors="coerce")
        wrong = cells[numbers.isna() & ~cells.isin(SYMBOLS)]
        if len(wrong) > 0:
            problems.append(f"{name}: {len(wrong)} cells are neither number nor symbol")
        if cells.str.contains(r"[,%£eE+]").any():
            problems.append(f"{name}: numbers with signs")


def check_metadata(data, metadata, problems):
    if list(metadata.columns[:8]) != METADATA:
        problems.append("metadata: columns")
    listed = list(metadata["col_name"])
    filters = [name for name in data.columns if name not in TIME + GEOGRAPHY
               and name in set(metadata[metadata["col_type"] == "Filter"]["col_name"])]
    indicators = list(metadata[metadata["col_type"] == "Indicator"]["col_name"])
    for name in listed:
        if name not in data.columns or name in TIME + GEOGRAPHY:
            problems.append(f"metadata: {name} has no place in it")
    for name in data.columns:
        if name in TIME + GEOGRAPHY or name in listed:
            continue
        if data[name].nunique() > 1:
            problems.append(f"metadata: {name} is missing")
    for _, row in metadata.iterrows():
        if not 0 < len(row["label"]) <= 80:
            problems.append(f"metadata: label of {row['col_name']}")
        if row["indicator_unit"] not in UNITS:
            problems.append(f"metadata: unit of {row['col_name']}")
        if row["col_type"] == "Indicator" and not row["indicator_dp"].isdigit():
            problems.append(f"metadata: decimal places of {row['col_name']}")
    for name in filters:
        if (data[name] == "").any() or data[name].str.len().max() > 120:
            problems.append(f"filter {name}: an item is blank or too long")
    if metadata["label"].duplicated().any():
        problems.append("metadata: labels are not unique")
    return indicators


def main():
    problems = []
    data = load(sys.argv[1], problems)
    metadata = load(sys.argv[2], problems)
    check_names(data, problems)
    check_time(data, problems)
    check_geography(data, problems)
    indicators = check_metadata(data, metadata, problems)
    check_indicators(data, indicators, problems)
    key = [name for name in data.columns if name not in indicators]
    if data.duplicated(subset=key).any():
        problems.append("rows that differ in their indicators alone")
    for problem in problems:
        print(problem)
    if not problems:
        print(f"{len(data)} rows, {len(indicators)} indicators")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
