#!/usr/bin/env python3
"""Checks that a spreadsheet program left every cell of an extract as it was.

    check_read_back.py csv EXTRACT.csv READ_BACK.csv
    check_read_back.py observations DATA.csv METADATA.csv READ_BACK.csv
    check_read_back.py texts FILE.csv READ_BACK.csv

READ_BACK.csv is what the program wrote of it: texts in quotes, numbers bare.

csv           the extract was opened: a number or a truth value may have become one, and any other cell has to be the
              same text.
observations  the sheet of a workbook, against the tidy files that it was made of: texts are texts, whatever they look
              like; numbers of indicators are numbers, and their symbols stand beside them.
texts         a sheet whose cells are all texts, against the file with the same ones.

Prints each cell that differs, and ends with 1 when there is any.
"""

import decimal
import re
import sys

# A quoted cell, or a bare one, and what ends it.
CELL = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)')
# A number that a program can have read as one and written again without loss.
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")


class Text(str):
    """A cell in quotes."""


def load(path):
    """Rows of cells. Those in quotes are of the class Text."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        content = file.read()
    rows, row, at = [], [], 0
    while at < len(content):
        match = CELL.match(content, at)
        if match is None:
            sys.exit(f"{path}: not CSV at {content[at:at + 40]!r}")
        quoted, bare, end = match.groups()
        row.append(bare if quoted is None else Text(quoted.replace('""', '"')))
        if end != ",":
            rows.append(row)
            row = []
        at = match.end()
    return rows


def is_same_number(wanted, got):
    return (not isinstance(got, Text) and NUMBER.fullmatch(wanted) is not None and NUMBER.fullmatch(got) is not None
            and decimal.Decimal(wanted) == decimal.Decimal(got))


def is_same(wanted, got):
    """Whether an opened CSV's cell is what it was."""
    is_truth_value = wanted in ("true", "false") and not isinstance(got, Text) and got == wanted.upper()
    return wanted == got or is_truth_value or is_same_number(wanted, got)


def is_same_text(wanted, got):
    """Whether a workbook's text is what it was, and still a text."""
    return wanted == got and (wanted == "" or isinstance(got, Text))


def split_indicators(data, metadata):
    """The rows that the sheet should have, and of each column whether its cells are numbers."""
    name, kind = metadata[0].index("col_name"), metadata[0].index("col_type")
    indicators = {row[name] for row in metadata if row[kind] == "Indicator"}
    wanted, is_number = [], []
    for row in data:
        cells, numbers = [], []
        for column, cell in zip(data[0], row):
            if column not in indicators:
                cells, numbers = cells + [cell], numbers + [False]
            elif row is data[0]:
                cells, numbers = cells + [cell, cell + "_status"], numbers + [False, False]
            else:
                shown = NUMBER.fullmatch(cell) is not None
                cells, numbers = cells + ([cell, ""] if shown else ["", cell]), numbers + [shown, False]
        wanted.append(cells)
        is_number.append(numbers)
    return wanted, is_number


def compare(wanted, got, rule_at):
    findings = []
    if len(wanted) != len(got):
        findings.append(f"{len(got)} rows in the place of {len(wanted)}")
    for line, (left, right) in enumerate(zip(wanted, got)):
        if len(left) != len(right):
            findings.append(f"row {line + 1}: {len(right)} cells in the place of {len(left)}")
            continue
        for column, (cell, read_back) in enumerate(zip(left, right)):
            if not rule_at(line, column)(cell, read_back):
                findings.append(f"row {line + 1}, {wanted[0][column]}: {cell!r} became {read_back!r}")
    return findings


def main():
    mode, *paths = sys.argv[1:]
    got = load(paths[-1])
    wanted = load(paths[0])
    if mode == "csv":
        findings = compare(wanted, got, lambda line, column: is_same)
    elif mode == "texts":
        findings = compare(wanted, got, lambda line, column: is_same_text)
    else:
        wanted, is_number = split_indicators(wanted, load(paths[1]))
        findings = compare(wanted, got,
                           lambda line, column: is_same_number if is_number[line][column] else is_same_text)
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{mode}: {len(wanted)} rows of {len(wanted[0])} cells as they were")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
