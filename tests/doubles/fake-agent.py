#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""fake-agent.py SOCKET FOLDER: a socket that answers what files in FOLDER say, for the tests of the agent's clients.

Prints a line once it listens. Each connection becomes a line of JSON in FOLDER/log: "name" (that the client has bound, without the
NUL), for HTTP "request" (its first line) and "headers", for an unlock "message" and "pins", what each of its pipes contained.

The answer to GET /v1/token is in FOLDER/GET-v1-token, that to an unlock in FOLDER/unlock. If there is a file NAME.first, it is
used once and removed. What begins with "HTTP/" is sent as it is; anything else is the body of an answer with HTTP status 200. Without
a file, the HTTP status is 404. In an answer, @close closes the connection there, @hang waits there until the client has gone, and
@huge stands for 2 MiB."""
import array
import json
import os
import socket
import sys
import threading

path, folder = sys.argv[1:]
lock = threading.Lock()


def content(name):
    """The answer called NAME."""
    file = os.path.join(folder, name)
    with lock:
        if os.path.exists(file + '.first'):
            os.rename(file + '.first', file + '.used')
            file += '.used'
        if not os.path.exists(file):
            return None
        with open(file, 'rb') as stream:
            return stream.read()


def log(entry):
    with lock, open(os.path.join(folder, 'log'), 'a', encoding='utf-8') as stream:
        stream.write(json.dumps(entry) + '\n')


def send(connection, data):
    data = data.replace(b'@huge', b'x' * (2 << 20))
    data, hang, _ = data.partition(b'@close')[0].partition(b'@hang')
    connection.sendall(data)
    while hang and connection.recv(4096):
        pass


def unlock(connection, entry):
    message, control, _, _ = connection.recvmsg(4096, 4096)
    descriptors = array.array('i')
    for level, kind, data in control:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[:len(data) - len(data) % descriptors.itemsize])
    entry['message'] = message.decode()
    entry['pins'] = []
    for descriptor in descriptors:
        with os.fdopen(descriptor, 'rb') as pipe:
            entry['pins'].append(pipe.read().decode())
    log(entry)
    send(connection, content('unlock') or b'')


def http(connection, entry):
    data = b''
    while b'\r\n\r\n' not in data:
        more = connection.recv(65536)
        if not more:
            break
        data += more
    lines = data.decode().split('\r\n')
    entry['request'] = lines[0]
    entry['headers'] = sorted(line for line in lines[1:] if line)
    log(entry)
    method, target = (lines[0].split(' ') + ['', ''])[:2]
    answer = content(method + target.partition('?')[0].replace('/', '-'))
    if answer is None:
        answer = b'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'
    elif not answer.startswith((b'HTTP/', b'@', b'junk')):
        answer = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' % (len(answer), answer)
    send(connection, answer)


def serve(connection):
    name = connection.getpeername()
    name = name.decode() if isinstance(name, bytes) else name
    entry = {'name': name.lstrip('\0')}
    with connection:
        try:
            (unlock if name.endswith('/p11bearer/unlock') else http)(connection, entry)
        except OSError:
            pass


listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen(64)
print('listening', flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
