#!/usr/bin/env bash
# Runs the Node sample against a running server and checks what it prints: the
# overdue actions of the bundled plans on 30 November 2018, a receipt, and the
# reason of a refusal. Everything it knows of the contract comes from the
# archive.
#
#   tests/node/run.sh TARGET ARCHIVE CA CERTIFICATE KEY PURPOSE \
#     REFUSED_CERTIFICATE REFUSED_KEY
#
# TARGET is host:port; CERTIFICATE and KEY are of a client whose agreement for
# PURPOSE covers all plans, the refused ones of a client without any. Starts no
# server. Works in build/node.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

main() {
  if (($# != 8)); then die "needs 8 arguments, see the head of this file"; fi
  local target=$1 archive=$2 ca=$3 certificate=$4 key=$5 purpose=$6
  local refused_certificate=$7 refused_key=$8
  local work=$ROOT/build/node sample=$ROOT/client/samples/node
  install_node_modules "$sample" "$work" @grpc/grpc-js/package.json
  cp "$sample/list-overdue.mjs" "$work/"
  rm -rf "$work/protos"
  mkdir "$work/protos"
  tar -xzf "$archive" -C "$work/protos" --strip-components=1

  local run=(node "$work/list-overdue.mjs" --target "$target" --protos "$work/protos" --ca "$ca")
  run+=(--on 2018-11-30)
  local output status=0 errors=$work/errors
  output=$("${run[@]}" --cert "$certificate" --key "$key" --purpose "$purpose" 2>"$errors") ||
    die "the sample failed: $(cat "$errors")"
  local action=$'^plans/[a-z0-9.-]+/actions/[a-z0-9.-]+\t2[0-9]{3}-[0-9]{2}-[0-9]{2}\tRED\toverdue$'
  local rows ending
  rows=$(grep -cE "$action" <<<"$output") || die "no overdue action in: $output"
  ending=$(tail -n 1 <<<"$output")
  [[ $ending =~ ^"$rows overdue; receipt "[0-9]+$ ]] || die "$rows rows, but at the end: $ending"
  (($(wc -l <<<"$output") == rows + 1)) || die "a line that is no overdue action: $output"
  if grep -qE $'\t(2018-12|2019|202)' <<<"$output"; then
    die "an action is overdue before its day: $output"
  fi

  run+=(--cert "$refused_certificate" --key "$refused_key")
  output=$("${run[@]}" --purpose "$purpose" 2>"$errors") || status=$?
  ((status == 1)) || die "a client without an agreement must end with 1, not $status: $output"
  [[ -z $output ]] || die "a client without an agreement was answered: $output"
  grep -qE '^list-overdue: NO_AGREEMENT: .+ \(receipt [0-9]+\)$' "$errors" ||
    die "the refusal names no reason or no receipt: $(cat "$errors")"
  say "$rows overdue actions listed; a client without an agreement refused: NO_AGREEMENT"
}

main "$@"
