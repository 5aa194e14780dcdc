"""Reading a change: its diff and its heads, comments and drafts, and what was read of it."""

from __future__ import annotations

from typing import Literal

from agents.store.read import Json
from agents.verbs.project import Project


class Reviewing(Project):
    """What a person reads of a change, and notes down before it is sent."""

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
