# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# 6: the queue goes out through STARTTLS and AUTH LOGIN; every mail arrives once.
# shellcheck disable=SC2154  # $sandbox and its parts: stage.sh; $code, $output: tell.sh

arrived() { find "$sandbox/mail/maildir/new" -type f | wc -l; }
# wait_until SECONDS COMMAND...
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}
# But for the mail of a sender that the server does not let us use: that one waits and fails nobody else's.
queue_is_empty() { [[ $(sql "$data/FAXKA" "SELECT group_concat(DISTINCT KAWHY) FROM FAXKA WHERE KASTAT IN ('queued','active','dot')") == sender ]]; }
all_arrived() { (($(arrived) >= 220)); }
# Header NAME of every mail that arrived, one line each.
headers() { find "$sandbox/mail/maildir/new" -type f -exec grep -hi -m1 "^$1:" {} +; }
both_headers() {
  find "$sandbox/mail/maildir/new" -type f -exec awk 'FNR == 1 { id = to = "" }
    tolower($1) == "message-id:" && !id { id = $2 } tolower($1) == "delivered-to:" && !to { to = $2 }
    /^\r?$/ && id { print id, to; nextfile }' {} +
}

act_6() {
  act 6 "The mail: 200 from the queue, encrypted and logged in, each exactly once"
  if [[ ! $mail_peer ]]; then
    say "left out: $(cat "$sandbox/.mail-reason")"
    return
  fi
  install -m 600 "$sandbox/mail/password" "$settings/password"
  cp "$ca/ca.pem" "$settings/mail-ca.pem"
  shown faxmail config set server=localhost "port=$(cat "$sandbox/mail/port.submission")" 'ssl=*YES' 'auth=*LOGIN' \
    "user=$(cat "$sandbox/mail/user")" password_file=password tls_ca_file=mail-ca.pem
  prove "CFGFAXMAIL: STARTTLS and AUTH LOGIN, which 5.91 could not do" ended 0
  shown faxmail doctor --as "$(cat "$sandbox/mail/user")"
  prove "the doctor walks the way to the server: name, TCP, TLS, login, envelope" ended 0
  shown faxmail doctor --as intruder@example.com
  prove "and says what is missing for another sender" ended 77
  shown faxmail send --from intruder@example.com --to b@example.net --subject "Not mine" --text "Not mine" --key demo-intruder
  prove "one more mail, from a sender that is not ours" ended 0
  shown dfinstall start
  prove "STRDIRFAX" ended 0
  prove "the queue is empty but for the sender that is not ours" wait_until 60 queue_is_empty
  shown dfinstall stop --wait 60 --restart
  prove "ENDDIRFAX WAIT(60) RESTART(*YES)" ended 0
  prove "220 deliveries arrived at ${mail_peer%% in *}" wait_until 10 all_arrived
  prove "and not one more" same "$(arrived)" 220
  prove "200 mails, each once" same "$(headers message-id | sort -u | wc -l)" 200
  prove "nobody got a mail twice" same "$(both_headers | sort | uniq -d | wc -l)/$(both_headers | sort -u | wc -l)" 0/220
  if [[ $mail_peer == Postfix* ]]; then
    prove "all of them over TLS and logged in (Received: with ESMTPSA)" \
      same "$(grep -rl 'with ESMTPSA' "$sandbox/mail/maildir/new/" | wc -l)" 220
  fi
  prove "FAXSTAT has a result for each recipient" \
    same "$(sql "$data/FAXSTAT" "SELECT count(*) FROM (SELECT DISTINCT STKA, STRCP FROM FAXSTAT WHERE STCODE='SENT' AND STRCP<>'')")" 220
  prove "the foreign sender was refused, in the server's words: 553 5.7.1" \
    same "$(sql "$data/FAXSTAT" "SELECT STCODE FROM FAXSTAT WHERE STSMTP=553 AND STTEXT LIKE '%5.7.1%' LIMIT 1")" RETRY
  prove "its mail is not lost: it waits until somebody gives us the right" \
    same "$(sql "$data/FAXKA" "SELECT KASTAT || ' ' || KAWHY FROM FAXKA WHERE KAKEY='demo-intruder'")" "queued sender"
}
