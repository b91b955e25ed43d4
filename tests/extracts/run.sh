#!/usr/bin/env bash
# Takes the tidy files of the bundled figures from a real server, checks them with pandas
# against the rules of the tidy standard (check_tidy.py), and proves that the check can
# fail. Needs a finished build in build/.
#
#   tests/extracts/run.sh
#
# Works in build/extracts, with pandas in a virtual environment there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly WORK=$ROOT/build/extracts
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

main() {
  mkdir -p "$WORK"
  install_python_packages "$ROOT/tests/extracts/requirements.txt" "$WORK"
  trap finish EXIT
  make_credentials
  start_server
  concordat admin apply -f "$ROOT/data/lancashire" >"$STATE/apply.log" 2>&1 ||
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
}

main "$@"
