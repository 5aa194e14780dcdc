"""The filter line: `p:0-1 source:sentry status:review users:>20 is:unread -word "two words"` as conditions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from agents.states import OutcomeVerdict, Status, Verdict

_NAMES = {"priority": "p", "state": "status", "assigned": "claimed"}
_STATUS_WORDS = {
    "ready": ("review",), "question": ("needs_input",), "running": ("queued", "investigating", "proposing"),
    "building": ("proposing",), "looking": ("investigating",),
}  # fmt: skip
_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}


class BadQuery(Exception):
    """A filter, section or sort that means nothing; the message names what would."""


@dataclass
class Where:
    """Conditions and their parameters.

    Args:
        who: the person, for `mine` and `is:unread`.
        sqlite: which database compares the times.
    """

    who: str = ""
    sqlite: bool = True
    conditions: list[str] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)

    def add(self, condition: str, *values: Any) -> None:
        """Add a condition in which `?` stands for each value."""
        for value in values:
            name = f"v{len(self.values)}"
            condition = condition.replace("?", f":{name}", 1)
            self.values[name] = value
        self.conditions.append(condition)

    def moment(self, at: datetime) -> Any:
        """A time as this database compares it."""
        return at.replace(tzinfo=None).isoformat(sep=" ") if self.sqlite else at

    @property
    def sql(self) -> str:
        """The conditions as one expression."""
        return " AND ".join(f"({c})" for c in self.conditions) or "1 = 1"


UNREAD = (
    "r.news_at IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM seen e WHERE e.report_id = r.id AND e.who = ? AND e.at >= r.news_at)"
)


_OUTCOME = "(SELECT o.verdict FROM outcome o WHERE o.report_id = r.id ORDER BY o.id DESC LIMIT 1)"


def like(word: str) -> str:
    """A pattern that finds the word anywhere."""
    escaped = word.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _words(where: Where, text: str) -> None:
    where.add("lower(r.title) LIKE ? ESCAPE '\\' OR lower(r.summary) LIKE ? ESCAPE '\\'", like(text), like(text))


def _priority(where: Where, value: str) -> None:
    match = re.fullmatch(r"[pP]?([0-4])(?:-[pP]?([0-4]))?", value)
    if match is None:
        raise BadQuery(f"{value!r} is no priority; write p:1 or p:0-2.")
    low, high = sorted((int(match[1]), int(match[2] or match[1])))
    where.add(f"r.priority BETWEEN {low} AND {high}")


def _one_of(column: str, known: tuple[str, ...], also: dict[str, tuple[str, ...]]) -> Callable[[Where, str], None]:
    def add(where: Where, value: str) -> None:
        wanted: list[str] = []
        for word in value.lower().replace("-", "_").split(","):
            if word not in known and word not in also:
                raise BadQuery(f"{word!r} is none of {', '.join([*also, *known])}.")
            wanted += also.get(word, (word,))
        where.add(" OR ".join(f"{column} = ?" for _ in wanted), *wanted)

    return add


def _count(column: str) -> Callable[[Where, str], None]:
    def add(where: Where, value: str) -> None:
        match = re.fullmatch(r"([<>]=?|=)?(\d{1,15})", value)
        if match is None:
            raise BadQuery(f"{value!r} is no number; write {'users' if 'user' in column else 'signals'}:>20.")
        where.add(f"{column} {match[1] or '='} ?", int(match[2]))

    return add


def _age(column: str) -> Callable[[Where, str], None]:
    def add(where: Where, value: str) -> None:
        match = re.fullmatch(r"([<>])?(\d{1,6})([mhdw])", value)
        if match is None:
            raise BadQuery(f"{value!r} is no age; write seen:<2d for the last two days, seen:>1w for longer ago.")
        edge = datetime.now(UTC) - timedelta(seconds=int(match[2]) * _UNITS[match[3]])
        where.add(f"{column} {'<' if match[1] == '>' else '>='} ?", where.moment(edge))

    return add


def _is(where: Where, value: str) -> None:
    facts: dict[str, tuple[str, tuple[Any, ...]]] = {
        "unread": (UNREAD, (where.who,)),
        "mine": ("r.claimed_by = ?", (where.who,)),
        "claimed": ("r.claimed_by IS NOT NULL", ()),
        "free": ("r.claimed_by IS NULL", ()),
        "snoozed": ("r.snoozed_until IS NOT NULL OR r.snooze_condition <> ''", ()),
        "suppressed": ("r.suppressed", ()),
        "changed": ("EXISTS (SELECT 1 FROM change h WHERE h.report_id = r.id AND h.head_sha <> '')", ()),
    }
    if value.lower() not in facts:
        raise BadQuery(f"is:{value} means nothing; write is: and one of {', '.join(facts)}.")
    condition, values = facts[value.lower()]
    where.add(condition, *values)


def _id(where: Where, value: str) -> None:
    if not re.fullmatch(r"\d{1,15}(,\d{1,15})*", value):
        raise BadQuery(f"{value!r} is no report; write id:12 or id:12,15.")
    where.add(f"r.id IN ({value})")


_READ: dict[str, Callable[[Where, str], None]] = {
    "p": _priority,
    "status": _one_of("r.status", tuple(Status), _STATUS_WORDS),
    "source": lambda where, value: where.add("lower(CAST(r.sources AS TEXT)) LIKE ? ESCAPE '\\'", like(f'"{value}"')),
    "kind": lambda where, value: where.add("r.kind = ?", value.lower()),
    "verdict": _one_of("r.verdict", tuple(Verdict), {}),
    "outcome": _one_of(
        "(SELECT o.verdict FROM outcome o WHERE o.report_id = r.id ORDER BY o.id DESC LIMIT 1)",
        tuple(OutcomeVerdict),
        {},
    ),
    "users": _count("r.user_count"),
    "signals": _count("r.signal_count"),
    "seen": _age("r.last_seen"),
    "first": _age("r.first_seen"),
    "claimed": lambda where, value: where.add("lower(r.claimed_by) LIKE ? ESCAPE '\\'", like(value)),
    "is": _is,
    "id": _id,
}
FIELDS = tuple(_READ)


def tokens(text: str) -> list[str]:
    """The words of the line; quotes hold several together, and one left open ends with the line."""
    lexer = shlex.shlex(text, posix=True, punctuation_chars="")
    lexer.whitespace_split, lexer.commenters, lexer.quotes, lexer.escape = True, "", '"', ""
    try:
        return list(lexer)
    except ValueError:
        return tokens(text + '"')


def parse(text: str, who: str = "", *, sqlite: bool = True) -> Where:
    """Read the filter line; all of its parts must hold.

    Raises:
        BadQuery: a field's value cannot be read.
    """
    where = Where(who, sqlite)
    for token in tokens(text):
        negated = len(token) > 1 and token.startswith("-")
        part = token[1:] if negated else token
        name, colon, value = part.partition(":")
        name = _NAMES.get(name.lower(), name.lower())
        if part.lower() == "mine":
            _is(where, "mine")
        elif colon and name in _READ:
            if not value:
                continue  # still being typed
            _READ[name](where, value)
        else:
            _words(where, part)
        if negated:
            where.conditions[-1] = f"NOT coalesce(({where.conditions[-1]}), 1 = 0)"
    return where
