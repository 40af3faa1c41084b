# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Every end-to-end test sources this file: it provides a folder, a token, the loopback org, and TAP on stdout.
# "make check" sets P11BEARER (the built program), DOUBLES (the folder of the test doubles) and SOURCE (the source tree).
# P11BEARER_WRAPPER, such as "valgrind -q --error-exitcode=99", is put before the program.
# Nothing here prints the program's stdout, which may be a bearer: the output of tests is kept on disk.

set -u
: "${P11BEARER:?is set by make check}" "${DOUBLES:?is set by make check}" "${SOURCE:?is set by make check}"
[ -n "${TEST_STARTED:-}" ] || exec "$SOURCE/tests/start" "$0"
read -ra wrapper <<<"${P11BEARER_WRAPPER:-}"

T=$(mktemp -d) # all files of the test; T/out and T/err are the output of the last run
export HOME=$T/home
mkdir "$HOME"
touch "$T/out" "$T/err"

# The program refuses modules in a directory that others can write to, which the build directory may be.
mkdir "$T/doubles"
ln -s "$DOUBLES"/* "$T/doubles"
cp --remove-destination "$DOUBLES"/*.so "$T/doubles"
DOUBLES=$T/doubles

count=0
orgs=()

# A child that gets a signal before exec runs these traps too, and must not clean up.
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

# check NAME COMMAND…: passes if the command succeeds. Its stdout is not shown.
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

# run ARGUMENTS…: runs the program with its output in T/out and T/err; sets and returns status.
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

# shellcheck disable=SC2120 # the label is optional
# token_new [LABEL]: makes a SoftHSM token in T/token; sets SOFTHSM2_CONF, MODULE, TOKEN, PIN_FILE. Each call adds a token.
token_new() {
	local settings
	settings=$("$SOURCE/softhsm/new-token" --another "$T/token" "${1:-test}") || exit 1
	eval "$settings"
	with_key=(--module "$MODULE" --pin-from "file:$PIN_FILE")
}

# part N: part N of the assertion in T/out, decoded.
part() {
	local text
	text=$(cut -d. -f"$1" "$T/out" | tr -- '-_' '+/')
	while [ $((${#text} % 4)) != 0 ]; do text+='='; done
	base64 -d <<<"$text"
}
# verify [FILE]: verifies its signature with OpenSSL and the public key in FILE (T/public.pem), by the algorithm in its header.
verify() {
	local alg
	alg=$(part 1 | jq -r .alg)
	part 3 >"$T/signature"
	cut -d. -f1,2 "$T/out" | tr -d '\n' >"$T/input"
	case $alg in
	RS*) set -- "${1:-$T/public.pem}" ;;
	PS*) set -- "${1:-$T/public.pem}" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sigopt "rsa_mgf1_md:sha${alg#PS}" ;;
	ES*) der_signature && set -- "${1:-$T/public.pem}" ;;
	*) return 1 ;;
	esac
	openssl dgst "-sha${alg#??}" -verify "$@" -signature "$T/signature" "$T/input"
}
# der_signature: makes DER, as OpenSSL wants it, of R and S in T/signature, which have one length for each curve.
der_signature() {
	local hex half
	hex=$(basenc --base16 -w0 "$T/signature")
	half=$((${#hex} / 2))
	case $alg:$half in ES256:64 | ES384:96 | ES512:132) ;; *) return 1 ;; esac
	printf 'asn1=SEQUENCE:pair\n[pair]\nr=INTEGER:0x%s\ns=INTEGER:0x%s\n' "${hex::half}" "${hex:half}" >"$T/pair"
	openssl asn1parse -genconf "$T/pair" -noout -out "$T/signature"
}

# others_leak: from here on, ignores leaks, because the test uses third-party modules.
others_leak() {
	export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
	wrapper=("${wrapper[@]/#--leak-check=*/--leak-check=no}")
}

# key_new LABEL [ID]: makes a key on the token of token_new; sets URI to its full URI. ID as in a URI, such as %01.
key_new() {
	URI=$("$P11BEARER" keygen "pkcs11:token=$TOKEN;object=$1${2:+;id=$2}" "${with_key[@]}") || exit 1
}

# pair_new LABEL ID TYPE: puts a key that openssl has made on the token; sets URI. ID as in a URI, such as %01; TYPE is rsa:BITS or
# a curve, such as P-256. Its public half is in T/LABEL.pub.
pair_new() {
	local options=(-algorithm EC -pkeyopt "ec_paramgen_curve:$3")
	[[ $3 != rsa:* ]] || options=(-algorithm RSA -pkeyopt "rsa_keygen_bits:${3#rsa:}")
	openssl genpkey "${options[@]}" -out "$T/pair.pem" 2>/dev/null &&
		openssl pkey -in "$T/pair.pem" -pubout -out "$T/$1.pub" &&
		softhsm2-util --import "$T/pair.pem" --label "$1" --id "${2//%/}" --pin "$(<"$PIN_FILE")" --token "$TOKEN" >/dev/null || exit 1
	URI="pkcs11:token=$TOKEN;id=$2;object=$1"
}

# listed FILE: a listing by pkcs11-tool in the form of OpenSC 0.23. OpenSC 0.27 prints points on several lines, and ids as
# "1 (0x01)" or with colons.
listed() {
	sed -zE 's/EC Point: /EC_POINT: /g; :join; s/(EC_POINT: +[0-9a-f]+)\n +([0-9a-f]+\n)/\1\2/; t join
		s/(ID: +)[0-9]+ \(0x([0-9a-f]+)\)/\1\2/g; :colon; s/(ID: +[0-9a-f]+):([0-9a-f])/\1\2/g; t colon' "$1"
}

# certificate_new FILE: makes a certificate for the key in URI.
certificate_new() {
	"$P11BEARER" cert -k "$URI" "${with_key[@]}" --subject /CN=test --out "$1" || exit 1
}

# org_start OPTIONS…: starts the loopback org with client id CLIENT and user user@example.com; sets ORG (its URL), org_pid and
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

# server_start NAME OPTIONS…: starts the double of another vendor's server, as org_start does. The program reaches it under that
# vendor's host names, because the environment now names a proxy that leads there, and its CA.
server_start() {
	mkdir -p "$T/tls-${#orgs[@]}"
	export P11BEARER_CACERT=$T/tls-${#orgs[@]}/ca.pem
	org_start --server "$1" --tls "${P11BEARER_CACERT%/*}" "${@:2}"
	proxy to "${ORG#https://}"
	export https_proxy=http://127.0.0.1:$port
}

# claims: prints what "jwt" and "token" need to reach the org, one word per line: mapfile -t base < <(claims).
claims() { printf '%s\n' -k "$URI" -i CLIENT -u user@example.com -r "$ORG"; }

# proxy WORD…: starts tests/doubles/proxy.py; sets port and proxy_log (a file with a line for each request).
proxy() {
	rm -f "$T/proxy.port"
	mkfifo "$T/proxy.port"
	proxy_log=$T/proxy-${#orgs[@]}.log
	python3 "$SOURCE/tests/doubles/proxy.py" "$@" >"$T/proxy.port" 2>"$proxy_log" &
	orgs+=($!)
	read -r port <"$T/proxy.port"
	[ -n "$port" ] || exit 1
}
