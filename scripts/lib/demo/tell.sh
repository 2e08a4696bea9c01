# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What a demo needs to tell its story: acts, commands shown, proofs with a mark and their time; the first miss ends it.
# Expects $sandbox and $home. `output` is the file with what the last command said.
# shellcheck disable=SC2154
output=$sandbox/.last-output
proofs=0
if [[ -t 1 ]]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
  bold='' dim='' green='' red='' plain=''
fi

now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

act() { # NUMBER TITLE
  printf '\n%sAct %s  %s%s\n' "$bold" "$1" "$2" "$plain"
  mark=$(now_ms)
}

say() { printf '    %s%s%s\n' "$dim" "$*" "$plain"; }

# The command as a person would type it; then it runs, its words go to $output, its exit code to $code.
mark=$(now_ms)
code=0
run() {
  mark=$(now_ms)
  code=0
  "$@" >"$output" 2>&1 </dev/null || code=$?
}
shown() {
  local word words=
  for word in "$@"; do
    word=${word//"$sandbox"\//}
    word=${word//"$home"\//}
    [[ $word != *[[:space:]]* ]] || word="\"$word\""
    words+=" $word"
  done
  printf '  %s$%s%s\n' "$dim" "$words" "$plain"
  run "$@"
}
# Lines of the last output, indented: all, or the first N.
quote() { head -n "${1:-100}" "$output" | sed 's/^/      /'; }

# prove TEXT COMMAND...: the command must succeed. Its own output is only shown on a miss.
prove() {
  local text=$1 log=$sandbox/.proof time
  shift
  if "$@" >"$log" 2>&1; then
    time=$(($(now_ms) - mark))
    printf '  %s✓%s %-86s %s%3d.%d s%s\n' "$green" "$plain" "$text" "$dim" $((time / 1000)) $((time % 1000 / 100)) "$plain"
    proofs=$((proofs + 1))
    mark=$(now_ms)
    return
  fi
  printf '  %s✗ %s%s\n' "$red" "$text" "$plain"
  {
    echo "    missed: $*"
    sed 's/^/    /' "$log"
    echo "    the last command ended with $code and said:"
    tail -n 40 "$output" | sed 's/^/    | /'
  } >&2
  exit 1
}

# Conditions for `prove`.
ended() { # CODE: how the last command ended
  ((code == $1)) || { echo "exit code $code, not $1" && return 1; }
}
said() { # TEXT...: all of them stand in the last output
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$output" || { echo "it does not say: $text" && return 1; }
  done
}
same() { [[ $1 == "$2" ]] || { printf 'is      %s\nshould  %s\n' "$1" "$2" && return 1; }; }
differ() { [[ $1 != "$2" ]] || { printf 'both are %s\n' "$1" && return 1; }; }
both() { # COMMAND... -- COMMAND...
  local first=()
  while [[ $1 != -- ]]; do
    first+=("$1")
    shift
  done
  "${first[@]}" && "${@:2}"
}
