#!/usr/bin/env bash
# What other people build on Concordat, against a real server with the bundled
# data: a program that finds the installed SDK, and programs in other languages
# that know only the archive of the contract. Needs a finished build in build/.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

STATE=$(mktemp -d)
# shellcheck source=scripts/partnership.sh
. "$ROOT/scripts/partnership.sh"

finish() {
  local status=$?
  stop_server || true
  rm -rf "$STATE"
  exit "$status"
}

# check_proven_call TARGET PROGRAM FOLDER: the program of docs/integrating.md keeps a
# proof, which the command line finds good without the server.
check_proven_call() {
  local key proof=$STATE/call.tlog-proof
  key=$("$SERVER" log-key --config "$CONFIG")
  "$2" "$1" "$3" "$key" "$proof" localhost || die "the call was not proven"
  "$CLIENT" audit receipt verify --key "$key" "$proof" || die "the proof is not good"
}

# The README's program, outside the tree, with nothing but the installed SDK.
check_installed_sdk() {
  local target=$1 prefix=$STATE/prefix program=$STATE/program folder=$STATE/police output
  quietly live-install cmake --install "$ROOT/build" --component sdk --prefix "$prefix"
  cp -r "$ROOT/client/quickstart" "$program"
  quietly live-configure cmake -S "$program" -B "$program/build" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Release
  quietly live-build cmake --build "$program/build"
  mkdir "$folder"
  cp "$CERTIFICATES/ca.crt" "$folder/ca.pem"
  cp "$CERTIFICATES/police.crt" "$folder/client.pem"
  cp "$CERTIFICATES/police.key" "$folder/client.key"
  output=$("$program/build/quickstart" "$target" "$folder" localhost) ||
    die "the program failed: $output"
  grep -q 'plans/development-2018/actions/1\.2\.1' <<<"$output" ||
    die "the program lists no overdue action 1.2.1: $output"
  say "the installed SDK's program lists $(wc -l <<<"$output") overdue actions"
  check_proven_call "$target" "$program/build/prove_call" "$folder"
}

main() {
  trap finish EXIT
  make_credentials
  start_server
  concordat admin apply -f "$ROOT/data/lancashire" >"$STATE/apply.log" 2>&1 ||
    die "the data set was not applied: $(tail -n 5 "$STATE/apply.log")"
  local target archive
  target=$(head -n 1 "$ADDRESSES")
  archive=$(echo "$ROOT"/build/concordat-protos-*.tar.gz)
  check_installed_sdk "$target"
  "$ROOT/tests/samples/run.sh" "$target" "$archive" "$CERTIFICATES/ca.crt" \
    "$CERTIFICATES/board.crt" "$CERTIFICATES/board.key" multi-agency-assurance \
    "$CERTIFICATES/stranger.crt" "$CERTIFICATES/stranger.key"
}

main "$@"
