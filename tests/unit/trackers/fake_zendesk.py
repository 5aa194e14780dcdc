"""Zendesk's incremental exports, as its contract has them: a cursor for tickets, times for events, signed webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.unit.trackers.world import News, Said, Thing, World, iso

API = "https://shop.zendesk.com"
SECRET = "zendesk-secret"
_STATUS = {"open": "open", "closed": "solved", "gone": "deleted"}


class FakeZendesk:
    """An ASGI application.

    Args:
        world: what it shows.
        page: rows on a page at most.
    """

    def __init__(self, world: World, page: int = 1000) -> None:
        self.world = world
        self.page = page
        self.requests: list[Request] = []
        self.answers: list[Response] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        self.requests.append(request)
        response = self.answers.pop(0) if self.answers else self._answer(request)
        response.headers.setdefault("date", format_datetime(self.world.now, usegmt=True))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Basic " + base64.b64encode(b"ann@shop.example/token:good").decode():
            return JSONResponse({"error": "Couldn't authenticate you"}, 401)
        if request.url.path == "/api/v2/incremental/tickets/cursor":
            return self._tickets(request)
        if request.url.path == "/api/v2/incremental/ticket_events":
            return self._events(request)
        return JSONResponse({"error": "InvalidEndpoint"}, 404)

    def _tickets(self, request: Request) -> Response:
        size = min(self.page, int(request.query_params["per_page"]))
        if place := request.query_params.get("cursor"):
            at, number = json.loads(base64.b64decode(place))
            after = (float(at), int(number))
        else:
            after = (float(request.query_params["start_time"]) - 0.5, 0)
        # The export leaves out the last minute, in which what was dated earlier may still come to light.
        settled = (self.world.now - timedelta(seconds=60)).timestamp()
        rows = sorted((t.revised.timestamp(), t.number) for t in self.world.visible())
        rows = [row for row in rows if after < row and row[0] <= settled]
        given = rows[:size]
        onward = base64.b64encode(json.dumps(given[-1] if given else after).encode()).decode()
        return JSONResponse(
            {
                "tickets": [ticket(self.world.things[number]) for _, number in given],
                "after_cursor": onward, "after_url": f"{request.url}&cursor={onward}", "before_cursor": None,
                "before_url": None, "end_of_stream": len(rows) <= size,
            }
        )  # fmt: skip

    def _events(self, request: Request) -> Response:
        start = int(request.query_params["start_time"])
        assert request.query_params["include"] == "comment_events"
        if start > self.world.now.timestamp() - 60:
            return JSONResponse({"error": "StartTimeTooRecent"}, 422)
        settled = self.world.now - timedelta(seconds=60)
        found = [
            (said.at, said.id, event(thing, said))
            for thing in self.world.things.values()
            for said in thing.comments
            if start <= said.at.timestamp() and said.at <= settled and said.shown <= self.world.now
        ]
        found.sort(key=lambda row: row[:2])
        given = found[: self.page]
        end = int(given[-1][0].timestamp()) if given else start
        return JSONResponse(
            {
                "ticket_events": [row for _, _, row in given], "count": len(given), "end_time": end,
                "end_of_stream": len(found) <= self.page, "next_page": f"{API}?start_time={end}",
            }
        )  # fmt: skip


def ticket(thing: Thing) -> dict[str, Any]:
    return {
        "id": thing.number, "url": f"{API}/api/v2/tickets/{thing.number}.json", "subject": thing.title,
        "raw_subject": thing.title, "description": thing.text, "status": _STATUS[thing.state], "tags": thing.labels,
        "requester_id": 20978392, "submitter_id": 76872, "created_at": iso(thing.at), "updated_at": iso(thing.revised),
        "generated_timestamp": int(thing.revised.timestamp()), "via": {"channel": "web"},
    }  # fmt: skip


def event(thing: Thing, said: Said) -> dict[str, Any]:
    child = {
        "id": said.id, "type": "Comment", "event_type": "Comment", "author_id": -1 if said.bot else 5031726587,
        "body": said.text, "public": True, "audit_id": said.id + 1, "created_at": iso(said.at), "attachments": [],
    }  # fmt: skip
    return {
        "id": said.id + 1, "ticket_id": thing.number, "timestamp": int(said.at.timestamp()),
        "created_at": iso(said.at), "updater_id": 5031726587, "event_type": "Audit",
        "child_events": [{"id": said.id + 2, "event_type": "Change", "status": "open"}, child],
    }  # fmt: skip


_TYPES = {
    "opened": "created", "edited": "description_changed", "closed": "status_changed", "reopened": "status_changed",
    "deleted": "soft_deleted", "commented": "comment_added",
}  # fmt: skip


def webhook(news: News) -> tuple[dict[str, str], bytes]:
    """Headers and body of what Zendesk sends of something that happened."""
    thing = news.thing
    detail = {**ticket(thing), "id": str(thing.number), "status": _STATUS[thing.state].upper()}
    del detail["generated_timestamp"]
    body: dict[str, Any] = {
        "account_id": 1, "id": f"event-{news.number}", "subject": f"zen:ticket:{thing.number}", "detail": detail,
        "time": iso(news.at), "type": f"zen:event-type:ticket.{_TYPES[news.what]}", "event": {},
        "zendesk_event_version": "2022-11-06",
    }  # fmt: skip
    if news.comment is not None:
        author = {"id": "-1" if news.comment.bot else "5031726587", "is_staff": False}
        said = {"id": str(news.comment.id), "body": news.comment.text, "is_public": True, "author": author}
        body["event"] = {"comment": said}
    data = json.dumps(body).encode()
    made = hmac.new(SECRET.encode(), iso(news.at).encode() + data, hashlib.sha256).digest()
    headers = {
        "x-zendesk-webhook-invocation-id": f"invocation-{news.number}",
        "x-zendesk-webhook-signature": base64.b64encode(made).decode(),
        "x-zendesk-webhook-signature-timestamp": iso(news.at),
    }
    return headers, data
