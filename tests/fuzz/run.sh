#!/usr/bin/env bash
# Fuzzes what reads bytes from strangers: access tokens and the documents with
# their keys, and the formats of the transparency log. Starts from
# tests/fuzz/seeds, goes on from what earlier runs found in build-fuzz/corpus,
# and ends with 1 at the first input that breaks a rule, which it leaves in
# build-fuzz.
#
#   tests/fuzz/run.sh [SECONDS]
#
# SECONDS: how long each; 20, or 600 with CONCORDAT_LONG=1.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

# fuzz TARGET NAME WHAT SECONDS: seeds are in seeds/NAME, words in NAME.dict.
fuzz() {
  local target=$1 name=$2 what=$3 patience=$4
  local corpus=$ROOT/build-fuzz/corpus/$name log=$ROOT/build/logs/fuzz-$name.log
  mkdir -p "$corpus"
  quietly "fuzz-$name" "$ROOT/build-fuzz/tests/fuzz/$target" -max_total_time="$patience" \
    -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -dict="$ROOT/tests/fuzz/$name.dict" -artifact_prefix="$ROOT/build-fuzz/" \
    "$corpus" "$ROOT/tests/fuzz/seeds/$name"
  say "$what: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs in $patience s," \
    "no rule broken"
}

main() {
  local patience=20
  if [[ ${CONCORDAT_LONG:-} == 1 ]]; then patience=600; fi
  patience=${1:-$patience}
  configure fuzz
  build "$ROOT/build-fuzz" token_fuzz tlog_fuzz
  fuzz token_fuzz tokens "access tokens and their keys" "$patience"
  fuzz tlog_fuzz tlog "the transparency log's formats" "$patience"
}

main "$@"
