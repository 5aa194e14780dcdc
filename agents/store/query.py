"""Which reports, in which order: sections, the filter line, sorts, and the cards of the list."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agents.store.read import Json, Reader

# A mark, not a state: a snooze that has ended needs nobody to end it.
_SNOOZED = "(r.snoozed_until > :now OR (r.snooze_condition <> '' AND r.snoozed_until IS NULL))"
SECTIONS: dict[str, str] = {
    "needs_you": f"r.status IN ('review', 'needs_input', 'failed') AND NOT coalesce({_SNOOZED}, 1 = 0)",
    "ready": f"r.status = 'review' AND NOT coalesce({_SNOOZED}, 1 = 0)",
    "needs_input": f"r.status = 'needs_input' AND NOT coalesce({_SNOOZED}, 1 = 0)",
    "running": "r.status IN ('queued', 'investigating', 'proposing')",
    "shipped": "r.status IN ('shipped', 'measured')",
    "declined": "r.status = 'declined'",
    "snoozed": f"coalesce({_SNOOZED}, 1 = 0)",
    "suppressed": "r.suppressed",
    "all": "r.status <> 'merged_into'",
}
SORTS = {
    "priority": "coalesce(r.priority, 9), r.last_seen DESC, r.id",
    "impact": "r.user_count DESC, r.signal_count DESC, r.id",
    "newest": "r.first_seen DESC, r.id",
    "oldest": "r.first_seen, r.id",
    "recent": "r.last_seen DESC, r.id",
}


class BadQuery(Exception):
    """A filter, section or sort that means nothing; the message names what would."""


@dataclass
class Where:
    """Conditions and their parameters."""

    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition in which `?` stands for each value."""
        for value in values:
            name = f"v{len(self.values)}"
            condition = condition.replace("?", f":{name}", 1)
            self.values[name] = value
        self.conditions.append(condition)

    @property
    def sql(self) -> str:
        """The conditions as one expression."""
        return " AND ".join(f"({c})" for c in self.conditions) or "1 = 1"


def _priorities(text: str) -> list[int]:
    match = re.fullmatch(r"[pP]?([0-4])(?:-[pP]?([0-4]))?", text)
    if match is None:
        raise BadQuery(f"{text!r} is no priority; write p:1 or p:0-2.")
    low, high = int(match[1]), int(match[2] or match[1])
    return list(range(min(low, high), max(low, high) + 1))


def _like(word: str) -> str:
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def parse(text: str, who: str = "") -> Where:
    """Read the filter line: `p:0-1 source:sentry status:review mine users:>20 words`.

    Raises:
        BadQuery: a field's value cannot be read.
    """
    where = Where()
    for token in text.split():
        name, colon, value = token.partition(":")
        if token == "mine":
            where.add("r.claimed_by = ?", who)
        elif not colon or not value or name not in ("p", "priority", "source", "status", "users", "signals"):
            where.add(
                "lower(r.title) LIKE ? ESCAPE '\\' OR lower(r.summary) LIKE ? ESCAPE '\\'", _like(token), _like(token)
            )
        elif name in ("p", "priority"):
            where.add(f"r.priority IN ({','.join(str(p) for p in _priorities(value))})")
        elif name == "source":
            where.add("lower(CAST(r.sources AS TEXT)) LIKE ? ESCAPE '\\'", _like(f'"{value}"'))
        elif name == "status":
            words = [word.strip().lower() for word in value.split(",")]
            where.add(" OR ".join("r.status = ?" for _ in words), *words)
        else:
            match = re.fullmatch(r"([<>]=?|=)?(\d+)", value)
            if match is None:
                raise BadQuery(f"{token!r} cannot be read; write {name}:>20.")
            where.add(f"r.{'user_count' if name == 'users' else 'signal_count'} {match[1] or '='} ?", int(match[2]))
    return where


