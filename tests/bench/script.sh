#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# script.sh usual|short: gets a bearer without p11bearer, for comparison in figure 4. "usual" is as such scripts are
# commonly written, "short" starts as few processes as bash allows. ENGINE_KEY, PKCS11_MODULE_PATH and ORG are in the
# environment. No assertion is in argv: curl reads it on stdin.
set -euo pipefail

if [ "$1" = usual ]; then
	base64url() { base64 -w 0 | tr -- '+/' '-_' | tr -d =; }
	header=$(printf %s '{"alg":"RS256"}' | base64url)
else
	base64url() {
		local text
		text=$(base64 -w 0 | tr -- '+/' '-_')
		printf %s "${text%%=*}"
	}
	header=eyJhbGciOiJSUzI1NiJ9
fi
printf -v claims '{"iss":"%s","sub":"%s","aud":"%s","exp":%d,"jti":"%s"}' CLIENT default@example.com "$ORG" \
	$((EPOCHSECONDS + 180)) "$(</proc/sys/kernel/random/uuid)"
input=$header.$(printf %s "$claims" | base64url)
signature=$(printf %s "$input" | openssl dgst -engine pkcs11 -keyform engine -sign "$ENGINE_KEY" -sha256 -binary | base64url)
curl --silent --show-error --fail --data @- "$ORG/services/oauth2/token" \
	<<<"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=$input.$signature"
