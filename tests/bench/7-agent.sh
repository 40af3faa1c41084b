# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2016 # names from lib.sh; $1 is awk's
# 7. The agent handing out bearers that it holds, compared with the least that an HTTP server does, and with ssh-agent.

figure 7 'A bearer that the agent holds' connection 'bearers held' 'agent, 1/s' 'median, us' goal 'bare server, 1/s' 'median, us' \
	'agent over bare' goal 'ssh-agent list, 1/s' 'median, us'

token_new agent
org_start
agent_start
# shellcheck disable=SC2046 # one word per flag
compile bare $(pkg-config --cflags --libs libmicrohttpd)
one='/v1/token?profile=bench&username=user1@example.com'
many='/v1/token?profile=bench&username=user%@example.com'
"$T/bare" "$T/bare.sock" "$("$T/load" size "$agent_socket" "$one" 1)" &
bare_pid=$!
orgs+=("$bare_pid")
eval "$(ssh-agent -s -a "$T/ssh.sock")" >/dev/null
orgs+=("$SSH_AGENT_PID")
ssh-keygen -q -t rsa -b 2048 -N '' -f "$T/ssh-key"
ssh-add -q "$T/ssh-key" 2>/dev/null

# Each takes users, count, and kept or new, and prints a rate and a median.
agent() { "$T/load" http "$agent_socket" "$many" "$1" "$2" "$3"; }
bare() { "$T/load" http "$T/bare.sock" "$many" "$1" "$2" "$3"; }
list() { "$T/load" list "$T/ssh.sock" "$2" "$3"; }
# memory FIELD: of the agent, in KiB.
memory() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$agent_pid/status"; }

for users in 1 10000; do
	# Fetches what is not there yet.
	agent $users $users kept >/dev/null
	resident[users]=$(memory VmRSS)
	locked[users]=$(memory VmLck)
	for connection in kept new; do
		[ $connection = kept ] && count=10000 || count=5000
		alternate 15 "agent $users $count $connection" "bare $users $count $connection" "list $users $count $connection" >"$T/rounds"
		median=$(median_of '$2' "$T/rounds")
		ratio=$(median_of '$1 / $3' "$T/rounds")
		result "median, us, $connection connection, $users held" "$median" 'at most' 100
		verdict_median=$verdict
		result "agent over the list of ssh-agent, $connection connection, $users held" "$(median_of '$1 / $5' "$T/rounds")"
		result "agent over bare, $connection connection, $users held" "$ratio" 'at least' 0.8
		row $connection $users "$(show %.0f "$(median_of '$1' "$T/rounds")")" "$(show %.1f "$median")" "$verdict_median" \
			"$(show %.0f "$(median_of '$3' "$T/rounds")")" "$(show %.1f "$(median_of '$4' "$T/rounds")")" \
			"$(show %.2f "$ratio")" "$verdict" \
			"$(show %.0f "$(median_of '$5' "$T/rounds")")" "$(show %.1f "$(median_of '$6' "$T/rounds")")"
	done
done

figure_end 'One client, one request at a time. The bare server is libmicrohttpd in the same kind of loop, with one response of the same size.
Medians of 15 rounds, and of 15 ratios.'

figure 7 'Memory of the agent' 'bearers held' 'resident, MiB' 'locked, MiB' 'KiB a bearer'
for users in 1 10000; do
	each=-
	[ $users = 1 ] || each=$(show %.2f "(${resident[users]} - ${resident[1]}) / ($users - 1)")
	result "resident memory, MiB, $users held" "$(calc "${resident[users]} / 1024")"
	result "locked memory, MiB, $users held" "$(calc "${locked[users]} / 1024")"
	row $users "$(show %.1f "${resident[users]} / 1024")" "$(show %.1f "${locked[users]} / 1024")" "$each"
done
figure_end
stop "$SSH_AGENT_PID" 2>/dev/null # which is no child
stop "$bare_pid"
agent_stop
org_stop
