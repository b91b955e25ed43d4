#!/usr/bin/env bash
# Measures concordatd beside a bare mutual-TLS echo server, and beside itself with
# records that go nowhere: the same load, in turn, in one run, so that a noisy
# machine slows both.
#
#   tests/bench/run.sh [--short | --long] [--no-bound] [--no-build] [--build-folder FOLDER]
#
# --short         one round of half a second each: shows that it works
# --long          also how long a start takes with ten thousand and ten million records, and
#                 submissions and extracts of a million rows
# --no-bound      ends with 0 even below the bound, for machines that do other work
# --no-build      takes what is built
# --build-folder  build/, if not given
#
# Then compares an extract with what psql copies out of PostgreSQL, which it starts; as
# root, with the rights of the user postgres.
#
# Ends with 1 when concordatd answers fewer calls a second at 64 outstanding calls than the
# bound allows, or extracts fewer rows, or takes more memory, or when a large submission makes
# others wait longer. docs/performance.md explains the figures.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../scripts/lib.sh"

# Of the echo server's calls a second, at 64 outstanding calls.
readonly BOUND=0.55
readonly PURPOSE=multi-agency-assurance
readonly PLAN=development-2018
readonly START_SECONDS=30
# Records of a short log and a long one, and how much longer the long one's start may be.
readonly FEW_RECORDS=10000
readonly MANY_RECORDS=10000000
readonly START_BOUND=2
readonly STARTS=5
# Of the rows a second that psql copies out of PostgreSQL, as CSV over TLS.
readonly EXTRACT_BOUND=1.5
# Memory that a submission, an extract or the slow readers may add, in MiB.
readonly MEMORY_BOUND=100
readonly SLOW_READERS_MEMORY_BOUND=512
# How much longer the p99 of others' calls may get beside them.
readonly LATENCY_BOUND=2

BUILD=$ROOT/build
STATE=
POSTGRES=
SERVER_PIDS=()

# configure_and_build: the normal build's flags.
configure_and_build() {
  if [[ $BUILD == "$ROOT/build" ]]; then configure dev; fi
  build "$BUILD" concordatd concordat bench_echo_server bench_fill_log bench_load \
    bench_unaudited_server extract_bench slow_readers_bench submission_bench
}

# finish: no server outlives this script, and no file of a run that ended well.
finish() {
  local status=$? pid
  for pid in "${SERVER_PIDS[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$POSTGRES"
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

# write_config NAME [LINE...]: STATE/NAME.yaml, of a server whose files are in
# STATE/NAME; the lines are about its audit log.
write_config() {
  local name=$1
  shift
  mkdir -p "$STATE/$name"
  cat >"$STATE/$name.yaml" <<YAML
listen_address: 127.0.0.1:0
address_file: $name.address
database_path: $name/concordat.db
log_origin: localhost/bench
drain_seconds: 5
audit:
  key_file: certificates/log.key
  checkpoint_file: $name/checkpoint
$(printf '  %s\n' "$@")
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
  write_config real
  "$BUILD/server/concordatd" init --config "$STATE/real.yaml" \
    --client agencies/lscb/clients/administrator \
    --client-name "Safeguarding board office, administration" \
    --agency-name "Lancashire Safeguarding Children Board" --agency-kind BOARD \
    --identity uri:urn:concordat:lscb:administrator >"$STATE/init.log"
  start real "$STATE/real.address" "$BUILD/server/concordatd" serve --config "$STATE/real.yaml"
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
  load --echo "$(head -n 1 "$STATE/echo.address")" --other-pid "${SERVER_PIDS[1]}" "$@"
}

# start_unaudited: over a copy of the other's files, while nobody calls that one. It
# has no records to sign, so none of its checkpoints falls due.
start_unaudited() {
  write_config unaudited 'checkpoint_seconds: 1000000' 'checkpoint_records: 1000000000'
  cp "$STATE"/real/* "$STATE/unaudited/"
  start unaudited "$STATE/unaudited.address" "$BUILD/tests/bench/bench_unaudited_server" \
    --config "$STATE/unaudited.yaml"
}

# against_unaudited ARGUMENT...
against_unaudited() {
  load --unaudited "$(head -n 1 "$STATE/unaudited.address")" --other-pid "${SERVER_PIDS[2]}" "$@"
}

# start_millis NAME: how long concordatd takes to serve STATE/NAME, in milliseconds: the
# median of several starts.
start_millis() {
  local begin i
  for ((i = 0; i < STARTS; ++i)); do
    rm -f "$STATE/$1.address"
    begin=$(date +%s%N)
    "$BUILD/server/concordatd" serve --config "$STATE/$1.yaml" >"$STATE/$1.log" 2>&1 &
    until [[ -s $STATE/$1.address ]]; do
      kill -0 $! 2>/dev/null || die "it ended: $(tail -n 5 "$STATE/$1.log")"
      sleep 0.002
    done
    echo "$((($(date +%s%N) - begin) / 1000000))"
    kill -TERM $!
    wait $!
  done | sort -n | sed -n "$(((STARTS + 1) / 2))p"
}

# compare_starts: with few records and with many.
compare_starts() {
  local records short long
  for records in "$FEW_RECORDS" "$MANY_RECORDS"; do
    write_config "log-$records"
    cp "$STATE"/real/* "$STATE/log-$records/"
    "$BUILD/tests/bench/bench_fill_log" --config "$STATE/log-$records.yaml" --records "$records"
  done
  short=$(start_millis "log-$FEW_RECORDS")
  long=$(start_millis "log-$MANY_RECORDS")
  say "start with $FEW_RECORDS records $short ms, with $MANY_RECORDS records $long ms"
  ((long <= START_BOUND * short)) || die "a long log makes the start longer than it may be"
}

# postgres_program NAME: of Debian's PostgreSQL, whatever its version.
postgres_program() {
  local found=(/usr/lib/postgresql/*/bin/"$1")
  [[ -x ${found[-1]} ]] || die "PostgreSQL is missing: scripts/install_packages.sh bench"
  echo "${found[-1]}"
}

