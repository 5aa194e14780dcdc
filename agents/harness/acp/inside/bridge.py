"""Starts the agent with a socket of the host as its input and output, and hands what it asks of a model to another.

Runs in the sandbox, under whatever `python3` it has (3.8 or newer), with the standard library alone. There is no
network: 127.0.0.1 is the sandbox's own, and the only ways out are the two sockets in the folder of the link.

    python3 bridge.py LINK PORT COMMAND…
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading

_CHUNK = 1 << 16


def main() -> int:
    """The exit code of the agent, as a shell would give it."""
    link, port, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    listener = socket.create_server(("127.0.0.1", port))
    threading.Thread(target=_forward, args=(listener, os.path.join(link, "model.sock")), daemon=True).start()  # noqa: PTH118
    with socket.socket(socket.AF_UNIX) as talk:
        talk.connect(os.path.join(link, "talk.sock"))  # noqa: PTH118
        try:
            process = subprocess.Popen(command, stdin=talk.fileno(), stdout=talk.fileno())
        except OSError as error:
            print(f"{command[0]}: {error.strerror}", file=sys.stderr)
            return 127
    code = process.wait()
    return 128 - code if code < 0 else code


def _forward(listener: socket.socket, target: str) -> None:
    """Connect each connection with one to the socket of the host."""
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(target)
        except OSError:
            near.close()
            far.close()
            continue
        for source, sink in ((near, far), (far, near)):
            threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    """Copy until the end, and tell the other side that there is one."""
    with contextlib.suppress(OSError):
        while True:
            data = source.recv(_CHUNK)
            if not data:
                break
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main())
