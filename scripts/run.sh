#!/usr/bin/env bash
# Builds Concordat, starts it on this machine with the bundled data set, and
# walks through the main job as five partners would.
#
#   scripts/run.sh [--once]
#
# Installs the Debian packages that are missing (as root or with sudo). Then the
# server stays in the foreground; Ctrl-C drains it and ends with 0. --once stops
# it after the walk. All state is in .run/, which may be removed at any time;
# a second run goes on with it.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly STATE=${CONCORDAT_STATE:-$ROOT/.run}
# shellcheck source=scripts/partnership.sh
. "$ROOT/scripts/partnership.sh"

WALK_IS_DONE=false
LINE_PID=

# heading TEXT: what comes next in the walk.
heading() { printf '\n### %s\n' "$*"; }

# as_typed WORD...: a command as it is typed: quoted where the shell would split it.
as_typed() {
  local word typed=
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]] || word=${word@Q}
    typed+=" $word"
  done
  printf '%s' "${typed# }"
}

# walk EXPECTED_EXIT_CODE PROFILE ARGUMENT...: shows the command and its output.
walk() {
  local expected=$1 status=0
  shift
  printf '\n$ concordat --profile %s\n' "$(as_typed "$@")"
  concordat "$@" 2>&1 || status=$?
  if ((status != expected)); then
    die "expected exit code $expected, got $status: concordat --profile $*"
  fi
  if ((status != 0)); then printf '(exit code %d)\n' "$status"; fi
}

# load_data_set: shows one line a file; the changes in it go to apply.log.
load_data_set() {
  local log=$STATE/apply.log
  heading "The administrator loads the bundled data set (each change: $log)"
  printf '\n$ concordat --profile admin apply -f data/lancashire\n'
  if ! concordat admin apply -f data/lancashire >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    die "the data set was not loaded"
  fi
  grep -v '^  ' "$log"
}

# suspend_and_resume: a party stops its agreement; the other's next call feels it.
suspend_and_resume() {
  local agreement=neglect-and-domestic-abuse
  heading "The council suspends the agreement with the police, and the next call is refused"
  walk 0 council agreements suspend "$agreement" --reason "A breach at a partner is looked into"
  walk 4 police plans status development-2018
  heading "The council resumes it: the police are served again"
  walk 0 council agreements resume "$agreement" --reason "Nothing was disclosed"
  walk 0 police actions list --topic neglect --overdue
  walk 0 council agreements diff "$agreement"
}

# suspend_open_stream: the same while the health trust's extract is on its way. Its
# reader takes one line and then its time, so that the stream stands open.
suspend_open_stream() {
  local agreement=health-safeguarding pipe=$STATE/open_stream said=$STATE/open_stream.log
  local reader extract lines status=0
  heading "The council suspends the agreement with the health trust, whose extract is on its way"
  rm -f "$pipe"
  mkfifo "$pipe"
  printf '\n$ concordat --profile health-trust releases extract papers-2018 --format ndjson --file - | slow reader\n'
  concordat health-trust releases extract papers-2018 --format ndjson --file - >"$pipe" 2>"$said" &
  extract=$!
  exec {reader}<"$pipe"
  read -r -u "$reader" _ || die "the extract sent nothing: $(cat "$said")"
  walk 0 council agreements suspend "$agreement" --reason "A breach at the trust is looked into"
  lines=$(wc -l <&"$reader")
  exec {reader}<&-
  wait "$extract" || status=$?
  rm -f "$pipe"
  if ((status == 0)); then die "the open stream was not cut"; fi
  printf '\nThe extract was cut after %d lines, and its reader is told (exit code %d):\n' "$((lines + 1))" "$status"
  cat "$said"
  heading "Why? The trust asks which clause says so"
  walk 0 health-trust access explain PlanService/GetPlan --resource plans/development-2018 \
    --agreement "$agreement"
  walk 0 council agreements resume "$agreement" --reason "Nothing was disclosed"
  walk 0 admin access who releases --resource releases/papers-2018
}

