# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # lib.sh sets variables, and tests use them
# For tests of the agent, after lib.sh: starts it, waits for what it says to systemd, and asks it with curl.

SOCKET=$T/run/agent.sock # in a folder that the agent makes
agents=0

# agent_conf: writes T/agent.conf with the settings of token_new, key_new and org_start, and what stdin adds: settings of [default],
# then profiles. Without agent_pin=no the PIN comes from its file.
agent_conf() {
	{
		printf '%s\n' '[default]' "module = ${agent_module:-$MODULE}" "key = ${URI//;/\\;}" \
			'client-id = CLIENT' "instance-url = $ORG" "socket = $SOCKET"
		[ "${agent_pin:-}" = no ] || echo "pin-from = file:$PIN_FILE"
		cat
	} >"$T/agent.new"
	chmod 600 "$T/agent.new"
	mv "$T/agent.new" "$T/agent.conf"
}

# agent_run OPTION…: starts the agent with T/agent.conf; its stderr goes to T/agent.err, and what it says to systemd to agent_wait.
# Sets agent_pid.
agent_run() {
	local command=("$P11BEARER") notify
	# Wrappers do not follow exec.
	[ ${#wrapper[@]} = 0 ] || command=("${wrapper[@]}" "${P11BEARER%/*}/p11bearer-agent")
	agents=$((agents + 1))
	notify=$T/notify-$agents
	mkfifo "$notify.fifo"
	python3 "$SOURCE/tests/doubles/log-socket.py" syslog "$notify" >"$notify.fifo" &
	orgs+=($!)
	[ -z "${agent_said:-}" ] || exec {agent_said}<&-
	exec {agent_said}<"$notify.fifo"
	agent_pid=
	agent_wait ready
	NOTIFY_SOCKET=$notify "${command[@]}" agent --config "$T/agent.conf" "$@" 2>"$T/agent.err" </dev/null &
	agent_pid=$!
	orgs+=("$agent_pid")
}

# agent_wait TEXT: waits until the agent says this to systemd, at most a minute, and not beyond its end.
agent_wait() {
	local line second
	for ((second = 0; second < 60; second++)); do
		while read -t 1 -r line <&"$agent_said"; do
			[[ $line != *"$1"* ]] || return 0
		done
		kill -0 "${agent_pid:-$$}" 2>/dev/null || break
	done
	echo "# the agent did not say: $1"
	sed 's/^/# /' "$T/agent.err"
	return 1
}

# shellcheck disable=SC2120 # options are optional
# agent_start OPTION…: starts the agent, and waits until it listens.
agent_start() {
	agent_run "$@"
	agent_wait 'READY=1'
}

# agent_ended: waits for the agent's end; sets status.
agent_ended() {
	wait "$agent_pid"
	status=$?
}

# agent_stop: ends the agent; sets status.
agent_stop() {
	kill -TERM "$agent_pid"
	agent_ended
}

# agent_get PATH [OPTION OF CURL…]: GET /v1/PATH; PATH may have a query. Puts the answer into T/answer, its header into T/header,
# and its HTTP status into code.
agent_get() {
	local path=$1
	shift
	code=$(curl -sS -m 60 --unix-socket "$SOCKET" -H 'P11bearer: 1' -D "$T/header" -o "$T/answer" -w '%{http_code}' "$@" \
		"http://agent/v1/$path")
}
# agent_post PATH [OPTION OF CURL…]: the same with POST.
agent_post() { agent_get "$@" -X POST; }

# await COMMAND…: waits until the command succeeds, at most 20 seconds and the time that it takes itself.
await() {
	local tries
	for ((tries = 0; tries < 400; tries++)); do
		! "$@" || return 0
		sleep 0.05
	done
	return 1
}

# exchanges: how many assertions the org has received.
exchanges() { org_saw 'map(select(.path | endswith("/token"))) | length'; }

# answer FILTER: jq -rc over T/answer.
answer() { jq -rc "$1" "$T/answer"; }
