#!/usr/bin/env bash
# curl by each place of the key, while tokens expire and are revoked. The first request
# that is not answered as expected ends the script.
#
# It runs as the command of tsauth proxy, on the socket SOCKET if that is set. CONTROL is
# the control API of the simulator.
set -euo pipefail

key=$THOUGHTSPOT_PROXY_KEY
base=${THOUGHTSPOT_HOST%/"$key"}
path=/api/rest/2.0/auth/session/user
via=()
[ -z "${SOCKET-}" ] || via=(--unix-socket "$SOCKET")

# status WANT ARGS... fails unless curl gets this status.
status() {
  local want=$1 got
  shift
  got=$(curl -sS -o body "${via[@]}" -w '%{http_code}' "$@")
  [ "$got" = "$want" ] || { echo "status $got, want $want: $* $(cat body)"; exit 1; }
}

each_place() {
  status 200 "$base/$key$path"
  grep -q '"name":"tsadmin"' body
  status 200 -H "X-Tsauth-Key: $key" "$base$path"
  status 200 -u "anyone:$key" "$base$path"
  status 200 -X POST -d '{"a":1}' "$base/$key/api/rest/2.0/metadata/search"
  grep -q '"body":"{\\"a\\":1}"' body
}

status 403 "$base$path"
status 403 "$base/${key%?}$path"
status 403 -H "X-Tsauth-Key: $key." "$base$path"
status 403 -u "$key:" "$base$path"
status 400 -H "Authorization: Bearer $key" "$base/$key$path"
status 403 -H 'Host: evil.example' "$base/$key$path"
status 403 -H 'Origin: https://evil.example' "$base/$key$path"
status 403 -H 'Sec-Fetch-Site: cross-site' "$base/$key$path"
status 405 -X TRACE "$base/$key$path"
status 403 -X POST -d '{}' "$base/$key/api/rest/2.0/auth/search"
status 403 "$base/$key/api/rest/2.0/auth/session/token"
status 400 --path-as-is "$base/$key/api/rest/2.0/x/../auth/session/token"

each_place
curl -fsS -X POST -d '{"seconds":100000}' -H 'Content-Type: application/json' "$CONTROL/clock/advance" > expired
each_place
curl -fsS -X DELETE "$CONTROL/tokens"
each_place
status 200 "$base/_tsauth/live"
status 200 "$base/_tsauth/ready"
echo done