# start_postgres: with the certificates of the run, on a free port of the loopback
# address, in a folder of its own that its user can reach. A child of this script, as
# concordatd is, so that the kernel gives both the same share of the cores. Sets
# POSTGRES_CONNECTION.
start_postgres() {
  local port program as_postgres=() deadline=$((SECONDS + START_SECONDS))
  # PostgreSQL refuses to be root.
  if ((EUID == 0)); then
    as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups --)
  fi
  POSTGRES=$(mktemp --directory)
  cp "$STATE/certificates/server.crt" "$STATE/certificates/server.key" "$POSTGRES/"
  if ((EUID == 0)); then chown -R postgres "$POSTGRES"; fi
  chmod 600 "$POSTGRES/server.key"
  program=$(postgres_program initdb)
  (cd / && "${as_postgres[@]}" "$program" --pgdata="$POSTGRES/data" --auth=trust --username=bench \
    --no-sync) >"$STATE/initdb.log"
  port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
  program=$(postgres_program postgres)
  "${as_postgres[@]}" "$program" -D "$POSTGRES/data" -c port="$port" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c ssl=on -c ssl_cert_file="$POSTGRES/server.crt" \
    -c ssl_key_file="$POSTGRES/server.key" >"$STATE/postgres.log" 2>&1 </dev/null &
  SERVER_PIDS+=($!)
  POSTGRES_CONNECTION="host=localhost hostaddr=127.0.0.1 port=$port user=bench dbname=postgres"
  POSTGRES_CONNECTION+=" sslmode=verify-full sslrootcert=$STATE/certificates/ca.crt"
  until psql --no-psqlrc --quiet --command='select 1' "$POSTGRES_CONNECTION" \
    >"$STATE/psql.log" 2>&1; do
    ((SECONDS <= deadline)) || die "PostgreSQL does not serve: $(tail -n 5 "$STATE/postgres.log")"
    sleep 0.2
  done
}

# compare_extracts ARGUMENT...: with psql.
compare_extracts() {
  start_postgres
  "$BUILD/tests/bench/extract_bench" --postgres "$POSTGRES_CONNECTION" \
    --bound-mib "$MEMORY_BOUND" "$@"
}

# submit ROWS [ARGUMENT...]: beside other callers. With real-time priority where that is
# allowed, so that what else the machine does is not measured.
submit() {
  local rows=$1 first=()
  shift
  if chrt --rr 1 true 2>/dev/null; then first=(chrt --rr 1); fi
  "${first[@]}" "$BUILD/tests/bench/submission_bench" --rows "$rows" --seconds 1 \
    --bound-mib "$MEMORY_BOUND" "$@"
}

# large_flows: a million rows in and out, and a thousand readers of a byte a second.
large_flows() {
  submit 1000000 "$@"
  "$BUILD/tests/bench/extract_bench" --rows 1000000 --bound-mib "$MEMORY_BOUND"
  "$BUILD/tests/bench/slow_readers_bench" --readers 1000 \
    --bound-mib "$SLOW_READERS_MEMORY_BOUND" "$@"
}

main() {
  local short=false long=false build=true bound=(--bound "$BOUND")
  local extract_bound=(--bound-ratio "$EXTRACT_BOUND") latency_bound=(--bound-ratio "$LATENCY_BOUND")
  while (($# > 0)); do
    case $1 in
      --short) short=true ;;
      --long) long=true ;;
      --no-bound)
        bound=()
        extract_bound=()
        latency_bound=()
        ;;
      --no-build) build=false ;;
      --build-folder)
        BUILD=$(realpath "${2:?--build-folder needs a folder}")
        shift
        ;;
      *)
        die "usage: tests/bench/run.sh [--short | --long] [--no-bound] [--no-build]" \
          "[--build-folder FOLDER]"
        ;;
    esac
    shift
  done
  if $build; then
    "$ROOT/scripts/install_packages.sh" bench
    configure_and_build
  fi

  STATE=$(mktemp --directory)
  trap finish EXIT
  trap 'exit 130' INT TERM
  "$ROOT/scripts/make_certificates.sh" "$STATE/certificates" \
    board=urn:concordat:lscb:analyst admin=urn:concordat:lscb:administrator
  start_real
  start_echo
  start_unaudited
  say "$(nproc) cores, load $(cut -d' ' -f1-3 /proc/loadavg), commit" \
    "$(git -c safe.directory="$ROOT" -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  if $short; then
    against_echo --seconds 0.5 --warm-up 0.2 --outstanding 1,64 "${bound[@]}"
    against_unaudited --seconds 0.5 --warm-up 0.2 --outstanding 64
    compare_extracts --rows 20000 --rounds 3 "${extract_bound[@]}"
  else
    against_echo --seconds 3 --rounds 3 --warm-up 2 --outstanding 1,16
    against_echo --seconds 3 --rounds 5 --warm-up 2 --outstanding 64 "${bound[@]}"
    against_unaudited --seconds 3 --rounds 7 --warm-up 2 --outstanding 64
    compare_extracts --rows 200000 --rounds 7 "${extract_bound[@]}"
    if ! $long; then submit 200000 "${latency_bound[@]}"; fi
  fi
  if $long; then
    compare_starts
    large_flows "${latency_bound[@]}"
  fi
}

main "$@"
