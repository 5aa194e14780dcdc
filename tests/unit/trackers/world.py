"""A small world of tickets that changes, with a clock of its own; each fake server shows it in its service's words."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

BASE = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass
class Said:
    """A comment."""

    id: int
    at: datetime
    revised: datetime
    text: str
    bot: bool = False
    gone: bool = False
    shown: datetime = ALWAYS  # when lists begin to show its last change


@dataclass
class Thing:
    """A ticket."""

    number: int
    at: datetime
    revised: datetime
    title: str
    text: str
    state: str = "open"  # open · closed · gone
    bot: bool = False
    pull: bool = False
    labels: list[str] = field(default_factory=list)
    comments: list[Said] = field(default_factory=list)
    shown: datetime = ALWAYS


@dataclass(frozen=True)
class News:
    """Something that happened, as a webhook tells it: a snapshot."""

    what: str  # opened · edited · closed · reopened · deleted · commented · comment edited · comment deleted
    thing: Thing
    comment: Said | None
    at: datetime
    number: int


class World:
    """Tickets and what happened to them.

    Args:
        skew: by how much its clock differs from ours.
    """

    def __init__(self, skew: timedelta = timedelta()) -> None:
        self.now = BASE + skew
        self.things: dict[int, Thing] = {}
        self.news: list[News] = []
        self._ids = 100

    def tick(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def visible(self) -> list[Thing]:
        """What a list shows now."""
        return [thing for thing in self.things.values() if thing.shown <= self.now]

    def open(self, text: str = "It fails.", *, lag: float = 0, **more: object) -> Thing:
        number = len(self.things) + 1
        thing = Thing(number, self.now, self.now, f"Ticket {number}", text, **more)  # type: ignore[arg-type]
        self.things[number] = thing
        self._changed(thing, lag)
        self._tell("opened", thing)
        return thing

    def edit(self, number: int, text: str, *, lag: float = 0) -> None:
        thing = self.things[number]
        thing.text = text
        self._changed(thing, lag)
        self._tell("edited", thing)

    def close(self, number: int, *, lag: float = 0) -> None:
        self.things[number].state = "closed"
        self._changed(self.things[number], lag)
        self._tell("closed", self.things[number])

    def reopen(self, number: int, *, lag: float = 0) -> None:
        self.things[number].state = "open"
        self._changed(self.things[number], lag)
        self._tell("reopened", self.things[number])

    def delete(self, number: int) -> None:
        self.things[number].state = "gone"
        self._changed(self.things[number], 0)
        self._tell("deleted", self.things[number])

    def comment(self, number: int, text: str, *, lag: float = 0, bot: bool = False) -> Said:
        self._ids += 1
        said = Said(self._ids, self.now, self.now, text, bot=bot, shown=self.now + timedelta(seconds=lag))
        self.things[number].comments.append(said)
        self._changed(self.things[number], lag)
        self._tell("commented", self.things[number], said)
        return said

    def edit_comment(self, number: int, said: Said, text: str, *, lag: float = 0) -> None:
        said.text, said.revised, said.shown = text, self.now, self.now + timedelta(seconds=lag)
        self._changed(self.things[number], lag)
        self._tell("comment edited", self.things[number], said)

    def delete_comment(self, number: int, said: Said) -> None:
        said.gone = True
        self._changed(self.things[number], 0)
        self._tell("comment deleted", self.things[number], said)

    def _changed(self, thing: Thing, lag: float) -> None:
        thing.revised, thing.shown = self.now, max(thing.shown, self.now + timedelta(seconds=lag))

    def _tell(self, what: str, thing: Thing, said: Said | None = None) -> None:
        snapshot = replace(thing, comments=[replace(c) for c in thing.comments], labels=list(thing.labels))
        self.news.append(News(what, snapshot, replace(said) if said else None, self.now, len(self.news)))


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
