#!/usr/bin/env bash
# Debian 12, ca-certificates 20230311: update-ca-certificates(8), with folders of its own here, so that the system stays as it is.
#
# A certificate of the local administrator is trusted when its file is put into /usr/local/share/ca-certificates and
# update-ca-certificates runs. When the file is removed and the program runs again, the bundle is made without it, but the
# program's hooks hear nothing: they are told of removals only where a line of ca-certificates.conf asks for one. So the hook of
# ca-certificates-java, which has imported the certificate into the store of Java, does not take it out, and Java goes on to trust
# an authority that the administrator has removed. --fresh changes nothing in that. Output seen:
#   put there: 1 in the bundle, the hook hears +local.pem
#   removed: 0 in the bundle, the hook hears nothing of it
#   removed, --fresh: 0 in the bundle, the hook hears nothing of it
#
# What helps: keytool -delete -keystore /etc/ssl/certs/java/cacerts -alias debian:NAME.pem (the password is "changeit").
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir all local etc hooks
: > certs.conf
for name in other local; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out "$name.crt" -days 2 \
    -subj "/CN=$name" 2> openssl.log
done
cp other.crt local/
update-ca-certificates --certsconf certs.conf --certsdir "$folder/all" --localcertsdir "$folder/local" \
  --etccertsdir "$folder/etc" --hooksdir "$folder/hooks" > update.log 2>&1
printf '#!/bin/sh\ncat > %s/heard\n' "$folder" > hooks/listen
chmod +x hooks/listen
report() {
  update-ca-certificates --certsconf certs.conf --certsdir "$folder/all" --localcertsdir "$folder/local" \
    --etccertsdir "$folder/etc" --hooksdir "$folder/hooks" "${@:2}" > update.log 2>&1
  heard=$(grep -o '[+-].*local.pem' heard | sed 's|/.*/||' || true)
  echo "$1: $(($(grep -c BEGIN etc/ca-certificates.crt) - 1)) in the bundle, the hook hears ${heard:-nothing of it}"
}
{
  cp local.crt local/
  report "put there"
  rm local/local.crt
  report "removed"
  report "removed, --fresh" --fresh
} > found.txt
cat found.txt
cat > expected.txt <<'TXT'
put there: 1 in the bundle, the hook hears +local.pem
removed: 0 in the bundle, the hook hears nothing of it
removed, --fresh: 0 in the bundle, the hook hears nothing of it
TXT
cmp -s expected.txt found.txt || { echo "CHANGED"; exit 1; }
