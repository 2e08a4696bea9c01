# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the real peers (nginx, Postfix) share: free ports, waiting, ending by pid, a private certificate authority.
PATH=$PATH:/usr/sbin:/sbin
umask 022

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

port_answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A loopback port nobody listens on, below the range the kernel gives to clients.
free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    port_answers "$port" || break
  done
  echo "$port"
}

# wait_for SECONDS COMMAND...: until the command succeeds, or fails after the time.
wait_for() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.05
  done
}

process_gone() { ! kill -0 "$1" 2>/dev/null; }

# process_of PIDFILE SIGN: the pid of that file, if SIGN stands in the command line of the process or is its working
# directory: a pid may have been given to somebody else since.
process_of() {
  local pid
  [[ -s $1 ]] && pid=$(tr -cd '0-9' <"$1") && [[ -d /proc/$pid ]] || return 1
  [[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *"$2"* || $(readlink "/proc/$pid/cwd") == "$2" ]] || return 1
  echo "$pid"
}

end_process() { # PIDFILE SIGN
  local pid
  if pid=$(process_of "$1" "$2"); then
    kill "$pid"
    wait_for 10 process_gone "$pid" || kill -9 "$pid"
  fi
  rm -f "$1"
}

# make_certificates DIR: DIR/ca.pem and, signed by it, DIR/server.pem for localhost, 127.0.0.1 and mail.example.com.
make_certificates() {
  [[ -s $1/server.pem ]] && return
  mkdir -p "$1"
  (
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj "/CN=directfax demo CA" \
      -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$1/ca.key" -out "$1/ca.pem"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj "/CN=localhost" \
      -CA "$1/ca.pem" -CAkey "$1/ca.key" -addext "basicConstraints=critical,CA:FALSE" \
      -addext "extendedKeyUsage=serverAuth" -addext "subjectAltName=DNS:localhost,DNS:mail.example.com,IP:127.0.0.1" \
      -keyout "$1/server.key" -out "$1/server.pem.new"
  ) 2>"$1/openssl.log" || die "openssl could not make the certificates; see $1/openssl.log"
  mv "$1/server.pem.new" "$1/server.pem"
  chmod 644 "$1/ca.pem" "$1/server.pem"
}
