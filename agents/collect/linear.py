"""Linear issues, with their comments, from its GraphQL API.

Lists come newest change first (https://linear.app/developers/pagination), so what reading began with is covered only
when the last page was read: until then the cursor keeps the place in the list beside the old beginning.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agents import credentials
from agents.collect import Item, Json, Part, SourceError
from agents.collect.api import Answer, Api, Manners, until
from agents.collect.linear_items import comment, issue, refused
from agents.collect.tickets import stamp
from agents.collect.tracker import OVERLAP, Feed, Page, Tracker, Window, moment_of
from agents.config import LinearSettings
from agents.text import one_line

KEY = "LINEAR_API_KEY"
_ALL = datetime.max.replace(tzinfo=UTC)
_MILLISECOND = 0.001

ISSUES = """
query Issues($team: String!, $since: DateTimeOrDuration!, $after: String) {
  found: issues(
    filter: {team: {key: {eq: $team}}, updatedAt: {gt: $since}}
    orderBy: updatedAt, includeArchived: true, first: 50, after: $after
  ) {
    nodes {
      id identifier title description url createdAt updatedAt archivedAt trashed
      state { type } creator { id } externalUserCreator { id } botActor { id }
      team { key } labels(first: 20) { nodes { name } }
    }
    pageInfo { hasNextPage endCursor }
  }
}
"""
COMMENTS = """
query Comments($team: String!, $since: DateTimeOrDuration!, $after: String) {
  found: comments(
    filter: {issue: {team: {key: {eq: $team}}}, updatedAt: {gt: $since}}
    orderBy: updatedAt, includeArchived: true, first: 50, after: $after
  ) {
    nodes { id body createdAt updatedAt archivedAt issue { id } user { id } externalUser { id } botActor { id } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
TEAMS = "query Teams($keys: [String!]) { teams(filter: {key: {in: $keys}}, first: 50) { nodes { key name } } }"


class LinearSource(Tracker):
    """Issues and comments of the teams that settings name."""

    name = "linear"

    def __init__(self, settings: LinearSettings, transport: Any = None) -> None:
        super().__init__(settings, transport)
        self._settings = settings

    def feeds(self) -> Sequence[Feed]:
        """One for each team."""
        return [_Team(key.upper()) for key in self._settings.teams]

    def api(self) -> Api:
        """The API with the key; a personal one goes without `Bearer`."""
        settings = self._settings
        if why := credentials.why_untrusted(settings.api, "api.linear.app", "[linear] api"):
            raise SourceError(why)
        key = credentials.secret(KEY)
        if not key:
            raise SourceError(f"Linear wants an API key that may read; {credentials.where_to_put(KEY)}.")
        headers = {"Authorization": key if key.startswith("lin_api_") else f"Bearer {key}", "User-Agent": "loop-inbox"}
        return Api(
            settings.api, headers, _MANNERS, timeout=settings.timeout, ca_bundle=settings.ca_bundle,
            transport=self.transport,
        )  # fmt: skip

    async def check(self) -> str:
        """Look whether the key sees each team."""
        wanted = [key.upper() for key in self._settings.teams]
        async with await asyncio.to_thread(self.api) as api:
            found = _data(await api.post("", {"query": TEAMS, "variables": {"keys": wanted}})).get("teams")
        nodes = found.get("nodes") if isinstance(found, dict) else None
        seen = {str(node.get("key")) for node in nodes or [] if isinstance(node, dict)}
        if missing := [key for key in wanted if key not in seen]:
            raise SourceError(f"Linear shows no team {', '.join(missing)} to {KEY}; mend [linear] teams or its rights.")
        return f"may read the issues of {', '.join(wanted)}"


@dataclass(frozen=True)
class _List:
    name: str
    query: str
    read: Callable[[Json], Part | None]


_ISSUES = _List("issues", ISSUES, issue)
_COMMENTS = _List("comments", COMMENTS, comment)


class _Team:
    def __init__(self, key: str) -> None:
        self.key = key

    async def pages(self, api: Api, cursor: Json) -> AsyncIterator[Page]:
        """Issues to their end, then comments, which count as read only up to when reading issues began."""
        if not cursor.get("issues_to"):  # else the last poll ended amid the comments
            async for items, after, began in self._read(api, _ISSUES, cursor, _ALL):
                cursor = {**after, "issues_to": stamp(moment_of(began) - OVERLAP)} if began else after
                yield Page(items, cursor, True)
        async for items, after, began in self._read(api, _COMMENTS, cursor, moment_of(cursor["issues_to"])):
            cursor = {**after, "read_to": cursor["issues_to"], "issues_to": ""} if began else after
            yield Page(items, cursor, not began)

    async def _read(
        self, api: Api, what: _List, cursor: Json, most: datetime
    ) -> AsyncIterator[tuple[list[Item], Json, str]]:
        """Pages of a list: items, the cursor after them, and, with the last one, when reading it began.

        A list's part of the cursor is {at: all changes up to then are in the store, seen, chain}; the chain is where
        reading is: {since, after, newest, began}.
        """
        state: Json = cursor.get(what.name) or {"at": cursor["from"]}
        chain: Json = state.get("chain") or _chain(state)
        window, done = Window(state.get("seen")), ""
        while not done:
            variables = {"team": self.key, "since": chain["since"], "after": chain.get("after")}
            answer = await api.post("", {"query": what.query, "variables": variables})
            if chain.get("after") and _errors(answer):
                # The place may be of an issue that is no more: begin again where this reading began.
                state = {key: state[key] for key in ("at", "seen") if key in state}
                chain = _chain(state)
                continue
            nodes, onward = _nodes(_data(answer).get("found"))
            parts = [(node, what.read(node)) for node in nodes]
            items: list[Item] = [part for _, part in parts if part is not None and window.fresh(part)]
            items += [refused(node) for node, part in parts if part is None]
            newest = max([chain["newest"], *(stamp(part.revised) for _, part in parts if part is not None)])
            began = chain.get("began") or stamp(answer.at)
            if onward and onward != chain.get("after"):
                chain = {**chain, "after": onward, "newest": newest, "began": began}
                state = {**state, "chain": chain}
            else:
                done, covered = began, min(moment_of(newest), most)
                state = {"at": stamp(covered), "seen": window.state(covered - OVERLAP, covered)}
            cursor = {**cursor, what.name: state}
            yield items, cursor, done


def _chain(state: Json) -> Json:
    """A reading that begins."""
    return {"since": stamp(moment_of(state["at"]) - OVERLAP), "newest": state["at"]}


def _nodes(found: Any) -> tuple[list[Any], str]:
    """The rows of a page, and the place where the next one begins, "" at the end.

    Raises:
        SourceError: it is no page.
    """
    info = found.get("pageInfo") if isinstance(found, dict) else None
    if not isinstance(info, dict) or not isinstance(found.get("nodes"), list):
        raise SourceError("Linear answers with no list; check [linear] api in loop.toml.")
    return found["nodes"], str(info.get("endCursor") or "") if info.get("hasNextPage") is True else ""


def _errors(answer: Answer) -> list[Json]:
    found = answer.json.get("errors") if isinstance(answer.json, dict) else None
    return [error for error in found if isinstance(error, dict)] if isinstance(found, list) else []


def _data(answer: Answer) -> Json:
    if _errors(answer) or not isinstance(answer.json, dict) or not isinstance(answer.json.get("data"), dict):
        raise SourceError(_explain(answer))
    found: Json = answer.json["data"]
    return found


def _code(error: Json) -> str:
    extensions = error.get("extensions")
    return str(extensions.get("code") or "") if isinstance(extensions, dict) else ""


def _reset(answer: Answer) -> float:
    """Seconds until the limit that is spent is renewed: of requests, or of the work they make."""
    for kind in ("complexity", "requests"):
        if answer.headers.get(f"x-ratelimit-{kind}-remaining") == "0":
            return until(answer.headers.get(f"x-ratelimit-{kind}-reset", ""), answer, unit=_MILLISECOND)
    return 0.0


def _wait(answer: Answer) -> float | None:
    """Limits come as 400 with the code RATELIMITED (https://linear.app/developers/rate-limiting)."""
    limited = answer.status == 429 or any(_code(error) == "RATELIMITED" for error in _errors(answer))
    return _reset(answer) if limited else None


def _explain(answer: Answer) -> str:
    errors = _errors(answer)
    if answer.status == 401 or any(_code(error) == "AUTHENTICATION_ERROR" for error in errors):
        return f"Linear refuses {KEY} (401): it is wrong or revoked; make a new one and set it."
    if answer.status == 403 or any(_code(error) == "FORBIDDEN" for error in errors):
        return f"Linear forbids this to {KEY}; give it the right to read, and the teams of [linear] teams."
    said = one_line(errors[0].get("message") or "", 200) if errors else "no reason"
    return f"Linear answers {answer.status} ({said}); `loop sources check linear` asks again."


_MANNERS = Manners("Linear", _wait, _reset, _explain, frozenset({400}))
