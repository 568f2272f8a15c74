#!/bin/sh
# A partner without a node reads the feed of a book with curl and openssl:
#   sh partner.sh https://node.owner.example buyer.example key.pem owner.example/season
set -eu
node=$1 me=$2 key=$3 book=$4
b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
said=$(mktemp)
trap 'rm -f "$said"' EXIT

x=$(openssl pkey -in "$key" -pubout -outform DER | tail -c 32 | b64)
kid=$(printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$x" | openssl dgst -sha256 -binary | b64)
aud=$(curl -sf "$node/.well-known/lotbook" | sed 's/.*"url":"\([^"]*\)".*/\1/')
now=$(date +%s)
head=$(printf '{"alg":"Ed25519","typ":"client-authentication+jwt","kid":"%s"}' "$kid" | b64)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","iat":%d,"exp":%d}' "$me" "$me" "$aud" \
  "$(openssl rand -hex 16)" "$now" "$((now + 60))" | b64)
printf '%s.%s' "$head" "$claims" >"$said"
signature=$(openssl pkeyutl -sign -inkey "$key" -rawin -in "$said" | b64)
token=$(curl -sf "$node/oauth/token" -d grant_type=client_credentials \
  -d client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
  -d "client_assertion=$head.$claims.$signature" | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
rm -f "$said"

exec curl -sfN "$node/graphql" -H "authorization: Bearer $token" -H 'content-type: application/json' \
  -H 'accept: text/event-stream' -d @- <<EOF
{"query":"subscription (\$book: ID!) { feed(book: \$book) { cursor items { kind token disclosures } } }","variables":{"book":"$book"}}
EOF
