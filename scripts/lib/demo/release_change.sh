# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The product changes: 3 an update that is cut and then aborts, 4 resume, 5 the hot PTF on, off, on.
# shellcheck disable=SC2154  # $sandbox and its parts: stage.sh; $code, $output: tell.sh

# Stops the repository as soon as 40 % of the release have arrived. The last size goes to .cut.
cut_download() { # SIZE
  local part arrived=0 end=$((SECONDS + 30))
  while ((arrived < $1 * 2 / 5 && SECONDS < end)); do
    part=$(find "$depot" -name '*.part' -size +0c -print -quit 2>/dev/null) || true
    [[ ! $part ]] || arrived=$(stat -c %s "$part" 2>/dev/null || echo 0)
    sleep 0.02
  done
  "$peers/nginx" stop "$sandbox/nginx"
  echo "$arrived" >"$sandbox/.cut"
}

act_3() {
  act 3 "The update: the line breaks, the download goes on, a conversion aborts"
  local size percent
  say "the release that the plan fetched is thrown away, so that it is fetched again"
  rm -f "$depot"/depot/DIRFAX_592.zip*
  size=$(stat -c %s "$www/DIRFAX_592.zip")
  "$peers/nginx" rate "$sandbox/nginx" $((size / 4))
  sleep 0.2
  cut_download "$size" &
  local cutter=$!
  background+=("$cutter")
  shown dfinstall update 5.92
  wait "$cutter"
  background=()
  quote 3
  percent=$(($(cat "$sandbox/.cut") * 100 / size))
  prove "the line breaks at $percent %: exit 20, what has arrived is kept" both ended 20 -- test "$percent" -ge 40
  prove "the product is untouched" same "$(active "$root")" 5.91.g1
  : >"$sandbox/nginx/access.log"
  "$peers/nginx" rate "$sandbox/nginx" 0
  "$peers/nginx" start "$sandbox/nginx" "$www" "$ca" >/dev/null
  shown dfinstall update 5.92
  prove "the download goes on by range: 206 in nginx's log" \
    grep -E '^206 [0-9]+ "GET /DIRFAX_592.zip .*" "bytes=[1-9][0-9]*-' "$sandbox/nginx/access.log"
  quote
  prove "the conversion of FAXSTAT aborts: exit 30, run suspended" ended 30
  prove "it names message, file, conversion and row" said DFI5 FAXSTAT CVTSTAT2 20200231
  prove "and the next commands" said "dfinstall resume" "dfinstall rollback"
  prove "FAXSTAT itself is unchanged" cmp "$data/FAXSTAT" "$sandbox/before/FAXSTAT"
  shown faxmail send --from a@example.com --to b@example.net --subject no --text no
  prove "the gate is closed: nobody can work on half converted data (exit 75)" both ended 75 -- said DFI8001
  shown dfinstall status
  quote
  prove "status knows the unfinished run" said resume
}

shadow_of() { find "$1/.dfinstall" -type f \( -name "$2" -o -name "$3" \) -print -quit; }

act_4() {
  act 4 "The resume: exactly at FAXSTAT, nothing twice"
  local shadow before
  shadow=$(shadow_of "$settings" FAXMAILC faxmail.toml)
  prove "FAXMAILC was converted before the abort: its shadow waits" test -s "$shadow"
  before=$(stat -c '%i %y' "$shadow")
  shown sqlite3 "$data/FAXSTAT" "UPDATE FAXSTAT SET STDAT='20200228' WHERE STDAT='20200231'"
  prove "the bad row is repaired, as the message said" ended 0
  shown dfinstall resume
  quote
  prove "5.92 is active" both ended 0 -- same "$(active "$root")" 5.92.g1
  prove "FAXMAILC was not converted again: same inode, same time" same "$(stat -c '%i %y' "$settings/faxmail.toml")" "$before"
  prove "FAXSTAT has level 4 and all its rows" same "$(sql "$data/FAXSTAT" 'PRAGMA user_version')/$(count FAXSTAT FAXSTAT)" 4/500
  prove "the customer's view is there and answers" same "$(count FAXSTAT CUSTOMER_FAILURES)" 55
  prove "200 mails still wait in the queue" same "$(sql "$data/FAXKA" "SELECT count(*) FROM FAXKA WHERE KASTAT='queued'")" 200
  sql "$data/FAXSTAT" .dump >"$sandbox/faxstat.first"
  sql "$data/FAXKA" .dump >"$sandbox/faxka.first"
  cp "$settings/faxmail.toml" "$sandbox/faxmailc.first"
  digests "$root/opt/directfax/current" >"$sandbox/objects.592"
  shown dfinstall status
  quote
  prove "versions of product and data agree" both ended 0 -- said 5.92
}

act_5() {
  act 5 "The hot PTF: applied, removed, applied"
  local unpatched patched
  unpatched=$(digest_of "$root/opt/directfax/current")
  shown dfinstall ptf apply TMSHOTPTF
  quote
  patched=$(digest_of "$root/opt/directfax/current")
  prove "HOTPTF20200811 is applied: objects $unpatched -> $patched" both ended 0 -- differ "$unpatched" "$patched"
  prove "the replaced objects are saved in $(cd "$root/opt/directfax" && echo PTF*.SAVF)" \
    test -s "$(find "$root/opt/directfax" -maxdepth 1 -name 'PTF[0-9]*.SAVF' -print -quit)"
  shown dfinstall ptf list
  quote
  prove "the list shows it" both ended 0 -- said HOTPTF20200811
  run dfinstall ptf show HOTPTF20200811
  prove "and its letter the objects" both ended 0 -- said share/capability.json
  shown dfinstall ptf remove HOTPTF20200811
  prove "removed: every object of 5.92 again, by digest" both ended 0 -- same "$(digest_of "$root/opt/directfax/current")" "$unpatched"
  shown dfinstall ptf apply TMSHOTPTF
  prove "applied again: the same objects as the first time" \
    both ended 0 -- same "$(digest_of "$root/opt/directfax/current")" "$patched"
}
