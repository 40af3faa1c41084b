#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""relay.py TARGET LOG: forwards each connection to the port of 127.0.0.1 in the file TARGET, which is read for each.

Prints its own port. Appends the bytes that clients send to LOG, before it forwards them."""
import socket
import sys
import threading

target, log = sys.argv[1], open(sys.argv[2], 'ab', buffering=0)


def forward(source, sink, record):
    try:
        while data := source.recv(65536):
            if record:
                log.write(data)
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, sink):
            end.close()


listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
while True:
    client = listener.accept()[0]
    with open(target, encoding='ascii') as file:
        server = socket.create_connection(('127.0.0.1', int(file.read())))
    threading.Thread(target=forward, args=(client, server, True), daemon=True).start()
    threading.Thread(target=forward, args=(server, client, False), daemon=True).start()
