#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A proxy on loopback for tests. It prints its port, and logs each request to stderr as "METHOD TARGET SCHEME" (the
scheme of the authentication, or "-").

usage: proxy.py [tls CERTIFICATE KEY] [to HOST:PORT] [basic|digest|ntlm|negotiate|bearer|none] [MISBEHAVIOUR]
With "to", each CONNECT leads there, whatever its target: this is how a program reaches a double under any host name.
The account is "user" with the password "p/w:@1%". MISBEHAVIOUR is one of
  NUMBER      answers CONNECT with that HTTP status
  portal      answers with 200 and a page
  reluctant   closes the connection after each 407
  hang        never answers
  close       closes without an answer
  garbage     answers with something other than HTTP
  lose        closes after "200"
  socks       speaks SOCKS5 (with basic: requires the account)
  socks-refuse  the same, and refuses to connect
  script STEP…  answers request n by step n, and all further ones by the last step: "TEXT|END", with
              \\r\\n in TEXT, and END one of close, reset, hang, next (on the same connection), tunnel
"""
import base64
import hashlib
import re
import select
import socket
import ssl
import struct
import sys
import threading

USER, PASSWORD = "user", "p/w:@1%"
OFFERS = {
    "basic": ['Basic realm="proxy"'],
    "digest": ['Digest realm="proxy", nonce="n1", qop="auth", algorithm=MD5', 'Basic realm="proxy"'],
    "ntlm": ["NTLM"],
    "negotiate": ["Negotiate"],
    "bearer": ["Bearer"],
}


def digest_is_good(text):
    def md5(value):
        return hashlib.md5(value.encode()).hexdigest()
    field = dict(re.findall(r'(\w+)="?([^",]*)"?', text))
    first = md5(f"{USER}:proxy:{PASSWORD}")
    second = md5("CONNECT:" + field.get("uri", ""))
    wanted = md5(f"{first}:{field.get('nonce')}:{field.get('nc')}:{field.get('cnonce')}:{field.get('qop')}:{second}")
    return field.get("response") == wanted


class Proxy:
    def __init__(self, words):
        self.context = None
        self.account = self.fault = self.target = None
        self.steps = []
        while words and not self.steps:
            word = words.pop(0)
            if word == "tls":
                self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self.context.load_cert_chain(words.pop(0), words.pop(0))
            elif word == "to":
                self.target = words.pop(0)
            elif word in OFFERS:
                self.account = word
            elif word == "script":
                self.steps = [step.encode().decode("unicode_escape").encode("latin1") for step in words]
            elif word != "none":
                self.fault = word

    def is_good(self, scheme, text):
        if self.account is None:
            return True
        if self.account == "basic" and scheme == "Basic":
            return base64.b64decode(text).decode("utf-8", "replace") == f"{USER}:{PASSWORD}"
        return self.account == "digest" and scheme == "Digest" and digest_is_good(text)

    def refuse(self, client, status):
        offers = OFFERS.get(self.account, []) if status == 407 else []
        lines = [f"HTTP/1.1 {status} No", "Content-Length: 22"] + ["Proxy-Authenticate: " + offer for offer in offers]
        if self.fault == "reluctant":
            lines.append("Connection: close")
        client.sendall(("\r\n".join(lines) + "\r\n\r\n<html>blocked</html>\r\n").encode())

    def read_request(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            part = client.recv(4096)
            if not part:
                return None
            head += part
            if head[:1] == b"\x16" or len(head) > 65536:  # TLS, where plain HTTP is spoken
                client.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                return None
        return head.decode("latin1")

    def connect(self, client):
        """Returns the connection to the target, or None."""
        while True:
            head = self.read_request(client)
            if head is None:
                return None
            line = head.split("\r\n")[0].split()
            found = re.search(r"(?im)^proxy-authorization: *(\S+) *(.*?)\r?$", head)
            scheme, text = found.groups() if found else ("-", "")
            print(line[0], line[1], scheme, file=sys.stderr, flush=True)
            if self.steps:
                text, _, end = self.steps[0].rpartition(b"|")
                self.steps = self.steps[1:] or self.steps
                client.sendall(text)
                if end == b"tunnel":
                    return open_target(self.target or line[1])
                if end == b"reset":
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                if end == b"hang":
                    client.recv(1)
                if end != b"next":
                    return None
                continue
            if self.fault == "hang":
                client.recv(1)
                return None
            if self.fault == "close":
                return None
            if self.fault == "garbage":
                client.sendall(b"220 mail.example ESMTP\r\n")
                return None
            if not self.is_good(scheme, text):
                self.refuse(client, 407)
                if self.fault == "reluctant":
                    return None
            elif self.fault == "portal":
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html>Welcome. Please log in to the network.</html>\r\n")
                return None
            elif self.fault and self.fault.isdigit():
                self.refuse(client, int(self.fault))
            else:
                server = open_target(self.target or line[1])
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                return None if self.fault == "lose" else server

    def connect_socks(self, client):
        """RFC 1928 and 1929, as far as CONNECT goes."""
        methods = client.recv(2 + 255)[2:]
        if self.account:
            if 2 not in methods:
                client.sendall(b"\5\xff")
                return None
            client.sendall(b"\5\2")
            text = client.recv(1024)
            user = text[2:2 + text[1]]
            password = text[3 + len(user):]
            good = (user, password) == (USER.encode(), PASSWORD.encode())
            client.sendall(b"\1\0" if good else b"\1\1")
            if not good:
                return None
        else:
            client.sendall(b"\5\0")
        text = client.recv(1024)
        name = text[5:5 + text[4]] if text[3] == 3 else b"127.0.0.1"
        port = struct.unpack(">H", text[-2:])[0]
        print("SOCKS", f"{name.decode()}:{port}", "-", file=sys.stderr, flush=True)
        if self.fault == "socks-refuse":
            client.sendall(b"\5\5\0\1\0\0\0\0\0\0")
            return None
        server = socket.create_connection((name.decode(), port))
        client.sendall(b"\5\0\0\1\0\0\0\0\0\0")
        return server

    def serve(self, client):
        try:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            socks = self.fault in ("socks", "socks-refuse")
            server = self.connect_socks(client) if socks else self.connect(client)
            if server is not None:
                tunnel(client, server)
        except (OSError, ValueError, IndexError):
            pass
        finally:
            client.close()


def open_target(target):
    host, port = target.rsplit(":", 1)
    return socket.create_connection((host.strip("[]"), int(port)))


def tunnel(client, server):
    """Carries bytes both ways until one end closes."""
    while True:
        ready = [client] if getattr(client, "pending", int)() else select.select([client, server], [], [])[0]
        for source in ready:
            data = source.recv(65536)
            if not data:
                return
            (server if source is client else client).sendall(data)


def main():
    proxy = Proxy(sys.argv[1:])
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=proxy.serve, args=(client,), daemon=True).start()


main()
