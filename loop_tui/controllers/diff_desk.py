"""What is said about a change and what one has seen of it, between the diff screen and the inbox."""

from __future__ import annotations

import asyncio
from typing import Any

from agents.inbox import Inbox
from agents.text import one_line
from loop_tui.screens.dialogs import Ask, Chosen, Option
from loop_tui.widgets.diff.layout import Remark
from loop_tui.widgets.diff.place import Place
from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.words import plural

Json = dict[str, Any]
KINDS = (
    Option("Ask for changes", "the work starts again with your words", "request-changes"),
    Option("Comment", "nothing starts", "comment"),
    Option("Approve", "merging stays a decision of its own", "approve"),
)


class Desk:
    """Drafts, comments and marks of one change.

    Args:
        inbox: the verbs.
        report_id: the report.
        head: the head that is read here.
    """

    def __init__(self, inbox: Inbox, report_id: int, head: str) -> None:
        self.inbox, self.report_id, self.head = inbox, report_id, head
        self.remarks: list[Remark] = []
        self.viewed: frozenset[str] = frozenset()
        self.looked_at: Json | None = None  # the version one last looked at, {round, head, at}

    @property
    def drafts(self) -> list[Remark]:
        """What is not sent yet."""
        return [remark for remark in self.remarks if remark.draft]

    async def load(self) -> None:
        """Read all of it."""
        await asyncio.gather(self.load_remarks(), self.load_viewed())
        if self.looked_at is None:
            seen, versions = await asyncio.gather(
                self.inbox.seen(self.report_id), self.inbox.versions(self.report_id)
            )  # fmt: skip
            older = [version for version in versions if version["head"] != self.head]
            known = [version for version in older if version["head"] == seen["head"]]
            # One who has seen the newest may still want what it brought over the one before.
            self.looked_at = next(iter([*known[-1:], *older[-1:]]), None)

    async def load_remarks(self) -> None:
        """Read what was said."""
        drafts, comments = await asyncio.gather(
            self.inbox.drafts(self.report_id), self.inbox.comments(self.report_id)
        )  # fmt: skip
        said = [_remark(row, draft=False) for row in comments if not row.get("taken_back")]
        self.remarks = said + [_remark(row, draft=True) for row in drafts]

    async def load_viewed(self) -> None:
        """Read the marks."""
        marks = await self.inbox.viewed(self.report_id)
        self.viewed = frozenset(path for path, done in marks.items() if done)

    async def mark(self, path: str, viewed: bool) -> None:
        """Mark a file."""
        await self.inbox.mark_viewed(self.report_id, path, viewed)
        await self.load_viewed()

    async def drop(self, draft: Remark) -> str:
        """Throw a draft away."""
        told = await self.inbox.drop_draft(draft.id)
        await self.load_remarks()
        return told

    def keeper(self, place: Place, draft: Remark | None) -> Any:
        """A function that keeps what is written about a place; "" drops it."""
        known = draft.id if draft is not None else None

        async def keep(text: str) -> None:
            nonlocal known
            if text:
                known = await self.inbox.save_draft(
                    self.report_id, place.path, place.line, text, side=place.side, start_line=place.start,
                    head=self.head, draft_id=known,
                )  # fmt: skip
            elif known is not None:
                gone, known = known, None
                await self.inbox.drop_draft(gone)

        return keep

    def dialog(self) -> Ask:
        """The question how the drafts are sent."""
        drafts = self.drafts
        about: list[Line] = []
        for remark in drafts[:8]:
            where = f"{remark.path}:{remark.line}" if remark.line else f"{remark.path}, outdated"
            about.append(line((one_line(where, 60), "dim"), "  ", one_line(remark.text, 200), hang=2))
        if len(drafts) > 8:
            about.append(line((f"… and {len(drafts) - 8:,} more", "dim")))
        if not drafts:
            about.append(line(("No drafts: only the words below are sent.", "dim")))
        return Ask(f"Send a review with {plural(len(drafts), 'comment')}", about, KINDS, "summary, if any")

    async def send(self, chosen: Chosen) -> str:
        """Send it."""
        kind = KINDS[chosen.place or 0].value
        said = await self.inbox.send_review(self.report_id, kind, chosen.text, self.head)
        await self.load_remarks()
        return said


def _remark(row: Json, *, draft: bool) -> Remark:
    outdated = bool(row.get("outdated"))
    path = row.get("now_path") or row["path"] or ""
    return Remark(
        id=int(row["id"]), path=path, side=row.get("side") or "new", line=None if outdated else row["now_line"],
        start=row.get("now_start", row["start_line"]), text=row["text"], author="you" if draft else row["author"],
        severity="" if draft or row["by_person"] else row["severity"], draft=draft, outdated=outdated,
        quote=row.get("quote") or "",
    )  # fmt: skip
