# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # much is for the figures
# What the figures have in common: the folder $T, tokens, the org, measuring in turns, tables and results.json.
# Assertions and bearers go to /dev/null or to a helper that counts them, never to a file.

: "${build:?}" "${source:?}" "${here:?}"
export LC_ALL=C
umask 077
p11bearer=$build/p11bearer
shim=$build/tests/doubles/p11bearer-shim.so
cores=$(nproc)
ticks=$(getconf CLK_TCK)
orgs=()

die() { echo "bench: $*" >&2; exit 1; }

end_servers() { for pid in "${orgs[@]}"; do kill "$pid" 2>/dev/null || true; done; }

# prepare: the folder, an environment in which no configuration is found, the helpers that every figure may want.
prepare() {
	T=$(mktemp -d)
	trap 'rm -rf "$T"' EXIT
	trap 'exit 143' TERM INT
	export HOME=$T/home
	mkdir "$HOME"
	unset XDG_CONFIG_HOME CREDENTIALS_DIRECTORY SOFTHSM2_CONF OPENSSL_CONF http_proxy https_proxy HTTPS_PROXY ALL_PROXY all_proxy
	for name in $(compgen -e P11BEARER_) $(compgen -e P11SHIM_); do unset "$name"; done
	for file in "$p11bearer" "$shim" "$build/tests/doubles/loopback-org" "$build/libp11bearer.a"; do
		[ -e "$file" ] || die "$file is missing: make -C $build all doubles"
	done
	for tool in jq wrk valgrind curl pkcs11-tool openssl pkg-config ssh-agent /usr/bin/time; do
		command -v "$tool" >/dev/null || die "$tool is missing: softhsm/packages bench"
	done
	# OpenSSL 4 has no engines.
	engine=true
	openssl engine pkcs11 >/dev/null 2>&1 || engine=false
	echo 600 >"$T/patience"
	: >"$T/results"
	: >"$T/tables"
	compile pace
}

# compile NAME [FLAG…]: NAME.c of this folder to $T/NAME.
compile() {
	local name=$1
	shift
	"${CC:-cc}" -std=gnu17 -O2 -D_GNU_SOURCE -Wall -Wextra -o "$T/$name" "$here/$name.c" "$@"
}

# libraries: what libp11bearer.a wants to be linked with.
libraries() { pkg-config --libs libzip libxml-2.0 libcurl libp11 p11-kit-1 libcjson libbsd libssl libcrypto; }

# --- numbers ---

# calc EXPRESSION
calc() { awk "BEGIN { printf \"%.8g\", $1 }"; }
# show FORMAT EXPRESSION: the same for people.
show() { awk "BEGIN { printf \"$1\", $2 }"; }
# median: of the numbers on stdin, each on its own line.
median() { sort -g | awk '{ v[NR] = $1 } END { if (NR == 0) exit 1; print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'; }
# median_of EXPRESSION FILE: of an awk expression over the columns of each line, such as '$1 / $2'. The median of the ratios
# of neighbours, not the ratio of medians: what slows the machine for some seconds slows both.
median_of() { awk "function min(a, b) { return a < b ? a : b } { print $1 }" "$2" | median; }

