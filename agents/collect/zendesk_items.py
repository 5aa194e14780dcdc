"""What Zendesk says of tickets and comments, in exports and in webhooks, as parts of tickets.

Shapes follow https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/ and, for webhooks,
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agents.collect import Comment, Item, Json, Refused, Ticket
from agents.collect.clean import line, words
from agents.collect.tracker import digest, when

_STATES = {"solved": "closed", "closed": "closed", "deleted": "gone"}
_GONE = frozenset({"soft_deleted", "permanently_deleted", "marked_as_spam"})
_TYPE = "zen:event-type:ticket."


def tickets(rows: list[Any], base: str) -> list[Item]:
    """The tickets of an export; what has no id or time is refused."""
    return [_ticket(row, base) or _refused(row) for row in rows]


def _refused(row: Any) -> Refused:
    return Refused("zendesk", "A ticket or event without id or time.", words(json.dumps(row, default=str), 500))


def _ticket(row: Any, base: str) -> Ticket | None:
    changed = _changed(row) if isinstance(row, dict) else None
    if changed is None or not str(row.get("id") or "").isdigit():
        return None
    return Ticket(
        source="zendesk",
        external_id=str(row["id"]),
        at=when(row.get("created_at")) or changed,
        revised=changed,
        title=line(row.get("subject") or row.get("raw_subject")),
        text=words(row.get("description")),
        kind="ticket",
        author=digest("zendesk", row.get("requester_id")),
        state=_STATES.get(str(row.get("status")).lower(), "open"),
        entities={
            "ticket": f"#{row['id']}",
            "url": f"{base}/agent/tickets/{row['id']}",
            "labels": [line(tag, 100) for tag in row.get("tags") or [] if tag][:50]
            if isinstance(row.get("tags"), list)
            else [],
        },
    )


def _changed(row: Json) -> datetime | None:
    """When a ticket last changed; what the system does to one moves `generated_timestamp` alone."""
    updated, made = when(row.get("updated_at")), row.get("generated_timestamp")
    if isinstance(made, int) and 0 < made < 10**11:
        generated = datetime.fromtimestamp(made, UTC)
        return max(updated, generated) if updated else generated
    return updated


def comments(events: list[Any], *, internal: bool) -> tuple[list[Comment], list[Item]]:
    """The comments in ticket events, and what could not be read.

    Args:
        events: with `comment_events`.
        internal: whether comments that customers do not see are wanted.
    """
    given: list[Comment] = []
    bad: list[Item] = []
    for event in events:
        if not isinstance(event, dict) or not str(event.get("ticket_id") or "").isdigit():
            bad.append(_refused(event))
            continue
        children = event.get("child_events")
        for child in children if isinstance(children, list) else []:
            if isinstance(child, dict) and child.get("event_type") == "Comment":
                part = _comment(str(event["ticket_id"]), child, event.get("created_at"), internal=internal)
                if part is not None:
                    given.append(part)
    return given, bad


def _comment(ticket: str, row: Json, fallback: Any, *, internal: bool) -> Comment | None:
    at = when(row.get("created_at")) or when(fallback)
    if at is None or not row.get("id") or not (internal or row.get("public", row.get("is_public")) is True):
        return None
    author = row.get("author_id", (row.get("author") or {}).get("id") if isinstance(row.get("author"), dict) else None)
    return Comment(
        source="zendesk",
        ticket=ticket,
        id=str(row["id"])[:60],
        at=at,
        revised=at,
        text=words(row.get("plain_body") or row.get("body")),
        author=digest("zendesk", author),
        bot=str(author) == "-1",  # the system
    )


def hook(base: str, internal: bool, _headers: Mapping[str, str], payload: Json, delivery: str) -> list[Item]:
    """The parts that a webhook of ticket events brings.

    Args:
        base: the account's address.
        internal: whether comments that customers do not see are wanted.
        payload: its body.
        delivery: what names it.
    """
    kind, detail, event = str(payload.get("type")), payload.get("detail"), payload.get("event")
    if not kind.startswith(_TYPE) or not isinstance(detail, dict):
        return []
    made: list[Item] = []
    gone = kind.removeprefix(_TYPE) in _GONE
    if gone or ("subject" in detail and "description" in detail):  # what is not said would take away what is known
        row = {**detail, "updated_at": payload.get("time") if gone else detail.get("updated_at")}
        made.append(_ticket({**row, "status": "deleted"} if gone else row, base) or _refused(payload))
    said = event.get("comment") if isinstance(event, dict) else None
    if isinstance(said, dict) and (
        part := _comment(str(detail.get("id")), said, payload.get("time"), internal=internal)
    ):
        made.append(part)

    return [replace(part, delivery=delivery) if isinstance(part, Ticket | Comment) else part for part in made]
