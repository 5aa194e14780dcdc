"""A ticket as a signal, put together from parts that come in any order and any number of times.

A ticket is one signal: its own text and its comments are parts of it, kept in the payload, and of each part the newest
that ever came is kept. So in whatever order polls, webhooks and repetitions bring them, the same parts give the same
signal (last-writer-wins registers with tombstones; Shapiro et al., A comprehensive study of CRDTs, 2011).
"""

from __future__ import annotations

from datetime import UTC, datetime

from agents.collect import Comment, Incoming, Json, Part, Ticket
from agents.collect.clean import bounded, line, words
from agents.collect.mentions import mentions
from agents.collect.scrub import scrub
from agents.collect.scrub import text as without_secrets

_COMMENTS = 200  # of one ticket; what is written after so many adds little
_COMMENT = 4_000  # characters


def ticket_of(part: Part) -> str:
    """The external id of the ticket that a part is of."""
    return part.external_id if isinstance(part, Ticket) else part.ticket


def stamp(moment: datetime) -> str:
    """A time as text that sorts as times do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def merged(payload: Json | None, part: Part) -> Json | None:
    """A ticket's payload with one part more; None where it tells nothing new.

    Args:
        payload: the ticket's, None when it is not known yet.
        part: what came.
    """
    before = payload or {"ticket": {}, "comments": {}}
    if isinstance(part, Ticket):
        head = _head(part)
        return {**before, "ticket": head} if _newer(before["ticket"], head, part) else None
    comments: Json = before["comments"]
    comment = _comment(part)
    if not _newer(comments.get(part.id) or {}, comment, part):
        return None
    kept = sorted({**comments, part.id: comment}.items(), key=lambda item: (item[1]["at"], item[0]))[:_COMMENTS]
    return {**before, "comments": dict(kept)} if part.id in dict(kept) else None


def _newer(known: Json, given: Json, part: Part) -> bool:
    """Whether a part says more than what is known.

    Times go by the second, and webhooks may come late. So of two with one time a poll is believed, which says how
    things stand, and the end of a part, which polls do not show and after which nothing comes.
    """
    if not known or given["revised"] > known["revised"]:
        return True
    if given["revised"] < known["revised"] or given == known or _gone(known):
        return False
    return not part.delivery or _gone(given)


def _gone(known: Json) -> bool:
    return known.get("state") == "gone" or bool(known.get("gone"))


def _head(part: Ticket) -> Json:
    gone = part.state == "gone"
    return {
        "revised": stamp(part.revised), "at": stamp(part.at), "state": part.state, "kind": part.kind,
        "bot": part.bot, "author": part.author, "title": "" if gone else without_secrets(line(part.title)),
        "text": "" if gone else without_secrets(words(part.text)),
        "entities": bounded(scrub(part.entities)),
    }  # fmt: skip


def _comment(part: Comment) -> Json:
    said = "" if part.gone or part.bot else without_secrets(words(part.text, _COMMENT))
    return {
        "revised": stamp(part.revised), "at": stamp(part.at), "text": said, "author": part.author, "gone": part.gone,
    }  # fmt: skip


def said(part: Part) -> tuple[str, str]:
    """Title and text of a part, as they would be kept."""
    if isinstance(part, Ticket):
        head = _head(part)
        return head["title"], head["text"]
    return "", str(_comment(part)["text"])


def known_text(payload: Json, part: Part) -> str:
    """What is kept of a part so far."""
    if isinstance(part, Ticket):
        return f"{payload['ticket'].get('title', '')}\n{payload['ticket'].get('text', '')}"
    return str((payload["comments"].get(part.id) or {}).get("text", ""))


def why_not(payload: Json, *, bots: bool) -> str:
    """Why a ticket is no problem to look into, "" when it is one."""
    head = payload["ticket"]
    if head["state"] == "gone":
        return "deleted"
    if head["state"] == "closed":
        return "closed"
    return "written by a program" if head["bot"] and not bots else ""


def signal_of(source: str, ticket: str, payload: Json) -> Incoming:
    """The signal that a ticket's parts make."""
    head: Json = payload["ticket"]
    texts = [head["text"], *(c["text"] for c in payload["comments"].values())]
    if head["state"] == "gone":
        texts = []
        payload = {**payload, "comments": {key: {**c, "text": ""} for key, c in payload["comments"].items()}}
    body = words("\n\n".join(dict.fromkeys(text for text in texts if text.strip())))
    title = head["title"] or ("(deleted)" if head["state"] == "gone" else "(no title)")
    entities: Json = {**head["entities"], **mentions(f"{head['title']}\n{body}"), "state": head["state"]}
    if head["author"]:
        entities["author"] = head["author"]
    spoken = sum(1 for c in payload["comments"].values() if c["text"])
    return Incoming(
        source=source,
        external_id=ticket,
        at=datetime.fromisoformat(head["at"]),
        kind=head["kind"],
        title=title,
        body=body,
        user_key=head["author"],
        entities={**entities, "comments": spoken} if spoken else entities,
        payload={**payload, "text": body, "message": {"template": title, "params": []}},
    )


def held(source: str, ticket: str, part: Part) -> Incoming:
    """A later text of a known ticket as a signal of its own, for when it is to be held back."""
    title, text = said(part)
    own = part.id if isinstance(part, Comment) else "text"
    return Incoming(
        source=source,
        external_id=line(f"{ticket}@{own}:{stamp(part.revised)}", 300),
        at=part.revised,
        kind="ticket",
        title=title or f"A comment on ticket {line(ticket, 60)}",
        body=text,
        entities={"ticket": ticket},
        payload={"text": text},
    )
