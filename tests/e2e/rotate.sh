# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh and agent.sh set variables, and tests use them
# For tests of rotate, after lib.sh and agent.sh: an app, its key and certificate, and the configuration that names them. Everything
# is made once, in T, and copied for each rotation.

# rotation_prepare: makes a token with two keys, the certificate of the first one, and the app that has it. The second one is for
# --new-key.
rotation_prepare() {
	prepared=$T
	token_new orders
	pair_new spare %02 rsa:2048
	SPARE_URI=$URI
	pair_new jwt-key %01 rsa:2048
	OLD_URI=$URI
	"$P11BEARER" cert -k "$URI" "${with_key[@]}" --subject '/O=Example/CN=orders' --days 90 --out "$T/old.pem" || exit 1
	"$P11BEARER" app init Orders --dir "$T/app" --certificate "$T/old.pem" --contact-email a@example.com \
		--permission-set Orders 2>/dev/null || exit 1
}

# rotation_new NAME [OPTION OF THE ORG…]: copies of all that in T/NAME, which becomes T, and an org with the app; rotation_conf then
# writes the configuration.
rotation_new() {
	T=$prepared/$1
	mkdir "$T" "$T/run" "$T/state"
	cp -a "$prepared/token" "$prepared/app" "$prepared/old.pem" "$T"
	export SOFTHSM2_CONF=$T/token/softhsm2.conf
	sed -i "s|^directories.tokendir = .*|directories.tokendir = $T/token/tokens|" "$SOFTHSM2_CONF"
	PIN_FILE=$T/token/pin
	with_key=(--module "$MODULE" --pin-from "file:$PIN_FILE")
	export STATE_DIRECTORY=$T/state
	SOCKET=$T/run/agent.sock
	orgs=()
	org_start --app "$T/app" --deploy-polls 0 --username '*@example.com' "${@:2}"
	conf=$T/agent.conf
	settings_file=$T/app/extlClntAppGlobalOauthSets/Orders.ecaGlblOauth-meta.xml
}

# rotation_conf [default|profile]: where key and certificate are. Odd blanks and comments, which must survive. Sets rotate, the
# command line without the times.
rotation_conf() {
	local key certificate
	key="key = ${OLD_URI//;/\\;}"
	certificate="certificate=  $T/old.pem"
	{
		printf '# all profiles\n\n[default]\n  # SoftHSM\n  module = %s\n' "$MODULE"
		[ "${1:-profile}" = profile ] || printf '%s\n%s\n' "$key" "$certificate"
		printf 'pin-from = file:%s\nclient-id\t=\tCLIENT\ninstance-url = %s\nsocket = %s\nlogins-per-hour = 3600\n\n' \
			"$PIN_FILE" "$ORG" "$SOCKET"
		printf '[last-year]\nkey = pkcs11:object=last%%20year\n\n[ orders ]\n'
		[ "${1:-profile}" = default ] || printf '# its key\n%s\n\n%s\n' "$key" "$certificate"
		printf 'username = user@example.com\n\n[elsewhere]\nlifetime = 120\n# the end, without a newline'
	} >"$conf"
	chmod 600 "$conf"
	rotate=(rotate "$T/app" --config "$conf" --profile orders)
	cp -p "$conf" "$conf.before"
}

# configured KEY: its value in the profile, as the file has it; nothing if it has none.
configured() {
	awk -v key="$1" '/^\[/ { inside = $0 ~ /^\[ *orders *\]/ }
		inside && $0 ~ "^ *" key "[ \t]*=" { sub(/^[^=]*=[ \t]*/, ""); print }' "$conf" | sed 's/\\;/;/g; s/^"\(.*\)"$/\1/'
}
# other_lines: what differs between the configuration and what it was, except key and certificate in the profile.
other_lines() {
	diff "$conf.before" "$conf" | grep '^[<>\\]' | grep -vE '^[<>] *(key|certificate) *=' | paste -sd'|'
}
# exchange URI [N]: how N exchanges (2) with this key end: "accepted", "refused" (because of the key), or a mixture.
exchange() {
	local i
	for ((i = 0; i < ${2:-2}; i++)); do
		run token "${with_key[@]}" -k "$1" -i CLIENT -u user@example.com -r "$ORG"
		case $status in
		0) echo accepted ;;
		8) grep -o 'invalid_client' "$T/err" | head -n 1 | sed 's/invalid_client/refused/' ;;
		*) echo "exit status $status" ;;
		esac
	done | sort -u | paste -sd' '
}
# objects KIND [named]: how many there are on the token: 'Private Key', 'Public Key', 'Certificate'; named: that have a label.
objects() {
	pkcs11-tool --module "${P11SHIM_MODULE:-$MODULE}" --login --pin "$(<"$PIN_FILE")" --token-label orders --list-objects 2>/dev/null |
		awk -v kind="^$1 Object" -v what="${2:-all}" '/^[^ ]/ { inside = $0 ~ kind; all += inside }
		inside && /^  label: +[^ ]/ { named++ } END { print (what == "named" ? named : all) + 0 }'
}
# certificate_in FILE: the fingerprint of the certificate in the app's settings file, or in a certificate.
certificate_in() {
	sed -n '/-----BEGIN/,/-----END/p' "$1" | sed 's/.*\(-----BEGIN\)/\1/; s/\(-----END CERTIFICATE-----\).*/\1/' |
		openssl x509 -noout -fingerprint -sha256 2>&1
}
# journals [PATTERN]: how many files there are in the journal's folder.
journals() { find "$STATE_DIRECTORY" -type f -name "${1:-*}" | wc -l; }
