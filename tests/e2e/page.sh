# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Sourced after lib.sh by tests that run the commands of p11bearer-tokens(7) as they stand there, in the folder T/page. Their
# settings of the server come from the environment.

# typed WORDS…: runs bash -c WORDS… on a terminal, where what asks for a PIN gets PAGE_PIN, and what asks for a management key gets
# PAGE_KEY. The exit status is the command's.
typed() { expect "$T/page.exp" "$@"; }
cat >"$T/page.exp" <<'EXPECT'
set timeout 100
spawn -noecho bash -c [lindex $argv 0]
set tty $spawn_out(slave,name)
proc type {text} {
	global tty prompts
	# What is typed before the echo is off is thrown away.
	for {set tries 0} {![regexp {\s-echo\s} [exec stty -a <$tty]]} {after 20} {if {[incr tries] > 3000} {exit 92}}
	send -- "$text\r"
	if {[incr prompts] >= 8} {exit 91}
}
expect {
	-nocase -re {management key of [^\r\n]*: ?$} {type $env(PAGE_KEY); exp_continue}
	-nocase -re {PIN[^\r\n]*: ?$} {type $env(PAGE_PIN); exp_continue}
	eof {}
	timeout {exit 90}
}
exit [lindex [wait] 3]
EXPECT
mkdir "$T/bin" "$T/page"
# shellcheck disable=SC2154 # lib.sh sets it
printf '#!/bin/sh\ncd %q && exec %s "$@"\n' "$T/page" "${wrapper[*]} $P11BEARER" >"$T/bin/p11bearer"
chmod +x "$T/bin/p11bearer"
export P11BEARER_CLIENT_ID=CLIENT P11BEARER_USERNAME=user@example.com P11BEARER_INSTANCE_URL=https://example.com
PATH=$T/bin:$PATH

# page SECTION FROM TO: the section's commands in p11bearer-tokens(7), with FROM in them the path TO.
page() {
	local commands command
	if ! command -v mandoc >/dev/null || ! command -v expect >/dev/null; then
		skip "p11bearer-tokens(7), $1" 'mandoc or expect is not installed'
		return
	fi
	mapfile -t commands < <("$SOURCE/tests/displays" p11bearer-tokens.7 "$1" | sed -z 's/\\\n *//g' | sed -n 's/^\$ //p')
	check "p11bearer-tokens(7), $1: there are commands" test "${#commands[@]}" -ge 4
	for command in "${commands[@]}"; do
		check "p11bearer-tokens(7): $command" typed "${command//$2/$3}"
	done
}
