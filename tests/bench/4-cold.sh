# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 4. A bearer from a cold start, compared with a usual script (see script.sh), and with the least that it can cost: curl's
# POST of an assertion that exists already, plus a process that only opens the module, logs in and makes one signature.

figure 4 'A cold token, from start to end' '' p11bearer other 'p11bearer over it' goal

token_new cold
org_start
export ENGINE_KEY ORG PKCS11_MODULE_PATH=$MODULE
# shellcheck disable=SC2046 # one word per flag
compile loop $(pkg-config --cflags p11-kit-1) -ldl -lpthread
given=("${jwt[@]}" -r "$ORG" --module "$MODULE")
ours() { seconds "$p11bearer" token "${given[@]}"; }
bare() { seconds "$T/loop" "$MODULE" "$TOKEN" "$PIN_FILE" 1 1; }
script() { seconds "$here/script.sh" "$1"; }
# assert: makes the assertion that `send` posts. It is not in argv.
assert() { form=grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer\&assertion=$("$p11bearer" jwt "${given[@]}"); }
send() { curl --silent --show-error --fail --data @- "$ORG/services/oauth2/token" <<<"$form"; }
post() { assert && seconds send; }
assert
[ "$(send | jq -r .token_type)" = Bearer ] || die 'curl gets no bearer'

others=(bare post)
if [ "$engine" = true ]; then
	others+=('script usual' 'script short')
	for style in usual short; do
		[ "$("$here/script.sh" $style 2>/dev/null | jq -r .token_type)" = Bearer ] || die 'the script gets no bearer'
	done
fi
# compare NAME EXPRESSION ['at most' GOAL]: a row for another way, which takes so many seconds.
compare() {
	local other ratio
	other=$(calc "1000 * $(median_of "$2" "$T/rounds")")
	ratio=$(median_of "\$1 / ($2)" "$T/rounds")
	result "milliseconds: $1" "$other"
	result "time over that of $1" "$ratio" "${@:3}"
	row "milliseconds, $1" "$ours" "$(show %.1f "$other")" "$(show %.2f "$ratio")" "$verdict"
}

unset form
alternate 21 ours "${others[@]}" >"$T/rounds"
milliseconds=$(calc "1000 * $(median_of '$1' "$T/rounds")")
result 'milliseconds: p11bearer token' "$milliseconds"
ours=$(show %.1f "$milliseconds")
if [ "$engine" = true ]; then
	compare 'the usual script' '$4' 'at most' 0.5
	compare 'the shortest script' '$5' 'at most' 0.5
else
	row 'milliseconds, the scripts' "$ours" - - -
fi
compare "the limit: curl's POST and a bare signature" '$2 + $3'
compare "curl's POST alone" '$3'
compare 'a bare signature alone' '$2'

/usr/bin/time -o "$T/used" -f %M "$p11bearer" token "${given[@]}" >/dev/null
memory=$(calc "$(<"$T/used") / 1024")
result 'peak memory in MiB' "$memory" 'at most' 16
row 'peak memory, MiB' "$(show %.1f "$memory")" - - "$verdict"
org_stop
unset PKCS11_MODULE_PATH ENGINE_KEY

figure_end 'Median of 21 ratios; http on loopback, where the org answers at once. The usual script starts 11 processes: openssl with the pkcs11
engine, base64, tr, curl and subshells. The shortest starts 6: its header is fixed, and bash removes the padding. Where OpenSSL has no
engines, there is no script. The limit is what one process for the network and one for the token need: a process that opens the
module, logs in and signs once, and curl, which posts an assertion that was made before. A third of the time of p11bearer goes into
loading libcurl and its libraries, and so it does in curl.'
