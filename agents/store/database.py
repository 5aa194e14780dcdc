"""Async sessions on SQLite (WAL) or Postgres.

`Store.read()` gives a session to look with; `Store.write()` gives one that holds the writers' lock
from its first statement, commits at the end, and leaves a change-feed row for each object it touched.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.store import feed
from agents.store.migrate import upgrade

_WRITERS = 0x57524954  # "WRIT": the advisory lock that is on Postgres what the writers' lock is on SQLite


class StoreError(Exception):
    """The database cannot be used; the message names the next step."""


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's BEGIN below is the only one
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # A read transaction that turns into a write fails at once under contention; ask for the lock first.
        mode = "IMMEDIATE" if connection.get_execution_options().get("loop_write") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")


class Store:
    """One project's database.

    Args:
        url: an SQLAlchemy URL with an async driver (`sqlite+aiosqlite:///…`, `postgresql+psycopg://…`).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = url.startswith("sqlite")
        self._engine = create_async_engine(url, pool_pre_ping=not self.is_sqlite)
        if self.is_sqlite:
            _prepare_sqlite(self._engine)
        self._writer = self._engine.execution_options(loop_write=True)
        self.on_commit: Callable[[], None] | None = None  # told after each write of this process

    @classmethod
    async def open(cls, url: str) -> Store:
        """Open the database at `url`, bringing its schema up to date.

        Raises:
            StoreError: it cannot be reached or its schema is newer than this program.
        """
        if url.startswith("sqlite"):
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
        store = cls(url)
        try:
            await upgrade(store._engine)
        except (DBAPIError, OSError) as error:
            await store.close()
            shown = make_url(url).render_as_string(hide_password=True)
            raise StoreError(f"Cannot open the store {shown}: {error.args[0]}. Check `store` in loop.toml.") from error
        except RuntimeError as error:
            await store.close()
            raise StoreError(str(error)) from error
        return store

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for looking; nothing is committed."""
        async with AsyncSession(self._engine, expire_on_commit=False) as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session that commits at the end and feeds the change feed; one at a time, whatever the process."""
        async with AsyncSession(self._writer, expire_on_commit=False) as session:
            feed.attach(session.sync_session)
            if not self.is_sqlite:
                # What a writer has read is still so when it writes: two people never decide past each other.
                await session.exec(text("SELECT pg_advisory_xact_lock(:key)"), params={"key": _WRITERS})  # type: ignore[call-overload]
            yield session
            await session.commit()
        if self.on_commit is not None:
            self.on_commit()
