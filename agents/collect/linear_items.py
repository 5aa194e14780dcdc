"""What Linear says of issues and comments, in lists and in webhooks, as parts of tickets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agents.collect import Comment, Item, Json, Refused, Skipped, Ticket
from agents.collect.clean import line, words
from agents.collect.tracker import digest, when

_CLOSED = frozenset({"completed", "canceled", "duplicate"})  # types of states


def refused(node: Any) -> Refused:
    """What has no id or time."""
    return Refused("linear", "An issue or comment without id or time.", words(json.dumps(node, default=str), 500))


def _of(row: Json, name: str, key: str = "id") -> Any:
    """A field of an object in a field, or what webhooks call `nameId`."""
    below = row.get(name)
    return below.get(key) if isinstance(below, dict) else row.get(f"{name}Id") if key == "id" else None


def issue(row: Any) -> Ticket | None:
    """An issue; None without id or time."""
    changed = when(row.get("updatedAt")) if isinstance(row, dict) else None
    if changed is None or not row.get("id"):
        return None
    closed = bool(row.get("archivedAt")) or _of(row, "state", "type") in _CLOSED
    return Ticket(
        source="linear",
        external_id=line(row["id"], 100),
        at=when(row.get("createdAt")) or changed,
        revised=changed,
        title=line(row.get("title")),
        text=words(row.get("description")),
        kind="issue",
        author=digest("linear", _of(row, "creator") or _of(row, "externalUserCreator")),
        bot=bool(row.get("botActor")),
        state="gone" if row.get("trashed") is True else "closed" if closed else "open",
        entities={
            "ticket": line(row.get("identifier"), 100),
            "url": line(row.get("url"), 500),
            "labels": [line(label.get("name"), 100) for label in _labels(row) if isinstance(label, dict)][:50],
        },
    )


def _labels(row: Json) -> list[Any]:
    found = row.get("labels")
    found = found.get("nodes") if isinstance(found, dict) else found
    return found if isinstance(found, list) else []


def comment(row: Any) -> Comment | None:
    """A comment on an issue; None without id, time or issue."""
    changed = when(row.get("updatedAt")) if isinstance(row, dict) else None
    if changed is None or not row.get("id") or not _of(row, "issue"):
        return None
    return Comment(
        source="linear",
        ticket=line(_of(row, "issue"), 100),
        id=line(row["id"], 100),
        at=when(row.get("createdAt")) or changed,
        revised=changed,
        text=words(row.get("body")),
        author=digest("linear", _of(row, "user") or _of(row, "externalUser")),
        bot=bool(row.get("botActor")),
        gone=bool(row.get("archivedAt")),
    )


def hook(teams: frozenset[str], _headers: Mapping[str, str], payload: Json, delivery: str) -> list[Item]:
    """The part that a webhook brings (https://linear.app/developers/webhooks).

    Args:
        teams: the keys of those whose issues are read.
        payload: its body.
        delivery: what names it.
    """
    kind, row, gone = payload.get("type"), payload.get("data"), payload.get("action") == "remove"
    if kind not in ("Issue", "Comment") or not isinstance(row, dict):
        return []
    if kind == "Comment":
        said = comment(row)
        return [replace(said, delivery=delivery, gone=said.gone or gone)] if said else []  # or on something else
    if _of(row, "team", "key") not in teams:
        return [Skipped("linear")]
    made = issue(row)
    if made is None:
        return [refused(row)]
    return [replace(made, delivery=delivery, state="gone" if gone else made.state)]
