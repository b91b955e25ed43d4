#!/usr/bin/env bash
# Kills and fails concordatd under load, again and again, and checks that nothing
# that it had said has become untrue.
#
#   tests/crash/run.sh [--long] [--seed N] [--fault NUMBER:FAULT] [--no-build]
#                      [--build-folder FOLDER]
#
# --long          1,000 kills and every fault point, not 15 and a sample of 20
# --seed          what decides the instants and the sample; printed by each run
# --fault         one fault point again, such as 17:EIO
# --no-build      takes what is built
# --build-folder  build/, if not given
#
# Ends with 1 when anything is broken, each named in a line that begins with BROKEN.
# docs/decisions/fault-injection.md says how faults are made.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

readonly SHORT=(--kills 15 --fault-runs 20)
readonly LONG=(--kills 1000 --every-fault)

main() {
  local build_folder=$ROOT/build do_build=true round=("${SHORT[@]}") arguments=()
  if [[ ${CONCORDAT_LONG:-} == 1 ]]; then round=("${LONG[@]}"); fi
  while (($# > 0)); do
    case $1 in
      --long) round=("${LONG[@]}") ;;
      --no-build) do_build=false ;;
      --seed | --fault)
        arguments+=("$1" "${2:?$1 needs a value}")
        shift
        ;;
      --build-folder)
        build_folder=$(realpath "${2:?--build-folder needs a folder}")
        shift
        ;;
      *)
        die "usage: tests/crash/run.sh [--long] [--seed N] [--fault NUMBER:FAULT] [--no-build]" \
          "[--build-folder FOLDER]"
        ;;
    esac
    shift
  done
  if $do_build; then build "$build_folder" crash_campaign; fi
  "$build_folder/tests/crash/crash_campaign" "${round[@]}" "${arguments[@]}"
}

main "$@"
