#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""inherit.py PROGRAM ARGUMENT…: becomes nginx, which inherits a socket that listens already.

Prints the socket's port, then waits for a line on stdin, before which the configuration may be incomplete. Clients need not
wait until nginx is ready, and no other process can take the port."""
import os
import socket
import sys

listener = socket.create_server(('127.0.0.1', 0))
listener.set_inheritable(True)
print(listener.getsockname()[1], flush=True)
sys.stdin.readline()
os.execve(sys.argv[1], sys.argv[1:], dict(os.environ, NGINX='%d;' % listener.fileno()))
