# shellcheck shell=bash
# A partnership on this machine: throwaway credentials, a profile for each
# partner, a server with its database. Sourced after lib.sh, with STATE set to
# the folder that holds all of it; never run.

readonly CERTIFICATES=$STATE/certificates
readonly PROFILES=$STATE/profiles
readonly CONFIG=$STATE/server.yaml
readonly ADDRESSES=$STATE/addresses
readonly SERVER_LOG=$STATE/server.log
readonly SERVER=$ROOT/build/server/concordatd
readonly CLIENT=$ROOT/build/client/cli/concordat
readonly START_SECONDS=60

# The partners of the walk: profile, client as AGENCY:CLIENT, purpose or `-`.
readonly PARTNERS=(
  "police lancashire-constabulary:performance-hub neglect-and-domestic-abuse"
  "health-trust lancashire-care-nhs-trust:safeguarding-dashboard safeguarding-improvement"
  "council lancashire-county-council:improvement-team multi-agency-assurance"
  "board lscb:analyst multi-agency-assurance"
  "auditor partnership-audit:auditor -"
  "admin lscb:administrator -"
  "stranger blackpool-council:data-team multi-agency-assurance"
)

SERVER_PID=

# make_credentials: a certificate for the server and each partner.
make_credentials() {
  local partner profile client purpose clients=()
  for partner in "${PARTNERS[@]}"; do
    read -r profile client purpose <<<"$partner"
    clients+=("$profile=urn:concordat:$client")
  done
  "$ROOT/scripts/make_certificates.sh" "$CERTIFICATES" "${clients[@]}"
}

# write_profiles TARGET: one profile a partner, for `concordat --profile NAME`.
write_profiles() {
  local partner profile client purpose
  mkdir -p "$PROFILES"
  for partner in "${PARTNERS[@]}"; do
    read -r profile client purpose <<<"$partner"
    {
      echo "# $client. Written by scripts/partnership.sh."
      echo "target: $1"
      echo "ca_certificate_file: ../certificates/ca.crt"
      echo "certificate_file: ../certificates/$profile.crt"
      echo "private_key_file: ../certificates/$profile.key"
      echo "server_name: localhost"
      if [[ $purpose != - ]]; then echo "purpose: $purpose"; fi
      # The walk needs an extract that does not arrive before it is read.
      if [[ $profile == health-trust ]]; then echo "stream_window_bytes: 65535"; fi
    } >"$PROFILES/$profile.yaml"
  done
}

# write_config: the server takes free ports and writes them to ADDRESSES.
write_config() {
  mkdir -p "$STATE/checkpoint"
  cat >"$CONFIG" <<'YAML'
# Written by scripts/partnership.sh. Paths are relative to this file.
listen_address: 127.0.0.1:0
health_address: 127.0.0.1:0
address_file: addresses
database_path: concordat.db
log_origin: localhost/concordat
drain_seconds: 10
audit:
  key_file: certificates/log.key
  checkpoint_file: checkpoint/concordat
  checkpoint_seconds: 1
tls:
  certificate_file: certificates/server.crt
  private_key_file: certificates/server.key
  client_ca_file: certificates/ca.crt
YAML
}

# initialise: makes the first administrator, the one of the bundled data set,
# unless a run before did.
initialise() {
  "$SERVER" init --config "$CONFIG" \
    --client agencies/lscb/clients/administrator \
    --client-name "Safeguarding board office, administration" \
    --agency-name "Lancashire Safeguarding Children Board" --agency-kind BOARD \
    --identity uri:urn:concordat:lscb:administrator ||
    die "the database cannot be used; remove $STATE to begin again"
}

# is_serving: whether the server has bound its addresses and answers an
# authenticated call.
is_serving() {
  [[ -e $ADDRESSES && $(wc -l <"$ADDRESSES") -ge 2 ]] || return 1
  write_profiles "$(head -n 1 "$ADDRESSES")"
  concordat admin whoami >/dev/null 2>&1
}

# start_server: starts it and returns when it serves.
start_server() {
  local deadline=$((SECONDS + START_SECONDS))
  write_config
  initialise
  rm -f "$ADDRESSES"
  "$SERVER" serve --config "$CONFIG" >"$SERVER_LOG" 2>&1 </dev/null &
  SERVER_PID=$!
  until is_serving; do
    if ! kill -0 "$SERVER_PID" 2>/dev/null; then
      SERVER_PID=
      tail -n 20 "$SERVER_LOG" >&2
      die "the server ended while it started; its log: $SERVER_LOG"
    fi
    if ((SECONDS > deadline)); then
      concordat admin whoami >&2 || true
      die "the server does not answer after $START_SECONDS s; its log: $SERVER_LOG"
    fi
    sleep 0.2
  done
  say "the server answers at $(head -n 1 "$ADDRESSES") (log: $SERVER_LOG)"
}

# stop_server: drains the server and waits for it; its exit code.
stop_server() {
  local pid=$SERVER_PID status=0
  SERVER_PID=
  if [[ -z $pid ]]; then return; fi
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || status=$?
  return "$status"
}

# concordat PROFILE ARGUMENT...
concordat() {
  local profile=$1
  shift
  # The width counts only where the output is no terminal.
  COLUMNS=${COLUMNS:-132} CONCORDAT_CONFIG_DIR=$PROFILES "$CLIENT" --profile "$profile" "$@"
}
