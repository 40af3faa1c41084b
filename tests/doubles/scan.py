#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scan.py PROCESS…: looks for secrets in the memory of processes. stdin has a line NAME=SECRET for each secret.

Prints a line for each secret and kind of memory that holds it: "locked" (and excluded from core files), or the name of the
region. memory.py uses it too."""
import os
import re
import sys


def regions(pid):
    """For each readable region: address, name, and whether it is locked and excluded from core files."""
    found = []
    with open('/proc/%d/smaps' % pid, encoding='utf-8', errors='replace') as file:
        for line in file:
            begins = re.match(r'([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$', line)
            if begins:
                found.append([int(begins[1], 16), int(begins[2], 16), begins[3], begins[4] or 'anonymous', []])
            elif line.startswith('VmFlags:'):
                found[-1][4] = line.split()[1:]
    return [r for r in found if r[2].startswith('r') and r[3] not in ('[vvar]', '[vsyscall]', '[vvar_vclock]')]


def search(pid, secrets):
    """Which of the secrets, by name, the process holds, with the kind of memory."""
    hits = set()
    with open('/proc/%d/mem' % pid, 'rb', 0) as memory:
        for begin, end, _, name, flags in regions(pid):
            try:
                memory.seek(begin)
                data = memory.read(end - begin)
            except (OSError, ValueError):
                continue
            for secret, text in secrets.items():
                # Search for the second half: the allocator overwrites the first bytes of freed memory.
                half = text.encode()[len(text) // 2:] if len(text) > 16 else text.encode()
                if half in data:
                    kind = 'locked' if 'lo' in flags and 'dd' in flags else os.path.basename(name)
                    hits.add((secret, kind))
    return hits


if __name__ == '__main__':
    sought = dict(line.rstrip('\n').split('=', 1) for line in sys.stdin)
    for hit in sorted(set().union(*(search(int(pid), sought) for pid in sys.argv[1:]))):
        print('%s: %s' % hit)
