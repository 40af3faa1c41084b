# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # from lib.sh
# 8. Many clients that want one bearer, which the agent does not hold, at the same moment.

figure 8 'Clients that ask for one cold bearer at the same moment' clients C_Sign exchanges goal 'until the last answer, ms'

token_new burst
org_log=$T/burst.log
org_start --log "$org_log" --fault slow=0.5
export P11SHIM_LOG=$T/burst-shim.log
MODULE=$shim agent_start
unset P11SHIM_LOG
# signatures, exchanges: how many there were.
signatures() { grep -c '^C_Sign ' "$T/burst-shim.log" || true; }
exchanges() { jq -s 'map(select(.path == "/services/oauth2/token")) | length' "$org_log"; }

# Another user, so that the worker has started and logged in.
"$T/load" size "$agent_socket" '/v1/token?profile=bench&username=user1@example.com' 1 >/dev/null
user=1
for clients in 10 1000; do
	user=$((user + 1))
	signed=$(signatures)
	exchanged=$(exchanges)
	duration=$("$T/load" burst "$agent_socket" "/v1/token?profile=bench&username=user$user@example.com" 1 $clients)
	signed=$(($(signatures) - signed))
	exchanged=$(($(exchanges) - exchanged))
	result "C_Sign for $clients clients" $signed 'at most' 1
	result "exchanges for $clients clients" $exchanged 'at most' 1
	row $clients $signed $exchanged "$verdict" "$(show %.0f "$duration")"
done
figure_end 'All have sent their request before the org answers, which takes it 500 ms.'
agent_stop
org_stop
