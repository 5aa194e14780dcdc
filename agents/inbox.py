"""The verbs a person has. The screen, the command line and anything else call these and nothing below them.

Importing this module is cheap: what only some verbs need is imported when they are called, because a cold
`loop reports --json` pays for every import.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from agents.config import ConfigError, Settings, find_repo, load, person
from agents.refusal import Refused
from agents.rights import RIGHTS, why_not
from agents.store import detail, query
from agents.store.read import Json, Reader, head_revision

if TYPE_CHECKING:
    from agents.engine import Engine
    from agents.services import Services
    from agents.source import Code

SORTS = query.SORTS
_HEARTBEAT = 15.0  # seconds between two writes of the same look

__all__ = ["RIGHTS", "SORTS", "ConfigError", "Inbox", "Json", "Refused", "find_repo", "load", "why_not"]


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


class Inbox:
    """One project as one person sees it.

    Args:
        settings: the project's settings.
        who: the person; empty: the name git knows, else the login name.
    """

    def __init__(self, settings: Settings, who: str = "") -> None:
        self.settings = settings
        self.who = who
        self._services: Services | None = None
        self._opening = asyncio.Lock()
        self._reader: Reader | None = None
        self._engine: Engine | None = None
        self._notice = ""
        self._code: Code | None = None
        self._screen = uuid.uuid4().hex  # this inbox among those that are open
        self._looked: tuple[int | None, float] = (None, 0.0)  # which report it shows, and when it last said so

    @classmethod
    async def open(cls, repo: Path, *, who: str | None = None, **overrides: Any) -> Inbox:
        """Open the inbox of the repository at or above `repo`, making its store when there is none.

        Raises:
            ConfigError: no repository, or a `loop.toml` that cannot be read.
            Refused: the store cannot be opened.
        """
        settings = load(find_repo(repo), **overrides)
        inbox = cls(settings, who or "")
        inbox.who = inbox.who or await asyncio.to_thread(person, settings.repo)
        if not await asyncio.to_thread(inbox._readable):
            await inbox.services()
        return inbox

    def _readable(self) -> bool:
        """Whether there is a store of today's schema, which can be read before the ORM is there."""
        try:
            return self._store_exists() and self.reader.revision() == head_revision()
        except Exception:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            return False

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
        if self._reader is not None:
            self._reader.close()
            self._reader, self._code = None, None
        if self._services is not None:
            await self._services.store.close()
            self._services = None

    async def __aenter__(self) -> Inbox:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def title(self) -> str:
        """What the project is called."""
        return self.settings.title

    async def services(self) -> Services:
        """Store, repository, sandboxes and forge, opened on first use.

        Raises:
            Refused: the store cannot be opened.
        """
        async with self._opening:
            if self._services is None:
                self._services = await self._open_services()
        return self._services

    async def _open_services(self) -> Services:
        # Importing the ORM takes longer than a key may wait.
        await asyncio.to_thread(import_module, "agents.services")
        from agents.repository import Repository
        from agents.services import Services
        from agents.store import Store, StoreError

        self.settings.ensure_state()
        try:
            store = await Store.open(self.settings.store_url)
        except StoreError as error:
            raise Refused(str(error)) from error
        return Services(self.settings, store, Repository(self.settings.repo))

    # Looking -------------------------------------------------------------------------------------------------

    @property
    def reader(self) -> Reader:
        """The read model of the store.

        Raises:
            Refused: there is no store yet.
        """
        if self._reader is None:
            if not self._store_exists():
                raise Refused("Nothing has been collected here yet; run `loop import PATH`, `loop listen` or `loop`.")
            self._reader = Reader(self.settings.store_url)
        return self._reader

    def _store_exists(self) -> bool:
        url = self.settings.store_url
        return not url.startswith("sqlite") or Path(url.partition(":///")[2]).exists()

    def reports_now(
        self, *, section: str = "all", search: str = "", sort: str = "", limit: int = 200, offset: int = 0
    ) -> list[Json]:
        """Reports in the stable JSON shape, without their signals; blocking.

        Raises:
            Refused: section, filter or sort cannot be read.
        """
        if self._reader is None and not self._store_exists():
            return []
        wanted = self._ids(section=section, search=search, sort=sort, limit=limit, offset=offset)
        return detail.reports(self.reader, wanted)

    def report_now(self, report_id: int) -> Json:
        """One report with its signals, findings, runs and journal; blocking.

        Raises:
            Refused: there is none.
        """
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
            for place, one in enumerate(self.settings.section, 1)
        ]
        shipped = [section.key for section in query.SECTIONS].index("shipped") + 1
        return (*query.SECTIONS[:shipped], *own, *query.SECTIONS[shipped:])

    def _ids(self, **wanted: Any) -> list[int]:
        try:
            return query.ids(self.reader, who=self.who, sections=self.sections, **wanted)
        except query.BadQuery as error:
            raise Refused(str(error)) from error

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

    async def activity(self) -> Json:
        """What the engine does now, and where."""
        services = await self.services()

        def look() -> Json:
            running = self.reader.rows(
                "SELECT u.report_id, r.title, u.stage, u.progress, u.started_at, u.sandbox FROM run u "
                "JOIN report r ON r.id = u.report_id WHERE u.status = 'running' "
                "AND r.status IN ('investigating', 'proposing', 'review') ORDER BY u.id"
            )
            queued = self.reader.value("SELECT count(*) AS n FROM report WHERE status = 'queued'")
            day = datetime.now().astimezone().date().isoformat()
            usd = self.reader.value("SELECT coalesce(sum(usd), 0) AS usd FROM run WHERE started_at >= :day", day=day)
            waits = "SELECT count(*) AS n FROM report r WHERE r.status = 'proposing' AND NOT EXISTS "
            to_build = self.reader.value(
                f"{waits} (SELECT 1 FROM run u WHERE u.report_id = r.id AND u.status = 'running')"
            )
            troubled = self.reader.rows(
                "SELECT name, last_success, last_error FROM source_state WHERE enabled AND last_error <> '' "
                "ORDER BY name"
            )
            found = {"running": running, "queued": queued, "to_build": to_build, "troubled": troubled}
            return found | {"usd_today": float(usd)}

        result = await asyncio.to_thread(look)
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

    async def ledger(self) -> list[Json]:
        """All outcomes, newest first."""
        from agents.measure.ledger import ledger

        return await ledger((await self.services()).store)

    async def watch(self) -> AsyncIterator[set[int]]:
        """Sets of ids of reports that changed, as they change; 0 in a set: something that is of no report."""
        seq = await asyncio.to_thread(self.reader.version)
        while True:
            await asyncio.sleep(self.settings.engine.poll)
            seq, changed = await asyncio.to_thread(self.reader.changed, seq)
            if changed:
                yield changed

    # Reading a change ----------------------------------------------------------------------------------------

    async def diff(self, report_id: int, *, since: str = "", context: int = 3, whitespace: bool = True) -> str:
        """The unified diff of a report's change, "" when there is none; `since` an older head: what is new in it."""
        from agents.review import reading

        services = await self.services()
        return await reading.diff(services, report_id, since=since, context=context, whitespace=whitespace)

    async def file_at(self, report_id: int, path: str, which: Literal["head", "base"] = "head") -> str:
        """The text of a file of the change, "" where it is absent; cut off after 2 MB."""
        from agents.review import reading

        return await reading.file_at(await self.services(), report_id, path, which)

    async def versions(self, report_id: int) -> list[Json]:
        """The heads the change has had, oldest first: {round, base_sha, head, at}."""
        from agents.review import reading

        return await reading.versions(await self.services(), report_id)

    async def comments(self, report_id: int) -> list[Json]:
        """The comments on the change in all its rounds, each with where it stands now (`now_line`, `outdated`)."""
        from agents.review import comments

        return await comments.comments(await self.services(), report_id)

    async def drafts(self, report_id: int) -> list[Json]:
        """Your comments on the change that are not sent, each with where it stands now."""
        from agents.review import drafts

        return await drafts.drafts(await self.services(), self.who, report_id)

    async def save_draft(
        self, report_id: int, path: str, line: int, text: str, *, side: Literal["new", "old"] = "new",
        start_line: int | None = None, head: str = "", draft_id: int | None = None,
    ) -> int:  # fmt: skip
        """Keep a comment without sending it; `draft_id` writes one anew. Returns its id."""
        from agents.review import drafts

        return await drafts.save(
            await self.services(), self.who, report_id, path, line, text, side=side, start_line=start_line, head=head,
            draft_id=draft_id,
        )  # fmt: skip

    async def draft_at(self, report_id: int, at: str, text: str, *, side: Literal["new", "old"] = "new") -> int:
        """`save_draft` at FILE:LINE or FILE:FIRST-LAST."""
        from agents.decide.review import place

        path, start_line, line = place(at)
        return await self.save_draft(report_id, path, line, text, side=side, start_line=start_line)

    async def drop_draft(self, draft_id: int) -> str:
        """Throw one of your drafts away."""
        from agents.review import drafts

        return await drafts.drop(await self.services(), self.who, draft_id)

    async def seen(self, report_id: int) -> Json:
        """What you have read of a report: {at, head, files}."""
        from agents.review import marks

        return await marks.seen(await self.services(), self.who, report_id)

    async def saw_diff(self, report_id: int, head: str) -> None:
        """Remember that you have read the diff at `head`."""
        from agents.review import marks

        await marks.saw_diff(await self.services(), self.who, report_id, head)

    async def mark_viewed(self, report_id: int, path: str, viewed: bool = True) -> None:
        """Mark a file of the change as viewed, until its text changes; or take the mark away."""
        from agents.review import marks

        await marks.mark_viewed(await self.services(), self.who, report_id, path, viewed)

    async def viewed(self, report_id: int) -> dict[str, bool]:
        """For each file of the change whether you have marked its present text as viewed."""
        from agents.review import marks

        return await marks.viewed(await self.services(), self.who, report_id)

    # Deciding ------------------------------------------------------------------------------------------------

    async def _do(self, verb: str, *args: Any, **named: Any) -> str:
        from agents import decide

        call: Callable[..., Awaitable[str]] = getattr(decide, verb)
        return await call(await self.services(), self.who, *args, **named)

    async def merge(self, report_id: int, head: str = "", method: str = "merge") -> str:
        """Merge a report's change; `head` is the head that was reviewed, `method` merge, squash or rebase."""
        return await self._do("merge", report_id, head, method)

    async def merge_plan(self, report_id: int) -> Json:
        """What would be merged, what is missing (sentences), how it can be merged, and what cannot be undone."""
        from agents.decide import merge_plan

        return await merge_plan(await self.services(), self.who, report_id)

    async def revert(self, report_id: int) -> str:
        """Start a report whose change takes this merged one out again."""
        return await self._do("revert", report_id)

    async def decline(self, report_id: int, reason: str, note: str = "") -> str:
        """Decline a report with a typed reason."""
        return await self._do("decline", report_id, reason, note)

    async def answer(self, report_id: int, text: str = "", choice: int | None = None) -> str:
        """Answer a question in words or by choice, counting from 1."""
        return await self._do("answer", report_id, text, choice)

    async def request_changes(self, report_id: int, text: str, at: str = "") -> str:
        """Ask for changes, on the whole change or at FILE:LINE."""
        return await self._do("request_changes", report_id, text, at)

    async def send_review(self, report_id: int, kind: str, text: str = "", head: str = "") -> str:
        """Send a review (approve, comment or request-changes) and all your drafts with it."""
        return await self._do("send_review", report_id, kind, text, head)

    async def suppress(self, report_id: int, why: str = "") -> str:
        """Decline a report for good: its further signals are only counted."""
        return await self._do("suppress", report_id, why)

    async def unsuppress(self, report_id: int) -> str:
        """Take a report's signals in again."""
        return await self._do("unsuppress", report_id)

    async def snooze(self, report_id: int, until: str) -> str:
        """Hide a report until a time or a condition."""
        return await self._do("snooze", report_id, until)

    async def unsnooze(self, report_id: int) -> str:
        """End a snooze."""
        return await self._do("wake", report_id)

    async def claim(self, report_id: int) -> str:
        """Mark a report as yours."""
        return await self._do("claim", report_id)

    async def release(self, report_id: int) -> str:
        """Take that mark away."""
        return await self._do("release", report_id)

    async def retry(self, report_id: int) -> str:
        """Start a report's work again."""
        return await self._do("retry", report_id)

    async def stop(self, report_id: int) -> str:
        """Stop the work on a report."""
        return await self._do("stop", report_id)

    async def set_priority(self, report_id: int, priority: int, why: str) -> str:
        """Raise or lower a priority, with a reason."""
        return await self._do("set_priority", report_id, priority, why)

    async def note(self, report_id: int, text: str) -> str:
        """Write down what later work should know."""
        return await self._do("note", report_id, text)

    async def join(self, report_id: int, into: int) -> str:
        """Put a report's signals into another."""
        return await self._do("join", report_id, into)

    async def split(self, report_id: int, signals: list[int]) -> str:
        """Take signals out into a new report."""
        return await self._do("split", report_id, signals)

    async def bulk(self, verb: str, ids: Iterable[int], *args: Any, **named: Any) -> list[tuple[int, bool, str]]:
        """Do one verb (named as its command) on many reports, as one batch: (id, done, sentence) of each."""
        from agents import decide

        return await decide.bulk(await self.services(), self.who, verb, ids, *args, **named)

    async def undo(self, entry_id: int | None = None) -> str:
        """Take back your newest triage action with all of its batch, or one entry of the history alone."""
        return await self._do("turn", entry_id)

    async def redo(self) -> str:
        """Put back what you took back last."""
        return await self._do("turn", redo=True)

    async def history(self, limit: int = 200, everyone: bool = False) -> list[Json]:
        """What people decided, newest first, and what of it you could take back now."""
        from agents import decide

        return await decide.history(await self.services(), self.who, limit, everyone)

    # Reading -------------------------------------------------------------------------------------------------

    async def mark_read(self, report_id: int, read: bool = True) -> str:
        """Mark a report as read by you, or as unread."""
        return await self._do("mark_read", report_id, read)

    async def look_at(self, report_id: int | None) -> None:
        """Say which report this screen shows; call it again as a heartbeat, it writes at most every 15 s."""
        known, at = self._looked
        if report_id == known and (report_id is None or time.monotonic() - at < _HEARTBEAT):
            return
        from agents import decide

        self._looked = (report_id, time.monotonic())
        await decide.look_at(await self.services(), self.who, self._screen, report_id)

    async def looking(self) -> dict[int, list[str]]:
        """Which others look at which report now."""
        from agents import decide

        return await decide.looking(await self.services(), self.who)

    # Working -------------------------------------------------------------------------------------------------

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

    async def sources(self, *, check: bool = False) -> list[Json]:
        """Each source with its health; `check` polls those that are polled first."""
        from agents.polling import poll_due, polled_sources

        services = await self.services()
        if check:
            await poll_due(services, polled_sources(services), force=True)
        return await asyncio.to_thread(self.reader.rows, "SELECT * FROM source_state ORDER BY name")

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
