# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 3. What an assertion costs beside C_Sign, against two libraries that make JWTs.

figure 3 'Everything but C_Sign for one assertion' '' p11bearer libjwt jose 'p11bearer over the better' goal

# shellcheck disable=SC2046 # one word a flag
compile assertion -Wno-deprecated-declarations -Wl,--wrap=p11_signer_sign,--wrap=p11_signer_recoveries -I"$source/src" "$build/libp11bearer.a" -ljwt -ljose -ljansson $(libraries) -lpthread -ldl
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/key.pem" 2>/dev/null

# claims SIDE: header and claims of what it makes, without what is different each time. libjwt adds a typ that it cannot leave out.
claims() {
	"$T/assertion" "$1" "$T/key.pem" show | jq -cSR 'split(".") | {parts: length, signature: (.[2] | length)} +
		(.[0:2] | map(gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson) | {header: (.[0] | del(.typ)),
		claims: (.[1] | .exp |= type | .jti |= length)})'
}
[ "$(for side in ours libjwt jose; do claims $side; done | sort -u | wc -l)" = 1 ] || die 'the three do not make the same assertion'

# instructions SIDE: an assertion's, without start-up.
instructions() {
	local few many
	few=$(collected "$1" 500)
	many=$(collected "$1" 1000)
	calc "($many - $few) / 500"
}
collected() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$T/assertion" "$1" "$T/key.pem" "$2" 2>&1 >/dev/null |
		sed -n 's/.*Collected *: *//p'
}
ours=$(instructions ours)
libjwt=$(instructions libjwt)
jose=$(instructions jose)
for rival in libjwt jose; do result "instructions over those of $rival" "$(calc "$ours / ${!rival}")" 'at most' 1; done
better=$(calc "$ours / ($libjwt < $jose ? $libjwt : $jose)")
result 'instructions over the better' "$better" 'at most' 1
row instructions "$(show %.0f "$ours")" "$(show %.0f "$libjwt")" "$(show %.0f "$jose")" "$(show %.2f "$better")" "$verdict"

alternate 9 "$T/assertion ours $T/key.pem 20000" "$T/assertion libjwt $T/key.pem 20000" "$T/assertion jose $T/key.pem 20000" >"$T/rounds"
for rival in 2:libjwt 3:jose; do
	result "time over that of ${rival#*:}" "$(median_of "\$1 / \$${rival%:*}" "$T/rounds")" 'at most' 1
done
better=$(median_of '$1 / min($2, $3)' "$T/rounds")
result 'time over the better' "$better" 'at most' 1
row nanoseconds "$(show %.0f "$(median_of '$1' "$T/rounds")")" "$(show %.0f "$(median_of '$2' "$T/rounds")")" \
	"$(show %.0f "$(median_of '$3' "$T/rounds")")" "$(show %.2f "$better")" "$verdict"

figure_end 'Claims iss, sub, aud, exp and a random jti; an RSA-2048 key that is read once; the signature is 256 fixed bytes on all sides.
Instructions by callgrind, time as the median of 9 ratios of neighbours.'