def ids(
    reader: Reader, *, section: str = "all", search: str = "", sort: str = "priority", limit: int = 200,
    offset: int = 0, who: str = "",
) -> list[int]:  # fmt: skip
    """The ids of one page of a section, in order.

    Raises:
        BadQuery: unknown section or sort, or a filter that cannot be read.
    """
    if section not in SECTIONS:
        raise BadQuery(f"There is no section {section!r}; choose one of {', '.join(SECTIONS)}.")
    if sort not in SORTS:
        raise BadQuery(f"There is no sort {sort!r}; choose one of {', '.join(SORTS)}.")
    where = parse(search, who)
    sql = (
        f"SELECT r.id AS id FROM report r WHERE {SECTIONS[section]} AND {where.sql} "
        f"ORDER BY {SORTS[sort]} LIMIT {int(limit)} OFFSET {int(offset)}"
    )
    return [row["id"] for row in reader.rows(sql, now=_now(reader), **where.values)]


def _now(reader: Reader) -> Any:
    moment = datetime.now(UTC)
    return moment.replace(tzinfo=None).isoformat(sep=" ") if reader.is_sqlite else moment


def counts(reader: Reader) -> dict[str, int]:
    """How many reports each section holds."""
    parts = ", ".join(f'coalesce(sum(CASE WHEN {c} THEN 1 ELSE 0 END), 0) AS "{name}"' for name, c in SECTIONS.items())
    return {k: int(v) for k, v in reader.rows(f"SELECT {parts} FROM report r", now=_now(reader))[0].items()}


_CARD = """
SELECT r.id, r.title, r.kind, r.status, r.status_reason, r.priority, r.verdict, r.signal_count, r.user_count, r.trend,
  r.first_seen, r.last_seen, r.sources, r.claimed_by, r.snoozed_until, r.snooze_condition,
  r.merged_into, r.declined_as, r.suppressed,
  coalesce(c.state, '') AS change_state, c.proof,
  (SELECT count(*) FROM "check" k WHERE k.change_id = c.id AND k.round = c.round AND k.status IN ('failed', 'error')) AS bad_checks,
  (SELECT count(*) FROM "check" k WHERE k.change_id = c.id AND k.round = c.round AND k.status = 'passed') AS good_checks,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round AND v.severity = 'must-fix') AS must,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round AND v.severity = 'should-fix') AS should,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round) AS review_count,
  (SELECT q.choices FROM question q WHERE q.report_id = r.id AND q.answered_at IS NULL ORDER BY q.id DESC LIMIT 1) AS choices,
  (SELECT o.verdict FROM outcome o WHERE o.report_id = r.id ORDER BY o.id DESC LIMIT 1) AS outcome,
  (SELECT u.progress FROM run u WHERE u.report_id = r.id AND u.status = 'running' ORDER BY u.id DESC LIMIT 1) AS running
FROM report r LEFT JOIN change c ON c.report_id = r.id WHERE r.id IN ({ids})
"""  # noqa: E501


def cards(reader: Reader, wanted: list[int]) -> list[Json]:
    """What one line of the list needs, for each id, in the order given."""
    if not wanted:
        return []
    found = {row["id"]: _card(row) for row in reader.rows(_CARD.format(ids=",".join(str(int(i)) for i in wanted)))}
    return [found[i] for i in wanted if i in found]


def _card(row: Json) -> Json:
    must, should, count = row.pop("must"), row.pop("should"), row["review_count"]
    bad, good = row.pop("bad_checks"), row.pop("good_checks")
    row["priority"] = None if row["priority"] is None else f"P{row['priority']}"
    row["review"] = "must-fix" if must else "should-fix" if should else "consider" if count else ""
    row["checks"] = "failed" if bad else "passed" if good else ""
    row["choices"] = len(row["choices"] or [])
    row["proved"] = (row.pop("proof") or {}).get("proved")
    row["outcome"] = row["outcome"] or ""
    row["running"] = row["running"] or ""
    return row
