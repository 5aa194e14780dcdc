"""Take over stdin and stdout, greet, serve, end."""

import contextlib
import ctypes
import os
import signal
import sys

from .agent import Agent
from .wire import CHUNK, Wire

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36


def main() -> None:
    """Run until the input ends."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)  # commands of the same user cannot reach these pipes through /proc
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the first process of a namespace: nothing inside can send it
    wire = Wire(os.fdopen(os.dup(0), "rb", CHUNK), os.dup(1))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.umask(0o022)
    frame = wire.receive()
    if frame is None:
        return
    hello = frame[0]
    agent = Agent(wire, hello)
    with contextlib.suppress(BrokenPipeError):
        version = sys.version.split()[0]
        wire.send({"id": hello["id"], "version": version, "path": os.environ.get("PATH", os.defpath)})
        agent.serve()
    agent.end()
    os._exit(0)
