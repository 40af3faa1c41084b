# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 6. A network HSM: the shim delays each C_* call. tests/bench/plots draws the rates.

figure 6 'A network HSM: a cold jwt' 'latency of each call, ms' 'cold jwt, ms' 'over calls x latency'

token_new latency
cold=("$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$shim")
calls=$(shim_calls "${cold[@]}")
cold() { seconds "${cold[@]}"; }
# delay LATENCY: of each call from now on, in milliseconds.
delay() { export P11SHIM_FAULTS=any=delay:0.0$(($1 / 10))$(($1 % 10)); }

for latency in 1 5 20; do
	delay $latency
	alternate 7 cold >"$T/rounds"
	cold_time=$(median_of '$1' "$T/rounds")
	cold_ratio=$(calc "$cold_time / ($calls * $latency / 1000)")
	result "cold jwt over calls x latency, $latency ms" "$cold_ratio"
	row $latency "$(show %.0f "1000 * $cold_time")" "$(show %.2f "$cold_ratio")"
done
unset P11SHIM_FAULTS
figure_end "A cold jwt makes $calls calls. Medians of 7 runs."

many=(1 2 4 8 16 32)
figure 6 'A network HSM: signatures per second, by number of sessions' 'latency of each call, ms' "${many[@]}" \
	'8 sessions over 1' ideal '32 sessions over 1' ideal
# sessions N COUNT
sessions() { batch_rate jwt "$2" "$shim" --sessions "$1"; }
# ideal N: how many times the rate of one session, until the cores are full.
ideal() { show %.1f "$1 * $one < $full ? $1 : $full / $one"; }

for latency in 0 1 5 20; do
	# Two calls a signature: runs of a second or so, and enough lines that the first and the last wave do not count for much.
	# No more lines than the cores can sign in a second.
	alone=1000
	if [ $latency != 0 ]; then
		delay $latency
		alone=$((10 + 300 / latency))
	fi
	runs=()
	for count in "${many[@]}"; do
		lines=$((count * alone))
		[ $lines -le 3000 ] || lines=3000
		runs+=("sessions $count $lines")
	done
	alternate 3 "${runs[@]}" >"$T/rounds"
	unset P11SHIM_FAULTS
	rates=()
	for i in "${!many[@]}"; do
		rate=$(median_of "\$$((i + 1))" "$T/rounds")
		rates+=("$(show %.0f "$rate")")
		result "signatures per second, $latency ms, ${many[i]} sessions" "$rate"
	done
	one=$(median_of '$1' "$T/rounds")
	# Without latency: what the cores give at most.
	[ $latency != 0 ] || full=$(printf '%s\n' "${rates[@]}" | sort -g | tail -n 1)
	eight=$(median_of '$4 / $1' "$T/rounds")
	most=$(median_of '$6 / $1' "$T/rounds")
	result "8 sessions over 1, $latency ms" "$eight"
	result "32 sessions over 1, $latency ms" "$most"
	row $latency "${rates[@]}" "$(show %.1f "$eight")" "$(ideal 8)" "$(show %.1f "$most")" "$(ideal 32)"
done

figure_end "A signature makes 2 calls. The ideal rate grows with the number of sessions until the $cores cores are full, which is at
$full signatures per second here. Medians of 3 runs."
