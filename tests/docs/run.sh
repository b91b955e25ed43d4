#!/usr/bin/env bash
# Checks the documentation: what is generated is what the sources say today, the
# README's program is client/quickstart/main.cc byte for byte, links, paths, names,
# commands and log events exist, and each answer on information governance names a
# mechanism and a test that are there (check.py). Then proves that each check can
# fail, on a copy of the project in build/docs.
#
#   tests/docs/run.sh
#
# Needs the built command line, build/client/cli/concordat.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly CLIENT=$ROOT/build/client/cli/concordat
readonly COPY=$ROOT/build/docs
export PYTHONDONTWRITEBYTECODE=1

# check_texts FOLDER, check_generated FOLDER: what is wrong there, if anything.
check_texts() { "$ROOT/tests/docs/check.py" "$1" "$CLIENT"; }
check_generated() { "$1/tools/generate_reference.py" --check; }

# copy_project: the project's own files, as they are now.
copy_project() {
  rm -rf "$COPY"
  mkdir -p "$COPY"
  (cd "$ROOT" && own_files '*' | xargs -d '\n' cp --parents --target-directory="$COPY")
}

# must_refuse EXPECTED FILE EDIT CHECK: edits one file of the copy with sed and
# fails unless CHECK then names exactly that fault. Mends the file again.
must_refuse() {
  local expected=$1 file=$2 edit=$3 check=$4 status=0 output
  sed -i "$edit" "$COPY/$file"
  if cmp -s "$ROOT/$file" "$COPY/$file"; then die "no fault planted: $edit"; fi
  output=$("$check" "$COPY" 2>&1) || status=$?
  if ((status != 1)) || [[ $output != *"$expected"* ]]; then
    die "a fault passed, or another one was named (status $status): $output"
  fi
  cp "$ROOT/$file" "$COPY/$file"
}

main() {
  [[ -x $CLIENT ]] || die "build the command line first: $CLIENT is not there"
  check_generated "$ROOT" || die "the generated parts are old: run tools/generate_reference.py"
  check_texts "$ROOT" || die "the documentation names what is not there"

  copy_project
  check_generated "$COPY"
  check_texts "$COPY"
  must_refuse '-| `GetPlan` |' protos/concordat/v1/plan_service.proto \
    's|// Gets one plan with its themes.*|// Gets a plan.|' check_generated
  must_refuse 'CLIENT_UNKNOWN: the contract says NOT_FOUND' protos/concordat/v1/error_reason.proto \
    's/UNAUTHENTICATED\. The certificate is of/NOT_FOUND. The certificate is of/' check_generated
  must_refuse 'max_calls: config.proto says 1,000' server/config.cc \
    's/max_calls(), 1000/max_calls(), 2000/' check_generated
  must_refuse '-  request.set_overdue(true);' client/quickstart/main.cc \
    's/set_overdue(true)/set_overdue(false)/' check_generated
  must_refuse 'the link docs/nowhere.md leads nowhere' README.md \
    's|(docs/security.md)|(docs/nowhere.md)|' check_texts
  must_refuse 'names no heading' docs/integrating.md 's/#error-reasons/#error-treasons/' check_texts
  must_refuse 'there is no server/door/window.cc' docs/architecture.md \
    's|server/door/call_reactor.cc|server/door/window.cc|' check_texts
  must_refuse 'no source has CallReactor::Admitt' docs/architecture.md \
    's/`CallReactor::Admit`/`CallReactor::Admitt`/' check_texts
  must_refuse 'there is no test ExtractDamageTest.Is' docs/security.md \
    's/ExtractDamageTest.IsDataLoss/ExtractDamageTest.Is/' check_texts
  must_refuse '`concordat actions` has no subcommand fetch' README.md \
    's/actions get /actions fetch /' check_texts
  must_refuse '`concordat actions get` has no option --off' README.md \
    's/ --on / --off /' check_texts
  must_refuse 'the log event draining is not described' docs/operating.md \
    's/^| `draining` |/| draining |/' check_texts
  must_refuse 'there is no test CheckpointerTest.ALog in' docs/information-governance.md \
    's/CheckpointerTest.ALogWithAnotherHistoryIsRefused/CheckpointerTest.ALog/' check_texts
  must_refuse 'there is no test CheckpointerTest.ALogWithAnotherHistoryIsRefused in server/store' \
    docs/information-governance.md 's|server/audit/checkpointer_test.cc|server/store/store_test.cc|' \
    check_texts
  must_refuse 'there is no mechanism Agreement.joint_controller' docs/information-governance.md \
    's/Agreement.joint_controllers/Agreement.joint_controller/' check_texts
  must_refuse 'there is no mechanism tls.crl_fil' docs/information-governance.md \
    's/`tls.crl_file`/`tls.crl_fil`/' check_texts
  must_refuse 'nor why there are none: none' docs/information-governance.md \
    's/| none: outside the server |/| none |/' check_texts
  say "the documentation is what the sources say, and what it names is there; planted faults are found"
}

main "$@"
