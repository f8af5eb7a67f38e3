#!/bin/sh
# Makes Elasticsearch's key and certificate, once, and the CA certificate to check it by.
#   certificates.sh KEY_FOLDER CA_FOLDER
# The CA's own key is thrown away: nothing else can ever be signed by it.
set -eu
keys=$1
ca=$2
if [ -s "$ca/ca.crt" ]; then
    exit 0
fi
umask 077
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A configuration of our own: the machine's adds extensions that a strict verifier refuses.
printf '[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = wirewatch\n' > "$work/openssl.cnf"
make_certificate() {
    openssl req -x509 -config "$work/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1095 "$@"
}
make_certificate -keyout "$work/ca.key" -out "$work/ca.crt" \
    -subj "/CN=wirewatch certificate authority" \
    -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign \
    -addext subjectKeyIdentifier=hash
make_certificate -keyout "$work/elasticsearch.key" -out "$work/elasticsearch.crt" \
    -CA "$work/ca.crt" -CAkey "$work/ca.key" \
    -subj "/CN=elasticsearch" \
    -addext basicConstraints=critical,CA:FALSE \
    -addext keyUsage=critical,digitalSignature \
    -addext extendedKeyUsage=serverAuth \
    -addext subjectAltName=DNS:elasticsearch,DNS:localhost,IP:127.0.0.1 \
    -addext subjectKeyIdentifier=hash \
    -addext authorityKeyIdentifier=keyid
cp "$work/elasticsearch.key" "$work/elasticsearch.crt" "$keys/"
chmod 644 "$work/ca.crt"
cp -p "$work/ca.crt" "$ca/ca.crt"
