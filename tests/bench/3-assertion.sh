# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 3. What an assertion costs without C_Sign, compared with two libraries that make JWTs.

figure 3 'Everything but C_Sign for one assertion' '' RS256 PS256 ES256

# shellcheck disable=SC2046 # one word per flag
compile assertion -Wno-deprecated-declarations -Wl,--wrap=p11_signer_sign,--wrap=p11_signer_recoveries,--wrap=p11_signer_alg \
	-I"$source/src" "$build/libp11bearer.a" -ljwt -ljose -ljansson $(libraries) -lpthread -ldl
openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$T/RS256.pem" 2>/dev/null
ln "$T/RS256.pem" "$T/PS256.pem"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$T/ES256.pem"

# sides ALG: who makes them. Version 1.10 of libjwt has no PS256.
sides() {
	echo ours
	if [ "$1" != PS256 ] || "$T/assertion" libjwt PS256 "$T/PS256.pem" show >/dev/null 2>&1; then echo libjwt; fi
	echo jose
}
# claims SIDE ALG: header and claims of what it makes, without what is different each time. libjwt adds a typ that it cannot
# leave out.
claims() {
	"$T/assertion" "$1" "$2" "$T/$2.pem" show | jq -cSR 'split(".") | {parts: length, signature: (.[2] | length)} +
		(.[0:2] | map(gsub("-"; "+") | gsub("_"; "/") | @base64d | fromjson) | {header: (.[0] | del(.typ)),
		claims: (.[1] | .exp |= type | .jti |= length)})'
}
# instructions SIDE ALG: an assertion's, without start-up.
instructions() {
	local few many
	few=$(collected "$@" 500)
	many=$(collected "$@" 1000)
	calc "($many - $few) / 500"
}
collected() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$T/assertion" "$1" "$2" "$T/$2.pem" "$3" 2>&1 >/dev/null |
		sed -n 's/.*Collected *: *//p'
}
# times SIDE…: nanoseconds of each in turns, a line a round, by alg.
times() {
	local side commands=()
	for side; do commands+=("$T/assertion $side $alg $T/$alg.pem 20000"); done
	alternate 9 "${commands[@]}"
}
# compare WHAT: puts into the cells of alg what `figures` has for each of `rivals` and, as the first, for ours; `ratios` has
# ours over theirs.
compare() {
	local i better
	cell["$1: p11bearer,$alg"]=$(show %.0f "${figures[0]}")
	for i in "${!rivals[@]}"; do
		cell["$1: ${rivals[i]},$alg"]=$(show %.0f "${figures[i + 1]}")
		result "$alg: $1 over those of ${rivals[i]}" "${ratios[i]}" 'at most' 1
	done
	better=$(printf '%s\n' "${ratios[@]}" | sort -g | tail -n 1)
	result "$alg: $1 over the better" "$better" 'at most' 1
	cell["$1: p11bearer over the better,$alg"]="$(show %.2f "$better") ($verdict)"
}

declare -A cell
for alg in RS256 PS256 ES256; do
	mapfile -t rivals < <(sides "$alg" | sed 1d)
	[ "$(for side in ours "${rivals[@]}"; do claims "$side" "$alg"; done | sort -u | wc -l)" = 1 ] ||
		die "they do not make the same assertion by $alg"
	figures=() ratios=()
	for side in ours "${rivals[@]}"; do figures+=("$(instructions "$side" "$alg")"); done
	for i in "${!rivals[@]}"; do ratios+=("$(calc "${figures[0]} / ${figures[i + 1]}")"); done
	compare instructions
	times ours "${rivals[@]}" >"$T/rounds"
	figures=("$(median_of '$1' "$T/rounds")") ratios=()
	for i in "${!rivals[@]}"; do
		figures+=("$(median_of "\$$((i + 2))" "$T/rounds")")
		ratios+=("$(median_of "\$1 / \$$((i + 2))" "$T/rounds")")
	done
	compare nanoseconds
done
for what in instructions nanoseconds; do
	for side in p11bearer libjwt jose 'p11bearer over the better'; do
		row "$what: $side" "${cell["$what: $side,RS256"]}" "${cell["$what: $side,PS256"]:--}" "${cell["$what: $side,ES256"]}"
	done
done

figure_end 'Claims iss, sub, aud, exp and a random jti; a key (RSA-2048, P-256) that is read once; the signature is fixed bytes on all
sides. Instructions by callgrind, time as the median of 9 ratios. Version 1.10 of libjwt does not have PS256.'
