"""Linear's GraphQL API on its published schema: newest change first, places that are ids, signed webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import Any

import graphql
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.unit.trackers import contracts
from tests.unit.trackers.world import News, Said, Thing, World

API = "https://api.linear.app/graphql"
SECRET = "linear-secret"
_STATES = {"open": "started", "closed": "completed", "gone": "canceled"}


@cache
def schema() -> graphql.GraphQLSchema:
    """Linear's own; what a query uses of it is what is executed."""
    return graphql.build_schema(contracts.LINEAR.read_text(), assume_valid=True)


class FakeLinear:
    """An ASGI application.

    Args:
        world: what it shows.
        page: rows on a page at most.
    """

    def __init__(self, world: World, page: int = 50) -> None:
        self.world = world
        self.page = page
        self.requests: list[dict[str, Any]] = []
        self.answers: list[Response] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        asked = json.loads(await request.body())
        self.requests.append(asked)
        response = self.answers.pop(0) if self.answers else self._answer(request, asked)
        response.headers.setdefault("date", format_datetime(self.world.now, usegmt=True))
        await response(scope, receive, send)

    def _answer(self, request: Request, asked: dict[str, Any]) -> Response:
        if request.headers.get("authorization") != "lin_api_good":
            error = {"message": "Authentication required", "extensions": {"code": "AUTHENTICATION_ERROR"}}
            return JSONResponse({"errors": [error]}, 401)
        root = {"issues": self._issues, "comments": self._comments, "teams": self._teams}
        done = graphql.execute(schema(), _parsed(asked["query"]), root, variable_values=asked.get("variables"))
        assert isinstance(done, graphql.ExecutionResult)
        if done.errors:
            return JSONResponse({"errors": [{"message": str(e)} for e in done.errors], "data": done.data}, 400)
        return JSONResponse({"data": done.data}, headers={"x-ratelimit-requests-remaining": "1000"})

    def _teams(self, _info: Any, filter: Any, first: int) -> Any:
        known = [{"key": "ENG", "name": "Engineers"}]
        return {"nodes": [team for team in known if team["key"] in filter["key"]["in"]][:first]}

    def _issues(self, _info: Any, filter: Any, **more: Any) -> Any:
        assert filter["team"]["key"]["eq"] == "ENG"
        rows = [(thing.revised, issue(thing)) for thing in self.world.visible()]
        return self._page(rows, filter["updatedAt"]["gt"], **more)

    def _comments(self, _info: Any, filter: Any, **more: Any) -> Any:
        assert filter["issue"]["team"]["key"]["eq"] == "ENG"
        rows = [
            (said.revised, comment(thing, said))
            for thing in self.world.things.values()
            for said in thing.comments
            if not said.gone and said.shown <= self.world.now
        ]
        return self._page(rows, filter["updatedAt"]["gt"], **more)

    def _page(
        self, rows: list[Any], since: str, orderBy: str, includeArchived: bool, first: int, after: str | None = None
    ) -> Any:
        assert (orderBy, includeArchived) == ("updatedAt", True)
        newest = sorted((row for row in rows if row[0] > datetime.fromisoformat(since)), key=_newest_first)
        found = [row for _, row in newest]
        if after is not None:
            places = [place for place, row in enumerate(found) if row["id"] == after]
            if not places:
                raise graphql.GraphQLError("Entity not found: cursor")
            found = found[places[0] + 1 :]
        size = min(self.page, first)
        given = found[:size]
        info = {"hasNextPage": len(found) > size, "endCursor": given[-1]["id"] if given else None}
        return {"nodes": given, "pageInfo": info}


@cache
def _parsed(query: str) -> graphql.DocumentNode:
    """A query, once it fits the schema."""
    document = graphql.parse(query)
    assert graphql.validate(schema(), document) == []
    return document


def _newest_first(row: Any) -> Any:
    return (-row[0].timestamp(), row[1]["id"])


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def issue(thing: Thing) -> dict[str, Any]:
    return {
        "id": f"issue-{thing.number}", "identifier": f"ENG-{thing.number}", "title": thing.title,
        "description": thing.text, "url": f"https://linear.app/shop/issue/ENG-{thing.number}",
        "createdAt": _iso(thing.at), "updatedAt": _iso(thing.revised), "archivedAt": None,
        "trashed": True if thing.state == "gone" else None, "state": {"type": _STATES[thing.state]},
        "creator": None if thing.bot else {"id": "user-1"}, "botActor": {"id": "bot"} if thing.bot else None,
        "team": {"key": "ENG"}, "labels": {"nodes": [{"name": name} for name in thing.labels]},
        "externalUserCreator": None,
    }  # fmt: skip


def comment(thing: Thing, said: Said) -> dict[str, Any]:
    return {
        "id": f"comment-{said.id}", "body": said.text, "createdAt": _iso(said.at), "updatedAt": _iso(said.revised),
        "archivedAt": None, "issue": {"id": f"issue-{thing.number}"}, "user": None if said.bot else {"id": "user-1"},
        "externalUser": None, "botActor": {"id": "bot"} if said.bot else None,
    }  # fmt: skip


_ACTIONS = {"opened": "create", "commented": "create", "deleted": "remove", "comment deleted": "remove"}


def webhook(news: News) -> tuple[dict[str, str], bytes]:
    """Headers and body of what Linear sends of something that happened."""
    if news.comment is None:
        kind, row = "Issue", issue(news.thing)
        row = {**row, "labels": row["labels"]["nodes"], "creatorId": "user-1", "trashed": None}
    else:
        kind, row = "Comment", comment(news.thing, news.comment)
        row = {**row, "issueId": row["issue"]["id"]}
    body = {
        "action": _ACTIONS.get(news.what, "update"), "type": kind, "data": row, "createdAt": _iso(news.at),
        "organizationId": "o", "webhookId": "w", "webhookTimestamp": int(news.at.timestamp() * 1000),
    }  # fmt: skip
    data = json.dumps(body).encode()
    signature = hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest()
    return {"linear-delivery": f"delivery-{news.number}", "linear-signature": signature, "linear-event": kind}, data
