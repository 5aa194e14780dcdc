"""Which reports, in which order: sections, sorts, pages, and the cards of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agents.store.filters import UNREAD, BadQuery, Where, parse
from agents.store.read import Json, Reader

__all__ = ["SECTIONS", "SORTS", "BadQuery", "Section", "cards", "counts", "ids"]

# A mark, not a state: a snooze that has ended needs nobody to end it.
_SNOOZED = "coalesce(r.snoozed_until > :now OR (r.snooze_condition <> '' AND r.snoozed_until IS NULL), 1 = 0)"


@dataclass(frozen=True)
class Section:
    """A saved query.

    Args:
        key: its name in commands.
        label: its name on the screen.
        condition: SQL on `report r`; empty: only the filter counts.
        filter: a filter line that always holds in it.
        sort: the order it opens in.
    """

    key: str
    label: str
    condition: str = ""
    filter: str = ""
    sort: str = "priority"


SECTIONS = (
    Section("needs_you", "Needs you", f"r.status IN ('review', 'needs_input', 'failed') AND NOT {_SNOOZED}"),
    Section("ready", "Ready", f"r.status = 'review' AND NOT {_SNOOZED}"),
    Section("needs_input", "Questions", f"r.status = 'needs_input' AND NOT {_SNOOZED}"),
    Section("running", "Running", "r.status IN ('queued', 'investigating', 'proposing')"),
    Section("shipped", "Shipped", "r.status IN ('shipped', 'measured')", sort="recent"),
    Section("snoozed", "Snoozed", _SNOOZED),
    Section("declined", "Declined", "r.status = 'declined'", sort="recent"),
    Section("suppressed", "Muted", "r.suppressed"),
    Section("all", "All", "r.status <> 'merged_into'"),
)


def _trend(item: Callable[[int], str]) -> str:
    """By how much the last six hours were busier than the six before them."""
    late, early = (" + ".join(f"coalesce({item(n)}, 0)" for n in part) for part in (range(9, 12), range(6, 9)))
    return f"({late}) - ({early}) DESC, r.user_count DESC, r.id"


_SORTS: dict[str, Callable[[bool], str]] = {
    "priority": lambda _: "coalesce(r.priority, 9), r.last_seen DESC, r.id",
    "impact": lambda _: "r.user_count DESC, r.signal_count DESC, r.id",
    "trend": lambda sqlite: _trend(
        (lambda n: f"json_extract(r.trend, '$[{n}]')") if sqlite else (lambda n: f"(r.trend->>{n})::float")
    ),
    "newest": lambda _: "r.first_seen DESC, r.id",
    "oldest": lambda _: "r.first_seen, r.id",
    "recent": lambda _: "r.last_seen DESC, r.id",
}
SORTS = tuple(_SORTS)


def _now(reader: Reader) -> Any:
    moment = datetime.now(UTC)
    return moment.replace(tzinfo=None).isoformat(sep=" ") if reader.is_sqlite else moment


def _where(reader: Reader, section: Section, search: str, who: str) -> Where:
    where = parse(f"{section.filter} {search}", who, sqlite=reader.is_sqlite)
    if section.condition:
        where.conditions.insert(0, section.condition)
        where.values["now"] = _now(reader)
    return where


def find(sections: Iterable[Section], key: str) -> Section:
    """A section by its key.

    Raises:
        BadQuery: there is none.
    """
    known = {section.key: section for section in sections}
    if key not in known:
        raise BadQuery(f"There is no section {key!r}; choose one of {', '.join(known)}.")
    return known[key]


def ids(
    reader: Reader, *, section: str = "all", search: str = "", sort: str = "", limit: int | None = None,
    offset: int = 0, who: str = "", sections: Sequence[Section] = SECTIONS,
) -> list[int]:  # fmt: skip
    """The ids of a section in order, all of them or one page.

    Raises:
        BadQuery: unknown section or sort, or a filter that cannot be read.
    """
    chosen = find(sections, section)
    order = sort or chosen.sort
    if order not in _SORTS:
        raise BadQuery(f"There is no sort {order!r}; choose one of {', '.join(_SORTS)}.")
    where = _where(reader, chosen, search, who)
    page = "" if limit is None else f" LIMIT {int(limit)} OFFSET {int(offset)}"
    sql = f"SELECT r.id FROM report r WHERE {where.sql} ORDER BY {_SORTS[order](reader.is_sqlite)}{page}"
    return reader.column(sql, **where.values)


# Sections that are no filter of the team's look at these columns alone, which have an index of their own.
_ALIKE = (
    "(SELECT suppressed, status, snooze_condition, snoozed_until, count(*) AS alike FROM report"
    " GROUP BY suppressed, status, snooze_condition, snoozed_until)"
)


def counts(reader: Reader, who: str = "", sections: Sequence[Section] = SECTIONS) -> dict[str, int]:
    """How many reports each section holds; a section whose filter cannot be read holds none."""
    filtered = [section for section in sections if section.filter]
    found = _counts(reader, who, [section for section in sections if not section.filter], _ALIKE, "alike")
    if filtered:
        found |= _counts(reader, who, filtered, "report", "1")
    return {section.key: int(found.get(section.key) or 0) for section in sections}


def _counts(reader: Reader, who: str, sections: Sequence[Section], rows: str, each: str) -> Json:
    parts, values = [], {"now": _now(reader)}
    for place, section in enumerate(sections):
        try:
            where = _where(reader, section, "", who)
        except BadQuery:
            continue
        sql = where.sql
        for name, value in sorted(where.values.items(), reverse=True):
            if name != "now":
                sql = sql.replace(f":{name}", f":s{place}{name}")
                values[f"s{place}{name}"] = value
        parts.append(f'sum(CASE WHEN {sql} THEN {each} ELSE 0 END) AS "{section.key}"')
    return reader.rows(f"SELECT {', '.join(parts)} FROM {rows} r", **values)[0] if parts else {}


def needing(reader: Reader, among: Iterable[int]) -> dict[int, str]:
    """Those of some reports that need a person now, each with who last did something to it."""
    wanted, found = [int(one) for one in among], dict[int, str]()
    last = "(SELECT j.who FROM journal j WHERE j.report_id = r.id ORDER BY j.id DESC LIMIT 1)"
    for start in range(0, len(wanted), 500):
        part = ",".join(str(one) for one in wanted[start : start + 500])
        condition = f"{find(SECTIONS, 'needs_you').condition} AND r.id IN ({part})"
        rows = reader.rows(f"SELECT r.id, {last} AS who FROM report r WHERE {condition}", now=_now(reader))
        found |= {row["id"]: row["who"] or "" for row in rows}
    return found


_CARD = """
SELECT r.id, r.title, r.kind, r.status, r.status_reason, r.priority, r.verdict, r.signal_count, r.user_count, r.trend,
  r.first_seen, r.last_seen, r.sources, r.claimed_by, r.snoozed_until, r.snooze_condition, r.declined_as, r.suppressed,
  r.merged_into,
  coalesce(c.state, '') AS change_state, c.proof, c.head_sha AS head,
  (SELECT count(*) FROM "check" k WHERE k.change_id = c.id AND k.round = c.round AND k.status IN ('failed', 'error')) AS bad_checks,
  (SELECT count(*) FROM "check" k WHERE k.change_id = c.id AND k.round = c.round AND k.status = 'passed') AS good_checks,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round AND v.severity = 'must-fix') AS must,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round AND v.severity = 'should-fix') AS should,
  (SELECT count(*) FROM review_comment v WHERE v.change_id = c.id AND v.round = c.round) AS review_count,
  (SELECT q.choices FROM question q WHERE q.report_id = r.id AND q.answered_at IS NULL ORDER BY q.id DESC LIMIT 1) AS choices,
  (SELECT o.verdict FROM outcome o WHERE o.report_id = r.id ORDER BY o.id DESC LIMIT 1) AS outcome,
  (SELECT u.progress FROM run u WHERE u.report_id = r.id AND u.status = 'running' ORDER BY u.id DESC LIMIT 1) AS running,
  CASE WHEN {unread} THEN 1 ELSE 0 END AS unread
FROM report r LEFT JOIN change c ON c.report_id = r.id WHERE r.id IN ({ids})
"""  # noqa: E501


def cards(reader: Reader, wanted: Sequence[int], who: str = "") -> list[Json]:
    """What one line of the list needs, for each id, in the order given."""
    found: dict[int, Json] = {}
    for start in range(0, len(wanted), 500):
        part = ",".join(str(int(i)) for i in wanted[start : start + 500])
        sql = _CARD.format(ids=part, unread=UNREAD.replace("?", ":who"))
        found |= {row["id"]: _card(row) for row in reader.rows(sql, who=who)}
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
    row["head"] = row["head"] or ""
    row["unread"], row["suppressed"] = bool(row["unread"]), bool(row["suppressed"])
    return row
