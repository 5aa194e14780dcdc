"""Product data that a model may ask with SQL: three tables of this project's store, read only, within bounds.

The SQL is run by SQLite whatever the store is: its authorizer names each table, column and function that a statement
touches before it runs (https://www.sqlite.org/c3ref/set_authorizer.html), and Postgres has nothing like it short of a
role for each project. So a store on Postgres is first read into memory, its newest rows, in a read-only transaction.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from agents.config import Settings
from agents.harness.llm.desk import Refusal
from agents.text import one_line, visible

ROWS = 200
_SECONDS = 5.0
_CELL = 2_000  # characters
_VALUE = 20_000_000  # bytes of one value while a query runs
_NEWEST = 20_000  # rows of a table that are read from Postgres
_MOST = 100_000_000  # characters of a table, likewise
_READING = 20_000  # milliseconds for that

TABLES: Mapping[str, tuple[str, ...]] = {
    "signal": (
        "id", "report_id", "at", "source", "kind", "title", "body", "level", "handled", "user_key", "release",
        "environment", "entities", "payload",
    ),
    "exposure": ("name", "bucket", "release", "count"),
    "report": (
        "id", "title", "kind", "status", "priority", "signal_count", "user_count", "first_seen", "last_seen",
    ),
}  # fmt: skip
_NEWER = {"signal": "id", "exposure": "bucket", "report": "id"}
_WALKERS = ("json_each", "json_tree")  # functions that stand where a table does


class ProductData:
    """The product data of one project.

    Args:
        url: the store, as `Settings.store_url` gives it.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._copy: sqlite3.Connection | None = None  # of a Postgres store

    def query(self, sql: str) -> str:
        """The rows of one SELECT, a line each, their values apart by tabs, under a line of names.

        Raises:
            Refusal: it is no SELECT of these tables, takes too long, or there is no data.
        """
        with self._lock:
            try:
                connection = self._open()
            except (OSError, sqlite3.Error, psycopg.Error) as error:
                raise Refusal(f"The product data cannot be read: {one_line(error, 300)}.") from error
            try:
                return _asked(connection, sql)
            finally:
                if connection is not self._copy:
                    connection.close()

    def close(self) -> None:
        """Forget what was read."""
        with self._lock:
            if self._copy is not None:
                self._copy.close()
                self._copy = None

    def _open(self) -> sqlite3.Connection:
        if self._url.startswith("sqlite"):
            path = Path(make_url(self._url).database or "")
            if not path.exists():
                raise Refusal("There is no product data here.")
            connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False)
            connection.execute("PRAGMA busy_timeout=5000")
            for table, columns in TABLES.items():
                names = ", ".join(f'"{column}"' for column in columns)
                connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {names} FROM main.{table}")
            return _confined(connection)
        if self._copy is None:
            self._copy = _confined(_copied(self._url))
        return self._copy


@asynccontextmanager
async def product_of(settings: Settings) -> AsyncIterator[ProductData]:
    """The product data of a project, for as long as the block takes."""
    data = ProductData(settings.store_url)
    try:
        yield data
    finally:
        await asyncio.to_thread(data.close)


def _confined(connection: sqlite3.Connection) -> sqlite3.Connection:
    for walker in _WALKERS:  # its first use declares a table, which the authorizer would not allow
        connection.execute(f"SELECT 1 FROM {walker}('[]')").close()
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _VALUE)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.set_authorizer(_allowed)
    return connection


def _allowed(action: int, first: str | None, second: str | None, _database: str | None, _via: str | None) -> int:
    """Whether a statement may do this; what it reads is named by its table, never by the view or CTE around it."""
    if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_FUNCTION and second != "load_extension":
        return sqlite3.SQLITE_OK
    if action == sqlite3.SQLITE_READ and first is not None:
        known = first in _WALKERS or second in (*TABLES.get(first, ()), *([""] if first in TABLES else ()))
        return sqlite3.SQLITE_OK if known else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_DENY


def _asked(connection: sqlite3.Connection, sql: str) -> str:
    end = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
    try:
        with closing(connection.execute(sql)) as cursor:
            rows = cursor.fetchmany(ROWS + 1)
            names = [column[0] for column in cursor.description or ()]
    except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
        if time.monotonic() > end:
            raise Refusal(f"The query took longer than {_SECONDS:g} s; narrow it down.") from error
        raise Refusal(f"The query cannot be run: {one_line(error, 300)}.") from error
    if not names:
        raise Refusal("Only SELECT can be run.")
    lines = ["\t".join(names), *("\t".join(_cell(value) for value in row) for row in rows[:ROWS])]
    more = [f"(more than {ROWS} rows; narrow it down, or count and group)"] if len(rows) > ROWS else []
    return "\n".join([*lines, *more])


def _cell(value: Any) -> str:
    text = f"{len(value)} bytes" if isinstance(value, bytes) else "" if value is None else str(value)
    return visible(text[:_CELL]).replace("\n", "\\n").replace("\t", " ")


def _copied(url: str) -> sqlite3.Connection:
    """The newest rows of each table of a Postgres store, in memory, as a SQLite store has them."""
    limits = f"-c default_transaction_read_only=on -c statement_timeout={_READING}"
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql", 1), options=limits) as store:
        for table, columns in TABLES.items():
            names = ", ".join(f'"{column}"' for column in columns)
            connection.execute(f"CREATE TABLE {table} ({names})")
            marks = ", ".join("?" * len(columns))
            with store.cursor(table) as cursor:  # a named one is read in parts
                cursor.execute(f'SELECT {names} FROM "{table}" ORDER BY {_NEWER[table]} DESC LIMIT {_NEWEST}')
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", _within(cursor, _MOST))
    connection.commit()
    return connection


def _within(rows: Iterable[tuple[Any, ...]], limit: int) -> Iterator[tuple[Any, ...]]:
    """Rows as SQLite takes them, until they are more than `limit` characters."""
    for row in rows:
        plain = tuple(_plain(value) for value in row)
        limit -= sum(len(value) for value in plain if isinstance(value, str))
        if limit < 0:
            return
        yield plain


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (dict, list)) else value
