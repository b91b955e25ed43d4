#!/usr/bin/env bash
# Installs the Debian 12 packages that are missing, as root or with sudo, and
# asks no question. Does nothing, quickly, when none is missing.
#
#   scripts/install_packages.sh [runtime|build|test|bench]
#
# runtime  what a built server, command line and witness need to run
# build    what building them needs too (the default)
# test     what scripts/test.sh needs too
# bench    what building and tests/bench/run.sh need
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

RUNTIME_PACKAGES=(
  libgrpc++1.51 libgrpc29 libprotobuf32 libabsl20220623 libre2-9
  libsqlite3-0 libssl3 libcurl4 libcpp-httplib0.11 libprometheus-cpp-pull1.0 libyaml-cpp0.7 libspdlog1.10 libfmt9 libtcmalloc-minimal4
  coinor-libcbc3 coinor-libclp1
  libxlsxwriter4 liborcus-0.17-0
  tzdata
)
BUILD_PACKAGES=(
  build-essential cmake ninja-build pkg-config ccache mold
  libgrpc++-dev libgrpc-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  golang-github-gogo-googleapis-dev
  libabsl-dev libre2-dev libssl-dev libcurl4-openssl-dev libcpp-httplib-dev prometheus-cpp-dev libsqlite3-dev
  libyaml-cpp-dev libspdlog-dev libcli11-dev nlohmann-json3-dev libgoogle-perftools-dev
  coinor-libcbc-dev coinor-libclp-dev
  libxlsxwriter-dev liborcus-dev
  libgtest-dev libgmock-dev libbenchmark-dev
  openssl python3
)
TEST_PACKAGES=(
  git ca-certificates clang-14 clang-format-14 libclang-rt-14-dev
  python3-venv
)
BENCH_PACKAGES=(postgresql)

# is_installed PACKAGE
is_installed() {
  local format="\${db:Status-Status}"
  [[ $(dpkg-query --show --showformat="$format" "$1" 2>/dev/null) == installed ]]
}

main() {
  local wanted=("${RUNTIME_PACKAGES[@]}")
  case ${1:-build} in
    runtime) ;;
    build) wanted+=("${BUILD_PACKAGES[@]}") ;;
    test)
      wanted+=("${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}" "${BENCH_PACKAGES[@]}")
      # Other packages ship these commands too, and would clash with Debian's.
      have node || wanted+=(nodejs)
      have npm || wanted+=(npm)
      have kubectl || wanted+=(kubernetes-client)
      have soffice || wanted+=(libreoffice-calc-nogui)
      ;;
    bench) wanted+=("${BUILD_PACKAGES[@]}" "${BENCH_PACKAGES[@]}") ;;
    *) die "unknown set of packages '$1': runtime, build, test or bench" ;;
  esac

  local missing=() package
  for package in "${wanted[@]}"; do
    if ! is_installed "$package"; then missing+=("$package"); fi
  done
  if ((${#missing[@]} == 0)); then return; fi

  say "installing ${missing[*]}"
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get --quiet --quiet
    --option DPkg::Lock::Timeout=300 --option Dpkg::Use-Pty=0)
  as_root "${apt[@]}" update
  as_root "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >/dev/null
}

main "$@"
