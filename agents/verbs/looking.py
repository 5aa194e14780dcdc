"""Looking: lists, reports, counts, and what changes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from agents.basics import Outline
from agents.refusal import Refused
from agents.store import query
from agents.store.read import Json
from agents.verbs.project import Project

if TYPE_CHECKING:
    from agents.config import Settings
    from agents.source import Code


@dataclass(frozen=True)
class First:
    """What a list shows first.

    Args:
        seq: the newest change it knows of, for `watch`.
        ids: the first reports of the section, in order.
        cards: what the list shows of them.
        counts: how many reports each section holds.
    """

    seq: int
    ids: list[int]
    cards: list[Json]
    counts: dict[str, int]


class Looking(Project):
    """What a person looks at."""

    def __init__(self, settings: Settings | Outline, who: str = "") -> None:
        super().__init__(settings, who)
        self._code: Code | None = None

    def reports_now(
        self, *, section: str = "all", search: str = "", sort: str = "", limit: int = 200, offset: int = 0
    ) -> list[Json]:
        """Reports in the stable JSON shape, without their signals; blocking.

        Raises:
            Refused: section, filter or sort cannot be read.
        """
        if self._reader is None and not self._store_exists():
            return []
        from agents.store import detail

        wanted = self._ids(section=section, search=search, sort=sort, limit=limit, offset=offset)
        return detail.reports(self.reader, wanted)

    def report_now(self, report_id: int) -> Json:
        """One report with its signals, findings, runs and journal; blocking.

        Raises:
            Refused: there is none.
        """
        from agents.store import detail

        found = detail.report(self.reader, report_id)
        if found is None:
            raise Refused(f"There is no report {report_id}; `loop reports` lists them.")
        return found

    async def reports(self, **wanted: Any) -> list[Json]:
        """`reports_now` without blocking the loop."""
        return await asyncio.to_thread(self.reports_now, **wanted)

    async def report(self, report_id: int) -> Json:
        """`report_now` without blocking the loop."""
        return await asyncio.to_thread(self.report_now, report_id)

    @cached_property
    def sections(self) -> tuple[query.Section, ...]:
        """The saved queries: those every project has, and the team's own from `loop.toml`."""
        own = [
            query.Section(f"own-{place}", one.name, "", one.filter, one.sort)
            for place, one in enumerate(self.basics.section, 1)
        ]
        shipped = [section.key for section in query.SECTIONS].index("shipped") + 1
        return (*query.SECTIONS[:shipped], *own, *query.SECTIONS[shipped:])

    def _ids(self, **wanted: Any) -> list[int]:
        try:
            return query.ids(self.reader, who=self.who, sections=self.sections, **wanted)
        except query.BadQuery as error:
            raise Refused(str(error)) from error

    def first(self, section: str = "needs_you", *, limit: int) -> First:
        """The first reports of a section and the numbers of all sections; blocking."""
        seq = self.reader.version()  # before the rest: what changes meanwhile is told again, never missed
        ids = self._ids(section=section, limit=limit)
        cards = query.cards(self.reader, ids, self.who)
        return First(seq, ids, cards, query.counts(self.reader, self.who, self.sections))

    async def ids(
        self, section: str = "needs_you", search: str = "", sort: str = "", limit: int | None = None
    ) -> list[int]:
        """The ids of a section in order, the first `limit` or all.

        Raises:
            Refused: section, filter or sort cannot be read.
        """
        return await asyncio.to_thread(self._ids, section=section, search=search, sort=sort, limit=limit)

    async def cards(self, ids: Iterable[int]) -> list[Json]:
        """What the list shows of these reports, in this order."""
        return await asyncio.to_thread(query.cards, self.reader, list(ids), self.who)

    async def needing(self, among: Iterable[int]) -> dict[int, str]:
        """Those of some reports that need a person now, each with who last did something to it."""
        return await asyncio.to_thread(query.needing, self.reader, among)

    async def counts(self) -> dict[str, int]:
        """How many reports each section holds."""
        return await asyncio.to_thread(query.counts, self.reader, self.who, self.sections)

    async def source(self, report_id: int, path: str, line: int, around: int = 6, *, at: str = "release") -> Json:
        """{path, commit, first, lines}: code of the repository around a line that a frame or finding names.

        `at` is `release` (as it ran, when the release tells its commit, else the base), or `base` or `head` of the
        change.
        """
        if self._code is None:
            from agents.source import Code

            self._code = Code((await self.services()).repository, self.reader, self.settings.base)
        return await self._code.source(report_id, path, line, around, at)

    async def series(self, report_id: int) -> Json:
        """The rate of a report over time, with the merge marked; see `agents.store.series`."""
        from agents.store.series import series

        look = self.settings.measure
        return await asyncio.to_thread(
            series, self.reader, report_id, baseline=look.baseline, soak=look.soak, window=look.window
        )

    async def funnel(self) -> Json:
        """Why the list holds what it holds: what was collected, and what became of it; see `agents.store.funnel`."""
        from agents.store.funnel import funnel

        look = self.settings.measure
        return await asyncio.to_thread(funnel, self.reader, soak=look.soak, window=look.window)

    async def ledger(self) -> list[Json]:
        """All outcomes, newest first."""
        from agents.measure.ledger import ledger

        return await ledger((await self.services()).store)

    async def watch(self, seq: int | None = None) -> AsyncIterator[set[int]]:
        """Sets of ids of reports that change from now on, or have since `seq`; 0: something that is of no report."""
        known = await asyncio.to_thread(self.reader.version) if seq is None else seq
        while True:
            await asyncio.sleep(self.settings.engine.poll)
            known, changed = await asyncio.to_thread(self.reader.changed, known)
            if changed:
                yield changed
