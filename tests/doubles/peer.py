#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peer.py MODE [--tls PEM] [--token] [--log FILE] [--client FILE]: an org that wastes its client's time.

Prints its URL. MODE says what happens to a request or a connection; the tables below list the modes. Modes that begin with h2-
need --tls and use HTTP/2. With --token, the token endpoint (over HTTP/2: the first request) answers normally, and MODE applies
to the others. --log writes a line for each connection ("connection") and for each complete request ("POST /path", over HTTP/2
"request N") to FILE. The file of --client has the process id of the client, for the mode that stops it.
"""
import argparse
import email.utils
import itertools
import json
import os
import signal
import socket
import ssl
import struct
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument('mode')
parser.add_argument('--tls')
parser.add_argument('--token', action='store_true')
parser.add_argument('--log')
parser.add_argument('--client')
options = parser.parse_args()
TICK = 0.2  # seconds between two drops

listener = socket.socket()
listener.bind(('127.0.0.1', 0))
if options.mode == 'deaf':
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
listener.listen(0 if options.mode == 'backlog' else 256)
url = ('https' if options.tls else 'http') + '://127.0.0.1:%d' % listener.getsockname()[1]
if options.tls:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls)
    if options.mode.startswith('h2-'):
        context.set_alpn_protocols(['h2'])
bearer = json.dumps({'access_token': '00Dpeer', 'instance_url': url, 'id': url + '/id', 'token_type': 'Bearer'}).encode()


def log(text):
    if options.log:
        with open(options.log, 'a', encoding='ascii') as file:
            print(text, file=file)


def rest():
    """Waits until the test ends."""
    time.sleep(600)


def drip(send, begin, drop=b' '):
    send(begin)
    while True:
        time.sleep(TICK)
        send(drop)


def flood(send, begin, drop, times=500):
    send(begin)
    while True:
        send(drop * times)


# --- HTTP/1.1 ---

OK = b'HTTP/1.1 200 OK\r\n'
EARLY = b'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'
CHUNKED = OK + b'Transfer-Encoding: chunked\r\n\r\n'
PLAIN = {
    'refuse': lambda send: send(b'HTTP/1.1 400 Bad Request\r\nDate: ' + email.utils.formatdate(usegmt=True).encode() +
                                b'\r\nContent-Length: 27\r\n\r\n{"error":"invalid_request"}'),
    'hang': lambda send: rest(),
    'status-drip': lambda send: drip(send, b'HTTP/1.1 200 ', b'O'),
    'header-drip': lambda send: drip(send, OK + b'X: ', b'y'),
    'headers-drip': lambda send: drip(send, OK, b'X: y\r\n'),
    'body-drip': lambda send: drip(send, OK + b'Content-Length: 900000\r\n\r\n'),
    'close-drip': lambda send: drip(send, OK + b'\r\n'),
    'chunk-drip': lambda send: drip(send, CHUNKED, b'1\r\n \r\n'),
    'size-drip': lambda send: drip(send, CHUNKED, b'0'),
    'extension-drip': lambda send: drip(send, CHUNKED + b'1;', b'x'),
    'trailer-drip': lambda send: drip(send, CHUNKED + b'2\r\n{}\r\n0\r\n', b'X: y\r\n'),
    '1xx-drip': lambda send: drip(send, b'', EARLY),
    '1xx-flood': lambda send: flood(send, b'', EARLY),
    'headers-flood': lambda send: flood(send, OK, b'X: y\r\n'),
    'body-flood': lambda send: flood(send, CHUNKED, b'100\r\n' + b' ' * 256 + b'\r\n'),
    'extension-flood': lambda send: flood(send, CHUNKED + b'1;', b'x' * 80),
    'half': lambda send: (send(OK + b'Content-Length: 900000\r\n\r\n{'), rest()),
}


def is_good(request):
    return options.mode == 'good' or (options.token and request.endswith('/services/oauth2/token'))


def read_request(sock):
    data = b''
    while b'\r\n\r\n' not in data:
        got = sock.recv(65536)
        if not got:
            raise EOFError
        data += got
    head, body = data.split(b'\r\n\r\n', 1)
    head, title = head.split(b'\r\n'), ' '.join(head.decode('latin1').split(' ')[:2])
    if options.mode == 'deaf' and not is_good(title):
        log('head of ' + title)
        rest()
    length = [int(line[15:]) for line in head if line.lower().startswith(b'content-length:')]
    left = (length or [0])[0] - len(body)
    while left > 0:
        got = sock.recv(65536)
        if not got:
            raise EOFError
        left -= len(got)
    return title


def speak_plain(sock):
    while True:
        request = read_request(sock)
        log(request)
        if is_good(request):
            sock.sendall(OK + b'Content-Length: %d\r\n\r\n' % len(bearer) + bearer)
        else:
            PLAIN[options.mode](sock.sendall)


# --- HTTP/2 (RFC 9113) ---

DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION, UNKNOWN = list(range(10)) + [0xfa]
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8


def frame(kind, flags, stream, payload=b''):
    return struct.pack('>I', len(payload))[1:] + bytes([kind, flags]) + struct.pack('>I', stream) + payload


def field(name, value):
    """A literal without indexing (RFC 7541 section 6.2.2), both shorter than 127 bytes."""
    return b'\0' + bytes([len(name)]) + name + bytes([len(value)]) + value


STATUS_200 = b'\x88'
EARLY_2 = field(b':status', b'103') + field(b'link', b'x')


def head(stream):
    return frame(HEADERS, END_HEADERS, stream, STATUS_200)


def good(stream):
    return head(stream) + frame(DATA, END_STREAM, stream, bearer)


def while_stopped(send, stream):
    """Sends the head of the answer, and the rest while the client is stopped and its timers expire."""
    with open(options.client, encoding='ascii') as file:
        client = int(file.read())
    send(head(stream))
    time.sleep(0.05)
    os.kill(client, signal.SIGSTOP)
    send(good(stream)[len(head(stream)):])
    time.sleep(0.3)  # libcurl's first timer runs out after 0.2
    os.kill(client, signal.SIGCONT)


HTTP2 = {
    'h2-good': lambda send, stream: send(good(stream)),
    'h2-while-stopped': while_stopped,
    'h2-hang': lambda send, stream: None,
    'h2-half': lambda send, stream: send(head(stream) + frame(DATA, 0, stream, b'{')),
    'h2-empty': lambda send, stream: flood(send, head(stream), frame(DATA, 0, stream)),
    'h2-padding': lambda send, stream: flood(send, head(stream), frame(DATA, PADDED, stream, b'\x09' + b'\0' * 9)),
    'h2-ping': lambda send, stream: flood(send, b'', frame(PING, 0, 0, b'12345678')),
    'h2-pong': lambda send, stream: flood(send, b'', frame(PING, ACK, 0, b'12345678')),
    'h2-settings': lambda send, stream: flood(send, b'', frame(SETTINGS, 0, 0, struct.pack('>HI', 4, 65535))),
    'h2-empty-settings': lambda send, stream: flood(send, b'', frame(SETTINGS, 0, 0)),
    'h2-window': lambda send, stream: flood(send, b'', frame(WINDOW, 0, 0, struct.pack('>I', 1))),
    'h2-stream-window': lambda send, stream: flood(send, b'', frame(WINDOW, 0, stream, struct.pack('>I', 1)), 100),
    'h2-priority': lambda send, stream: flood(send, b'', frame(PRIORITY, 0, stream, struct.pack('>IB', 0, 1))),
    'h2-unknown': lambda send, stream: flood(send, b'', frame(UNKNOWN, 0, stream, b'x')),
    'h2-1xx': lambda send, stream: flood(send, b'', frame(HEADERS, END_HEADERS, stream, EARLY_2)),
    'h2-other': lambda send, stream: flood(send, b'', frame(RST, 0, 9999, struct.pack('>I', 8))),
    'h2-goaway': lambda send, stream: flood(send, b'', frame(GOAWAY, 0, 0, struct.pack('>II', 9999, 0))),
    'h2-continuation': lambda send, stream: flood(send, frame(HEADERS, 0, stream, STATUS_200),
                                                  frame(CONTINUATION, 0, stream)),
    'h2-body': lambda send, stream: flood(send, head(stream), frame(DATA, 0, stream, b' ' * 16000), 4),
    'h2-body-drip': lambda send, stream: drip(send, head(stream), frame(DATA, 0, stream, b' ')),
    'h2-empty-drip': lambda send, stream: drip(send, head(stream), frame(DATA, 0, stream)),
    'h2-ping-drip': lambda send, stream: drip(send, b'', frame(PING, 0, 0, b'12345678')),
    'h2-1xx-drip': lambda send, stream: drip(send, b'', frame(HEADERS, END_HEADERS, stream, EARLY_2)),
    'h2-byte-drip': lambda send, stream: drip(send, head(stream) + frame(DATA, 0, stream, b' ' * 9000)[:9]),
}


requests = itertools.count(1)


def speak_http2(sock):
    data = b''

    def need(length):
        nonlocal data
        while len(data) < length:
            got = sock.recv(65536)
            if not got:
                raise EOFError
            data += got
        result, data = data[:length], data[length:]
        return result

    need(24)
    sock.sendall(frame(SETTINGS, 0, 0))
    while True:
        start = need(9)
        kind, flags = start[3], start[4]
        stream = int.from_bytes(start[5:9], 'big')
        need(int.from_bytes(start[:3], 'big'))
        if kind == SETTINGS and not flags & ACK:
            sock.sendall(frame(SETTINGS, ACK, 0))
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            number = next(requests)
            log('request %d' % number)
            # A mode that floods keeps reading, so that unread answers to its frames do not stop it.
            mode = 'h2-good' if options.token and number == 1 else options.mode
            threading.Thread(target=attempt, args=(HTTP2[mode], sock.sendall, stream), daemon=True).start()


# --- connections ---

def attempt(function, *arguments):
    try:
        function(*arguments)
    except (OSError, EOFError):
        pass


def serve(sock):
    log('connection')
    if options.mode == 'silent':
        rest()
    if options.mode == 'handshake-drip':  # a record of TLS, of which a byte comes now and then
        drip(sock.sendall, b'\x16\x03\x03\x40\x00', b'\x02')
    if options.mode == 'handshake-flood':  # empty records of the handshake's type
        flood(sock.sendall, b'', b'\x16\x03\x03\x00\x00')
    if options.tls:
        sock = context.wrap_socket(sock, server_side=True)
    if options.mode.startswith('h2-'):
        speak_http2(sock)
    else:
        speak_plain(sock)


print(url, flush=True)
if options.mode == 'backlog':  # two connections fill it, and further ones are not even refused
    full = [socket.socket() for _ in range(2)]
    for each in full:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())
    rest()
while True:
    threading.Thread(target=attempt, args=(serve, listener.accept()[0]), daemon=True).start()
