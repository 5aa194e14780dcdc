"""Frames on stdin and stdout: two big-endian 32-bit lengths, a JSON header, a payload."""

import json
import os
import struct
import threading
from typing import Any, BinaryIO

LENGTHS = struct.Struct(">II")
CHUNK = 1 << 18


class Refused(Exception):
    """The request cannot be done; the message is a sentence for a person."""


class Wire:
    """Frames on a pair of pipes."""

    def __init__(self, source: BinaryIO, sink: int) -> None:
        self.source = source
        self._sink = sink
        self._lock = threading.Lock()

    def receive(self) -> tuple[dict[str, Any], int] | None:
        """The next header and the length of the payload still to be read; None at the end."""
        lengths = self.source.read(LENGTHS.size)
        if len(lengths) < LENGTHS.size:
            return None
        head, body = LENGTHS.unpack(lengths)
        return json.loads(self.source.read(head)), body

    def send(self, header: dict[str, Any], payload: bytes = b"") -> None:
        """Write one frame, whole."""
        head = json.dumps(header).encode()
        data = memoryview(LENGTHS.pack(len(head), len(payload)) + head + payload)
        with self._lock:
            while data:
                data = data[os.write(self._sink, data) :]


class Payload:
    """A payload as a file that ends where the payload does."""

    def __init__(self, source: BinaryIO, length: int) -> None:
        self._source = source
        self.left = length

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes, b"" at the end."""
        want = self.left if size < 0 else min(size, self.left)
        data = self._source.read(want)
        self.left -= len(data)
        return data


class Outgoing:
    """A file whose writes become frames, up to a limit."""

    def __init__(self, wire: Wire, request: int, limit: int) -> None:
        self._wire, self._request, self._left = wire, request, limit

    def write(self, data: bytes) -> int:
        """Send `data` as one frame."""
        self._left -= len(data)
        if self._left < 0:
            raise Refused("The tree has grown beyond what may be copied out; raise `disk_mb` under [sandbox].")
        self._wire.send({"id": self._request, "more": True}, data)
        return len(data)
