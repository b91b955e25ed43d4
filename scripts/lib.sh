# shellcheck shell=bash
# What the two commands and their helpers share. Sourced, never run:
#   . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# Sets ROOT (the project's folder) and JOBS (CONCORDAT_JOBS, else all cores),
# and an environment that does not depend on the caller's.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
JOBS=${CONCORDAT_JOBS:-$(nproc)}
PROGRAM=$(cd "$(dirname "$0")" && pwd -P)/$(basename "$0")
PROGRAM=${PROGRAM#"$ROOT"/}
readonly ROOT JOBS PROGRAM

# Dates, sorting and messages are the same on every machine.
export LC_ALL=C.UTF-8
# Objects in the compiler cache do not depend on where the project lies, and what is not
# there is compiled without being read twice.
export CCACHE_BASEDIR=$ROOT CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1

# Caches go to the home folder, or into build/ when that cannot be written.
if [[ -z ${HOME:-} || ! -w ${HOME:-/nonexistent} ]]; then
  export HOME=$ROOT/build/home
  export CCACHE_DIR=$HOME/ccache npm_config_cache=$HOME/npm PIP_CACHE_DIR=$HOME/pip
  mkdir -p "$HOME"
fi

# say TEXT...: one line for the person at the terminal.
say() { printf '%s: %s\n' "$PROGRAM" "$*"; }

# die TEXT...: says why on standard error and ends with 1.
die() {
  printf '%s: %s\n' "$PROGRAM" "$*" >&2
  exit 1
}

# quietly NAME COMMAND...: runs the command with its output in
# build/logs/NAME.log and shows the log's end when the command fails.
quietly() {
  local log=$ROOT/build/logs/$1.log status=0
  shift
  mkdir -p "${log%/*}"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status != 0)); then
    tail -n 100 "$log" >&2
    say "failed with $status: $* (all output: $log)" >&2
  fi
  return "$status"
}

# have COMMAND: whether it can be run.
have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: runs it as root. Asks no question: without root and
# without a sudo that needs no password it fails.
as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    have sudo || die "must install packages: run as root, or install sudo"
    sudo --non-interactive "$@" ||
      die "sudo failed for: $* (run scripts/install_packages.sh as root once)"
  fi
}

# configure PRESET: configures the CMake preset, with the compiler cache and
# the fast linker where they are installed.
configure() {
  local flags=()
  if have ccache; then flags+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  if have mold; then
    flags+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold -DCMAKE_SHARED_LINKER_FLAGS=-fuse-ld=mold)
  fi
  (cd "$ROOT" && quietly "configure-$1" cmake --preset "$1" "${flags[@]}")
}

# build FOLDER [TARGET...]: builds the targets, or all.
build() {
  local folder=$1 targets=()
  shift
  if (($# > 0)); then targets=(--target "$@"); fi
  quietly "build-$(basename "$folder")" cmake --build "$folder" --parallel "$JOBS" "${targets[@]}"
}

# install_python_packages REQUIREMENTS FOLDER: installs into a virtual environment in
# FOLDER/venv what the file pins, unless it is there.
install_python_packages() {
  local requirements=$1 folder=$2
  if cmp -s "$requirements" "$folder/installed.txt"; then return; fi
  rm -rf "$folder/venv"
  mkdir -p "$folder"
  python3 -m venv "$folder/venv"
  quietly "pip-$(basename "$folder")" "$folder/venv/bin/pip" install \
    --disable-pip-version-check --no-deps --requirement "$requirements"
  cp "$requirements" "$folder/installed.txt"
}

# install_node_modules SOURCE FOLDER FILE: installs into FOLDER the packages that
# SOURCE/package-lock.json pins, unless they are there. Runs no install script.
# FILE, within node_modules, must be there then: npm says nothing of an optional
# package that it could not fetch.
install_node_modules() {
  local source=$1 folder=$2 file=$3
  if cmp -s "$source/package-lock.json" "$folder/installed-lock.json" &&
    [[ -e $folder/node_modules/$file ]]; then
    return
  fi
  mkdir -p "$folder"
  cp "$source"/{package.json,package-lock.json,.npmrc} "$folder/"
  (cd "$folder" && quietly "npm-$(basename "$folder")" npm ci --ignore-scripts)
  [[ -e $folder/node_modules/$file ]] ||
    die "npm did not install $file; is its registry reachable, and its certificate trusted?"
  cp "$source/package-lock.json" "$folder/installed-lock.json"
}

# own_files PATTERN...: the project's files that match the patterns, such as
# '*.cc', by their path from ROOT: tracked ones and new ones, not ignored ones.
own_files() {
  git -c safe.directory="$ROOT" -C "$ROOT" ls-files --cached --others --exclude-standard -- "$@" |
    while IFS= read -r file; do
      if [[ -e $ROOT/$file ]]; then printf '%s\n' "$file"; fi
    done | sort -u
}
