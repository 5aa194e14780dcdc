"""GitHub's two lists of issues, as its contract has them: numbered pages, `Link`, ETags, limits, webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.unit.trackers.world import News, Said, Thing, World, iso

API = "https://api.github.com"
REPO = "shop/web"
SECRET = "github-secret"


class FakeGithub:
    """An ASGI application.

    Args:
        world: what it shows.
        page: rows on a page at most, whatever is asked for.
    """

    def __init__(self, world: World, page: int = 100) -> None:
        self.world = world
        self.page = page
        self.requests: list[Request] = []
        self.remaining = 5000
        self.answers: list[Response] = []  # given first, one a request
        self.moved = ""  # the new name of the repository

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        self.requests.append(request)
        response = self.answers.pop(0) if self.answers else self._answer(request)
        response.headers.setdefault("date", format_datetime(self.world.now, usegmt=True))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer good":
            return JSONResponse({"message": "Bad credentials"}, 401)
        path = request.url.path.replace("/repos/Shop/", "/repos/shop/")  # names are one in either case
        for name in (REPO, self.moved):
            if name and path.startswith(f"/repos/{name}"):
                if self.moved and name == REPO:
                    query = f"?{request.url.query}" if request.url.query else ""
                    where = f"{API}{path.replace(REPO, self.moved)}{query}"
                    return JSONResponse({"message": "Moved Permanently"}, 301, {"location": where})
                return self._listed(request, path.removeprefix(f"/repos/{name}"))
        return JSONResponse({"message": "Not Found"}, 404)

    def _listed(self, request: Request, path: str) -> Response:
        if path == "":
            return JSONResponse(repository())
        since = datetime.strptime(request.query_params["since"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        assert request.query_params["sort"] == "updated"
        assert request.query_params["direction"] == "asc"
        assert request.headers["x-github-api-version"] == "2022-11-28"
        rows: list[tuple[datetime, int, Any]] = []
        there = [thing for thing in self.world.things.values() if thing.state != "gone"]
        if path == "/issues":
            assert request.query_params["state"] == "all"
            rows += [(t.revised, t.number, issue(t)) for t in there if t.shown <= self.world.now]
        else:  # shown apart from their issues
            rows += [(c.revised, c.id, comment(t, c)) for t in there for c in self._comments(t)]
        return self._paged(request, [row for at, _, row in sorted(rows, key=lambda r: r[:2]) if at >= since])

    def _comments(self, thing: Thing) -> list[Said]:
        return [c for c in thing.comments if not c.gone and c.shown <= self.world.now]

    def _paged(self, request: Request, rows: list[Any]) -> Response:
        size = min(self.page, int(request.query_params["per_page"]))
        number = int(request.query_params.get("page", "1"))
        body = json.dumps(rows[(number - 1) * size : number * size]).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        headers = {"etag": tag, "content-type": "application/json", "x-ratelimit-remaining": str(self.remaining)}
        reset = self.world.now + timedelta(seconds=1800)
        headers["x-ratelimit-reset"] = str(int(reset.timestamp()))
        if len(rows) > number * size:
            query = urlencode({**request.query_params, "page": number + 1})
            headers["link"] = f'<{API}{request.url.path}?{query}>; rel="next"'
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, headers)
        return Response(body, 200, headers)


def user(bot: bool) -> dict[str, Any]:
    name, number = ("helper[bot]", 2) if bot else ("ann", 1)
    url = f"{API}/users/{name}"
    links = (
        "followers_url", "following_url", "gists_url", "starred_url", "subscriptions_url", "organizations_url",
        "repos_url", "events_url", "received_events_url", "avatar_url", "html_url",
    )  # fmt: skip
    return {
        "login": name, "id": number, "node_id": "U", "gravatar_id": "", "url": url, "site_admin": False,
        "type": "Bot" if bot else "User", **dict.fromkeys(links, url),
    }  # fmt: skip


def repository() -> dict[str, Any]:
    return {"id": 7, "full_name": REPO, "name": "web"}


def issue(thing: Thing) -> dict[str, Any]:
    url = f"{API}/repos/{REPO}/issues/{thing.number}"
    kind = "pull" if thing.pull else "issues"
    found: dict[str, Any] = {
        "id": 1000 + thing.number, "node_id": "I", "url": url, "repository_url": f"{API}/repos/{REPO}",
        "labels_url": f"{url}/labels", "comments_url": f"{url}/comments", "events_url": f"{url}/events",
        "html_url": f"https://github.com/{REPO}/{kind}/{thing.number}", "number": thing.number,
        "state": "closed" if thing.state == "closed" else "open", "title": thing.title, "body": thing.text,
        "user": user(thing.bot), "labels": [{"id": 1, "name": name, "color": "fff"} for name in thing.labels],
        "assignee": None, "milestone": None, "locked": False, "comments": len(thing.comments), "closed_at": None,
        "created_at": iso(thing.at), "updated_at": iso(thing.revised), "author_association": "NONE",
    }  # fmt: skip
    if thing.pull:
        found["pull_request"] = {"url": url, "html_url": url, "diff_url": url, "patch_url": url}
    return found


def comment(thing: Thing, said: Said) -> dict[str, Any]:
    kind = "pull" if thing.pull else "issues"
    return {
        "id": said.id, "node_id": "C", "url": f"{API}/repos/{REPO}/issues/comments/{said.id}",
        "html_url": f"https://github.com/{REPO}/{kind}/{thing.number}#issuecomment-{said.id}", "body": said.text,
        "user": user(said.bot), "created_at": iso(said.at), "updated_at": iso(said.revised),
        "issue_url": f"{API}/repos/{REPO}/issues/{thing.number}", "author_association": "NONE",
    }  # fmt: skip


def webhook(news: News) -> tuple[dict[str, str], bytes]:
    """Headers and body of what GitHub sends of something that happened."""
    body: dict[str, Any] = {"repository": repository(), "issue": issue(news.thing), "sender": user(False)}
    if news.comment is None:
        event, body["action"] = "issues", news.what
    else:
        actions = {"commented": "created", "comment edited": "edited", "comment deleted": "deleted"}
        event, body["action"] = "issue_comment", actions[news.what]
        body["comment"] = comment(news.thing, news.comment)
    data = json.dumps(body).encode()
    headers = {
        "x-github-event": event,
        "x-github-delivery": f"delivery-{news.number}",
        "x-hub-signature-256": "sha256=" + hmac.new(SECRET.encode(), data, hashlib.sha256).hexdigest(),
        "content-type": "application/json",
    }
    return headers, data
