#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""s-server.py LOG OPTION…: "openssl s_server" with these options, fed with an org's answers: a bearer for a POST, a user for a
GET.

Prints its port. Writes to LOG all that s_server prints: what it has learnt about each client, and what that sends."""
import json
import re
import signal
import subprocess
import sys

REQUEST = re.compile(rb'^(GET|POST) .*?\r\n\r\n', re.S | re.M)
LENGTH = re.compile(rb'^Content-Length: (\d+)\r$', re.M | re.I)

log = open(sys.argv[1], 'wb', buffering=0)
server = subprocess.Popen(['openssl', 's_server', '-accept', '127.0.0.1:0', *sys.argv[2:]], bufsize=0,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
for number in (signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, lambda *_: sys.exit(server.kill()))
seen, port = b'', None
while block := server.stdout.read(65536):
    log.write(block)
    seen += block
    if port is None and (listens := re.search(rb'^ACCEPT \S+:(\d+)$', seen, re.M)):
        port = int(listens[1])
        print(port, flush=True)
    while head := REQUEST.search(seen):
        size = LENGTH.search(head[0])
        end = head.end() + (int(size[1]) if size else 0)
        if len(seen) < end:
            break
        seen = seen[end:]
        answer = {'preferred_username': 'user@example.com', 'user_id': '005000000000001AAA'}
        if head[1] == b'POST':
            answer = {'access_token': '00Dcanned', 'instance_url': 'https://localhost:%d' % port, 'token_type': 'Bearer'}
        body = json.dumps(answer)
        server.stdin.write(('HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body)).encode())
