# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 5. The rate of "token --batch", divided by the lower of two rates: that of the signatures ("jwt --batch" with the same
# sessions), and that of the org (wrk posts the same assertion again and again over as many connections). Then the division of
# the CPU time, and memory.

figure 5 'token --batch over the slower of jwt --batch and the org' 'token' users 'token, 1/s' 'jwt, 1/s' 'org, 1/s' \
	'over the slower' goal 'over the bound of the cores'

token_new batch

# org_seconds: the CPU seconds that the org has had.
org_seconds() { awk -v ticks="$ticks" '{ print ($14 + $15) / ticks }' "/proc/$org_pid/stat"; }

# The assertion is in wrk's environment. Without a jti the org takes it more than once.
# shellcheck disable=SC2016 # Lua
printf '%s\n' 'wrk.method = "POST"' 'wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"' \
	'wrk.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" .. os.getenv("ASSERTION")' \
	>"$T/post.lua"
# org_rate CONNECTIONS: and appends the CPU seconds per request of the org and of wrk to $T/org-cost and $T/http-cost.
org_rate() {
	local before requests
	before=$(org_seconds)
	ASSERTION=$("$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$MODULE" --no-jti) \
		/usr/bin/time -o "$T/used" -f '%U %S' wrk -t 1 -c "$1" -d 1 -s "$T/post.lua" "$ORG/services/oauth2/token" >"$T/wrk"
	! grep -qE 'Non-2xx|Socket errors' "$T/wrk" || die "the org refuses wrk: $(grep -E 'Non-2xx|Socket' "$T/wrk")"
	requests=$(awk '/requests in/ { print $1 }' "$T/wrk")
	echo "$(org_seconds) $before $requests" | awk '{ print ($1 - $2) / $3 }' >>"$T/org-cost"
	awk -v requests="$requests" '{ print ($1 + $2) / requests }' "$T/used" >>"$T/http-cost"
	awk '/^Requests\/sec/ { print $2 }' "$T/wrk"
}
# jwt_rate SESSIONS COUNT MODULE: and appends the CPU seconds per assertion to $T/sign-cost.
jwt_rate() {
	batch_rate jwt "$2" "$3" --sessions "$1"
	awk -v count="$2" '{ print ($1 + $2) / count }' "$T/used" >>"$T/sign-cost"
}
# token_rate SESSIONS COUNT MODULE PARALLEL
token_rate() { batch_rate token "$2" "$3" --sessions "$1" --parallel "$4"; }