# alternate ROUNDS COMMAND…: runs the commands in turns, every second round backwards, so that none is always the first.
# Each prints a number, or several; prints one line per round, with the numbers in the order of the commands.
alternate() {
	local rounds=$1 round i at numbers words
	shift
	for ((round = 0; round < rounds; round++)); do
		quiet
		numbers=()
		for ((i = 1; i <= $#; i++)); do
			at=$((round % 2 == 0 ? i : $# + 1 - i))
			read -ra words <<<"${!at}"
			numbers[at]=$("${words[@]}") || die "failed: ${!at}"
		done
		for ((i = 1; i <= $#; i++)); do printf '%s ' "${numbers[i]}"; done
		echo
	done
}

# quiet: waits until nothing else keeps the machine busy. After two minutes of waiting in all, it no longer waits, and says so,
# in the results too.
quiet() {
	local before after patience
	patience=$(<"$T/patience")
	while [ "$patience" -gt 0 ]; do
		before=$(idle)
		sleep 0.2
		after=$(idle)
		# Others may use a tenth of the ticks of all cores.
		if awk "BEGIN { exit !($after - $before >= 0.18 * $ticks * $cores) }"; then return; fi
		patience=$((patience - 1))
		echo $patience >"$T/patience"
	done
	[ -e "$T/busy" ] || echo 'bench: the machine is busy with something else: the figures will be off' >&2
	: >"$T/busy"
}
# idle: the ticks that the cores were idle for.
idle() { awk '/^cpu / { print $5 + $6 }' /proc/stat; }

# seconds COMMAND…: how long it takes, from start to end. Its output is dropped.
seconds() {
	local begin=$EPOCHREALTIME
	"$@" >/dev/null 2>"$T/err" || die "failed: $* ($(head -c 500 "$T/err"))"
	calc "$EPOCHREALTIME - $begin"
}

# --- what is measured ---

# token_new NAME: a SoftHSM token of that name with a key "signer"; sets MODULE, PIN_FILE, SOFTHSM2_CONF, and the
# arguments that "jwt" wants.
token_new() {
	local settings
	settings=$("$source/softhsm/new-token" "$T/$1" "$1") || exit 1
	eval "$settings"
	export SOFTHSM2_CONF
	KEY="pkcs11:token=$TOKEN;object=signer"
	# shellcheck disable=SC2153 # new-token prints MODULE
	"$p11bearer" keygen "$KEY" --module "$MODULE" --pin-from "file:$PIN_FILE" >/dev/null
	# The engine takes the newline at the end of a PIN file for a part of the PIN.
	printf %s "$(<"$PIN_FILE")" >"$PIN_FILE.bare"
	ENGINE_KEY="$KEY;pin-source=file:$PIN_FILE.bare"
	export P11SHIM_MODULE=$MODULE
	jwt=(-k "$KEY" -i CLIENT -u default@example.com --pin-from "file:$PIN_FILE")
	ORG=http://127.0.0.1:1 # until org_start: "jwt" sends nothing
}

# org_start OPTION…: the loopback org with that token's certificate and users userN@example.com; sets ORG and org_pid.
org_start() {
	[ -e "$PIN_FILE.pem" ] || "$p11bearer" cert -k "$KEY" --module "$MODULE" --pin-from "file:$PIN_FILE" --subject /CN=bench \
		--out "$PIN_FILE.pem"
	rm -f "$T/org.url"
	mkfifo "$T/org.url"
	"$build/tests/doubles/loopback-org" --client-id CLIENT --username default@example.com --username 'user*@example.com' \
		--certificate "$PIN_FILE.pem" "$@" >"$T/org.url" &
	org_pid=$!
	orgs+=("$org_pid")
	read -r ORG <"$T/org.url" || die 'the loopback org did not start'
}
org_stop() { stop "$org_pid"; }
# stop PID: ends one of orgs.
stop() {
	local pid left=()
	kill "$1"
	wait "$1" || true
	for pid in "${orgs[@]}"; do [ "$pid" = "$1" ] || left+=("$pid"); done
	orgs=("${left[@]}")
}

# agent_start: the agent, with that token and org, and the profile "bench" for all their users; sets agent_socket and agent_pid.
agent_start() {
	agent_socket=$T/agent.sock
	install -m 600 /dev/null "$T/agent.conf"
	printf '%s = %s\n' socket "$agent_socket" connections 2000 module "$MODULE" key "'$KEY'" pin-from "file:$PIN_FILE" \
		client-id CLIENT instance-url "$ORG" >>"$T/agent.conf"
	printf '[bench]\nallow-username = user*@example.com\nbearer-minutes = 100\n' >>"$T/agent.conf"
	[ -x "$T/load" ] || compile load
	(
		ulimit -n 4096
		exec "$p11bearer" agent --config "$T/agent.conf" 2>"$T/agent.err"
	) &
	agent_pid=$!
	orgs+=("$agent_pid")
}
agent_stop() { stop "$agent_pid"; }

# users COUNT: what --batch reads.
users() { seq -f '{"username":"user%.0f@example.com"}' "$1"; }

# batch_rate COMMAND COUNT MODULE OPTION…: lines per second of `COMMAND --batch`, once it runs steadily. Its CPU seconds and
# peak memory are in $T/used then.
batch_rate() {
	local command=$1 count=$2 module=$3
	shift 3
	users "$count" >"$T/users"
	/usr/bin/time -o "$T/used" -f '%U %S %M' "${program:-$p11bearer}" "$command" --batch "${jwt[@]}" -r "$ORG" --module "$module" "$@" \
		<"$T/users" 2>"$T/err" | "$T/pace" "$((count / 10))" "$count" ||
		die "$command --batch failed: $(head -c 500 "$T/err")"
}

# compile_meter: what cpu_of needs.
# shellcheck disable=SC2046 # one word per flag
compile_meter() { compile meter -shared -fPIC $(pkg-config --cflags p11-kit-1); }
# cpu_of COMMAND COUNT MODULE OPTION…: the CPU time of a line of `COMMAND --batch` in microseconds: that within C_SignInit and
# C_Sign, and that of the whole process. See meter.c.
cpu_of() {
	local command=$1 count=$2 module=$3
	shift 3
	users "$count" >"$T/users"
	BENCH_MODULE=$module BENCH_METER=$T/metered "${program:-$p11bearer}" "$command" --batch "${jwt[@]}" -r "$ORG" \
		--module "$T/meter" "$@" <"$T/users" >/dev/null 2>"$T/err" || die "$command --batch failed: $(head -c 500 "$T/err")"
	cat "$T/metered"
}
# share PART WHOLE: of two awk expressions over $T/rounds, in percent.
share() { show '%.0f %%' "100 * $(median_of "($1) / ($2)" "$T/rounds")"; }

# shim_calls COMMAND…: the C_* calls it makes through the shim, all but the one that asks for the table of functions.
shim_calls() {
	rm -f "$T/shim.log"
	P11SHIM_LOG=$T/shim.log "$@" >/dev/null 2>"$T/err" || die "failed: $* ($(head -c 500 "$T/err"))"
	grep ^C_ "$T/shim.log" | grep -vc ^C_GetFunctionList
}

# --- tables and results ---

# figure NUMBER TITLE COLUMN…: begins a table.
figure() {
	figure=$1
	title=$2
	shift 2
	columns=("$@")
	cells=("$@")
	echo "bench: figure $figure: $title" >&2
}
# row CELL…
row() {
	[ $# = ${#columns[@]} ] || die "a row of figure $figure has $# cells"
	cells+=("$@")
}
# result NAME VALUE ['at most'|'at least' GOAL]: goes to results.json; sets verdict, a cell for the table.
result() {
	local met=null
	verdict=-
	if [ $# = 4 ]; then
		met=$(awk "BEGIN { print ($2 $([ "$3" = 'at most' ] && echo '<=' || echo '>=') $4) ? \"true\" : \"false\" }")
		verdict="$3 $4: $([ "$met" = true ] && echo met || echo MISSED)"
	fi
	jq -nc --argjson figure "$figure" --arg title "$title" --arg name "$1" --argjson value "$2" --arg goal "${3:+$3 $4}" \
		--argjson met "$met" '{$figure, $title, $name, $value, goal: (if $goal == "" then null else $goal end), $met}' >>"$T/results"
}
# figure_end [NOTE]: prints the table, and keeps it for write_figures.
figure_end() { table "$@" | tee -a "$T/tables"; }
table() {
	local i width widths=() count=${#columns[@]} line
	for i in "${!cells[@]}"; do
		width=${#cells[i]}
		[ "$width" -le "${widths[i % count]:-0}" ] || widths[i % count]=$width
	done
	printf '\n## %s. %s\n\n' "$figure" "$title"
	for i in "${!cells[@]}"; do
		printf '| %-*s ' "${widths[i % count]}" "${cells[i]}"
		[ $((i % count)) = $((count - 1)) ] || continue
		echo '|'
		[ "$i" = $((count - 1)) ] || continue
		for width in "${widths[@]}"; do
			printf -v line '%*s' $((width + 2)) ''
			printf '|%s' "${line// /-}"
		done
		echo '|'
	done
	[ $# = 0 ] || printf '\n%s\n' "$1"
}

# measure SCRIPT: a figure. If it fails, the others are still measured.
measure() {
	local status
	set +e
	(
		set -e
		trap end_servers EXIT
		trap 'exit 143' TERM INT
		# shellcheck disable=SC1090 # one of the files beside this one
		. "$1"
	)
	status=$?
	set -e
	[ $status = 0 ] || failed+=("$(basename "$1")")
}

# write_results FILE: all results, and where they were measured.
write_results() {
	local version busy=false packages=(softhsm2 opensc libengine-pkcs11-openssl openssl libcurl4 libjwt-dev libjose-dev wrk curl)
	# Newer systems name the package of the library after its ABI.
	version=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' "${packages[@]}" libcurl4t64 2>/dev/null |
		sed -n 's/^installed //p' | paste -sd, | sed 's/,/, /g') || true
	[ ! -e "$T/busy" ] || busy=true
	jq -s --arg date "$(date -u +%F)" --arg machine "$(uname -m)" --arg cores "$cores" --arg versions "$version" \
		--arg system "$(. /etc/os-release && echo "$PRETTY_NAME")" --argjson busy "$busy" \
		--arg cpu "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)" --arg program "$("$p11bearer" --version | head -n 1)" \
		'{context: "\($program), measured on \($date) on \($machine), \($cores) cores of \($cpu), \($system), with \($versions)",
		$busy, results: .}' "$T/results" >"$1"
}

# write_figures RESULTS FILE: all tables as Markdown.
write_figures() {
	{
		printf '# Figures\n\n'
		echo "This is the output of \`make bench\` with $(jq -r .context "$1")." | fold -s -w 120 | sed 's/ $//'
		[ ! -e "$T/busy" ] || printf '\nThe machine was busy with something else, so the figures are off.\n'
		[ ${#failed[@]} = 0 ] || printf '\nSome could not be measured: %s.\n' "${failed[*]}"
		cat <<-'END'

		Only counts and ratios are comparable between machines; rates and times are for orientation. Each ratio is the median
		of the ratios of several rounds; in each round, the programs that are compared run in turn. A dash means that something
		cannot be measured, or has no goal.
		END
		cat "$T/tables"
	} >"$2"
}