# show EXPECTED_EXIT_CODE COMMAND...: shows a command that needs no profile, and its output.
show() {
  local expected=$1 status=0
  shift
  printf '\n$ %s\n' "$(as_typed "${@//$ROOT\//}")"
  "$@" 2>&1 || status=$?
  if ((status != expected)); then die "expected exit code $expected, got $status: $*"; fi
  if ((status != 0)); then printf '(exit code %d)\n' "$status"; fi
}

# prove_the_log: the audit log leaves the server and is verified without it, by two
# programs that share no code; then a copy of it is damaged.
prove_the_log() {
  local export=$STATE/audit-log copy=$STATE/audit-log-damaged key bundle
  heading "The auditor takes the log along, and verifies it without the server"
  key=$("$SERVER" log-key --config "$CONFIG")
  # A checkpoint is signed every second while there are new records.
  sleep 2
  walk 0 auditor audit export --key "$key" --dir "$export"
  show 0 "$CLIENT" audit verify --key "$key" "$export"
  show 0 python3 "$ROOT/tools/verify_audit.py" --key "$key" "$export"

  heading "Somebody changes one byte of a copy: both name the record"
  rm -rf "$copy"
  cp -r "$export" "$copy"
  bundle=$(find "$copy/tile/entries" -type f | sort | head -n 1)
  printf '\xff' | dd of="$bundle" bs=1 seek="$(($(stat --format=%s "$bundle") / 2))" conv=notrunc status=none
  show 10 "$CLIENT" audit verify --key "$key" "$copy"
  show 1 python3 "$ROOT/tools/verify_audit.py" --key "$key" "$copy"
  rm -rf "$copy"
}

# submit PROVIDER FILE SOURCE REASON: the office sends what an agency e-mailed to it.
submit() {
  local arguments=("data/example/$2" --provider "$1" --source "$3" --confirm)
  if [[ -n $4 ]]; then arguments+=(--reason "$4"); fi
  concordat board measures submit "${arguments[@]}" </dev/null
}

# submit_example LATE: the synthetic submissions in the order in which they came, but one.
submit_example() {
  local late=$1 log=$STATE/submissions.log _day file provider source reason _note
  heading "Two years of synthetic figures arrive (each submission: $log)"
  # Sent again, the first figures of a period would take back what was revised since.
  if [[ -e $STATE/submitted ]]; then
    printf '\nThey arrived in an earlier run.\n'
    return
  fi
  : >"$log"
  while IFS=, read -r _day file provider source reason _note; do
    if [[ $file == "$late" ]]; then continue; fi
    submit "$provider" "$file" "${source:-E-mailed to the office}" "$reason" >>"$log" 2>&1 ||
      die "$file was not taken: $(tail -n 3 "$log")"
  done < <(tail -n +2 data/example/submissions.csv | tr -d '\r')
  touch "$STATE/submitted"
  printf '\n%d submissions, the last ones:\n' "$(wc -l <"$log")"
  tail -n 3 "$log"
}

# chase_what_is_late FILE: the agency that did not send it is reminded, and then does.
chase_what_is_late() {
  local late=data/example/$1 source="E-mailed to the office after a reminder" reminders
  heading "The office: what does the domestic abuse board still owe?"
  walk 0 board returns list --state overdue --agency pan-lancashire-domestic-abuse-board
  reminders=$(mktemp -d "$STATE/reminders.XXXXXX")
  rmdir "$reminders"
  walk 0 board returns chase --agency pan-lancashire-domestic-abuse-board --from office@board.example \
    --output-directory "$reminders"
  printf '\n$ head -n 24 %s\n' "$(echo "${reminders#"$ROOT"/}"/*.eml)"
  head -n 24 "$reminders"/*.eml
  heading "It answers by e-mail: the file is checked first, and then it counts, late"
  walk 0 board measures submit "$late" --provider pan-lancashire-domestic-abuse-board \
    --source "$source" --dry-run
  walk 0 board measures submit "$late" --provider pan-lancashire-domestic-abuse-board \
    --source "$source" --confirm
  walk 0 board returns list --state received-late --agency pan-lancashire-domestic-abuse-board \
    --measure synthetic-marac-cases
}

# release_figures NAME: previewed with the report of disclosure control, and published as
# it was previewed.
release_figures() {
  local preview=$STATE/release.log digest
  local selection=("$1" --title "Synthetic: what the partners sent" --measure synthetic-re-referrals
    --measure synthetic-cse-referrals --measure synthetic-children-missing --measure synthetic-marac-cases
    --from 2016-04-01 --to 2018-03-31)
  heading "The office previews a release: what is hidden, why, and what it costs"
  walk 0 board releases preview "${selection[@]}" >"$preview"
  head -n 42 "$preview"
  printf '[...]\n'
  tail -n 3 "$preview"
  digest=$(sed -n 's/^ *--preview-digest //p' "$preview")
  heading "It publishes exactly that"
  walk 0 board releases publish "${selection[@]}" --preview-digest "$digest" --accept-missing >"$preview"
  head -n 8 "$preview"
  printf '[...]\n'
}

# stop_line: ends the line that breaks, if there is one.
stop_line() {
  if [[ -z $LINE_PID ]]; then return; fi
  kill "$LINE_PID" 2>/dev/null || true
  wait "$LINE_PID" 2>/dev/null || true
  LINE_PID=
}

# survive_a_cut NAME: the line breaks in the middle of an extract, and the file is whole.
survive_a_cut() {
  local whole=$STATE/whole.ndjson resumed=$STATE/resumed.ndjson address=$STATE/line
  heading "The line breaks in the middle of an extract: it goes on at the next chunk"
  rm -f "$whole" "$resumed" "$address"
  walk 0 board releases extract "$1" --format ndjson -o "$whole"
  python3 "$ROOT/scripts/cut_line.py" "$(head -n 1 "$ADDRESSES")" 150000 "$address" 2>"$STATE/cut.log" &
  LINE_PID=$!
  until [[ -s $address ]]; do
    kill -0 "$LINE_PID" 2>/dev/null || die "the line cannot be made: $(<"$STATE/cut.log")"
    sleep 0.1
  done
  sed "s/^target: .*/target: $(<"$address")/" "$PROFILES/board.yaml" >"$PROFILES/broken-line.yaml"
  walk 0 broken-line releases extract "$1" --format ndjson -o "$resumed"
  stop_line
  cat "$STATE/cut.log"
  [[ -s $STATE/cut.log ]] || die "the line was not cut"
  show 0 cmp "$whole" "$resumed"
}

# figures_of_the_partners: from returns that are owed to a release that is extracted.
figures_of_the_partners() {
  local late=submissions/2017-18-q4/synthetic-pan-lancashire-domestic-abuse-board.csv release
  release=synthetic-$(date --utc +%Y%m%d-%H%M%S)
  heading "The administrator declares 21 synthetic measures, and who owes which figures when"
  walk 0 admin apply -f data/example/directory.yaml -f data/example/measures.yaml >"$STATE/measures.log"
  tail -n 1 "$STATE/measures.log"
  submit_example "$late"
  chase_what_is_late "$late"
  release_figures "$release"
  heading "The scorecard of the release"
  walk 0 board scorecard "$release" --measure synthetic-re-referrals
  survive_a_cut "$release"
}

# The main job, as the partners do it. 4 is the exit code of a refusal.
walk_through() {
  local extract=${STATE#"$ROOT"/}/papers-2018.csv start
  start=$(date --utc +%Y-%m-%dT%H:%M:%S.%6NZ)

  heading "The board's office: where did the development plan stand in November 2018?"
  walk 0 board plans status development-2018 --on 2018-11-30 --as-of 2018-12-01T00:00:00Z

  heading "The police: what are we all doing about neglect and domestic abuse?"
  walk 0 police actions list --topic neglect
  walk 0 police actions list --topic domestic-abuse

  heading "The health trust: the figures of the papers, as one checked file"
  rm -f "$extract"
  walk 0 health-trust releases extract papers-2018 --format csv -o "$extract"
  printf '\n$ head -n 6 %s\n' "$extract"
  head -n 6 "$extract"

  heading "The board's analyst: how do the domestic abuse figures stand to target and neighbours?"
  walk 0 board scorecard papers-2018 --topic domestic-abuse

  heading "A council that is no party of any agreement is refused, with the reason"
  walk 4 stranger plans status development-2018

  heading "The police ask for a plan that their agreement does not name"
  walk 4 police plans status send-wsoa-2018

  suspend_and_resume
  suspend_open_stream
  figures_of_the_partners

  heading "The auditor: every one of these calls is on record, refusals too"
  walk 0 auditor audit list --from "$start"
  prove_the_log
}

# finish: whatever ends this script, the server does not outlive it.
finish() {
  local status=$?
  stop_line
  stop_server || true
  exit "$status"
}

# interrupted: Ctrl-C or SIGTERM; drains the server. That is how a run without
# --once ends, but before that it is a failure.
interrupted() {
  trap '' INT TERM
  say "stopping the server"
  stop_server || die "the server did not stop cleanly; its log: $SERVER_LOG"
  if $WALK_IS_DONE; then exit 0; fi
  die "stopped before the walk was done"
}

main() {
  local once=false
  case "${1:-}" in
    "") ;;
    --once) once=true ;;
    *) die "usage: scripts/run.sh [--once]" ;;
  esac

  cd "$ROOT"
  "$ROOT/scripts/install_packages.sh" build
  say "building (the first time takes about ten minutes; progress: build/logs)"
  configure dev
  build "$ROOT/build" concordatd concordat

  (umask 077 && mkdir -p "$STATE")
  make_credentials
  trap finish EXIT
  trap interrupted INT TERM
  start_server
  load_data_set
  walk_through
  WALK_IS_DONE=true

  if $once; then
    stop_server || die "the server did not stop cleanly; its log: $SERVER_LOG"
    echo
    say "done"
    return
  fi
  echo
  say "the server stays; Ctrl-C stops it. In another terminal:"
  echo "  export CONCORDAT_CONFIG_DIR=$PROFILES"
  echo "  $CLIENT --profile board plans list"
  local status=0
  wait "$SERVER_PID" || status=$?
  SERVER_PID=
  die "the server ended by itself with $status; its log: $SERVER_LOG"
}

main "$@"
