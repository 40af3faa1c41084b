# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 4. A bearer from a cold start, compared with a usual script. See script.sh.

figure 4 'A cold token, from start to end' '' p11bearer 'openssl, base64, tr, curl' 'p11bearer over it' goal

token_new cold
org_start
export ENGINE_KEY ORG PKCS11_MODULE_PATH=$MODULE
token=("$p11bearer" token "${jwt[@]}" -r "$ORG" --module "$MODULE")
ours() { seconds "${token[@]}"; }
script() { seconds "$here/script.sh" "$1"; }
for style in usual short; do
	[ "$("$here/script.sh" $style 2>/dev/null | jq -r .token_type)" = Bearer ] || die 'the script gets no bearer'
done

alternate 21 ours 'script usual' 'script short' >"$T/rounds"
for style in '2:usual:usual script' '3:short:shortest script'; do
	IFS=: read -r column style words <<<"$style"
	ratio=$(median_of "\$1 / \$$column" "$T/rounds")
	result "time over the $style script's" "$ratio" 'at most' 0.5
	row "milliseconds, $words" "$(show %.1f "1000 * $(median_of '$1' "$T/rounds")")" \
		"$(show %.1f "1000 * $(median_of "\$$column" "$T/rounds")")" "$(show %.2f "$ratio")" "$verdict"
done

/usr/bin/time -o "$T/used" -f %M "${token[@]}" >/dev/null
memory=$(calc "$(<"$T/used") / 1024")
result 'peak memory in MiB' "$memory" 'at most' 16
row 'peak memory, MiB' "$(show %.1f "$memory")" - - "$verdict"
org_stop
unset PKCS11_MODULE_PATH ENGINE_KEY

figure_end 'Median of 21 ratios of neighbours; http on loopback, where the org answers at once. The usual script starts
11 processes. The shortest starts 6: its header is fixed, and bash cuts the padding off.'
