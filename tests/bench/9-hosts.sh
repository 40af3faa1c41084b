# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 9. Hosts that share a list by the recipe of p11bearer-batch(7). Each is a namespace with an sshd, and its token is like a
# network HSM: the shim delays each C_* call. What is measured is the whole recipe, from the list to the last answer.

figure 9 'One list on several hosts: 20 ms of latency added to each C_* call, 4 sessions per host' hosts lines 'from start to end, s' \
	'lines, 1/s' 'over one host' goal

reason=
for tool in parallel mandoc; do command -v $tool >/dev/null || reason="$tool is not installed"; done
[ -n "$reason" ] || "$source/tests/doubles/hosts" true 2>"$T/err" || reason=$(tail -n 1 "$T/err")
if [ -n "$reason" ]; then
	row - - - - - -
	figure_end "Not measured: $reason."
	return
fi

lines=6000 # 12 of the recipe's blocks: each host has the same number of them
# What the hosts have: a token, a profile, and the program with a module that is delayed. The recipe gives each host two batches.
for host in h1 h2 h3; do
	token_new $host
	mkdir -p "$T/hosts/$host/.config/softhsm2"
	cp "$SOFTHSM2_CONF" "$T/hosts/$host/.config/softhsm2"
	printf '%s\n' '[prod]' "module = $shim" "key = '$KEY'" "pin-from = file:$PIN_FILE" 'client-id = CLIENT' \
		'instance-url = https://example.com' 'sessions = 2' >"$T/hosts/$host/.config/p11bearer.conf"
done
printf '#!/bin/sh\nP11SHIM_MODULE=%q P11SHIM_FAULTS=any=delay:0.020 exec %q "$@"\n' "$MODULE" "$p11bearer" >"$T/far"
chmod +x "$T/far"
unset SOFTHSM2_CONF
seq $lines | sed 's/.*/{"username":"user&@example.com","ref":"&"}/' >"$T/list"
# The recipe. In lines of its own: the settings of ssh, and how the answers are merged.
"$source/tests/displays" p11bearer-batch.7 'GNU parallel' |
	awk -v folder="$T/" '/^Host / { file = "config" } /^#!/ { file = "spread" } /^umask / && ++umasks == 2 { file = "merge" }
		{ print >(folder file) }'

# On the machine that distributes the list: the seconds that the recipe takes with these hosts.
cat >"$T/distribute" <<'SCRIPT'
#!/bin/bash
set -eu
folder=$1
cp -r "$folder/hosts/." /run/hosts
cp "$folder/config" ~/.ssh/config
ln -s "$folder/far" /run/bin/p11bearer
sed "s/in h1 h2 h3;/in ${*:2};/" "$folder/spread" >/run/spread
begin=$EPOCHREALTIME
sh /run/spread "$folder/list" /run/answers
end=$EPOCHREALTIME
[ "$(grep -c '"assertion":' /run/answers)" = "$(wc -l <"$folder/list")" ]
echo "$begin $end" | awk '{ print $2 - $1 }'
SCRIPT
chmod +x "$T/distribute"
# distribute HOST…
distribute() { "$source/tests/doubles/hosts" "$T/distribute" "$T" "$@" 2>"$T/err" || die "hosts: $(tail -n 3 "$T/err")"; }

alternate 3 'distribute h1' 'distribute h1 h2 h3' >"$T/rounds"
ratio=$(median_of '$1 / $2' "$T/rounds")
one=$(median_of '$1' "$T/rounds")
three=$(median_of '$2' "$T/rounds")
result 'three hosts over one' "$ratio" 'at least' 2.7
row 1 $lines "$(show %.1f "$one")" "$(show %.0f "$lines / $one")" - -
row 3 $lines "$(show %.1f "$three")" "$(show %.0f "$lines / $three")" "$(show %.2f "$ratio")" "$verdict"
figure_end "GNU parallel gives each host two batches of 500 lines at a time, with 2 sessions each; a new batch connects with ssh and logs
in. A signature takes 2 calls, so 4 sessions make at most 100 signatures per second. Median of 3 ratios of neighbours."
