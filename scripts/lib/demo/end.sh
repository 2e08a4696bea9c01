# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# 7: a second host, whose update is killed again and again and still ends in the same state; 8: what is left to read.
# shellcheck disable=SC2154  # $sandbox and its parts: stage.sh; $code, $output: tell.sh

# The second host: 5.91 with the data the first one had, the bad row repaired.
stage_second() {
  local at=$1
  configure_host "$at"
  run dfinstall update 5.91
  ((code == 0)) || return 1
  run dfinstall stop
  cp -a "$sandbox"/before/FAX* "$at/var/opt/directfax/"
  cp -a "$sandbox/before/faxmail.toml" "$at/etc/opt/directfax/"
  sql "$at/var/opt/directfax/FAXSTAT" "UPDATE FAXSTAT SET STDAT='20200228' WHERE STDAT='20200231'"
}

# Starts the verb and kills it after so many milliseconds; says if it was still alive then.
kill_after() { # MILLISECONDS VERB...
  local pid time=$1
  shift
  "$bin/dfinstall" --root "$second" "$@" >"$output" 2>&1 </dev/null &
  pid=$!
  sleep "$((time / 1000)).$(printf %03d $((time % 1000)))"
  kill -9 "$pid" 2>/dev/null || true
  ! wait "$pid" 2>/dev/null || return 1
}

act_7() {
  act 7 "Power cuts: on a second host the update is killed (kill -9) again and again"
  second=$sandbox/second
  local at=$second kills=0 verb=(update 5.92) times=() time span
  rm -rf "$second"
  span=$(now_ms)
  prove "the second host has 5.91, the same data, and its engine runs" stage_second "$second"
  span=$((($(now_ms) - span) / 4))
  while ((kills < 6)); do
    time=$((10 + RANDOM % span))
    kill_after "$time" "${verb[@]}" || break
    kills=$((kills + 1))
    times+=("$time")
    run dfinstall status --json
    verb=(update 5.92)
    [[ $(field '.unfinished_run // empty') == "" ]] || verb=(resume)
  done
  say "killed after ${times[*]} ms"
  shown dfinstall resume
  ((code != 105)) || shown dfinstall update 5.92
  prove "killed $kills times; in the end the update is done" ended 0
  digests "$second/opt/directfax/current" >"$sandbox/objects.second"
  prove "the product is that of the first host, by digest" cmp "$sandbox/objects.592" "$sandbox/objects.second"
  sql "$second/var/opt/directfax/FAXSTAT" .dump >"$sandbox/faxstat.second"
  sql "$second/var/opt/directfax/FAXKA" .dump >"$sandbox/faxka.second"
  prove "so are the results" cmp "$sandbox/faxstat.first" "$sandbox/faxstat.second"
  prove "so is the queue" cmp "$sandbox/faxka.first" "$sandbox/faxka.second"
  prove "so is the configuration" cmp "$sandbox/faxmailc.first" "$second/etc/opt/directfax/faxmail.toml"
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
