"""One engine per store: whoever holds the lock runs it, and the lock dies with its process.

SQLite: an exclusive `flock` on `.loop/engine.lock`, which the kernel releases on any death. Postgres: a session-level
advisory lock on a connection of its own.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path
from typing import Any

from agents.config import Settings

_KEY = 0x4C4F4F50454E47  # "LOOPENG"


class EngineRuns(Exception):
    """Another process runs the engine of this store."""


class EngineLock:
    """The right to run the engine of one store.

    Args:
        settings: names the store.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._file: int | None = None
        self._connection: Any = None

    def take(self) -> None:
        """Take the lock, without waiting.

        Raises:
            EngineRuns: another process has it.
        """
        if self._settings.store_url.startswith("sqlite"):
            self._take_file(self._settings.ensure_state() / "engine.lock")
        else:
            self._take_advisory()

    def _take_file(self, path: Path) -> None:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            raise EngineRuns(f"The engine runs in process {pid or '?'}; this inbox is its client.") from None
        os.truncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._file = handle

    def _take_advisory(self) -> None:
        import psycopg

        url = self._settings.store_url.replace("postgresql+psycopg", "postgresql", 1)
        connection = psycopg.connect(url, autocommit=True)
        row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_KEY,)).fetchone()
        if row is None or not row[0]:
            connection.close()
            raise EngineRuns("The engine runs in another process on this store; this inbox is its client.")
        self._connection = connection

    def release(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None


async def engine_runs(settings: Settings) -> bool:
    """Whether some process holds the lock now."""

    def look() -> bool:
        lock = EngineLock(settings)
        try:
            lock.take()
        except EngineRuns:
            return True
        lock.release()
        return False

    return await asyncio.to_thread(look)
