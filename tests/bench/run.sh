#!/usr/bin/env bash
# Measures concordatd beside a bare mutual-TLS echo server: the same load, in
# turn, in one run, so that a noisy machine slows both.
#
#   tests/bench/run.sh [--short] [--no-bound] [--no-build] [--build-folder FOLDER]
#
# --short         one round of half a second each: shows that it works
# --no-bound      ends with 0 even below the bound, for machines that do other work
# --no-build      takes what is built
# --build-folder  build/, if not given
#
# Ends with 1 when concordatd answers fewer calls a second at 64 outstanding
# calls than the bound allows. docs/performance.md explains the figures.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

# Of the echo server's calls a second, at 64 outstanding calls.
readonly BOUND=0.55
readonly PURPOSE=multi-agency-assurance
readonly PLAN=development-2018
readonly START_SECONDS=30

BUILD=$ROOT/build
STATE=
SERVER_PIDS=()

# configure_and_build: the normal build's flags.
configure_and_build() {
  if [[ $BUILD == "$ROOT/build" ]]; then configure dev; fi
  build "$BUILD" concordatd concordat bench_echo_server bench_load
}

# finish: no server outlives this script, and no file of a run that ended well.
finish() {
  local status=$? pid
  for pid in "${SERVER_PIDS[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait || true
  if ((status == 0)); then
    rm -rf "$STATE"
  else
    say "logs and data of the servers are in $STATE" >&2
  fi
  exit "$status"
}

# start NAME ADDRESS_FILE COMMAND...: starts a server and waits for its address.
start() {
  local name=$1 address_file=$2 deadline=$((SECONDS + START_SECONDS))
  shift 2
  "$@" >"$STATE/$name.log" 2>&1 </dev/null &
  SERVER_PIDS+=($!)
  until [[ -s $address_file ]]; do
    kill -0 "${SERVER_PIDS[-1]}" 2>/dev/null || die "$name ended: $(tail -n 5 "$STATE/$name.log")"
    ((SECONDS <= deadline)) || die "$name does not serve after $START_SECONDS s"
    sleep 0.1
  done
}

write_config() {
  cat >"$STATE/server.yaml" <<'YAML'
listen_address: 127.0.0.1:0
address_file: real.address
database_path: concordat.db
log_origin: localhost/bench
drain_seconds: 5
audit:
  key_file: certificates/log.key
  checkpoint_file: checkpoint
tls:
  certificate_file: certificates/server.crt
  private_key_file: certificates/server.key
  client_ca_file: certificates/ca.crt
YAML
}

# write_profile NAME [PURPOSE]
write_profile() {
  mkdir -p "$STATE/profiles"
  {
    echo "target: $(head -n 1 "$STATE/real.address")"
    echo "ca_certificate_file: ../certificates/ca.crt"
    echo "certificate_file: ../certificates/$1.crt"
    echo "private_key_file: ../certificates/$1.key"
    echo "server_name: localhost"
    if (($# > 1)); then echo "purpose: $2"; fi
  } >"$STATE/profiles/$1.yaml"
}

# concordat PROFILE ARGUMENT...
concordat() {
  local profile=$1
  shift
  CONCORDAT_CONFIG_DIR=$STATE/profiles "$BUILD/client/cli/concordat" --profile "$profile" "$@"
}

# start_real: concordatd with the bundled data set, and the names of the plan's
# actions in STATE/names.
start_real() {
  write_config
  "$BUILD/server/concordatd" init --config "$STATE/server.yaml" \
    --client agencies/lscb/clients/administrator \
    --client-name "Safeguarding board office, administration" \
    --agency-name "Lancashire Safeguarding Children Board" --agency-kind BOARD \
    --identity uri:urn:concordat:lscb:administrator >"$STATE/init.log"
  start real "$STATE/real.address" "$BUILD/server/concordatd" serve --config "$STATE/server.yaml"
  write_profile admin
  write_profile board "$PURPOSE"
  # The load is far more than the bundled agreements allow.
  cp -r "$ROOT/data/lancashire" "$STATE/data"
  sed -i 's/requests_per_minute: [0-9]*/requests_per_minute: 0/' "$STATE"/data/agreements/*.yaml
  concordat admin apply -f "$STATE/data" >"$STATE/apply.log"
  concordat board --output csv actions list "$PLAN" | tail -n +2 | cut -d, -f1 >"$STATE/names"
}

# load ARGUMENT...: the load generator, as the board's client.
load() {
  "$BUILD/tests/bench/bench_load" --certificates "$STATE/certificates" --client board \
    --purpose "$PURPOSE" --names "$STATE/names" \
    --real "$(head -n 1 "$STATE/real.address")" --real-pid "${SERVER_PIDS[0]}" "$@"
}

# start_echo: the bare server, with replies as large as the real ones.
start_echo() {
  local reply_bytes
  reply_bytes=$(load --seconds 0.5 --outstanding 1 | sed -n 's/.*"reply_bytes":\([0-9]*\).*/\1/p')
  # Three bytes of the reply are the payload's tag and length.
  start echo "$STATE/echo.address" "$BUILD/tests/bench/bench_echo_server" \
    --certificates "$STATE/certificates" --address-file "$STATE/echo.address" \
    --reply-bytes "$((reply_bytes - 3))"
}

# against_echo ARGUMENT...
against_echo() {
  load --echo "$(head -n 1 "$STATE/echo.address")" --echo-pid "${SERVER_PIDS[1]}" "$@"
}

main() {
  local short=false build=true bound=(--bound "$BOUND")
  while (($# > 0)); do
    case $1 in
      --short) short=true ;;
      --no-bound) bound=() ;;
      --no-build) build=false ;;
      --build-folder)
        BUILD=$(realpath "${2:?--build-folder needs a folder}")
        shift
        ;;
      *) die "usage: tests/bench/run.sh [--short] [--no-bound] [--no-build] [--build-folder FOLDER]" ;;
    esac
    shift
  done
  if $build; then configure_and_build; fi

  STATE=$(mktemp --directory)
  trap finish EXIT
  trap 'exit 130' INT TERM
  "$ROOT/scripts/make_certificates.sh" "$STATE/certificates" \
    board=urn:concordat:lscb:analyst admin=urn:concordat:lscb:administrator
  start_real
  start_echo
  say "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), commit" \
    "$(git -c safe.directory="$ROOT" -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  if $short; then
    against_echo --seconds 0.5 --warm-up 0.2 --outstanding 1,64 "${bound[@]}"
  else
    against_echo --seconds 3 --rounds 3 --warm-up 2 --outstanding 1,16
    against_echo --seconds 3 --rounds 5 --warm-up 2 --outstanding 64 "${bound[@]}"
  fi
}

main "$@"
