"""What GitHub says of issues and comments, in lists and in webhooks, as parts of tickets.

Shapes follow https://docs.github.com/rest/issues and https://docs.github.com/webhooks; a field of another shape is left
out, and what has no id or time is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from agents.collect import Comment, Item, Json, Refused, Skipped, SourceError, Ticket
from agents.collect.clean import line, words
from agents.collect.tracker import digest, when

_NUMBER = re.compile(r"/issues/(\d+)$")


def readable(found: Any) -> tuple[list[Json], list[Item]]:
    """The rows of a list that have an id and a time, and what the others are.

    Raises:
        SourceError: it is no list.
    """
    if not isinstance(found, list):
        raise SourceError("GitHub answers with no list; check [github] api in loop.toml.")
    good = [row for row in found if _whole(row)]
    bad: list[Item] = [
        Refused("github", "An issue or comment without id or time.", words(json.dumps(row, default=str), 500))
        for row in found
        if not _whole(row)
    ]
    return good, bad


def repository_id(found: Any) -> int:
    """The number that a repository keeps when it is renamed.

    Raises:
        SourceError: there is none.
    """
    if not isinstance(found, dict) or not isinstance(found.get("id"), int):
        raise SourceError("GitHub does not say which repository that is; check [github] api in loop.toml.")
    return int(found["id"])


def revised(row: Json) -> datetime:
    """When a row that `readable` gave last changed."""
    found = when(row["updated_at"])
    assert found is not None
    return found


def _whole(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), int) and when(row.get("updated_at")) is not None


def issue(row: Json, repository: int) -> Ticket | None:
    """An issue as a ticket; pull requests are in the same lists and are none."""
    if row.get("pull_request"):
        return None
    author, bot = _writer(row)
    labels = [label.get("name") if isinstance(label, dict) else label for label in _list(row.get("labels"))]
    return Ticket(
        source="github",
        external_id=f"{repository}#{row.get('number')}",
        at=when(row.get("created_at")) or revised(row),
        revised=revised(row),
        title=line(row.get("title")),
        text=words(row.get("body")),
        kind="issue",
        author=author,
        bot=bot,
        state="closed" if row.get("state") == "closed" else "open",
        entities={
            "ticket": line(_name(row.get("html_url")) or f"#{row.get('number')}", 200),
            "url": line(row.get("html_url"), 500),
            "labels": [line(label, 100) for label in labels if label][:50],
        },
    )


def comment(row: Json, repository: int) -> Comment | None:
    """A comment; those on pull requests are in the same list and are none."""
    number = _NUMBER.search(str(row.get("issue_url")))
    if number is None or "/pull/" in str(row.get("html_url")):
        return None
    author, bot = _writer(row)
    return Comment(
        source="github",
        ticket=f"{repository}#{number[1]}",
        id=str(row["id"]),
        at=when(row.get("created_at")) or revised(row),
        revised=revised(row),
        text=words(row.get("body")),
        author=author,
        bot=bot,
    )


def _writer(row: Json) -> tuple[str | None, bool]:
    user = row.get("user")
    user = user if isinstance(user, dict) else {}
    return digest("github", user.get("id")), user.get("type") == "Bot"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _name(url: Any) -> str:
    """`owner/name#12` of an issue's page."""
    found = re.search(r"/([^/]+/[^/]+)/issues/(\d+)$", str(url))
    return f"{found[1]}#{found[2]}" if found else ""


# Webhooks

_GONE = frozenset({"deleted", "transferred"})


def hook(repositories: frozenset[str], headers: Mapping[str, str], payload: Json, delivery: str) -> list[Item]:
    """The parts that a webhook brings; none for events that say nothing of issues.

    Args:
        repositories: whose issues are read, lower case.
        headers: of the request, lower case.
        payload: its body.
        delivery: what names it.
    """
    event, repository = headers.get("x-github-event"), payload.get("repository")
    found: Any = payload.get("issue")
    if event not in ("issues", "issue_comment") or not isinstance(repository, dict) or not _whole(found):
        return []
    if str(repository.get("full_name")).lower() not in repositories:
        return [Skipped("github")]
    number, gone = repository_id(repository), payload.get("action") in _GONE
    head = issue(found, number)
    if head is None:
        return [Skipped("github")]
    if event == "issues":
        return [replace(head, delivery=delivery, state="gone" if gone else head.state)]
    said: Any = payload.get("comment")
    part = comment({"issue_url": f"/issues/{found.get('number')}", **said}, number) if _whole(said) else None
    return [replace(head, delivery=delivery), *([replace(part, delivery=delivery, gone=gone)] if part else [])]
