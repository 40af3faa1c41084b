# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # from lib.sh
# 1. The calls of one cold signature, while the number of keys on the token grows.

figure 1 'C_* calls of one cold signature' 'keys on the token' 'p11bearer jwt' 'jwt --certificate' 'pkcs11-tool --sign' 'openssl, pkcs11 engine' goal

token_new calls
PIN=$(<"$PIN_FILE")
export PIN # pkcs11-tool reads it there
"$p11bearer" cert -k "$KEY" --module "$MODULE" --pin-from "file:$PIN_FILE" --subject /CN=bench --out "$T/calls.pem"
printf 'x%.0s' {1..300} >"$T/input"

# keys_to COUNT: so many keys on the token. One is imported; copies of its files are further keys for SoftHSM.
keys_to() {
	local objects file bulk i
	objects=$(echo "$T"/calls/tokens/*)
	if [ "$keys" = 1 ]; then
		ls "$objects" >"$T/before"
		openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/bulk.pem" 2>/dev/null
		softhsm2-util --import "$T/bulk.pem" --token "$TOKEN" --label bulk --id 99 --pin "$PIN" >/dev/null
		keys=2
	fi
	for file in "$objects"/*.object; do
		bulk=${file##*/}
		if grep -qxF "$bulk" "$T/before" || [[ $bulk = copy-* ]]; then continue; fi
		for ((i = keys + 1; i <= $1; i++)); do cp "$file" "$objects/copy-$i-$bulk"; done
	done
	keys=$1
	[ "$("$p11bearer" keys --json --module "$MODULE" --pin-from "file:$PIN_FILE" "pkcs11:token=$TOKEN" |
		jq '[.tokens[].keys[]] | length')" = "$keys" ] || die "there are not $keys keys on the token"
}

keys=1
for count in 1 10 300; do
	[ $count = 1 ] || keys_to $count
	ours=$(shim_calls "$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$shim")
	checked=$(shim_calls "$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$shim" --certificate "$T/calls.pem")
	tool=$(shim_calls pkcs11-tool --module "$shim" --token-label "$TOKEN" --login --pin env:PIN --sign \
		--mechanism SHA256-RSA-PKCS --label signer --input-file "$T/input" --output-file "$T/signature")
	result "pkcs11-tool, $count keys" "$tool"
	by_engine=-
	if [ "$engine" = true ]; then
		by_engine=$(PKCS11_MODULE_PATH=$shim shim_calls openssl dgst -engine pkcs11 -keyform engine -sign "$ENGINE_KEY" \
			-sha256 -out "$T/signature" "$T/input")
		result "pkcs11 engine, $count keys" "$by_engine"
	fi
	result "p11bearer jwt --certificate, $count keys" "$checked" 'at most' 16
	result "p11bearer jwt, $count keys" "$ours" 'at most' 16
	row $count "$ours" "$checked" "$tool" "$by_engine" "$verdict"
done
unset PIN

figure_end 'C_GetFunctionList is not counted. p11bearer verifies its signature; the other two do not. The engine is missing where OpenSSL
has no engines.'
