# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # lib.sh sets wrapper
# The rows of hardware.table for a key of one kind: `alg` is the algorithm. hardware.test, hardware-ec.test and hardware-pss.test
# source this file.
. "${SOURCE:?}/tests/e2e/lib.sh"

# What the words with @ in the table are for this kind.
declare -A words
always='' made_as=() choose=(--alg "$alg")
case ${alg:?} in
RS256)
	choose=() # nothing, as most users do
	words=([@FIRST]=CKM_SHA256_RSA_PKCS [@LAST]=CKM_RSA_PKCS [@SIZE]='a key of 256' [@NUMBER]=CKA_MODULUS
		[@EXPONENT]=CKA_PUBLIC_EXPONENT [@READ]=1 [@KEY]='an RSA key of 2048 bits')
	;;
PS256)
	words=([@FIRST]=CKM_SHA256_RSA_PKCS_PSS [@LAST]=CKM_RSA_X_509 [@SIZE]='a key of 256' [@NUMBER]=CKA_MODULUS
		[@EXPONENT]=CKA_PUBLIC_EXPONENT [@READ]=3)
	;;
ES256)
	words=([@FIRST]=CKM_ECDSA_SHA256 [@LAST]=CKM_ECDSA [@SIZE]='a signature of 64' [@NUMBER]=CKA_EC_PARAMS [@EXPONENT]=CKA_EC_POINT
		[@READ]=2 [@KEY]='an EC key on curve P-256')
	always='mechanism+=CKM_ECDSA_SHA256' # SoftHSM lacks it
	made_as=(--type ec)
	;;
esac

token_new test
with_key+=("${choose[@]}")
URI=$("$P11BEARER" keygen "pkcs11:token=$TOKEN;object=signer;id=%01" --module "$MODULE" --pin-from "file:$PIN_FILE" "${made_as[@]}") || exit 1
certificate_new "$T/certificate.pem"
"$P11BEARER" cert -k "$URI" "${with_key[@]}" --subject /CN=test --store >"$T/out" || exit 1
openssl x509 -in "$T/certificate.pem" -noout -pubkey >"$T/public.pem"
PIN=$(<"$PIN_FILE")
export P11SHIM_MODULE=$MODULE P11SHIM_LOG=$T/shim.log
log=$P11SHIM_LOG
base=(--pin-from "file:$PIN_FILE" --module "$DOUBLES/p11bearer-shim.so")
key=(-k "pkcs11:token=$TOKEN;object=signer" "${base[@]}" "${choose[@]}" -v)
claims=(-i CLIENT -u user@example.com)
declare -A brief=([batch-brief]=--module-wait=1)
made=0

