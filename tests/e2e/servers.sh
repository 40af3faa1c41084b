# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# servers.test sources this file, after lib.sh: a row against its double. It wants URI, with_key and T/certificate.pem.

row='' args=() # the row in use, and the options for it

tested=() # names of rows
# server NAME DEMANDED… -- OPTIONS…: starts the double of the server with these options. Sets args to the options for what the
# row demands. Each DEMANDED is NAME=VALUE, such as client-id=app or set.tenant=contoso; the row must demand just these.
server() {
	local pair name=$1 wanted=''
	shift
	args=(-k "$URI" "${with_key[@]}" --server "$name" --retries 0)
	while [ "$1" != -- ]; do
		pair=$1
		wanted+=${pair%%=*}$'\n'
		case $pair in
		set.* | form.* | claim.* | header.*) args+=("--${pair%%.*}" "${pair#*.}") ;;
		*) args+=("--${pair%%=*}" "${pair#*=}") ;;
		esac
		shift
	done
	row=$name
	tested+=("$row")
	works "$row: it is listed" -- servers "$row" --json
	is "$row: this must be set" "$(jq -r '.required | sort | join(" ")' "$T/out")" "$(sort <<<"${wanted%$'\n'}" | xargs)"
	shift
	server_start "$name" "$@"
}

# The claims with times as distances: exp and nbf from iat, iat from the server's clock in minutes; and whether jti is random.
# shellcheck disable=SC2016 # for jq
relative='(.time | fromdate) as $now | .claims | .iat as $iat
	| if $iat then .exp -= $iat | .iat = (($now - $iat) / 60 | floor) else .exp = "later" end
	| if .nbf then .nbf -= $iat else . end
	| if .jti then .jti |= test("^[A-Za-z0-9_-]{22}$") else . end'

# gets HEADER CLAIMS FIELDS: gets a bearer with a request that has exactly these. They are JSON; the double replaces the values of
# secret fields.
gets() {
	works "$row: a bearer" -- token "${args[@]}"
	sent "$@"
	check "$row: which is the server's" jq -e '.access_token | length == 76 and startswith("00D000000000001!")' "$T/out"
}
# sent HEADER CLAIMS [FIELDS]: the last request had these.
sent() {
	is "$row: the header is exact" "$(org_saw '.[-1].header' | jq -cS .)" "$(jq -cS . <<<"$1")"
	is "$row: the claims are exact" "$(org_saw ".[-1] | $relative" | jq -cS .)" "$(jq -cS . <<<"$2")"
	[ -z "${3-}" ] || is "$row: the fields are exact" "$(org_saw '.[-1].fields' | jq -cS .)" "$(jq -cS . <<<"$3")"
}
# lasts SECONDS: what the output says about the bearer's life; "null" for nothing.
lasts() { is "$row: its lifetime" "$(jq .expires_in "$T/out")" "$1"; }

# refused STATUS WORDS ADVICE OPTION…: the server refuses in these words, and the program adds this advice.
refused() {
	local words=$1 advice=$2
	shift 2
	refuses "$row: refused, with the server's words and advice" 8 "$words" "$advice" -- token "${args[@]}" "$@"
}
