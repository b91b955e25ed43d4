#!/usr/bin/env bash
# Fuzzes what reads bytes from strangers: access tokens and the documents with
# their keys. Starts from tests/fuzz/seeds, goes on from what earlier runs found
# in build-fuzz/corpus, and ends with 1 at the first input that breaks a rule,
# which it leaves in build-fuzz.
#
#   tests/fuzz/run.sh [SECONDS]
#
# SECONDS: how long; 20, or 600 with CONCORDAT_LONG=1.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

main() {
  local patience=20 corpus=$ROOT/build-fuzz/corpus/tokens log=$ROOT/build/logs/fuzz-tokens.log
  if [[ ${CONCORDAT_LONG:-} == 1 ]]; then patience=600; fi
  patience=${1:-$patience}
  configure fuzz
  build "$ROOT/build-fuzz" token_fuzz
  mkdir -p "$corpus"
  quietly fuzz-tokens "$ROOT/build-fuzz/tests/fuzz/token_fuzz" -max_total_time="$patience" \
    -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -dict="$ROOT/tests/fuzz/tokens.dict" -artifact_prefix="$ROOT/build-fuzz/" \
    "$corpus" "$ROOT/tests/fuzz/seeds/tokens"
  say "access tokens and their keys: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log")" \
    "inputs in $patience s, no rule broken"
}

main "$@"
