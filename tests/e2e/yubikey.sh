# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # tests use the variables
# Sourced after lib.sh by the tests of YubiKeys, which are virtual ones: tests/tokens/piv.

others_leak # the module
ykcs11=$(echo /usr/lib/*/libykcs11.so)
yubikey_pids=()
trap 'kill "${yubikey_pids[@]}" 2>/dev/null; cleanup' EXIT

# yubikey_new NAME: ends the YubiKey that there is, and starts an empty one. Sets yubikey (its folder), officer (options) and
# yubikey_with (likewise), and what tests/tokens/piv prints. If no YubiKey can start, all tests are skipped.
yubikey_new() {
	local settings
	yubikey_end
	yubikey=$T/$1
	if ! settings=$("$SOURCE/tests/tokens/piv" "$yubikey" empty 2>"$T/missing"); then
		echo "1..0 # SKIP $(tail -n 1 "$T/missing")"
		exit 0
	fi
	eval "$settings"
	yubikey_pids=("$PIV_PID" "$PCSCD_PID")
	(umask 077 && printf '%s' "$PIV_PIN" >"$T/user.pin" && printf '%s' "$PIV_MANAGEMENT_KEY" >"$T/officer.pin")
	with_module=(--module "$ykcs11")
	yubikey_with=("${with_module[@]}" --pin-from "file:$T/user.pin")
	officer=(--so-pin-from "file:$T/officer.pin")
	yubikey_mark
}
yubikey_end() {
	[ ${#yubikey_pids[@]} = 0 ] || kill "${yubikey_pids[@]}"
	yubikey_pids=()
}

# yubikey_has_policies: whether the module knows PIN and touch policies.
yubikey_has_policies() { [[ $(readlink -f "$ykcs11") != *.so.2.2.* ]]; }

# faults LINE…: what the YubiKey gets wrong from now on; nothing without a line.
faults() { if [ $# = 0 ]; then rm -f "$yubikey/faults"; else printf '%s\n' "$@" >"$yubikey/faults"; fi; }

# yubikey_mark; events: what has happened on the YubiKey since, except attestations, in one line.
yubikey_mark() { marked=$(wc -l <"$yubikey/events"); }
events() { sed "1,${marked}d" "$yubikey/events" | grep -v '^attested' | paste -sd,; }

# happened NAME WANTED: compares events, and marks the place.
happened() {
	is "$1" "$(events)" "$2"
	yubikey_mark
}
