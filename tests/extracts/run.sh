#!/usr/bin/env bash
# Takes the tidy files of the bundled figures from a real server, checks them with pandas
# against the rules of the tidy standard (check_tidy.py). Then has LibreOffice open the
# figures as CSV and as a workbook and write them again, and checks that every cell is as
# it was (check_read_back.py). Proves that both checks can fail. Needs a finished build in
# build/.
#
#   tests/extracts/run.sh
#
# Works in build/extracts, with pandas in a virtual environment and LibreOffice's settings
# there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly WORK=$ROOT/build/extracts
# What a person says in the dialogue of a CSV: commas and UTF-8. Without one they are guessed.
readonly OPEN_CSV='--infilter=Text - txt - csv (StarCalc):44,34,76,1'
# CSV in UTF-8 of every sheet, each in SOURCE-SHEET.csv, with texts in quotes, and numbers
# as they are shown.
readonly READ_BACK='csv:Text - txt - csv (StarCalc):44,34,76,1,,0,true,true,false,false,false,-1'
STATE=$(mktemp -d)
# shellcheck source=scripts/partnership.sh
. "$ROOT/scripts/partnership.sh"

finish() {
  local status=$?
  stop_server || true
  rm -rf "$STATE"
  exit "$status"
}

# check DATA METADATA
check() { "$WORK/venv/bin/python" "$ROOT/tests/extracts/check_tidy.py" "$1" "$2"; }

# must_find EXPECTED EDIT: edits a copy of the data file with sed; the check then has to
# say so.
must_find() {
  local output status=0
  sed "$2" "$STATE/data.csv" >"$STATE/faulty.csv"
  if cmp -s "$STATE/data.csv" "$STATE/faulty.csv"; then die "no fault planted: $2"; fi
  output=$(check "$STATE/faulty.csv" "$STATE/data.meta.csv") || status=$?
  if ((status != 1)) || [[ $output != *"$1"* ]]; then
    die "a fault passed, or another one was named (status $status): $output"
  fi
}

# extract FORMAT FILE KIND
extract() {
  concordat board releases extract papers-2018 --format "$1" --period-kind "$3" --file "$2" \
    2>>"$STATE/extract.log"
}

# make_data FOLDER: the bundled data set, in which some measures have titles that a
# spreadsheet would run, cut or turn into something else.
make_data() {
  local titles=$1/measures.yaml
  cp -r "$ROOT/data/lancashire" "$1"
  sed -i 's/display_name: Contacts in the year$/display_name: "=SUM(A1:A9) of contacts"/
    s/display_name: Contacts that became a referral$/display_name: "'\''Contacts, \\"all\\"; referred"/
    s/display_name: Referrals in the year$/display_name: "@Referrals"/
    s/display_name: Rate of referrals$/display_name: "-1-2 May"/' "$titles"
  if (($(diff "$ROOT/data/lancashire/measures.yaml" "$titles" | grep -c '^>') != 4)); then
    die "not all titles were changed"
  fi
}

# read_back [OPTION] FILE...: what LibreOffice reads in the files, written to STATE/read.
read_back() {
  quietly soffice soffice "-env:UserInstallation=file://$WORK/libreoffice" --headless \
    --convert-to "$READ_BACK" --outdir "$STATE/read" "$@"
}

same_cells() { python3 "$ROOT/tests/extracts/check_read_back.py" "$@"; }

# must_differ EDIT MODE FILE... READ_BACK: edits a copy of what was read back with sed; the
# check then has to say so.
must_differ() {
  local edit=$1 output status=0
  local -r last=${*: -1}
  sed "$edit" "$last" >"$STATE/faulty.csv"
  if cmp -s "$last" "$STATE/faulty.csv"; then die "no fault planted: $edit"; fi
  output=$(same_cells "${@:2:$#-2}" "$STATE/faulty.csv") || status=$?
  if ((status != 1)) || [[ $output != *row* ]]; then
    die "a changed cell passed (status $status): $edit: $output"
  fi
}

# check_read_back: the newest tidy files, and the same figures in the other layouts.
check_read_back() {
  local read=$STATE/read digest
  extract excel-csv "$STATE/excel.csv" financial-year
  extract xlsx "$STATE/book.xlsx" financial-year
  read_back "$OPEN_CSV" "$STATE/data.csv" "$STATE/excel.csv"
  read_back "$STATE/book.xlsx"
  same_cells csv "$STATE/data.csv" "$read/data-data.csv"
  same_cells csv "$STATE/excel.csv" "$read/excel-excel.csv"
  same_cells observations "$STATE/data.csv" "$STATE/data.meta.csv" "$read/book-observations.csv"
  same_cells texts "$STATE/data.meta.csv" "$read/book-metadata.csv"
  digest=$(sha256sum <"$STATE/data.csv")
  grep -q "tidy-csv\",\"${digest%% *}\"" "$read/book-about.csv" ||
    die "the workbook names another digest than that of its figures"

  local -r workbook=(observations "$STATE/data.csv" "$STATE/data.meta.csv"
    "$read/book-observations.csv")
  # A number of another value, a symbol that is gone, a code that became a number, an
  # apostrophe that is gone, a row that is missing.
  must_differ '2s/,\([0-9.]*\),/,\11,/' "${workbook[@]}"
  must_differ 's/"z"//' "${workbook[@]}"
  must_differ 's/"201718"/201718/' "${workbook[@]}"
  must_differ "s/\"'=SUM/\"=SUM/" "${workbook[@]}"
  must_differ '$d' "${workbook[@]}"
  must_differ "s/\"'=SUM/\"=SUM/" csv "$STATE/excel.csv" "$read/excel-excel.csv"
}

main() {
  mkdir -p "$WORK"
  install_python_packages "$ROOT/tests/extracts/requirements.txt" "$WORK"
  trap finish EXIT
  make_credentials
  start_server
  make_data "$STATE/data"
  concordat admin apply -f "$STATE/data" >"$STATE/apply.log" 2>&1 ||
    die "the data set was not applied: $(tail -n 5 "$STATE/apply.log")"
  local kind
  for kind in calendar-year academic-year financial-year; do
    extract tidy-csv "$STATE/data.csv" "$kind"
    extract tidy-metadata "$STATE/data.meta.csv" "$kind"
    check "$STATE/data.csv" "$STATE/data.meta.csv" || die "the tidy files of $kind are not tidy"
  done
  must_find 'byte order mark' '1s/^/\xef\xbb\xbf/'
  must_find 'times of several groups' '2s/,Financial year,/,Calendar year,/'
  must_find 'neither number nor symbol' 's/,z\r$/,~\r/'
  must_find 'differ in their indicators alone' '3{h;G}'
  say "the tidy files hold every rule; planted faults are found"
  check_read_back
  say "LibreOffice reads every cell as it is; planted changes are found"
}

main "$@"
