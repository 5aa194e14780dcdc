"""What a command printed, in bounded memory."""


class Kept:
    """The first and the last half of a stream, in bounded memory."""

    def __init__(self, limit: int) -> None:
        self._half = max(limit // 2, 1)
        self._head, self._tail, self.total = bytearray(), bytearray(), 0

    def add(self, data: bytes) -> None:
        """Take in the next piece."""
        self.total += len(data)
        room = self._half - len(self._head)
        self._head += data[:room] if room > 0 else b""
        self._tail += data[max(room, 0) :]
        if len(self._tail) > 4 * self._half:
            del self._tail[: -self._half]

    @property
    def cut(self) -> bool:
        """Whether something is missing."""
        return self.total > 2 * self._half

    def value(self) -> bytes:
        """What was kept, with a note where something is missing."""
        if not self.cut:
            return bytes(self._head + self._tail)
        note = f"\n[... {self.total - 2 * self._half} bytes left out ...]\n"
        return bytes(self._head) + note.encode() + bytes(self._tail[-self._half :])
