"""The verbs a person has. The screen, the command line and anything else call these and nothing below them.

Importing this module is cheap: what only some verbs need is imported when they are called, because a cold
`loop reports --json` pays for every import.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agents.basics import ConfigError, Outline, find_repo
from agents.refusal import Refused
from agents.rights import RIGHTS, why_not
from agents.store import query
from agents.store.read import Json
from agents.verbs.deciding import Deciding
from agents.verbs.looking import First, Looking
from agents.verbs.reviewing import Reviewing

if TYPE_CHECKING:
    from agents.config import Settings
    from agents.engine import Engine

SORTS = query.SORTS

__all__ = ["RIGHTS", "SORTS", "ConfigError", "First", "Inbox", "Json", "Refused", "find_repo", "load", "why_not"]


def load(repo: Path, **overrides: Any) -> Settings:
    """All settings of a repository, checked; see `agents.config.load`."""
    from agents.config import load as checked

    return checked(repo, **overrides)


async def create_history(
    folder: Path, branch: str, author: tuple[str, str], commits: Iterable[tuple[datetime, str, tuple[str, ...]]]
) -> None:
    """Make a repository of the files in `folder`, whose paths arrive commit by commit.

    Args:
        folder: where the files are.
        branch: the branch to commit on.
        author: name and e-mail.
        commits: (time, message, paths added), oldest first.
    """
    from agents.repository import Repository

    repository = Repository(folder)
    await repository.git("init", "-q", "-b", branch)
    parent: list[str] = []
    for at, message, paths in commits:
        await repository.git("add", "--", *paths)
        tree = await repository.git("write-tree")
        parent = [await repository.commit_tree(tree, parent, message, at, author=author)]
        await repository.git("update-ref", f"refs/heads/{branch}", parent[0])


class Inbox(Looking, Reviewing, Deciding):
    """One project as one person sees it.

    Args:
        settings: the project's settings, or an outline of them.
        who: the person; empty: the name git knows, else the login name.
    """

    def __init__(self, settings: Settings | Outline, who: str = "") -> None:
        super().__init__(settings, who)
        self._engine: Engine | None = None
        self._notice = ""

    @staticmethod
    async def isolates(repo: Path) -> bool:
        """Whether a sandbox that isolates works here for this repository."""
        from agents.sandbox.choose import survey

        settings = load(find_repo(repo))
        return any(found.ok and found.kind != "none" for found in await survey(settings.sandbox, settings.repo))

    async def close(self) -> None:
        """Stop the engine if it runs here, and close the store."""
        if self._engine is not None:
            await self._engine.stop()
            self._engine = None
        if self._services is not None:
            await self.look_at(None)
        await super().close()

    async def start_engine(self, *, ingest: bool = True) -> None:
        """Run the loop in the background of this process, unless another process of this store does.

        Where another does, this inbox is a client: `activity()["notice"]` says so.
        """
        from agents.engine import Engine
        from agents.lock import EngineRuns

        engine = Engine(await self.services())
        try:
            await engine.start(ingest=ingest)
        except EngineRuns as error:
            self._notice = str(error)
            return
        self._engine = engine
        self._notice = engine.notice

    @property
    def engine_here(self) -> bool:
        """Whether the engine runs in this process."""
        return self._engine is not None and self._engine.running

    @property
    def dsn(self) -> str:
        """Where SDKs send to, "" while no endpoint runs in this process."""
        return self._engine.dsn if self._engine is not None else ""

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The ingest endpoint alone: what arrives is stored and grouped; yields the DSN."""
        from agents.intake import listen

        server = await listen(await self.services())
        try:
            yield server.dsn
        finally:
            await server.stop()

    async def import_paths(self, paths: list[Path], format: str = "auto") -> Json:
        """Import files; returns {signals, duplicates, quarantined, rejected, reasons}.

        Raises:
            Refused: a path or format that does not exist.
        """
        from agents.intake import import_paths

        return await import_paths(await self.services(), paths, format)

    async def sources(self, *, check: bool = False, name: str = "") -> list[Json]:
        """How each source fares, see `agents.store.sources`; `check` polls those that are polled first, or one.

        Raises:
            Refused: no source of that name is polled.
        """
        from agents.collect.registry import names
        from agents.decide.sources import known
        from agents.polling import poll_due, polled_sources
        from agents.store.sources import sources

        services = await self.services()
        if name:
            known(services, name)
        if check:
            wanted = [source for source in polled_sources(services) if name in ("", source.name)]
            await poll_due(services, wanted, force=True)
        day = datetime.now(UTC).date().isoformat()
        sql = "SELECT source, count FROM intake WHERE day = :day AND kind = 'collected'"
        came = await asyncio.to_thread(self.reader.rows, sql, day=day)
        today = {row["source"]: int(row["count"]) for row in came}
        found = await asyncio.to_thread(sources, self.reader, today, names(services.settings))
        return [source for source in found if name in ("", source["name"])]

    async def switch_source(self, name: str, on: bool) -> str:
        """Switch a polled source on or off."""
        return await self._do("switch_source", name, on)

    async def backfill_source(self, name: str) -> str:
        """Read a polled source from the beginning of its window again."""
        return await self._do("backfill_source", name)

    def quarantined(self) -> list[Json]:
        """Signals held back, newest first; blocking."""
        return self.reader.rows(
            "SELECT id, source, kind, at, title, state_reason FROM signal WHERE state = 'quarantined' ORDER BY id DESC"
        )

    async def quarantine(self, action: str, signals: list[int]) -> str:
        """Release signals (they are grouped then) or drop them."""
        return await self._do("quarantine", action, signals)

    async def until_idle(self, timeout: float = 600.0) -> bool:
        """Wait until only people or time are awaited; False when `timeout` seconds passed before."""
        if self._engine is None:
            raise Refused(self._notice or "The engine does not run in this process.")
        return await self._engine.until_idle(timeout)

    async def measure(self, report_id: int | None = None, as_of: datetime | None = None) -> list[int]:
        """Judge a shipped report (or all that are due) as of a time; returns the reports with an outcome."""
        from agents.measure.stage import measure, measure_due

        services = await self.services()
        if report_id is None:
            return await measure_due(services, as_of)
        self.report_now(report_id)
        return [report_id] if await measure(services, report_id, as_of=as_of) is not None else []

    async def activity(self) -> Json:
        """What the engine does now, and where."""
        from agents.store.activity import activity

        services = await self.services()
        result = await asyncio.to_thread(activity, self.reader)
        from agents.lock import engine_runs
        from agents.repository import GitError

        here = self._engine is not None and self._engine.running
        result["engine"] = "here" if here else "elsewhere" if await engine_runs(self.settings) else "none"
        try:
            base = await services.repository.base_branch(self.settings.base)
            result["base"] = f"{base} {(await services.repository.resolve(base) or '')[:7]}"
        except GitError as error:
            result["base"], self._notice = "", self._notice or str(error)
        result["sandbox"] = self._engine.sandbox if self._engine else ""
        result["dsn"] = self.dsn
        result["notice"] = self._notice
        return result
