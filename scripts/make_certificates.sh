#!/usr/bin/env bash
# Makes a throwaway certificate authority and its certificates, for trying
# Concordat on one machine and for tests. Never for production.
#
#   scripts/make_certificates.sh FOLDER [NAME=URI...]
#
# Writes into FOLDER, each key readable by its owner alone:
#   ca.crt ca.key                the authority that the server trusts
#   server.crt server.key        for localhost and 127.0.0.1
#   NAME.crt NAME.key            one client each, its URI as the only
#                                subject alternative name
#   nobody.crt nobody.key        of our authority, but no client has it
#   untrusted-ca.crt untrusted-ca.key untrusted.crt untrusted.key
#                                an authority that the server does not trust
#   log.key                      what signs the audit log's checkpoints
# Safe to run again: what is there and still valid for a day is kept.
set -euo pipefail
# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly DAYS=90

# is_kept NAME: whether the pair is there and valid for another day.
is_kept() {
  [[ -s $1.key ]] && openssl x509 -in "$1.crt" -noout -checkend 86400 >/dev/null 2>&1
}

# printed_names NAME: the certificate's alternative names in OpenSSL's notation
# for input, which differs from the one it prints.
printed_names() {
  openssl x509 -in "$1.crt" -noout -ext subjectAltName |
    sed -n 's/^ *\(.*\)$/\1/; s/IP Address:/IP:/g; s/, /,/g; $p'
}

# make_key NAME: a P-256 key, readable by its owner alone.
make_key() {
  (umask 077 && openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key")
}

# make_log_key NAME: an Ed25519 key, kept if it is there: a log's key is not changed
# by the way.
make_log_key() {
  if [[ -s $1.key ]]; then return; fi
  (umask 077 && openssl genpkey -quiet -algorithm ED25519 -out "$1.key")
}

# make_authority NAME TITLE
make_authority() {
  if is_kept "$1"; then return; fi
  make_key "$1"
  openssl req -x509 -new -key "$1.key" -sha256 -days "$DAYS" -subj "/CN=$2" -out "$1.crt" \
    -addext basicConstraints=critical,CA:TRUE,pathlen:0 \
    -addext keyUsage=critical,keyCertSign,cRLSign
}

# make_certificate AUTHORITY NAME USAGE ALTERNATIVE_NAMES: a certificate of the
# authority for serverAuth or clientAuth. The names stand in the certificate in
# OpenSSL's notation, such as URI:urn:concordat:council:hub.
make_certificate() {
  local authority=$1 name=$2 usage=$3 alternative_names=$4 output
  if is_kept "$name" && openssl verify -CAfile "$authority.crt" "$name.crt" >/dev/null 2>&1 &&
    [[ $(printed_names "$name") == "$alternative_names" ]]; then
    return
  fi
  make_key "$name"
  openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
  cat >"$name.ext" <<EXTENSIONS
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $usage
subjectAltName = $alternative_names
EXTENSIONS
  output=$(openssl x509 -req -in "$name.csr" -CA "$authority.crt" -CAkey "$authority.key" \
    -set_serial "0x$(openssl rand -hex 16)" -sha256 -days "$DAYS" \
    -extfile "$name.ext" -out "$name.crt" 2>&1) || die "$output"
  rm "$name.csr" "$name.ext"
}

main() {
  if (($# == 0)); then die "usage: make_certificates.sh FOLDER [NAME=URI...]"; fi
  local folder=$1 client
  shift
  for client in "$@"; do
    [[ $client =~ ^[a-z0-9-]+=[^,=[:space:]]+$ ]] || die "not NAME=URI: '$client'"
  done
  mkdir -p "$folder"
  cd "$folder"
  make_log_key log
  make_authority ca "Concordat throwaway authority"
  make_authority untrusted-ca "An authority that nobody trusts"
  make_certificate ca server serverAuth DNS:localhost,IP:127.0.0.1
  make_certificate ca nobody clientAuth URI:urn:concordat:no-agency:nobody
  make_certificate untrusted-ca untrusted clientAuth URI:urn:concordat:no-agency:untrusted
  for client in "$@"; do
    make_certificate ca "${client%%=*}" clientAuth "URI:${client#*=}"
  done
}

main "$@"
