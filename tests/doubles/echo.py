#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""echo.py MODE SENT: an org that repeats what it was sent. Prints its URL.

The file MODE is read at each request: "STAGE CARRIER FORM". At the token endpoint (STAGE token) or at all others (STAGE use) the
answer repeats the assertion, or the bearer, in CARRIER and in the notation FORM; the other stage answers normally.
Writes the secret, and the text that repeats it, to the file SENT, one per line."""
import base64
import html
import http.server
import json
import sys
import urllib.parse

BEARER = '00D5g000008qZlB!AQ8AQHk2m_Ty.7vLwPz3RnXcB9dFgJ6sKtYeUi0oNaMb'
MODE, SENT = sys.argv[1:3]

FORMS = {
    'plain': lambda s: s,
    'percent': lambda s: urllib.parse.quote(s, safe=''),
    'percent-all': lambda s: ''.join('%%%02x' % ord(c) for c in s),
    'percent-upper': lambda s: ''.join('%%%02X' % ord(c) for c in s),
    'percent-some': lambda s: ''.join('%%%02x' % ord(c) if i % 5 == 0 else c for i, c in enumerate(s)),
    'percent-twice': lambda s: ''.join('%%25%02x' % ord(c) for c in s),
    'unicode': lambda s: ''.join('\\u%04x' % ord(c) for c in s),
    'unicode-some': lambda s: ''.join('\\u%04X' % ord(c) if i % 3 == 0 else c for i, c in enumerate(s)),
    'html': lambda s: ''.join('&#%d;' % ord(c) for c in s),
    'html-hex': lambda s: ''.join('&#x%x;' % ord(c) for c in s),
    'base64': lambda s: base64.b64encode(s.encode()).decode(),
    'base64-header': lambda s: base64.b64encode(b'Authorization: Bearer ' + s.encode()).decode(),
    'base64url': lambda s: base64.urlsafe_b64encode(b'x' + s.encode()).decode().rstrip('='),
    'hex': lambda s: s.encode().hex(),
    'upper': str.upper,
    'spaces': lambda s: ' '.join(s),
    'lines': lambda s: '\r\n '.join(s[i:i + 20] for i in range(0, len(s), 20)),
    'short-lines': lambda s: '\n'.join(s[i:i + 3] for i in range(0, len(s), 3)),
    'zero-width': lambda s: '\u200b'.join(s),
    'quoted': lambda s: '"' + s + '"',
    'first-40': lambda s: s[:40] + '...',
    'last-20': lambda s: '...' + s[-20:],
    'last-12': lambda s: s[-12:],
    'middle': lambda s: s[25:45],
    'claims': lambda s: s.split('.')[1],
    'signature': lambda s: s.split('.')[-1],
    'many': lambda s: ', '.join([s] * 50),
    'after-3000': lambda s: 'x ' * 1500 + s,
    'script': lambda s: '<script>' + html.escape(s) + '</script>',
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, reason=None, location=None):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status, reason)
        if location:
            self.send_header('Location', location)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def good(self, stage):
        if stage == 'token':
            self.answer(200, json.dumps({'access_token': BEARER, 'instance_url': url, 'token_type': 'Bearer'}))
        else:
            self.answer(200, '{"user_id": "u"}')

    def repeat(self, carrier, text):
        line = text.replace('\r', '').replace('\n', '').encode('ascii', 'replace').decode()
        if carrier in ('error', 'error_description', 'error_uri'):
            members = {'error': 'invalid_grant', carrier: text}
            self.answer(400, json.dumps(members))
        elif carrier in ('errorCode', 'message'):
            self.answer(400, json.dumps([{'errorCode': 'CODE', carrier: text}]))
        elif carrier == 'server-error':
            self.answer(503, json.dumps({'error': 'server_error', 'error_description': text}))
        elif carrier == 'text':
            self.answer(400, text[:190])
        elif carrier == 'location':
            self.answer(302, '', location='https://elsewhere.example/a?sid=' + line)
        elif carrier == 'reason':
            self.answer(400, '', reason=line)
        elif carrier == 'status-line':
            self.wfile.write(line.encode() + b'\r\n\r\n')
            self.close_connection = True
        elif carrier == 'member':
            self.answer(200, json.dumps({'user_id': 'u', 'it': text, text: 1, 'list': [[text]]}))
        elif carrier == 'deployment':
            failure = {'fullName': text, 'problem': text, 'fileName': text, 'componentType': text}
            self.answer(200, json.dumps({'id': '0Af000000000001AAA', 'deployResult': {
                'id': '0Af000000000001AAA', 'done': True, 'status': 'Failed', 'success': False, 'errorMessage': text,
                'details': {'componentFailures': [failure]}}}))
        elif carrier == 'instance_url':
            self.answer(200, json.dumps({'access_token': BEARER, 'instance_url': 'ftp://' + text}))
        elif carrier == 'got':
            self.answer(400, json.dumps({'error': 'invalid_grant', 'access_token': BEARER, 'error_description': text}))

    def do_POST(self):
        fields = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get('Content-Length', 0))).decode('latin-1'))
        with open(MODE, encoding='ascii') as file:
            wanted, carrier, form = file.read().split()
        stage = 'token' if 'assertion' in fields else 'use'
        if stage != wanted:
            self.good(stage)
            return
        secret = BEARER if stage == 'use' or carrier in ('got', 'instance_url') else fields['assertion'][0]
        text = FORMS[form](secret)
        with open(SENT, 'w', encoding='utf-8') as file:
            file.write(secret + '\n' + text.replace('\n', '\r') + '\n')
        self.repeat(carrier, text)

    do_GET = do_POST


server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
url = 'http://127.0.0.1:%d' % server.server_port
print(url, flush=True)
server.serve_forever()
