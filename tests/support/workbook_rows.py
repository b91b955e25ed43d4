#!/usr/bin/env python3
"""Prints the rows of one sheet of an XLSX workbook, as it stands in the file.

    workbook_rows.py WORKBOOK.xlsx SHEET

One line a row that has cells: its number, `: `, and its cells with `|` between them; a number bare, a text in double
quotes, a formula as `formula`. Knows of XLSX what a plain workbook needs. Ends with 1 when there is no such sheet.
"""

import sys
import zipfile
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def column_of(address):
    number = 0
    for letter in address.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def content_of(cell, shared):
    if cell.find(f"{MAIN}f") is not None:
        return "formula"
    kind = cell.get("t")
    if kind == "inlineStr":
        return '"' + "".join(text.text or "" for text in cell.iter(f"{MAIN}t")) + '"'
    value = cell.findtext(f"{MAIN}v", "")
    return f'"{shared[int(value)]}"' if kind == "s" else value


def main():
    with zipfile.ZipFile(sys.argv[1]) as archive:
        if archive.testzip() is not None:
            sys.exit("the archive is damaged")
        names = [sheet.get("name") for sheet in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter(f"{MAIN}sheet")]
        if sys.argv[2] not in names:
            sys.exit(f"there is no sheet {sys.argv[2]}")
        shared = []
        if "xl/sharedStrings.xml" in archive.namelist():
            strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
            shared = ["".join(text.text or "" for text in entry.iter(f"{MAIN}t")) for entry in strings.iter(f"{MAIN}si")]
        sheet = ElementTree.fromstring(archive.read(f"xl/worksheets/sheet{names.index(sys.argv[2]) + 1}.xml"))
    for row in sheet.iter(f"{MAIN}row"):
        cells = []
        for cell in row.iter(f"{MAIN}c"):
            cells += [""] * (column_of(cell.get("r")) - len(cells) - 1) + [content_of(cell, shared)]
        print(f"{row.get('r')}: {'|'.join(cells)}")


if __name__ == "__main__":
    main()
