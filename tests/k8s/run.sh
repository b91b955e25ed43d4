#!/usr/bin/env bash
# Renders k8s/base, checks it against the strict schemas of Kubernetes and the
# security properties (check.py), and proves that the checks can fail.
#
#   tests/k8s/run.sh
#
# Works in build/k8s, with the schemas in a virtual environment there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly WORK=$ROOT/build/k8s

# render BASE: the resources of a kustomize folder, in BASE.yaml.
render() { kubectl kustomize "$1" >"$1.yaml"; }

# must_refuse EXPECTED FILE EDIT: edits one file of a throwaway copy of the base
# with sed and fails unless the checks then name exactly that fault.
must_refuse() {
  local expected=$1 file=$2 edit=$3 status=0 output
  rm -rf "$WORK/faulty"
  cp -r "$ROOT/k8s/base" "$WORK/faulty"
  sed -i "$edit" "$WORK/faulty/$file"
  if cmp -s "$ROOT/k8s/base/$file" "$WORK/faulty/$file"; then die "no fault planted: $edit"; fi
  render "$WORK/faulty"
  output=$("$WORK/venv/bin/python" "$ROOT/tests/k8s/check.py" "$WORK/faulty.yaml") || status=$?
  if ((status != 1)) || [[ $output != *"$expected"* ]]; then
    die "a fault passed, or another one was named (status $status): $output"
  fi
}

main() {
  mkdir -p "$WORK"
  install_python_packages "$ROOT/tests/k8s/requirements.txt" "$WORK"
  rm -rf "$WORK/base"
  cp -r "$ROOT/k8s/base" "$WORK/base"
  render "$WORK/base"
  "$WORK/venv/bin/python" "$ROOT/tests/k8s/check.py" "$WORK/base.yaml" || die "k8s/base is wrong"
  must_refuse "'readOnlyRootFileSystem' was unexpected" deployment.yaml \
    's/readOnlyRootFilesystem/readOnlyRootFileSystem/'
  must_refuse 'the root file system must be read-only' deployment.yaml \
    's/readOnlyRootFilesystem: true/readOnlyRootFilesystem: false/'
  must_refuse 'never the health port' networkpolicy.yaml 's/port: 8443/port: 8081/'
  must_refuse 'checkpoint must be on the volume checkpoint' server.yaml \
    's|/var/lib/concordat-checkpoint/|/var/lib/concordat/|'
  must_refuse 'longer than the drain' server.yaml 's/drain_seconds: .*/drain_seconds: 60/'
  say "k8s/base passes the strict schemas and holds every property; planted faults are found"
}

main "$@"
