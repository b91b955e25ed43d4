#!/usr/bin/env bash
# Checks everything, on a fresh Debian 12 too: installs what is missing, then
# format, build with warnings as errors, all tests, short benchmarks, kills and faults, the contract,
# Kubernetes, sanitizers, fuzzing, clang-tidy. Each step is named and timed; the first that fails ends
# the run with its reason and 1. What built and passed before is not done again.
#
#   scripts/test.sh [--long]
#
# --long  the tests that have a longer form run it (CONCORDAT_LONG=1)
# CONCORDAT_JOBS: how many jobs at once; all cores, if not set.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Built a second time with AddressSanitizer and UndefinedBehaviorSanitizer: the
# test programs that have a test with the label `sanitize`.
SANITIZED_TARGETS=(sanitized_tests)

CURRENT_STEP=
STEPS=0

# step NAME COMMAND...
step() {
  local name=$1 start=$SECONDS
  shift
  CURRENT_STEP=$name
  say "== $name"
  "$@"
  STEPS=$((STEPS + 1))
  say "== $name: passed in $((SECONDS - start)) s"
  CURRENT_STEP=
}

report_failure() {
  local status=$?
  if [[ -n $CURRENT_STEP ]]; then
    say "FAILED: $CURRENT_STEP"
    exit 1
  fi
  exit "$status"
}

check_shell() {
  local file
  own_files '*.sh' '.ci/run' | while IFS= read -r file; do bash -n "$ROOT/$file"; done
}

check_format() {
  (cd "$ROOT" && own_files '*.cc' '*.h' | xargs clang-format-14 --dry-run --Werror)
}

build_all() {
  configure dev
  build "$ROOT/build"
}

run_tests() {
  (cd "$ROOT" && ctest --preset dev --parallel "$JOBS" --no-tests=error </dev/null)
}

# That they run, and their bounds of memory and of CPU: wall-clock ones mean nothing here.
run_benchmarks() {
  (cd "$ROOT/build" && ctest --label-regex '^bench$' --output-on-failure --no-tests=error </dev/null)
}

run_sanitized_tests() {
  configure sanitize
  build "$ROOT/build-asan" "${SANITIZED_TARGETS[@]}"
  (cd "$ROOT" && ctest --preset sanitize --parallel "$JOBS" --no-tests=error </dev/null)
}

check_archive() {
  local archive first second
  build "$ROOT/build" concordat_proto_archive
  archive=$(echo "$ROOT"/build/concordat-protos-*.tar.gz)
  first=$(sha256sum <"$archive")
  rm "$archive"
  build "$ROOT/build" concordat_proto_archive
  second=$(sha256sum <"$archive")
  [[ $first == "$second" ]] || die "the archive of the contract has other bytes when built again"
  say "${archive##*/} ${second%% *}"
}

check_tidy() {
  install_python_packages "$ROOT/scripts/tidy.requirements.txt" "$ROOT/build/tidy"
  "$ROOT/scripts/tidy.py" --jobs "$JOBS" "$ROOT/build"
}

# The main job, in a state of its own: a server that somebody runs in .run/ is
# left alone.
walk_once() {
  quietly walk env CONCORDAT_STATE="$ROOT/build/walk" "$ROOT/scripts/run.sh" --once
  rm -rf "$ROOT/build/walk"
}

main() {
  case "${1:-}" in
    "") ;;
    --long) export CONCORDAT_LONG=1 ;;
    *) die "usage: scripts/test.sh [--long]" ;;
  esac
  [[ -r /proc/self/maps ]] || die "AddressSanitizer needs /proc: mount -t proc proc /proc"
  trap report_failure EXIT
  step "install packages" "$ROOT/scripts/install_packages.sh" test
  step "shell syntax" check_shell
  step "format" check_format
  step "build" build_all
  step "documentation" "$ROOT/tests/docs/run.sh"
  step "contract: lint and compatibility" "$ROOT/tests/contract/run.sh"
  step "contract: archive for other languages" check_archive
  step "Kubernetes: schemas and security" "$ROOT/tests/k8s/run.sh"
  step "tests" run_tests
  step "benchmarks, a short round" run_benchmarks
  step "crash: kills and faults under load" "$ROOT/tests/crash/run.sh" --no-build
  step "installed SDK and samples in other languages, live" "$ROOT/tests/live/run.sh"
  step "extracts: pandas and LibreOffice" "$ROOT/tests/extracts/run.sh"
  step "the walk" walk_once
  step "tests with sanitizers" run_sanitized_tests
  step "fuzz: access tokens, and the log's formats" "$ROOT/tests/fuzz/run.sh"
  step "clang-tidy" check_tidy
  say "$STEPS steps in $((SECONDS / 60)) min $((SECONDS % 60)) s"
  echo "test.sh: all steps passed"
}

main "$@"
