"""Zendesk tickets, with their comments, from its incremental exports.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/: tickets by cursor, which
neither repeats nor leaves out; comments from ticket events by time. Ten requests a minute are allowed for these.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from agents import credentials
from agents.collect import Item, Json, SourceError
from agents.collect.api import Answer, Api, Manners, retry_after
from agents.collect.tickets import stamp
from agents.collect.tracker import OVERLAP, Feed, Page, Tracker, Window, moment_of
from agents.collect.zendesk_items import comments, tickets
from agents.config import ZendeskSettings
from agents.text import one_line

EMAIL, TOKEN, OAUTH = "ZENDESK_EMAIL", "ZENDESK_API_TOKEN", "ZENDESK_OAUTH_TOKEN"
_A_MINUTE = 10  # requests
_PER_PAGE = 1000


class ZendeskSource(Tracker):
    """Tickets and comments of one account."""

    name = "zendesk"

    def __init__(self, settings: ZendeskSettings, transport: Any = None) -> None:
        super().__init__(settings, transport)
        self._settings = settings
        self._pace = _Pace()

    def feeds(self) -> Sequence[Feed]:
        """The account."""
        return [_Account(self._settings, self._pace)]

    def api(self) -> Api:
        """The account's API with its key."""
        if why := credentials.why_untrusted(self._settings.base, "*.zendesk.com", "[zendesk] api"):
            raise SourceError(why)
        headers = {"Authorization": self._key(), "Accept": "application/json", "User-Agent": "loop-inbox"}
        return Api(
            self._settings.base, headers, _MANNERS, timeout=self._settings.timeout, ca_bundle=self._settings.ca_bundle,
            transport=self.transport,
        )  # fmt: skip

    def _key(self) -> str:
        if oauth := credentials.secret(OAUTH):
            return f"Bearer {oauth}"
        email, token = credentials.secret(EMAIL), credentials.secret(TOKEN)
        if not email or not token:
            missing = EMAIL if not email else TOKEN
            raise SourceError(
                f"Zendesk wants {EMAIL} and {TOKEN}, or {OAUTH}; {credentials.where_to_put(missing)}. It has to be an "
                "administrator's."
            )
        return "Basic " + base64.b64encode(f"{email}/token:{token}".encode()).decode()

    async def check(self) -> str:
        """Read one page of tickets, of the last hour."""
        async with await asyncio.to_thread(self.api) as api:
            self._pace.take()
            hour = datetime.now(UTC) - timedelta(hours=1)
            await api.get("/api/v2/incremental/tickets/cursor", {"start_time": _epoch(hour), "per_page": 1})
        return f"may export the tickets of {self._settings.base.partition('://')[2]}"


class _Pace:
    """No more requests in a minute than are allowed."""

    def __init__(self) -> None:
        self._made: deque[float] = deque(maxlen=_A_MINUTE)

    def take(self) -> None:
        """Count a request.

        Raises:
            SourceError: it would be one too many.
        """
        moment = time.monotonic()
        if len(self._made) == _A_MINUTE and (left := 60.0 - (moment - self._made[0])) > 0:
            at = datetime.now(UTC) + timedelta(seconds=left)
            raise SourceError("Zendesk allows ten such requests a minute; reading goes on by itself.", retry_at=at)
        self._made.append(moment)


class _Account:
    def __init__(self, settings: ZendeskSettings, pace: _Pace) -> None:
        self.key = settings.subdomain.lower()
        self._base = settings.base
        self._internal = settings.internal_notes
        self._pace = pace

    async def pages(self, api: Api, cursor: Json) -> AsyncIterator[Page]:
        """Tickets to the end of the stream, then comments, which count as read only up to when tickets were."""
        while not cursor.get("tickets_to"):  # else the last poll ended amid the comments
            items, cursor = await self._tickets(api, cursor)
            yield Page(items, cursor, True)
        more = True
        while more:
            items, cursor, more = await self._comments(api, cursor)
            yield Page(items, cursor, more)

    async def _tickets(self, api: Api, cursor: Json) -> tuple[list[Item], Json]:
        after = cursor.get("after")
        start: Json = {"cursor": after} if after else {"start_time": _epoch(moment_of(cursor["from"]))}
        self._pace.take()
        answer = await api.get("/api/v2/incremental/tickets/cursor", {**start, "per_page": _PER_PAGE})
        found = _object(answer, "tickets")
        onward = found.get("after_cursor") or after
        cursor = {**cursor, "after": onward}
        if found.get("end_of_stream") is True or onward == after:
            cursor = {**cursor, "tickets_to": stamp(answer.at - OVERLAP)}
        return tickets(found["tickets"], self._base), cursor

    async def _comments(self, api: Api, cursor: Json) -> tuple[list[Item], Json, bool]:
        start = int(cursor.get("events") or _epoch(moment_of(cursor["from"])))
        window, most = Window(cursor.get("seen")), moment_of(cursor["tickets_to"])
        self._pace.take()
        answer = await api.get(
            "/api/v2/incremental/ticket_events", {"start_time": start, "include": "comment_events"}
        )  # fmt: skip
        found = _object(answer, "ticket_events")
        given, bad = comments(found["ticket_events"], internal=self._internal)
        end = found.get("end_time")
        more = found.get("end_of_stream") is not True and bool(found["ticket_events"])
        onward = max(start, end if isinstance(end, int) else start)
        if more and onward == start:
            onward += 1  # a full page of one second: what else that second has cannot be asked for
        covered = min(datetime.fromtimestamp(onward, UTC), most)
        items: list[Item] = [*bad, *(part for part in given if window.fresh(part))]
        more = more and covered < most
        cursor = {**cursor, "events": max(start, _epoch(covered)), "seen": window.state(covered, most)}
        if not more:
            cursor = {**cursor, "read_to": cursor["tickets_to"], "tickets_to": ""}
        return items, cursor, more


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _object(answer: Answer, rows: str) -> Json:
    if not isinstance(answer.json, dict) or not isinstance(answer.json.get(rows), list):
        raise SourceError(f"Zendesk answers without {rows}; check [zendesk] subdomain in loop.toml.")
    return answer.json


def _wait(answer: Answer) -> float | None:
    return retry_after(answer) or 0.0 if answer.status == 429 else None


def _after(answer: Answer) -> float:
    return retry_after(answer) or 0.0 if answer.headers.get("x-rate-limit-remaining") == "0" else 0.0


def _explain(answer: Answer) -> str:
    match answer.status:
        case 401:
            return f"Zendesk refuses the key (401); check {EMAIL} and {TOKEN}, and that API tokens are allowed there."
        case 403:
            return f"Zendesk allows exports to administrators alone (403); use one's {EMAIL} and {TOKEN}."
        case 404:
            return "Zendesk knows no such account (404); mend [zendesk] subdomain in loop.toml."
        case 400 | 422:
            return "Zendesk refuses where reading was to go on; `loop sources backfill zendesk` begins anew."
        case _:
            said = one_line(answer.json, 120) if answer.json else "no reason"
            return f"Zendesk answers {answer.status} ({said}); `loop sources check zendesk` asks again."


_MANNERS = Manners("Zendesk", _wait, _after, _explain)
