"""Grouping: signals that nobody has placed yet become part of a report, old or new."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from agents.group import fingerprint
from agents.group.growth import next_step, reopens, trend
from agents.group.quarantine import judge
from agents.group.text import Index
from agents.models import Intake, Report, ReportKey, ReportUser, Signal, SignalState, Status, now
from agents.services import Services
from agents.snoozing import ends, wake
from agents.store.links import link
from agents.store.transitions import move
from agents.text import counted

_BATCH = 2_000
_IN = 500  # values in one IN or VALUES list
_TEXT_DAYS = 30
_COLUMNS = (
    "id", "source", "kind", "at", "title", "body", "level", "weight", "user_key", "release", "entities", "payload",
)  # fmt: skip


@dataclass
class _Added:
    """What a batch adds to one report."""

    count: int = 0
    weight: float = 0.0
    times: list[datetime] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    releases: set[str] = field(default_factory=set)
    signals: list[int] = field(default_factory=list)


@dataclass
class Grouped:
    """What grouping did."""

    reports: set[int] = field(default_factory=set)  # touched
    held: int = 0  # signals put in quarantine


async def group_new(services: Services) -> Grouped:
    """Place every signal that is new, in the order they came."""
    done = Grouped()
    while True:
        batch = await _group_batch(services, done)
        if batch < _BATCH:
            return done


async def _group_batch(services: Services, done: Grouped) -> int:
    async with services.store.write() as session:
        columns = [getattr(Signal, name) for name in _COLUMNS]
        fresh = select(*columns).where(Signal.state == SignalState.NEW).order_by(col(Signal.id)).limit(_BATCH)
        rows = (await session.exec(fresh)).all()
        if not rows:
            return 0
        placing = _Placing(session, services)
        keys = {r.id: fingerprint.keys(r.source, r.kind, r.title, r.entities, r.payload) for r in rows}
        await placing.look_up({key for found in keys.values() for key in found})
        for row in rows:
            await placing.place(row, keys[row.id])
        await placing.write()
        done.reports |= set(placing.added)
        done.held += placing.held
        return len(rows)


class _Placing:
    """One batch on its way into reports."""

    def __init__(self, session: AsyncSession, services: Services) -> None:
        self._session = session
        self._settings = services.settings.group
        self._keys: dict[str, int] = {}
        self._reports: dict[int, Report] = {}
        self._texts: Index | None = None
        self._held: dict[str, list[int]] = {}
        self._dropped: dict[str, list[int]] = {}
        self._aside: Counter[tuple[str, str]] = Counter()  # (source, kind of intake) of what joins no report
        self.added: dict[int, _Added] = {}

    @property
    def held(self) -> int:
        """How many signals of the batch are held back."""
        return sum(count for (_, kind), count in self._aside.items() if kind == "quarantined")

    async def look_up(self, keys: set[str]) -> None:
        """Learn which of the batch's keys lead to a report already."""
        wanted = sorted(keys)
        for start in range(0, len(wanted), _IN):
            part = col(ReportKey.key).in_(wanted[start : start + _IN])
            for key, report_id in (
                await self._session.exec(select(ReportKey.key, ReportKey.report_id).where(part))
            ).all():
                self._keys[key] = report_id
        known = sorted(set(self._keys.values()))
        for start in range(0, len(known), _IN):
            mine = select(Report).where(col(Report.id).in_(known[start : start + _IN]))
            for report in (await self._session.exec(mine)).all():
                if report.merged_into is None and report.id is not None:
                    self._reports[report.id] = report

    async def place(self, row: Any, keys: list[str]) -> None:
        """Find or make the report of a signal."""
        released = row.entities.get("released") is True
        if not released and (why := judge(row.kind, row.title, row.body, row.payload)):
            self._held.setdefault(why, []).append(row.id)
            self._aside[row.source, "quarantined"] += 1
            return
        report: Report | None = await self._known(keys)
        text = f"{row.title} {row.title} {row.body[:2000]}"
        if report is None and not keys:
            report = await self._alike(text)
        if report is not None and report.suppressed:
            self._dropped.setdefault(f"report {report.id} is suppressed", []).append(row.id)
            self._aside[row.source, "suppressed"] += 1
            return
        if report is None:
            report = await self._new(row)
        assert report.id is not None
        for key in keys:
            if key not in self._keys:
                self._keys[key] = report.id
                self._session.add(ReportKey(key=key, report_id=report.id))
        if not keys:
            (await self._index()).add(report.id, text)
        added = self.added.setdefault(report.id, _Added())
        added.count += 1
        added.weight += row.weight
        added.times.append(row.at)
        added.sources.add(row.source)
        added.signals.append(row.id)
        if row.user_key:
            added.users.add(row.user_key)
        if row.release:
            added.releases.add(row.release)

    async def _known(self, keys: list[str]) -> Report | None:
        strictest = next((key for key in keys if key in self._keys), None)
        return await self._report(self._keys[strictest]) if strictest is not None else None

    async def _report(self, report_id: int) -> Report:
        """A report, or the one it was joined into."""
        while True:
            report = self._reports.get(report_id)
            if report is None:
                report = await self._session.get_one(Report, report_id)
            if report.merged_into is None:
                self._reports[report_id] = report
                return report
            report_id = report.merged_into

    async def _index(self) -> Index:
        """The texts of free-text reports of the last 30 days, by report."""
        if self._texts is None:
            self._texts = Index()
            since = now() - timedelta(days=_TEXT_DAYS)
            kinds = ("error", "message", "health", "outcome", "scout")
            found = (
                select(Signal.report_id, Signal.title, Signal.body)
                .where(col(Signal.report_id).is_not(None), col(Signal.kind).not_in(kinds), col(Signal.at) > since)
                .order_by(col(Signal.id))
            )
            texts: dict[int, list[str]] = {}
            for placed, title, body in (await self._session.exec(found)).all():
                texts.setdefault(placed or 0, []).append(f"{title} {title} {body[:2000]}")
            for report_id, parts in texts.items():
                self._texts.add(report_id, " ".join(parts[:20]))
        return self._texts

    async def _alike(self, text: str) -> Report | None:
        found = (await self._index()).nearest(text)
        if found is None or found[1] < self._settings.text_similarity:
            return None
        return await self._report(found[0])

    async def _new(self, row: Any) -> Report:
        report = Report(title=row.title, kind=row.kind, sources=[], first_seen=row.at, last_seen=row.at)
        self._session.add(report)
        await self._session.flush()
        assert report.id is not None
        self._reports[report.id] = report
        if row.kind == "outcome" and (shipped := row.entities.get("report")):
            await link(self._session, report.id, int(shipped), "recurrence", "what was shipped did not hold")
        return report

    async def write(self) -> None:
        """Write signals, numbers and moves of the whole batch."""
        signal = Signal.__table__  # type: ignore[attr-defined]
        for state, aside in ((SignalState.QUARANTINED, self._held), (SignalState.DROPPED, self._dropped)):
            for why, ids in aside.items():
                values: dict[str, Any] = {"state": state, "state_reason": why}
                await self._session.exec(update(signal).where(signal.c.id.in_(ids)).values(**values))
        for report_id, added in self.added.items():
            values = {"state": SignalState.GROUPED, "report_id": report_id}
            await self._session.exec(update(signal).where(signal.c.id.in_(added.signals)).values(**values))
        users = await self._users()
        for report_id, added in self.added.items():
            await self._count(self._reports[report_id], added, users[report_id])
        day = now().date().isoformat()
        for (source, kind), count in self._aside.items():
            row = await self._session.get(Intake, (day, source, kind)) or Intake(day=day, source=source, kind=kind)
            row.count += count
            self._session.add(row)

    async def _users(self) -> Counter[int]:
        """Remember the batch's users; returns how many each report did not have yet."""
        rows = [
            {"report_id": report_id, "user_key": user}
            for report_id, added in self.added.items()
            for user in sorted(added.users)
        ]
        fresh: Counter[int] = Counter()
        table = ReportUser.__table__  # type: ignore[attr-defined]
        dialect = self._session.get_bind().dialect.name
        insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
        for start in range(0, len(rows), _IN):
            made = insert(table).values(rows[start : start + _IN]).on_conflict_do_nothing().returning(table.c.report_id)
            fresh.update(row[0] for row in (await self._session.exec(made)).all())
        return fresh

    async def _count(self, report: Report, added: _Added, new_users: int) -> None:
        before = report.last_seen if report.signal_count else None
        report.signal_count += added.count
        report.weight = round(report.weight + added.weight, 6)
        report.first_seen = min(report.first_seen, *added.times)
        report.last_seen = max(report.last_seen, *added.times)
        report.sources = sorted({*report.sources, *added.sources})
        report.updated_at = now()
        report.user_count += new_users
        report.trend = trend(report.trend, before, added.times, report.last_seen)
        self._session.add(report)
        await self._react(report, added)

    async def _react(self, report: Report, added: _Added) -> None:
        """Start, or start again, what the new numbers call for."""
        if why := await ends(self._session, report, added.releases):
            await wake(self._session, report, why)
        if report.status is Status.GATHERING and report.weight >= self._settings.weight_threshold:
            report.next_trigger = next_step(report.signal_count)
            why = f"weight {report.weight:g} from {counted(report.signal_count, 'signal')}"
            await move(self._session, report, Status.QUEUED, who="loop", why=why)
        grown = report.signal_count >= report.next_trigger
        if grown:
            report.next_trigger = next_step(report.signal_count)
        if reopens(report) or (grown and report.status in (Status.NOT_ACTIONABLE, Status.FAILED)):
            why = f"new evidence: {counted(added.count, 'signal')} more, {report.signal_count} now"
            action = "re-opened" if report.status is Status.DECLINED else ""
            await move(self._session, report, Status.QUEUED, who="loop", why=why, action=action)
