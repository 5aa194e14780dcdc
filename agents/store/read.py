"""The read model: what lists, details and `--json` show, as plain dicts from plain SQL.

Reading goes past the ORM on purpose: a list of 100,000 reports and a cold `loop reports --json` both need it. One
`Reader` serves the screen and the command line; SQL here is the subset that SQLite and Postgres share.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Json = dict[str, Any]
MIGRATIONS = Path(__file__).parent / "migrations"

_TIMES = {
    "at", "received_at", "first_seen", "last_seen", "snoozed_until", "created_at", "updated_at", "started_at",
    "ended_at", "merged_at", "live_at", "as_of", "declared_at", "asked_at", "answered_at", "last_success", "news_at",
    "tried_at", "read_to", "retry_at",
}  # fmt: skip
_JSON = {
    "sources", "trend", "reproduction", "entities", "payload", "choices", "files", "patch", "proof", "notes",
    "baseline", "before", "after", "interval", "changes", "cursor",
}  # fmt: skip
_FLAGS = {"handled", "verified", "is_cause", "by_person", "undoable", "undone", "enabled", "ok", "suppressed"}


def iso(value: Any) -> str | None:
    """A time as ISO 8601 in UTC, from what either database gives."""
    if value is None:
        return None
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


def _decode(row: Mapping[str, Any]) -> Json:
    result: Json = {}
    for key, value in row.items():
        if key in _TIMES:
            result[key] = iso(value)
        elif key in _JSON and isinstance(value, str):
            result[key] = json.loads(value)
        elif key in _FLAGS and value is not None:
            result[key] = bool(value)
        else:
            result[key] = value
    return result


def head_revision() -> str:
    """The newest schema this program knows: the highest numbered migration."""
    return max(path.stem for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


class Reader:
    """Reads one store, in short transactions, from any thread.

    Args:
        url: as `Settings.store_url` gives it.
    """

    def __init__(self, url: str) -> None:
        self._lock = threading.Lock()
        self._url = url
        self.is_sqlite = url.startswith("sqlite")
        self._connection: Any = self._connect()

    def _connect(self) -> Any:
        if self.is_sqlite:
            path = self._url.partition(":///")[2]
            connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
            connection.execute("PRAGMA busy_timeout=30000")
            return connection
        import psycopg

        return psycopg.connect(self._url.replace("postgresql+psycopg", "postgresql", 1), autocommit=True)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._connection.close()

    def _run(self, sql: str, values: Json) -> Any:
        if self.is_sqlite:
            return self._connection.execute(sql, values)
        sql = re.sub(r"(?<!:):([a-z]\w*)", r"%(\1)s", sql.replace("%", "%%"))
        try:
            return self._connection.execute(sql, values)
        except Exception:
            if not self._connection.broken:  # a fault of the statement, not of the line
                raise
        self._connection = self._connect()  # the server was restarted, or something between cut an idle line
        return self._connection.execute(sql, values)

    def column(self, sql: str, **values: Any) -> list[Any]:
        """The first column of a query, as the database gives it."""
        with self._lock:
            return [row[0] for row in self._run(sql, values).fetchall()]

    def rows(self, sql: str, **values: Any) -> list[Json]:
        """Run a query with `:name` parameters; JSON, times and flags come back decoded."""
        with self._lock:
            cursor = self._run(sql, values)
            names = [column[0] for column in cursor.description]
            return [_decode(dict(zip(names, row, strict=True))) for row in cursor.fetchall()]

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row, None when there is none."""
        found = self.rows(sql, **values)
        return next(iter(found[0].values())) if found else None

    def revision(self) -> str:
        """The schema the store has."""
        return str(self.value("SELECT version_num FROM alembic_version"))

    def version(self) -> int:
        """A number that grows when anything a screen shows has changed: the newest feed seq."""
        return int(self.value("SELECT coalesce(max(seq), 0) AS seq FROM feed"))

    def changed(self, seq: int) -> tuple[int, set[int]]:
        """The newest seq, and the ids of reports touched after `seq` (0: something that is of no report)."""
        found = self.rows(
            "SELECT max(seq) AS seq, coalesce(report_id, 0) AS id FROM feed WHERE seq > :seq GROUP BY report_id",
            seq=seq,
        )
        return max((row["seq"] for row in found), default=seq), {row["id"] for row in found}

    def by_report(self, table: str, ids: Iterable[int], order: str = "id", columns: str = "*") -> dict[int, list[Json]]:
        """Rows of a table with `report_id`, grouped by report."""
        wanted = [int(i) for i in ids]
        grouped: dict[int, list[Json]] = {i: [] for i in wanted}
        for start in range(0, len(wanted), 500):
            part = ",".join(str(i) for i in wanted[start : start + 500])
            for row in self.rows(f"SELECT {columns} FROM {table} WHERE report_id IN ({part}) ORDER BY {order}"):
                grouped[row["report_id"]].append(row)
        return grouped
