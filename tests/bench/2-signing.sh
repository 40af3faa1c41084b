# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 2. The rate of signatures of "jwt --batch", divided by that of a loop of C_SignInit and C_Sign; the division of its CPU time;
# and whole runs, compared with those of the loop.

figure 2 'Steady signing: jwt --batch over a bare C_SignInit/C_Sign loop' sessions 'loop, 1/s' 'without local check' goal \
	'with local check' goal

token_new signing
# shellcheck disable=SC2046 # one word per flag
compile loop $(pkg-config --cflags p11-kit-1) -ldl -lpthread
# The program without the check. The objects include those of the agent's program.
# shellcheck disable=SC2046
compile unchecked -I"$source/src" $(pkg-config --cflags p11-kit-1) -Wl,--wrap=alg_verifies "$build/src/main.o" "$build"/src/cmd/*.o \
	"$build/libp11bearer-agent.a" "$build/libp11bearer.a" $(libraries) $(pkg-config --libs libmicrohttpd) -lpthread -ldl -lm
# Without the check it hands out a signature that is wrong; else the figure would not be what it says.
P11SHIM_FAULTS=signature=flip "$T/unchecked" jwt "${jwt[@]}" -r "$ORG" --module "$shim" >/dev/null || die 'the check is still there'
! P11SHIM_FAULTS=signature=flip "$p11bearer" jwt "${jwt[@]}" -r "$ORG" --module "$shim" >/dev/null 2>&1 || die 'there is no check'

# Each takes sessions and count.
loop() { "$T/loop" "$MODULE" "$TOKEN" "$PIN_FILE" "$1" "$2"; }
checked() { batch_rate jwt "$2" "$MODULE" --sessions "$1"; }
unchecked() { program=$T/unchecked checked "$@"; }

for sessions in 1 2 4; do
	# About a second each.
	count=$(loop $sessions 500)
	count=${count%.*}
	alternate 7 "unchecked $sessions $count" "loop $sessions $count" "checked $sessions $count" >"$T/rounds"
	without=$(median_of '$1 / $2' "$T/rounds")
	with=$(median_of '$3 / $2' "$T/rounds")
	result "without local check, $sessions sessions" "$without" 'at least' 0.97
	verdict_without=$verdict
	result "with local check, $sessions sessions" "$with" 'at least' 0.93
	row $sessions "$(show %.0f "$(median_of '$2' "$T/rounds")")" "$(show %.3f "$without")" "$verdict_without" \
		"$(show %.3f "$with")" "$verdict"
done

figure_end 'Median of 7 ratios. Start-up is left out on both sides. "Without" is the same program, linked without the check of each signature
with the public key, which the loop does not do. With more than one session the ratios vary, because two cores sign, read and write
at the same time.'

figure 2 'CPU time of a signature of jwt --batch' sessions 'token, us' 'local check, us' 'rest of the program, us' token 'local check' rest

compile_meter
# Each takes sessions and count, and prints the time of the token and of the process.
cpu_checked() { cpu_of jwt "$2" "$MODULE" --sessions "$1"; }
cpu_unchecked() { program=$T/unchecked cpu_checked "$@"; }

for sessions in 1 2 4; do
	alternate 5 "cpu_checked $sessions 1000" "cpu_unchecked $sessions 1000" >"$T/rounds"
	inside=$(median_of '$1' "$T/rounds")
	rest=$(median_of '$4 - $3' "$T/rounds")
	local_check=$(median_of '$2 - $1 - ($4 - $3)' "$T/rounds")
	result "CPU time of the token, us, $sessions sessions" "$inside"
	result "CPU time of the local check, us, $sessions sessions" "$local_check"
	result "CPU time of the rest of the program, us, $sessions sessions" "$rest"
	row $sessions "$(show %.0f "$inside")" "$(show %.0f "$local_check")" "$(show %.0f "$rest")" \
		"$(share '$1' '$2')" "$(share '$2 - $1 - ($4 - $3)' '$2')" "$(share '$4 - $3' '$2')"
done

figure_end 'Medians of 5 runs of 1,000 lines, from the first signature to the end. The time of the token is that within C_SignInit and C_Sign, by
the CPU clocks of the threads that call them. The local check is the difference from the program without it. SoftHSM signs in the
process, so a token that is a device takes almost none of this time.'

figure 2 'Whole runs: jwt --batch compared with a bare process that makes as many signatures' 'lines' sessions 'loop, ms' 'jwt --batch, ms' \
	'beyond 1.15 x the loop, ms' goal

# Each takes sessions and count.
whole_loop() { seconds loop "$@"; }
whole_batch() { seconds "$p11bearer" jwt --batch "${jwt[@]}" -r "$ORG" --module "$MODULE" --sessions "$1" <"$T/users-$2"; }

for count in 1 10 100 1000; do
	users "$count" >"$T/users-$count"
	[ "$count" = 1000 ] && rounds=9 || rounds=21
	for sessions in 1 2; do
		alternate "$rounds" "whole_loop $sessions $count" "whole_batch $sessions $count" >"$T/rounds"
		beyond=$(calc "1000 * $(median_of '$2 - 1.15 * $1' "$T/rounds")")
		result "whole run of $count lines, $sessions sessions, ms beyond 1.15 x the loop" "$beyond" 'at most' 8
		row $count $sessions "$(show %.1f "1000 * $(median_of '$1' "$T/rounds")")" \
			"$(show %.1f "1000 * $(median_of '$2' "$T/rounds")")" "$(show %.1f "$beyond")" "$verdict"
	done
done

figure_end 'Median of 21 pairs of runs, of 9 with 1,000 lines, from the start to the end of each process. The 8 ms are for the libraries that only
the program loads.'