# compare NAME SESSIONS COUNT MODULE PARALLEL ROUNDS
compare() {
	local ratio bound sign_cost org_cost http_cost sum
	rm -f "$T"/*-cost
	org_start # a new one each time: it remembers every jti
	alternate "$6" "token_rate $2 $3 $4 $5" "jwt_rate $2 $3 $4" "org_rate $5" >"$T/rounds"
	org_stop
	ratio=$(median_of '$1 / min($2, $3)' "$T/rounds")
	# What the cores can give when all that is done costs as much as its parts alone, and HTTP as little as with wrk.
	sign_cost=$(median <"$T/sign-cost")
	org_cost=$(median <"$T/org-cost")
	http_cost=$(median <"$T/http-cost")
	sum=$(calc "$sign_cost + $org_cost + $http_cost")
	bound=$(median_of "\$1 / min($cores / $sum, min(\$2, \$3))" "$T/rounds")
	result "$1, $3 users, over the bound of the cores" "$bound"
	result "$1, $3 users" "$ratio" 'at least' 0.9
	row "$1" "$3" "$(show %.0f "$(median_of '$1' "$T/rounds")")" "$(show %.0f "$(median_of '$2' "$T/rounds")")" \
		"$(show %.0f "$(median_of '$3' "$T/rounds")")" "$(show %.2f "$ratio")" "$verdict" "$(show %.2f "$bound")"
	[ "$6" = 1 ] || costs+="$1: $(show %.0f "1e6 * $sign_cost") + $(show %.0f "1e6 * $org_cost") + $(show %.0f "1e6 * $http_cost"); "
}

costs=
compare 'SoftHSM, 1 session' 1 2000 "$MODULE" 4 7
compare 'SoftHSM, 2 sessions' 2 4000 "$MODULE" 4 7
export P11SHIM_FAULTS='C_Sign=delay:0.005'
compare 'network HSM, 4 sessions' 4 1000 "$shim" 8 7
compare 'network HSM, 4 sessions' 4 10000 "$shim" 8 1
unset P11SHIM_FAULTS
compare 'SoftHSM, 1 session' 1 10000 "$MODULE" 4 1

figure_end "Median of 7 ratios; 10,000 users once. Token, program and org share $cores cores. What the parts cost alone, in CPU
microseconds of an assertion in jwt --batch + a request in the org + a request in wrk: ${costs%; }.
The bound is $cores cores / the sum of these, or the slower part's rate if that is lower. The network HSM is SoftHSM behind the
shim, whose C_Sign takes 5 ms more without using the CPU."

figure 5 'CPU time of a bearer of token --batch' 'token' 'token, us' 'program, us' 'org, us' token program org

[ -e "$T/meter" ] || compile_meter
# parts SESSIONS COUNT MODULE PARALLEL: prints the microseconds of the token, of the process and of the org.
parts() {
	local before ours
	before=$(org_seconds)
	ours=$(cpu_of token "$2" "$3" --sessions "$1" --parallel "$4")
	echo "$ours $(calc "1e6 * ($(org_seconds) - $before) / $2")"
}
# divide NAME SESSIONS COUNT MODULE PARALLEL
divide() {
	local all='($2 + $3)'
	org_start
	alternate 5 "parts $2 $3 $4 $5" >"$T/rounds"
	org_stop
	result "CPU time of the token, us, $1" "$(median_of '$1' "$T/rounds")"
	result "CPU time of the program, us, $1" "$(median_of '$2 - $1' "$T/rounds")"
	result "CPU time of the org, us, $1" "$(median_of '$3' "$T/rounds")"
	row "$1" "$(show %.0f "$(median_of '$1' "$T/rounds")")" "$(show %.0f "$(median_of '$2 - $1' "$T/rounds")")" \
		"$(show %.0f "$(median_of '$3' "$T/rounds")")" "$(share '$1' "$all")" "$(share '$2 - $1' "$all")" "$(share '$3' "$all")"
}
divide 'SoftHSM, 1 session' 1 2000 "$MODULE" 4
divide 'SoftHSM, 2 sessions' 2 4000 "$MODULE" 4
export P11SHIM_FAULTS='C_Sign=delay:0.005'
divide 'network HSM, 4 sessions' 4 1000 "$shim" 8
unset P11SHIM_FAULTS

figure_end 'Medians of 5 runs. The time of the token is that within C_SignInit and C_Sign, by the CPU clocks of the threads that call them; that of
the program is the rest of its process, from the first signature to the end; that of the org is what its process has used meanwhile,
in user mode and in the kernel.'

figure 5 'Memory does not grow with the batch' 'peak memory of token --batch' MiB goal
memory() {
	org_start
	batch_rate token "$1" "$MODULE" --sessions 2 --parallel 4 >/dev/null
	org_stop
	awk '{ print $3 / 1024 }' "$T/used"
}
memory 1000 >"$T/few"
memory 100000 >"$T/many"
few=$(<"$T/few")
many=$(<"$T/many")
ratio=$(calc "$many / $few")
result 'peak memory, 100,000 users over 1,000' "$ratio" 'at most' 1.05
row '1,000 users' "$(show %.1f "$few")" -
row '100,000 users' "$(show %.1f "$many")" -
row ratio "$(show %.2f "$ratio")" "$verdict"
figure_end
