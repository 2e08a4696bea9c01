# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the real peers share: a directory that servers' users can reach, one account, free ports, waiting, ending by pid, a
# private certificate authority, packages that are unpacked instead of installed.
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

# Also a process that has ended and is not yet taken in by its parent, which may be a slow one, is gone.
process_gone() {
  local stat
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
  [[ ${stat##*) } == Z* ]]
}

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

# start_python DIR SCRIPT ARGUMENT...: a server in Debian's python, beside this file; its pid goes to DIR/SCRIPT.pid.
start_python() {
  /usr/bin/python3 "${BASH_SOURCE[0]%/*}/$2" "${@:3}" </dev/null >"$1/log/$2.log" 2>&1 &
  echo $! >"$1/$2.pid"
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

# The users postfix, dovecot and nobody must come through, and socket paths have to fit into 107 bytes.
reachable() {
  local path=$1
  ((${#path} <= 60)) || return 1
  while [[ $path != / ]]; do
    [[ $(stat -c %A "$path") == *[xt] ]] || return 1
    path=$(dirname "$path")
  done
}

# server_directory DIR: the directory itself, or a link to one below /tmp where the users of a mail server can go.
server_directory() {
  mkdir -p "$(dirname "$1")"
  [[ -e $1 ]] || mkdir -m 755 "$1"
  if ((EUID == 0)) && ! reachable "$(realpath "$1")"; then
    rmdir "$1" 2>/dev/null || die "$1 is out of reach for other users and not empty; name a fresh directory"
    ln -s "$(mktemp -d /tmp/dfi-mail.XXXXXX)" "$1"
    chmod 755 "$1/."
  fi
  realpath "$1"
}

readonly account=directfax@example.com
# make_account DIR: the only login of a mail server, in DIR/user and DIR/password.
make_account() {
  [[ -s $1/password ]] || (umask 077 && openssl rand -hex 12 >"$1/password")
  echo "$account" >"$1/user"
}

# choose_ports DIR KIND...: DIR/port.KIND; a later start keeps them.
choose_ports() {
  local kind
  for kind in "${@:2}"; do
    [[ -s $1/port.$kind ]] || free_port >"$1/port.$kind"
  done
}

await_ports() { # DIR KIND...
  local kind
  for kind in "${@:2}"; do
    wait_for 10 port_answers "$(cat "$1/port.$kind")" || die "nobody listens on port $(cat "$1/port.$kind"); see $1/log"
  done
}

# unpacked PACKAGE: where scripts/peers/unpack put it; exit 77 of the script with the reason if it is not to be had.
unpacked() {
  local reason
  reason=$("${BASH_SOURCE[0]%/*}/unpack" "$1" 2>&1) || skip "$reason"
  echo "$reason"
}

skip() {
  echo "${0##*/}: $*" >&2
  exit 77
}

# A mount namespace of its own is how servers with fixed paths and users live in a private directory.
need_private_mounts() {
  if ((EUID != 0)) || ! unshare --mount true 2>/dev/null; then
    skip "needs root and a mount namespace (unshare --mount)"
  fi
}
