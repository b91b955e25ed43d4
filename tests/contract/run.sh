#!/usr/bin/env bash
# Checks the contract with buf: its style (`buf lint`), and that no client of
# the committed baseline breaks (`buf breaking`). Then proves that both checks
# can fail. The rules stand in buf.yaml.
#
#   tests/contract/run.sh                 checks
#   tests/contract/run.sh --new-baseline  makes today's contract the baseline;
#                                         only for a contract that is released
#
# Works in build/contract. CONCORDAT_GOOGLEAPIS_DIR: the folder that holds
# google/rpc and google/type, if not Debian's.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly WORK=$ROOT/build/contract
readonly BASELINE=$ROOT/protos/baseline/concordat.v1.binpb
readonly GOOGLEAPIS=${CONCORDAT_GOOGLEAPIS_DIR:-/usr/share/gocode/src/github.com/gogo/googleapis}
# protoc finds google/protobuf by itself only where /proc is mounted.
PROTOBUF=$(pkg-config --variable=includedir protobuf)
readonly PROTOBUF

# describe PROTOS OUTPUT [OPTION...]: the descriptor set of concordat.v1 in the
# folder, with everything it imports.
describe() {
  local protos=$1 output=$2
  shift 2
  (cd "$protos" && protoc -I. -I"$GOOGLEAPIS" -I"$PROTOBUF" --include_imports "$@" \
    --descriptor_set_out="$output" concordat/v1/*.proto)
}

case $(uname -m) in
  x86_64) BUF=@bufbuild/buf-linux-x64/bin/buf ;;
  *) BUF=@bufbuild/buf-linux-$(uname -m)/bin/buf ;;
esac
readonly BUF

# buf ARGUMENT...
buf() { "$WORK/node_modules/$BUF" "$@" --config "$ROOT/buf.yaml"; }

# must_refuse WHAT FILE EDIT COMMAND...: edits one file of a throwaway copy of
# the contract with sed and fails unless buf then finds exactly that fault.
must_refuse() {
  local expected=$1 file=$2 edit=$3 status=0 output
  shift 3
  rm -rf "$WORK/faulty"
  cp -r "$ROOT/protos" "$WORK/faulty"
  sed -i "$edit" "$WORK/faulty/concordat/v1/$file"
  if cmp -s "$ROOT/protos/concordat/v1/$file" "$WORK/faulty/concordat/v1/$file"; then
    die "the fault was not planted in $file: $edit"
  fi
  describe "$WORK/faulty" "$WORK/faulty.binpb" --include_source_info
  output=$(buf "$@" "$WORK/faulty.binpb" 2>&1) || status=$?
  if ((status != 100)) || [[ $output != *"$expected"* ]]; then
    die "buf $1 let a fault pass, or named another one (status $status): $output"
  fi
}

main() {
  [[ -d $GOOGLEAPIS/google/rpc ]] ||
    die "no google/rpc in $GOOGLEAPIS: set CONCORDAT_GOOGLEAPIS_DIR"
  if [[ ${1:-} == --new-baseline ]]; then
    mkdir -p "${BASELINE%/*}"
    describe "$ROOT/protos" "$BASELINE"
    say "wrote protos/baseline/concordat.v1.binpb"
    return
  fi
  install_node_modules "$ROOT/tests/contract" "$WORK" "$BUF"
  describe "$ROOT/protos" "$WORK/image.binpb" --include_source_info
  buf lint "$WORK/image.binpb" || die "buf lint: the contract breaks the rules of buf.yaml"
  buf breaking "$WORK/image.binpb" --against "$BASELINE" --against-config "$ROOT/buf.yaml" ||
    die "buf breaking: clients of the baseline would break"
  must_refuse 'on message "ListPlansRequest"' plan_service.proto \
    '/^message ListPlansRequest {/,/^}/ s/page_token = 2/page_token = 92/' \
    breaking --against "$BASELINE" --against-config "$ROOT/buf.yaml"
  must_refuse 'should have a non-empty comment' plan_service.proto \
    's|^  // Lists the plans that .*||' lint
  say "the contract is well formed and breaks no client of the baseline; a planted fault is found"
}

main "$@"
