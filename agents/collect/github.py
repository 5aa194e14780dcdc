"""GitHub Issues, of github.com or an Enterprise server, with their comments.

Lists are read oldest change first (https://docs.github.com/rest/issues). A page further on begins a second before the
newest change of the page before, not at the next number: what changes meanwhile moves to the end of such a list, and
what follows it would slip over the edge of a numbered page. Only where a whole page has one time are links followed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from agents import credentials
from agents.collect import Item, Json, Part, SourceError
from agents.collect.api import Answer, Api, Manners, retry_after, until
from agents.collect.github_items import comment, issue, readable, repository_id, revised
from agents.collect.tickets import stamp
from agents.collect.tracker import OVERLAP, Feed, Page, Tracker, Window, moment_of
from agents.config import GithubSettings
from agents.text import one_line

TOKEN = "GITHUB_TOKEN"
_PER_PAGE = 100
_SECOND = timedelta(seconds=1)
_ALL = datetime.max.replace(tzinfo=UTC)


class GithubSource(Tracker):
    """Issues and comments of the repositories that settings name."""

    name = "github"

    def __init__(self, settings: GithubSettings, transport: Any = None) -> None:
        super().__init__(settings, transport)
        self._settings = settings

    def feeds(self) -> Sequence[Feed]:
        """One for each repository."""
        return [_Repository(name) for name in self._settings.repositories]

    def api(self) -> Api:
        """The REST API with the token."""
        settings = self._settings
        if why := credentials.why_untrusted(settings.api, "api.github.com", "[github] api"):
            raise SourceError(why)
        token = credentials.secret(TOKEN)
        if not token:
            raise SourceError(
                f"GitHub wants a token that may read issues; {credentials.where_to_put(TOKEN)}. A fine-grained one "
                "needs Issues: read on each repository."
            )
        headers = {
            "Authorization": f"Bearer {token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "loop-inbox",
        }
        return Api(
            settings.api, headers, _MANNERS, timeout=settings.timeout, ca_bundle=settings.ca_bundle,
            transport=self.transport,
        )  # fmt: skip

    async def check(self) -> str:
        """Read one issue of each repository."""
        async with await asyncio.to_thread(self.api) as api:
            for name in self._settings.repositories:
                await api.get(f"/repos/{name}/issues", {"per_page": 1, "state": "all"})
        return f"may read the issues of {', '.join(self._settings.repositories)}"


@dataclass(frozen=True)
class _List:
    """One of a repository's two lists."""

    name: str  # its part of the cursor
    path: str
    params: Json
    read: Callable[[Json, int], Part | None]

    def fresh(self, row: Json, repository: int, window: Window) -> Item | None:
        """What a row says; None when it was given before, or is of a pull request."""
        part = self.read(row, repository)
        return part if part is not None and window.fresh(part) else None


_ISSUES = _List("issues", "/issues", {"state": "all"}, issue)
_COMMENTS = _List("comments", "/issues/comments", {}, comment)


