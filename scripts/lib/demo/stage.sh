# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The stage: who plays (programs, peers), what lies where, and the acts before the update: 0 stage, 1 plan, 2 holder.
# shellcheck disable=SC2154  # $sandbox, $bin, $peers, $code, $output: scripts/demo and tell.sh
vendor=$sandbox/vendor
www=$sandbox/www
ca=$sandbox/ca
root=$sandbox/root
data=$root/var/opt/directfax
settings=$root/etc/opt/directfax
# shellcheck disable=SC2034
depot=$root/var/opt/dfinstall/directfax
background=()

# What a person types; the sandbox is added behind the scenes.
dfinstall() { "$bin/dfinstall" --root "${at:-$root}" --lang en "$@"; }
dfpack() { "$bin/dfpack" "$@"; }
faxmail() { "${at:-$root}/opt/directfax/current/bin/faxmail" --root "${at:-$root}" --lang en "$@"; }
sql() { sqlite3 -cmd '.timeout 5000' "$@"; }
field() { jq -r "$1" "$output"; } # of the JSON a command just printed

end_background() {
  local pid
  for pid in "${background[@]}"; do kill "$pid" 2>/dev/null || true; done
  background=()
}
# The products of the sandbox: asked first; after a run that was killed by hand by their pid.
end_products() {
  local place program
  for place in "$root" "$sandbox/second"; do
    [[ ! -d $place/opt ]] || at=$place dfinstall stop >/dev/null 2>&1 || true
  done
  for program in /proc/[0-9]*/exe; do
    [[ $(readlink "$program") != "$sandbox"/*/opt/directfax/* ]] || kill "$(basename "$(dirname "$program")")" || true
  done
}

start_peers() {
  "$peers/nginx" start "$sandbox/nginx" "$www" "$ca" >"$sandbox/url"
  mail_peer=$("$peers/postfix" start "$sandbox/mail" "$ca" 2>"$sandbox/.mail-reason") || {
    (($? == 77)) || { cat "$sandbox/.mail-reason" >&2 && return 1; }
    mail_peer=
  }
}

# digests DIR: one line for every object of a generation (what dfinstall itself keeps there is no object).
digests() { (cd "$1" && find . -type f ! -name '.*' -print0 | sort -z | xargs -0 sha256sum); }
digest_of() { digests "$1" | sha256sum | cut -c1-16; }
active() { basename "$(readlink "$1/opt/directfax/current")"; }
count() { sql "$data/$1" "SELECT count(*) FROM $2"; }

build_releases() {
  mkdir -p "$vendor"
  shown dfpack keys -o "$vendor"
  prove "the vendor's Ed25519 key pair" both ended 0 -- test -s "$vendor/vendor.pem"
  shown "$home/scripts/make-releases" "$www" --bin "$bin" --key "$vendor/vendor.key" --sources "$vendor/sources"
  quote
  prove "5.91, 5.92 and HOTPTF20200811 from this repository's sources, signed" \
    both ended 0 -- test -s "$www/DIRFAX_592.zip" -a -s "$www/TMSHOTPTF.SAVF" -a -s "$www/index.json.sig"
}

# configure_host ROOT: what an administrator does once.
configure_host() {
  mkdir -p "$1/etc/opt/dfinstall/keys"
  cp "$vendor/vendor.pem" "$1/etc/opt/dfinstall/keys/"
  cat >"$1/etc/opt/dfinstall/dfinstall.toml" <<TOML
product = "directfax"
repository = "$(cat "$sandbox/url")/"
ca_file = "$ca/ca.pem"
TOML
}

write_pdf() { # FILE
  local stream='BT /F1 18 Tf 72 720 Td (A fax of the demo) Tj ET'
  cat >"$1" <<PDF
%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >> endobj
4 0 obj << /Length ${#stream} >> stream
$stream
endstream endobj
5 0 obj << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> endobj
trailer << /Root 1 0 R >>
%%EOF
PDF
}

# 200 mails with an attachment; every tenth has a second recipient: 220 deliveries.
queue_mails() {
  local number recipients
  write_pdf "$sandbox/fax.pdf"
  for number in {001..200}; do
    recipients=(--to "fax$number@example.net")
    [[ $number != *0 ]] || recipients+=(--to "copy$number@example.org")
    faxmail send --from directfax@example.com "${recipients[@]}" --subject "Fax $number" --text "Fax $number of 200" \
      --attach "$sandbox/fax.pdf" --key "demo-$number" >/dev/null
  done
}

# Years of use: history, one date that no calendar knows, and a view of the customer's own.
age_data() {
  sql "$data/FAXSTAT" <<'SQL'
WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i + 1 FROM n WHERE i < 500)
INSERT INTO FAXSTAT(STKA, STCODE, STDAT, STTIM)
  SELECT 100000 + i, CASE i % 9 WHEN 0 THEN 'RETRY' ELSE 'SENT' END,
         strftime('%Y%m%d', '2020-01-01', '+' || (i / 3) || ' days'), printf('%02d%02d00', i % 24, i % 60) FROM n;
UPDATE FAXSTAT SET STDAT = '20200231' WHERE STKA = 100250;
CREATE VIEW CUSTOMER_FAILURES AS SELECT STKA, STCODE FROM FAXSTAT WHERE STCODE <> 'SENT';
SQL
}

act_0() {
  act 0 "The stage: a vendor, a repository, a mail server, and a customer with 5.91"
  build_releases
  start_peers
  prove "nginx serves it at $(cat "$sandbox/url"), certificate of the demo's own CA" \
    curl -sS --fail --cacert "$ca/ca.pem" -o /dev/null "$(cat "$sandbox/url")/index.json"
  if [[ $mail_peer ]]; then
    prove "mail server: $mail_peer" test -s "$sandbox/mail/port.submission"
  else
    say "no mail server, act 6 will be left out: $(cat "$sandbox/.mail-reason")"
  fi
  configure_host "$root"
  shown dfinstall update 5.91
  prove "directfax 5.91 is installed and runs" both ended 0 -- same "$(active "$root")" 5.91.g1
  shown dfinstall stop
  prove "ENDDIRFAX: the customer's window begins" ended 0
  shown faxmail config set server=localhost "port=$(cat "$sandbox/mail/port.plain" 2>/dev/null || echo 25)"
  prove "CFGFAXMAIL: the mail server, in a file that a person may edit as well" ended 0
  queue_mails
  prove "200 mails with a PDF are in the queue" same "$(sql "$data/FAXKA" "SELECT count(*) FROM FAXKA WHERE KASTAT='queued'")" 200
  age_data
  prove "500 results of years in FAXSTAT, one of them on 31 February; a view of the customer" same "$(count FAXSTAT FAXSTAT)" 500
  mkdir -p "$sandbox/before"
  cp -a "$data"/FAX* "$settings/faxmail.toml" "$sandbox/before/"
  shown dfinstall status
  quote
  prove "the data files are at the levels of 5.91" both ended 0 -- said 5.91
}

act_1() {
  act 1 "The plan: what an update would do, and what is not even looked at"
  shown dfinstall plan 5.92
  quote
  prove "the plan over HTTPS: steps, conversions, space, minutes" both ended 0 -- said FAXSTAT FAXMAILC
  shown dfinstall check 5.92
  prove "every precondition is met" ended 0
  python3 - "$www/DIRFAX_592.zip" "$sandbox" <<'PY'
import sys, zipfile
source, target = sys.argv[1:]
content = bytearray(open(source, "rb").read())
content[len(content) // 2] ^= 1
open(target + "/flipped.zip", "wb").write(content)
with zipfile.ZipFile(source) as old, zipfile.ZipFile(target + "/forged.zip", "w") as new:
    for entry in old.infolist():
        data = bytearray(old.read(entry))
        data[len(data) // 2] ^= entry.filename == "TMSSAVF1.SAVF"
        new.writestr(entry, bytes(data))
PY
  shown dfinstall plan "$sandbox/flipped.zip"
  quote
  prove "one bit flipped on the way: damaged (exit 23)" ended 23
  shown dfinstall plan "$sandbox/forged.zip"
  quote
  prove "one bit flipped by a forger, who sets the checksum right: refused by digest (exit 21)" ended 21
  prove "nothing of them was installed: 5.91 is as it was" same "$(active "$root")" 5.91.g1
}

act_2() {
  act 2 "The holder: somebody in the customer's menu has FAXSTAT open"
  python3 - "$data/FAXSTAT" >"$sandbox/.holder" <<'PY' &
import sqlite3, sys, time
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("holds", flush=True)
time.sleep(600)
PY
  local holder=$!
  background+=("$holder")
  until [[ -s $sandbox/.holder ]]; do sleep 0.02; done
  shown dfinstall check 5.92
  quote
  prove "the check refuses (exit 10): process $holder of $(id -un) holds FAXSTAT" \
    both ended 10 -- said "$holder" "$(id -un)" FAXSTAT
  shown dfinstall locks FAXSTAT
  quote
  prove "WRKOBJLCK: the same process, with the kind of its lock" said "$holder" FAXSTAT
  end_background
  wait "$holder" 2>/dev/null || true
  shown dfinstall check 5.92
  prove "he left; the check is clean" ended 0
}
