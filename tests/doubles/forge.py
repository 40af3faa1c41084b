#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server of a git repository over https, which wants a password. Usage: forge.py DIR

Writes its certificate to DIR/forge.pem, prints its port, and appends the user name and the length of the password of each
request to DIR/forge.log."""
import base64, http.server, os, ssl, subprocess, sys

folder = sys.argv[1]
certificate, key = os.path.join(folder, 'forge.pem'), os.path.join(folder, 'forge.key')
subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-addext',
                'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate], check=True,
               stderr=subprocess.DEVNULL)


def packet(text):
    return b'%04x%s' % (len(text) + 4, text)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        scheme, _, value = self.headers.get('Authorization', '').partition(' ')
        user, _, password = base64.b64decode(value).decode().partition(':') if scheme == 'Basic' else ('', '', '')
        with open(os.path.join(folder, 'forge.log'), 'a') as log:
            print(user or '-', len(password), file=log)
        if not password:
            self.send_response(401)
            self.send_header('WWW-Authenticate', 'Basic realm="forge"')
            self.send_header('Content-Length', '0')
            self.end_headers()
            return
        body = (packet(b'# service=git-upload-pack\n') + b'0000' +
                packet(b'1' * 40 + b' refs/heads/main\0 agent=forge\n') + b'0000')
        self.send_response(200)
        self.send_header('Content-Type', 'application/x-git-upload-pack-advertisement')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