# complete COMMAND: whether what a command that succeeded has printed is all of it, and right.
complete() {
	case $1 in
	twice | thrice) [ "$(jq -r .token_type "$T/out")" = Bearer ] ;;
	batch) [ "$(grep -cE '^[^{]+\.[^.]+\.[^.]+$' "$T/out")" = 10 ] ;;
	keygen) [ "$(wc -l <"$T/out")" = 1 ] && grep -q "object=made$made" "$T/out" ;;
	cert | cert-store) openssl verify -CAfile "$T/out" "$T/out" >/dev/null 2>&1 ;;
	*) verify >/dev/null 2>&1 && [ "$(wc -l <"$T/out")" = 1 ] ;;
	esac
}
# command NAME: runs the program.
command_() {
	case $1 in
	jwt) run jwt "${key[@]}" "${claims[@]}" -r https://example.com ;;
	jwt-certificate) run jwt "${key[@]}" "${claims[@]}" -r https://example.com --certificate "$T/certificate.pem" ;;
	jwt-pad) run jwt -k "pkcs11:token=$TOKEN;object=signer" --module "$DOUBLES/p11bearer-shim.so" "${claims[@]}" \
		"${choose[@]}" -r https://example.com ;;
	jwt-hardware) run jwt "${key[@]}" "${claims[@]}" -r https://example.com --require-hardware ;;
	jwt-nonextractable) run jwt "${key[@]}" "${claims[@]}" -r https://example.com --require-nonextractable ;;
	twice)
		org_start --alg "$alg" --certificate "$T/certificate.pem" --fault 1:drop
		run token "${key[@]}" "${claims[@]}" -r "$ORG"
		kill "${org_pid:?}"
		;;
	thrice)
		org_start --alg "$alg" --certificate "$T/certificate.pem" --fault 1:drop,2:drop
		run token "${key[@]}" "${claims[@]}" -r "$ORG" --retries 2
		kill "${org_pid:?}"
		;;
	batch | batch-brief) # ten lines
		seq -f '{"username":"user%.0f@example.com"}' 10 >"$T/in"
		"${wrapper[@]}" "$P11BEARER" jwt --batch "${key[@]}" "${claims[@]}" -r https://example.com --sessions 1 \
			${brief[$1]:+"${brief[$1]}"} <"$T/in" >"$T/out" 2>"$T/err"
		status=$?
		;;
	cert-store) run cert "${key[@]}" --subject /CN=x --store ;;
	keygen) made=$((made + 1)) && run keygen "pkcs11:token=$TOKEN;object=made$made" "${base[@]}" "${made_as[@]}" -v ;;
	cert) run cert "${key[@]}" --subject /CN=x ;;
	esac
}
# logins: the answers to C_Login, * for CKR_OK.
logins() { sed -n 's/^C_Login \([^ ]*\).*/\1/p' "$log" | sed 's/^CKR_OK$/*/' | paste -sd' '; }
trim() { local text=$1; text=${text#"${text%%[! ]*}"}; echo "${text%"${text##*[! ]}"}"; }

rows=0
while IFS='|' read -r moment command faults wanted tries texts; do
	case $moment in '#'* | '') continue ;; esac
	moment=$(trim "$moment") command=$(trim "$command") faults=$(trim "$faults")
	wanted=$(trim "$wanted") tries=$(trim "$tries")
	# A moment may end in the algorithms that the row is for. Keys are made alike for RS256 and PS256.
	if [[ ($moment == *\[* && $moment != *\[*$alg*]) || $alg-$command == PS256-keygen ]]; then continue; fi
	for word in "${!words[@]}"; do
		faults=${faults//$word/${words[$word]}} texts=${texts//$word/${words[$word]}}
	done
	rows=$((rows + 1))
	name="$moment, $command, ${faults:-no fault}"
	: >"$log"
	export P11SHIM_FAULTS="$always;${faults//@PIN/$PIN}"
	# Only a call that never comes back is worth no patience: under valgrind others are slow.
	[[ $faults != *hang* ]] || export P11BEARER_MODULE_TIMEOUT=2
	command_ "$command"
	unset P11SHIM_FAULTS P11BEARER_MODULE_TIMEOUT
	problems=()
	[ "${status:?}" = "$wanted" ] || problems+=("exit status $status instead of $wanted")
	[ "$(logins)" = "${tries#-}" ] || problems+=("logins: $(logins)")
	if [ "$wanted" = 0 ]; then
		complete "$command" || problems+=('the output is not what it should be')
	elif [[ $command != batch* ]] && [ -s "$T/out" ]; then
		problems+=('there is output on stdout')
	fi
	while IFS= read -r text; do
		text=$(trim "$text")
		[ -z "$text" ] || grep -qF -- "$text" "$T/err" || problems+=("not on stderr: $text")
	done <<<"${texts//||/$'\n'}"
	grep -qF -- "$PIN" "$T/err" && problems+=('the PIN is on stderr')
	if [ ${#problems[@]} = 0 ]; then
		pass "$name"
	else
		fail "$name" "${problems[@]}" "$(head -c 3000 "$T/err")"
	fi
done <"$SOURCE/tests/e2e/hardware.table"
check 'the table has its rows' test "$rows" -ge 60
