# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets wrapper and status
# Tests of doctor source this file too: a machine in which nothing is wrong, and what doctor finds.

# machine_new: from here on, the program runs on a machine whose swap is in memory only and whose clock is synchronised; a test
# breaks it by writing to the files below $machine.
machine_new() {
	machine=$T/machine
	mkdir -p "$machine/proc/sys/kernel" "$machine/sys/class/block/zram0"
	printf '%s\n' 'Filename Type Size Used Priority' '/dev/zram0 partition 1048572 0 100' >"$machine/proc/swaps"
	echo core >"$machine/proc/sys/kernel/core_pattern"
	echo none >"$machine/sys/class/block/zram0/backing_dev"
	echo '0 1500' >"$machine/adjtimex" # status and maxerror
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	wrapper=(env "LD_PRELOAD=$DOUBLES/p11bearer-machine.so" "P11MACHINE=$machine" "${wrapper[@]}")
}

# A build with sanitizers makes its process dumpable, which doctor reports.
ignored=
! grep -q __asan_init "$P11BEARER" || ignored=protection.core

# statuses: of all checks in T/out, as one object.
statuses() { jq -cS '[.checks[] | {"\(.group).\(.name)": .status}] | add' "$T/out"; }

# healthy NAME EXCEPT… -- ARGUMENTS…: doctor finds nothing wrong; the checks that begin with one of EXCEPT may be skipped. What it
# finds is what broken compares with.
healthy() {
	local name=$1 may='^key\.attested$' # without --require-attested
	shift
	while [ "$1" != -- ]; do may+="|^${1/./\\.}"; shift; done
	shift
	run doctor --json "$@"
	is "$name: exit status" "$status" 0
	is "$name: nothing is wrong" "$(jq -c --arg may "$may" --arg ignored "$ignored" '[.checks[] | select(.status != "ok") |
		select("\(.group).\(.name)" != $ignored) |
		select((.status == "skipped" and ("\(.group).\(.name)" | test($may))) | not) | [.group, .name, .text]]' "$T/out")" '[]'
	healthy=$(statuses)
}

# broken NAME CHECK STATUS EXIT TEXT STEP -- ARGUMENTS…: the check has this status, text and next step; each other check is as in
# the healthy case, or needs one that is skipped or failed. CHECK is "group.name".
broken() {
	local name=$1 check=$2 wanted=$3 exit=$4 text=$5 step=$6 found
	shift 7
	run doctor --json "$@"
	is "$name: exit status" "$status" "$exit"
	found=$(jq -r --arg check "$check" '.checks[] | select("\(.group).\(.name)" == $check) | "\(.status)\t\(.text)\t\(.step)"' "$T/out")
	if [ "${found%%$'\t'*}" = "$wanted" ] && [[ $(cut -f2 <<<"$found") == *"$text"* ]] && [[ $(cut -f3 <<<"$found") == *"$step"* ]]; then
		pass "$name: $check"
	else
		fail "$name: $check" "found: $found" "wanted: $wanted, $text, $step"
	fi
	is "$name: nothing else is wrong" "$(jq -c --argjson healthy "$healthy" --arg check "$check" '[.checks[] |
		select("\(.group).\(.name)" != $check and .status != $healthy["\(.group).\(.name)"]) |
		select((.status == "skipped" and (.text | startswith("needs "))) | not) | [.group, .name, .text]]' "$T/out")" '[]'
}
