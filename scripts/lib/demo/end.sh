# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# 7: a second host, whose update is killed again and again and still ends in the same state; 8: what is left to read.
# shellcheck disable=SC2154  # $sandbox and its parts: stage.sh; $code, $output: tell.sh

# The second host: 5.91 with the data the first one had, the bad row repaired, no mail server, its engine running.
stage_second() {
  local at=$1
  configure_host "$at" && run dfinstall update 5.91 && ((code == 0)) && run dfinstall stop && ((code == 0)) &&
    cp -a "$sandbox"/before/FAX* "$at/var/opt/directfax/" && cp -a "$sandbox/before/faxmail.toml" "$at/etc/opt/directfax/" &&
    sql "$at/var/opt/directfax/FAXSTAT" "UPDATE FAXSTAT SET STDAT='20200228' WHERE STDAT='20200231'" &&
    run faxmail config set port=1 && ((code == 0)) && run dfinstall start && ((code == 0))
}

# Starts the verb and kills it when it has reached the step or a later one, up to 9 ms later; fails if it ended before.
# $step: the step it was killed in.
kill_in() { # STEP VERB...
  local from=$1 pid line
  shift
  step=
  exec 3< <(exec "$bin/dfinstall" --root "$second" --lang en "$@" 2>&1)
  pid=$!
  while IFS= read -r line <&3; do
    [[ $line == "["* ]] || continue
    step=${line%%/*}
    step=${step#[}
    ((step < from)) || break
  done
  sleep "0.00$((RANDOM % 10))"
  kill -9 "$pid" 2>/dev/null || true
  while IFS= read -r line <&3; do [[ $line != "["* ]] || step=${line%%/*} step=${step#[}; done
  exec 3<&-
  ! wait "$pid"
}
unfinished() {
  run dfinstall status --json
  [[ $(field .unfinished_run) != null ]]
}
without_port() { sed 's/^port = .*/port/' "$1"; }

act_7() {
  act 7 "Killed: on a second host the update meets kill -9 again and again"
  second=$sandbox/second
  local at=$second kills=0 verb=(update 5.92) step=1 steps=
  rm -rf "$second"
  prove "the second host has 5.91 and the same data; its engine runs, its mail server is gone" stage_second "$second"
  while kill_in $((step + 1 + RANDOM % 2)) "${verb[@]}"; do
    kills=$((kills + 1))
    steps+=" $step"
    verb=(update 5.92)
    unfinished && verb=(resume)
    unfinished || [[ $(active "$second") == 5.91.g1 ]] || break
    ((kills < 10)) || break
  done
  prove "killed $kills times, in the steps$steps" test "$kills" -ge 2
  if unfinished; then
    shown dfinstall resume
    prove "the last resume brings it to its end" ended 0
  fi
  prove "in the end the update is done" same "$(active "$second")" 5.92.g1
  run dfinstall status --json
  prove "nothing is unfinished, the engine runs" same "$(field '[.unfinished_run, .gate, .services[0].running] | tojson')" '[null,null,true]'
  shown dfinstall stop
  digests "$second/opt/directfax/current" >"$sandbox/objects.second"
  prove "the product is that of the first host, by digest" cmp "$sandbox/objects.592" "$sandbox/objects.second"
  sql "$second/var/opt/directfax/FAXSTAT" .dump >"$sandbox/faxstat.second"
  sql "$second/var/opt/directfax/FAXKA" .dump >"$sandbox/faxka.second"
  prove "so are the results" cmp "$sandbox/faxstat.first" "$sandbox/faxstat.second"
  prove "so is the queue" cmp "$sandbox/faxka.first" "$sandbox/faxka.second"
  prove "so is the configuration, the port aside" \
    same "$(without_port "$second/etc/opt/directfax/faxmail.toml")" "$(without_port "$sandbox/faxmailc.first")"
}

act_8() {
  act 8 "What stays to read"
  shown dfinstall history
  quote
  prove "every run, also the aborted one" both ended 0 -- said update "ptf apply" "ptf remove"
  shown dfinstall joblog
  quote 3
  prove "the job log of the last run ($(wc -l <"$output") lines)" ended 0
  say "go on:   ${bin#"$PWD"/}/dfinstall --root ${root#"$PWD"/} status"
  say "tidy up: rm -r ${sandbox#"$PWD"/}$([[ ! -L $sandbox/mail ]] || echo " $(realpath "$sandbox/mail")")"
}
