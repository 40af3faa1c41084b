#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""log-socket.py KIND SOCKET: what listens at /run/systemd/journal/socket or /dev/log. Writes what it gets to stdout, one line a
message, as JSON; a message of the journal becomes an object with its fields. Prints "ready" first. SIGTERM ends it, once all that
was sent is read. KIND is journal, syslog (datagrams), syslog-stream, or full: a socket that takes no message."""
import json
import os
import select
import signal
import socket
import struct
import sys

kind, path = sys.argv[1:]
os.chdir(os.path.dirname(path))  # the whole path may be too long for a socket
ending = []
wake_read, wake_write = os.pipe()
os.set_blocking(wake_write, False)
signal.set_wakeup_fd(wake_write)
signal.signal(signal.SIGTERM, lambda *_: ending.append(True))


def fields(message):
    """The journal's native protocol, of which every field is in the form with a length."""
    result = {}
    while message:
        name, _, message = message.partition(b"\n")
        length, = struct.unpack("<Q", message[:8])
        assert message[8 + length:9 + length] == b"\n", "no line end after a value"
        assert name.decode() not in result, "a field twice"
        result[name.decode()] = message[8:8 + length].decode()
        message = message[9 + length:]
    return result


def put(message):
    print(json.dumps(fields(message) if kind == "journal" else message.decode()), flush=True)


server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM if kind == "syslog-stream" else socket.SOCK_DGRAM)
server.bind(os.path.basename(path))
server.setblocking(False)
if kind == "syslog-stream":
    server.listen(64)
if kind == "full":
    # The buffer of one sender may be full before the queue is: systemd raises net.unix.max_dgram_qlen.
    senders = []
    while not senders or sent > 0:
        senders.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        senders[-1].setblocking(False)
        sent = 0
        try:
            while True:
                senders[-1].sendto(b"x", os.path.basename(path))
                sent += 1
        except BlockingIOError:
            pass
print("ready", flush=True)
if kind == "full":
    select.select([wake_read], [], [])
    sys.exit(0)
while True:
    try:
        if kind == "syslog-stream":
            connection = server.accept()[0]
            connection.setblocking(True)
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
            connection.close()
            message = b"".join(parts)
            if message:
                assert message.endswith(b"\0"), "no NUL at the end"
                put(message[:-1])
        else:
            put(server.recv(1 << 20))
    except BlockingIOError:
        if ending:
            break
        select.select([server, wake_read], [], [])
