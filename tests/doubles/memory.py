#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""memory.py CERTIFICATE KEY PIN WHEN PROGRAM ARGUMENT…: looks for secrets in the memory of the program.

Starts an org (https if CERTIFICATE is a file, else http) that answers every assertion, runs the program with {org} in the
arguments replaced by the URL, and searches all of the program's memory at the moment WHEN: "command" (a command run by the
program has written a line), "line" (a batch has written a line and waits for the next one), "token" (the org has the assertion
and has not answered), "retry" (the org has answered that it is busy, and the verbose program waits), "use" (the org has the
bearer) or "poll" (the same, once more).
Prints a line for each secret and kind of memory that holds it: "locked" (and excluded from core files), or the name of the
region. PADDING lengthens the org's answer, TLS12 selects TLS 1.2, H2 selects HTTP/2, CLIENTS names the CAs of client certificates,
which are then required, PRELOAD is preloaded."""
import http.server
import json
import os
import ssl
import subprocess
import sys
import threading
import urllib.parse

sys.dont_write_bytecode = True  # the source may be somebody else's
import scan  # noqa: E402

CERTIFICATE, KEY, PIN, WHEN = sys.argv[1:5]
BEARER = '00D5g000008qZlB!AQ8AQHk2m_Ty.7vLwPz3RnXcB9dFgJ6sKtYeUi0oNaMbVhCfWrEqSuZx4Gd5Hj6Kl7'
assertions = []
asked, looked, used = threading.Event(), threading.Event(), threading.Event()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    def busy(self):
        self.send_response(503)
        self.send_header('Retry-After', '30')
        self.send_header('Content-Length', '0')
        self.end_headers()

    def answer(self, form):
        """The org's answer to a request with this body."""
        fields = urllib.parse.parse_qs(form.decode('latin-1'))
        stage = 'token' if 'assertion' in fields else 'poll' if used.is_set() else 'use'
        assertions.extend(fields.get('assertion', []))
        if stage == WHEN:
            asked.set()
            looked.wait(60)
        if stage != 'token':
            used.set()
            deployment = {'done': stage == 'poll', 'status': 'Succeeded' if stage == 'poll' else 'Pending', 'success': True}
            return json.dumps({'id': '0Af000000000001AAA', 'deployResult': deployment}).encode()
        return json.dumps({'access_token': BEARER, 'instance_url': url, 'token_type': 'Bearer',
                           'padding': 'x' * int(os.environ.get('PADDING', '0'))}).encode()

    def do_POST(self):
        body = self.answer(self.rfile.read(int(self.headers.get('Content-Length', 0))))
        if WHEN == 'retry':
            self.busy()
            return
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def handle(self):
        if 'H2' in os.environ:
            self.handle_h2()
        else:
            super().handle()

    def handle_h2(self):
        """HTTP/2 (RFC 9113) as far as needed; ignores headers."""
        bodies = {}
        self.rfile.read(24)  # the preface
        self.frame(4, 0, 0)  # SETTINGS
        while head := self.rfile.read(9):
            kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], 'big')
            data = self.rfile.read(int.from_bytes(head[:3], 'big'))
            if kind == 4 and not flags & 1:
                self.frame(4, 1, 0)
            if kind > 1:
                continue
            bodies[stream] = bodies.get(stream, b'') + (data if kind == 0 else b'')  # DATA, not HEADERS
            if flags & 1:  # END_STREAM
                answer = self.answer(bodies.pop(stream))
                self.frame(1, 4, stream, b'\x88')  # ":status: 200"
                for i in range(0, len(answer), 16384):
                    self.frame(0, int(i + 16384 >= len(answer)), stream, answer[i:i + 16384])

    def frame(self, kind, flags, stream, data=b''):
        self.wfile.write(len(data).to_bytes(3, 'big') + bytes((kind, flags)) + stream.to_bytes(4, 'big') + data)
        self.wfile.flush()


def look(pid):
    secrets = {'PIN': PIN, 'bearer': BEARER.split('!')[1], 'bearer in a form': urllib.parse.quote(BEARER, safe='')}
    for assertion in assertions:
        secrets['claims'], secrets['signature'] = assertion.split('.')[1:]
    for secret, kind in sorted(scan.search(pid, secrets)):
        print('%s: %s' % (secret, kind))


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
scheme = 'http'
if os.path.exists(CERTIFICATE):
    scheme = 'https'
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if 'TLS12' in os.environ:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if 'H2' in os.environ:
        context.set_alpn_protocols(['h2'])
    context.load_cert_chain(CERTIFICATE, KEY)
    if 'CLIENTS' in os.environ:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(os.environ['CLIENTS'])
    server.socket = context.wrap_socket(server.socket, server_side=True)
url = '%s://127.0.0.1:%d' % (scheme, server.server_port)
threading.Thread(target=server.serve_forever, daemon=True).start()
environment = dict(os.environ, LD_PRELOAD=os.environ['PRELOAD']) if os.environ.get('PRELOAD') else None
program = subprocess.Popen([a.replace('{org}', url) for a in sys.argv[5:]], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE if WHEN == 'retry' else None, env=environment)
if WHEN == 'line':
    program.stdin.write(b'{}\n')
    program.stdin.flush()
if WHEN in ('command', 'line'):
    program.stdout.readline()
elif WHEN == 'retry':
    while (line := program.stderr.readline()) and b'trying again' not in line:
        pass
    look(program.pid)
    program.kill()
    sys.exit(0 if line else 'the program does not try again')
elif not asked.wait(60):
    sys.exit('the org was not asked')
look(program.pid)
looked.set()
program.stdin.close()
program.stdout.read()
sys.exit(program.wait())
