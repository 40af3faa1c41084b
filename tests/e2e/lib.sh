# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What every end-to-end test begins with: a folder of its own, a token, the loopback org, and TAP on stdout.
# "make check" sets P11BEARER (the built program), DOUBLES (the folder of the test doubles) and SOURCE (the source tree).
# P11BEARER_WRAPPER, such as "valgrind -q --error-exitcode=99", is put before the program.
# Nothing here prints what the program wrote on stdout: it may be a bearer, and the output of tests is kept on disk.

set -u
: "${P11BEARER:?is set by make check}" "${DOUBLES:?is set by make check}" "${SOURCE:?is set by make check}"
[ -n "${TEST_STARTED:-}" ] || exec "$SOURCE/tests/start" "$0"
read -ra wrapper <<<"${P11BEARER_WRAPPER:-}"

T=$(mktemp -d) # all files of the test; T/out and T/err are what the program wrote last
export HOME=$T/home
mkdir "$HOME"
touch "$T/out" "$T/err"

# The program loads no module from a directory that others can write to, as the one it was built in may be.
mkdir "$T/doubles"
ln -s "$DOUBLES"/* "$T/doubles"
cp --remove-destination "$DOUBLES"/*.so "$T/doubles"
DOUBLES=$T/doubles

count=0
orgs=()

# A child that gets a signal before it has become its program runs these traps too: then nothing is to be cleaned up.
cleanup() {
	[ "$BASHPID" = $$ ] || return
	for pid in "${orgs[@]}"; do kill "$pid" 2>/dev/null; done
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

# pass NAME; fail NAME [WHY…]
pass() { count=$((count + 1)); echo "ok $count - $1"; }
fail() {
	count=$((count + 1))
	echo "not ok $count - $1"
	shift
	printf '%s\n' "$@" | sed 's/^/# /'
}
skip() { count=$((count + 1)); echo "ok $count - $1 # SKIP $2"; }
done_testing() { echo "1..$count"; }

# check NAME COMMAND…: passes when the command succeeds. Its stdout is not shown.
check() {
	local name=$1
	shift
	if "$@" >/dev/null 2>"$T/check.err"; then pass "$name"; else fail "$name" "failed: $1" "$(head -c 2000 "$T/check.err")"; fi
}
# is NAME GOT WANTED: compares two words. Not for secrets: it shows them.
is() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got:    $2" "wanted: $3"; fi; }
# same NAME GOT WANTED: the same for secrets.
same() { if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "the two are not the same"; fi; }
# has NAME FILE TEXT; lacks NAME FILE TEXT: fixed text in a file.
has() { if grep -qF -- "$3" "$2"; then pass "$1"; else fail "$1" "not found: $3"; fi; }
lacks() { if grep -qF -- "$3" "$2"; then fail "$1" "found: $3"; else pass "$1"; fi; }

# run ARGUMENTS…: the program, its output in T/out and T/err; sets and returns status.
run() {
	"${wrapper[@]}" "$P11BEARER" "$@" >"$T/out" 2>"$T/err" </dev/null
	status=$?
	return $status
}

# works NAME -- ARGUMENTS…: exit status 0.
works() {
	local name=$1
	shift 2
	if run "$@"; then pass "$name"; else fail "$name" "exit status $status" "$(head -c 2000 "$T/err")"; fi
}

# refuses NAME STATUS TEXT… -- ARGUMENTS…: that exit status, each text on stderr, nothing on stdout.
refuses() {
	local name=$1 wanted=$2 texts=() text
	shift 2
	while [ "$1" != -- ]; do texts+=("$1"); shift; done
	shift
	run "$@"
	if [ "$status" != "$wanted" ]; then
		fail "$name" "exit status $status instead of $wanted" "$(head -c 2000 "$T/err")"
		return
	fi
	if [ -s "$T/out" ]; then fail "$name" "there is output on stdout"; return; fi
	for text in "${texts[@]}"; do
		grep -qF -- "$text" "$T/err" || { fail "$name" "not on stderr: $text" "$(head -c 2000 "$T/err")"; return; }
	done
	pass "$name"
}

# shellcheck disable=SC2120 # the label may be left out
# token_new [LABEL]: a SoftHSM token in T/token; sets SOFTHSM2_CONF, MODULE, TOKEN, PIN_FILE. Again: one more token.
token_new() {
	local settings
	settings=$("$SOURCE/softhsm/new-token" --another "$T/token" "${1:-test}") || exit 1
	eval "$settings"
	with_key=(--module "$MODULE" --pin-from "file:$PIN_FILE")
}

# part N: the N-th part of the assertion in T/out, decoded.
part() {
	local text
	text=$(cut -d. -f"$1" "$T/out" | tr -- '-_' '+/')
	while [ $((${#text} % 4)) != 0 ]; do text+='='; done
	base64 -d <<<"$text"
}
# verify [FILE]: OpenSSL's word on its signature, by the public key in FILE (T/public.pem).
verify() {
	part 3 >"$T/signature"
	cut -d. -f1,2 "$T/out" | tr -d '\n' >"$T/input"
	openssl dgst -sha256 -verify "${1:-$T/public.pem}" -signature "$T/signature" "$T/input"
}

# others_leak: from here on modules are used that are not ours to mend.
others_leak() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	wrapper=("${wrapper[@]/#--leak-check=*/--leak-check=no}")
}

# key_new LABEL [ID]: a key on the token of token_new; sets URI to its full URI. ID as in a URI, such as %01.
key_new() {
	URI=$("$P11BEARER" keygen "pkcs11:token=$TOKEN;object=$1${2:+;id=$2}" "${with_key[@]}") || exit 1
}

# certificate_new FILE: a certificate for the key in URI.
certificate_new() {
	"$P11BEARER" cert -k "$URI" "${with_key[@]}" --subject /CN=test --out "$1" || exit 1
}

# org_start OPTIONS…: the loopback org with client id CLIENT and user user@example.com; sets ORG (its URL), org_pid and
# org_log (a file of JSON lines).
org_start() {
	org_log=$T/org-${#orgs[@]}.log
	: >"$org_log"
	rm -f "$T/org.url"
	mkfifo "$T/org.url"
	"$DOUBLES/loopback-org" --client-id CLIENT --username user@example.com --log "$org_log" "$@" >"$T/org.url" &
	org_pid=$!
	orgs+=("$org_pid")
	read -r ORG <"$T/org.url" || exit 1
}

# org_saw FILTER: jq over the org's log, all lines as one array.
org_saw() { jq -s "$1" "$org_log"; }

# claims: prints what "jwt" and "token" need to reach the org, a word a line: mapfile -t base < <(claims).
claims() { printf '%s\n' -k "$URI" -i CLIENT -u user@example.com -r "$ORG"; }

# proxy WORD…: tests/doubles/proxy.py; sets port and proxy_log (a file with a line for each request).
proxy() {
	rm -f "$T/proxy.port"
	mkfifo "$T/proxy.port"
	proxy_log=$T/proxy-${#orgs[@]}.log
	python3 "$SOURCE/tests/doubles/proxy.py" "$@" >"$T/proxy.port" 2>"$proxy_log" &
	orgs+=($!)
	read -r port <"$T/proxy.port"
	[ -n "$port" ] || exit 1
}
