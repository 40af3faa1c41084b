# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 6. A token far away: the shim delays each C_* call.

figure 6 'A network HSM: latency of each C_* call' 'latency, ms' 'cold jwt, ms' 'over calls x latency' '1 session, 1/s' \
	'8 sessions over 1' 'ideal' '32 sessions over 1' 'ideal'

token_new latency
cold=("$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$shim")
calls=$(shim_calls "${cold[@]}")
cold() { seconds "${cold[@]}"; }
# sessions N COUNT
sessions() { batch_rate jwt "$2" "$shim" --sessions "$1"; }

# What the cores give at most, when nothing waits.
alternate 7 'sessions 8 3000' >"$T/rounds"
full=$(median_of '$1' "$T/rounds")

for latency in 1 5 20; do
	export P11SHIM_FAULTS=any=delay:0.0$((latency / 10))$((latency % 10))
	alternate 7 cold >"$T/rounds"
	cold_time=$(median_of '$1' "$T/rounds")
	cold_ratio=$(calc "$cold_time / ($calls * $latency / 1000)")
	result "cold jwt over calls x latency, $latency ms" "$cold_ratio"
	# Two calls a signature: some 1 s each, and enough of them that the first and the last wave do not count for much.
	alone=$((20 + 300 / latency))
	alternate 7 "sessions 1 $alone" "sessions 8 $((8 * alone))" "sessions 32 $((32 * alone))" >"$T/rounds"
	eight=$(median_of '$2 / $1' "$T/rounds")
	many=$(median_of '$3 / $1' "$T/rounds")
	result "8 sessions over 1, $latency ms" "$eight"
	result "32 sessions over 1, $latency ms" "$many"
	one=$(median_of '$1' "$T/rounds")
	row $latency "$(show %.0f "1000 * $cold_time")" "$(show %.2f "$cold_ratio")" "$(show %.1f "$one")" \
		"$(show %.1f "$eight")" "$(show %.1f "8 * $one < $full ? 8 : $full / $one")" \
		"$(show %.1f "$many")" "$(show %.1f "32 * $one < $full ? 32 : $full / $one")"
	unset P11SHIM_FAULTS
done

figure_end "A cold jwt makes $calls calls. Ideal is as many times the rate as there are sessions, until the $cores cores are full, which is at
$(show %.0f "$full") signatures a second here. Medians of 7 ratios of neighbours."
