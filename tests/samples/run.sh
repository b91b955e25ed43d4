#!/usr/bin/env bash
# Runs the samples in other languages against a running server and checks what
# each prints: the overdue actions of the bundled plans on 30 November 2018, a
# receipt, and the reason of a refusal. All they know of the contract comes from
# the archive.
#
#   tests/samples/run.sh TARGET ARCHIVE CA CERTIFICATE KEY PURPOSE \
#     REFUSED_CERTIFICATE REFUSED_KEY
#
# TARGET is host:port; CERTIFICATE and KEY are of a client whose agreement for
# PURPOSE covers all plans, the refused ones of a client without any. Starts no
# server. Works in build/samples. A language whose tools are not there is
# skipped, with a line that says so; Node.js and Python have to be there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly WORK=$ROOT/build/samples
readonly SAMPLES=$ROOT/client/samples
readonly PROTOS=$WORK/protos

# has_tools LANGUAGE: whether the sample can be built and run here.
has_tools() {
  case $1 in
    java) have java && have javac && have mvn ;;
    csharp) have dotnet ;;
  esac
}

# Each prepare_LANGUAGE builds its sample in $WORK/LANGUAGE and sets RUN to the
# command that the sample's arguments are added to.
RUN=()

prepare_node() {
  install_node_modules "$SAMPLES/node" "$WORK/node" @grpc/grpc-js/package.json
  cp "$SAMPLES/node/list-overdue.mjs" "$WORK/node/"
  RUN=(node "$WORK/node/list-overdue.mjs" --protos "$PROTOS")
}

prepare_python() {
  local folder=$WORK/python
  install_python_packages "$SAMPLES/python/requirements.txt" "$folder"
  rm -rf "$folder/stubs"
  mkdir "$folder/stubs"
  (cd "$PROTOS" && "$folder/venv/bin/python" -m grpc_tools.protoc -I . \
    --python_out="$folder/stubs" --grpc_python_out="$folder/stubs" concordat/v1/*.proto)
  RUN=("$folder/venv/bin/python" -B "$SAMPLES/python/list_overdue.py" --stubs "$folder/stubs")
}

prepare_java() {
  local folder=$WORK/java
  mkdir -p "$folder"
  rm -rf "${folder:?}"/{src,target}
  cp -r "$SAMPLES/java/pom.xml" "$SAMPLES/java/src" "$folder/"
  # Maven looks for the home folder in the list of users.
  (cd "$folder" && quietly maven-sample mvn --batch-mode --quiet "-Duser.home=$HOME" \
    "-Dprotos=$PROTOS" process-classes)
  RUN=(java -cp "$folder/target/classes:$folder/target/dependency/*"
    org.concordat.samples.ListOverdue)
}

prepare_csharp() {
  local folder=$WORK/csharp
  mkdir -p "$folder"
  cp "$SAMPLES"/csharp/{ListOverdue.csproj,Program.cs} "$folder/"
  (cd "$folder" && DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 quietly dotnet-sample \
    dotnet build --configuration Release --output "$folder/out" "-p:Protos=$PROTOS")
  RUN=(dotnet "$folder/out/list-overdue.dll")
}

# check_answers LANGUAGE: runs RUN as the client whose agreement covers all
# plans, and as the one without an agreement.
check_answers() {
  local language=$1 output status=0 errors=$WORK/errors run
  run=("${RUN[@]}" --target "$TARGET" --ca "$CA" --on 2018-11-30 --purpose "$PURPOSE")
  output=$("${run[@]}" --cert "$CERTIFICATE" --key "$KEY" 2>"$errors") ||
    die "$language: the sample failed: $(cat "$errors")"
  local action=$'^plans/[a-z0-9.-]+/actions/[a-z0-9.-]+\t2[0-9]{3}-[0-9]{2}-[0-9]{2}\tRED\toverdue$'
  local rows ending
  rows=$(grep -cE "$action" <<<"$output") || die "$language: no overdue action in: $output"
  ending=$(tail -n 1 <<<"$output")
  [[ $ending =~ ^"$rows overdue; receipt "[0-9]+$ ]] ||
    die "$language: $rows rows, but at the end: $ending"
  (($(wc -l <<<"$output") == rows + 1)) ||
    die "$language: a line that is no overdue action: $output"
  if grep -qE $'\t(2018-12|2019|202)' <<<"$output"; then
    die "$language: an action is overdue before its day: $output"
  fi
  # All languages have to say the same.
  if [[ -z $ROWS ]]; then ROWS=$(head -n -1 <<<"$output"); fi
  [[ $(head -n -1 <<<"$output") == "$ROWS" ]] ||
    die "$language: other rows than the first language's: $output"

  output=$("${run[@]}" --cert "$REFUSED_CERTIFICATE" --key "$REFUSED_KEY" 2>"$errors") || status=$?
  ((status == 1)) ||
    die "$language: a client without an agreement must end with 1, not $status: $output"
  [[ -z $output ]] || die "$language: a client without an agreement was answered: $output"
  grep -qE '^list-overdue: NO_AGREEMENT: .+ \(receipt [0-9]+\)$' "$errors" ||
    die "$language: the refusal names no reason or no receipt: $(cat "$errors")"
  say "$language: $rows overdue actions listed; a client without an agreement refused: NO_AGREEMENT"
}

main() {
  if (($# != 8)); then die "needs 8 arguments, see the head of this file"; fi
  readonly TARGET=$1 CA=$3 CERTIFICATE=$4 KEY=$5 PURPOSE=$6
  readonly REFUSED_CERTIFICATE=$7 REFUSED_KEY=$8
  local archive=$2 language
  mkdir -p "$WORK"
  rm -rf "$PROTOS"
  mkdir "$PROTOS"
  tar -xzf "$archive" -C "$PROTOS" --strip-components=1
  ROWS=
  for language in node python java csharp; do
    if has_tools "$language"; then
      "prepare_$language"
      check_answers "$language"
    else
      say "SKIPPED: the $language sample was not built or run: its tools are not on this machine"
    fi
  done
}

main "$@"