class _Repository:
    def __init__(self, name: str) -> None:
        self.key = name.lower()
        self._path = f"/repos/{name}"

    async def pages(self, api: Api, cursor: Json) -> AsyncIterator[Page]:
        """Issues to their end, then comments.

        Comments count as read only up to when issues were: a comment on an issue that came after is read again.
        """
        if "id" not in cursor:
            cursor = {**cursor, "id": repository_id((await api.get(self._path)).json)}
        if not cursor.get("issues_to"):  # else the last poll ended amid the comments
            async for items, after, done in self._read(api, _ISSUES, cursor, _ALL):
                cursor = {**after, "issues_to": stamp(done - OVERLAP)} if done else after
                yield Page(items, cursor, True)
        async for items, after, done in self._read(api, _COMMENTS, cursor, moment_of(cursor["issues_to"])):
            cursor = {**after, "read_to": cursor["issues_to"], "issues_to": ""} if done else after
            yield Page(items, cursor, done is None)

    async def _read(
        self, api: Api, what: _List, cursor: Json, most: datetime
    ) -> AsyncIterator[tuple[list[Item], Json, datetime | None]]:
        """Pages of a list: items, the cursor after them, and, with the last one, the time there.

        A list's part of the cursor is {at: all changes up to then are in the store, open: whether reading stopped
        before the end, next: the link to go on with where it stopped amid one second, seen, etag: {since, tag}}.
        """
        state: Json = cursor.get(what.name) or {"at": cursor["from"], "open": True}
        since = moment_of(state["at"]) - (timedelta() if state.get("open") else OVERLAP)
        window, follow = Window(state.get("seen")), str(state.get("next") or "")
        whole = not state.get("open")  # one page has held the entire list
        done = None
        while done is None:
            answer = await self._page(api, what, since, follow, state.get("etag") or {})
            if answer.status == 304:
                yield [], cursor, answer.at
                return
            rows, bad = readable(answer.json)
            items = [*bad, *(item for row in rows if (item := what.fresh(row, cursor["id"], window)) is not None)]
            newest = max((revised(row) for row in rows), default=since)
            if answer.next:
                # Of the last minute something may still come to light, so reading does not go on from within it.
                settled, whole = answer.at - OVERLAP, False
                onward = min(newest - _SECOND, settled)
                follow, since = ("", onward) if onward > since else (answer.next, since)
                state = {"at": stamp(min(since, most)), "open": True, "seen": window.state(since, most)}
                if since < settled:
                    state["next"] = follow
            else:
                done, covered = answer.at, min(max(newest, moment_of(state["at"])), most)
                seen = window.state(covered - OVERLAP, covered)
                state = {"at": stamp(covered), "seen": seen}
                if whole and since == covered - OVERLAP:
                    state["etag"] = {"since": stamp(since), "tag": answer.headers.get("etag", "")}
            cursor = {**cursor, what.name: state}
            yield items, cursor, done

    async def _page(self, api: Api, what: _List, since: datetime, follow: str, etag: Json) -> Answer:
        if follow:
            return await api.get(follow)
        params = {"sort": "updated", "direction": "asc", "per_page": _PER_PAGE, "since": f"{since:%Y-%m-%dT%H:%M:%SZ}"}
        conditional = {"If-None-Match": etag["tag"]} if etag.get("since") == stamp(since) and etag.get("tag") else {}
        return await api.get(self._path + what.path, {**what.params, **params}, **conditional)


def _wait(answer: Answer) -> float | None:
    """Both limits of GitHub: 403 or 429, with `Retry-After`, a reset time, or a sentence alone."""
    if answer.status not in (403, 429):
        return None
    if (after := retry_after(answer)) is not None:
        return after
    if answer.headers.get("x-ratelimit-remaining") == "0":
        return until(answer.headers.get("x-ratelimit-reset", ""), answer)
    return 60.0 if answer.status == 429 or "rate limit" in _said(answer).lower() else None


def _after(answer: Answer) -> float:
    spent = answer.headers.get("x-ratelimit-remaining") == "0"
    return until(answer.headers.get("x-ratelimit-reset", ""), answer) if spent else 0.0


def _said(answer: Answer) -> str:
    return one_line(answer.json.get("message") or "", 200) if isinstance(answer.json, dict) else ""


def _explain(answer: Answer) -> str:
    match answer.status:
        case 401:
            return f"GitHub refuses {TOKEN} (401): it is wrong, expired or revoked; make a new one and set it."
        case 403:
            return f"GitHub forbids this (403: {_said(answer)}); give {TOKEN} Issues: read, and SSO where it is asked."
        case 404:
            return f"GitHub knows no such repository (404), or {TOKEN} may not see it; mend [github] repositories."
        case 410:
            return "Issues are switched off in a repository (410); take it out of [github] repositories."
        case _:
            return f"GitHub answers {answer.status} ({_said(answer)}); `loop sources check github` asks again."


_MANNERS = Manners("GitHub", _wait, _after, _explain)
