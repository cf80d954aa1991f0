#!/bin/sh
# Make the secrets of compose.yaml, once: what is there stays. Keep pseudonym_key for ever: another makes other ids of the
# same people. To replace website_secret, name a second file in compose/gateway.yaml until the sender has changed over.
#
# The folder is closed to others; the files are readable, since containers read them as users of their own.
set -eu
folder=$(dirname "$0")/secrets
umask 077
mkdir -p "$folder"
chmod 700 "$folder"

make() { # name, what it is; its value on standard input
  if [ -s "$folder/$1" ]; then
    echo "$folder/$1 is there and stays: $2"
    return
  fi
  cat > "$folder/$1.new"
  if [ "$(wc -c < "$folder/$1.new")" -lt 32 ]; then
    rm -f "$folder/$1.new"
    echo "secrets.sh: /dev/urandom gave too little for $1: see that it can be read, and try again" >&2
    exit 69
  fi
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "$folder/$1 made: $2"
}

random() { # so many bytes, in one line of base64
  head -c "$1" /dev/urandom | base64 | tr -d '\n'
}

printf 'whsec_%s\n' "$(random 32)" | make website_secret "senders sign webhooks with it"
printf '%s\n' "$(random 32)" | make pseudonym_key "ids of people become hashes keyed with it"
printf '%s\n' "$(random 32 | tr '+/' '-_' | tr -d '=')" | make tickets_token "whoever shows it may ask workers who waits"
printf '%s\n' "$(random 24 | tr '+/' '-_')" | make grafana_admin_password "of admin, in Grafana"
