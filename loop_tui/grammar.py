"""Decisions typed in words: on the `:` line of the screen, and line by line in `loop --plain`."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from agents.inbox import SORTS, Refused

Args = dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """A decision on a report.

    Args:
        usage: its arguments as people write them.
        help: one sentence.
        action: the action of the registry whose rights hold.
        verb: what is done, named as its command.
        read: makes its arguments of the rest of the line.
        number: whether a number may be its argument, and not only the report it is about.
    """

    usage: str
    help: str
    action: str
    verb: str
    read: Callable[[str], Args]
    number: bool = False


def numbers(text: str) -> list[int]:
    """Numbers as people write them: `12 15`, `#12, #15`.

    Raises:
        Refused: there is none, or something else is among them.
    """
    parts = text.replace(",", " ").replace("#", " ").split()
    if not parts or not all(part.isdecimal() for part in parts):
        raise Refused(f"{text!r} is no number; write one like 12.")
    return [int(part) for part in parts]


def find(name: str, words: Collection[str]) -> str:
    """The word that is meant: itself, or the only one that begins so.

    Raises:
        Refused: none is, or several are.
    """
    name = _ALSO.get(name, name)
    found = [name] if name in words else sorted(word for word in words if word.startswith(name))
    if len(found) != 1:
        said = f"could be {', '.join(found)}" if found else "is no command"
        raise Refused(f"“{name}” {said}; help lists them.")
    return found[0]


def place_of_section(sections: Sequence[Any], text: str) -> int:
    """The place of the section that is meant by its key, its label or its number.

    Raises:
        Refused: none is.
    """
    wanted = text.lower().replace(" ", "_")
    for place, section in enumerate(sections):
        if wanted in (section.key, section.label.lower().replace(" ", "_"), str(place + 1)):
            return place
    raise Refused(f"There is no section {text!r}; choose one of {', '.join(section.label for section in sections)}.")


def order(text: str) -> str:
    """An order of the list.

    Raises:
        Refused: there is none of that name.
    """
    if text not in SORTS:
        raise Refused(f"There is no order {text!r}; choose one of {', '.join(SORTS)}.")
    return text


def _none(rest: str) -> Args:
    if rest:
        raise Refused(f"This takes no words; leave out {rest!r}.")
    return {}


def _one(name: str) -> Callable[[str], Args]:
    def read(rest: str) -> Args:
        if not rest:
            raise Refused("Say more: this needs words after it.")
        return {name: rest}

    return read


def _decline(rest: str) -> Args:
    try:
        parts = shlex.split(rest)
    except ValueError:
        parts = rest.split()
    return {"reason": parts[0] if parts else "", "note": " ".join(parts[1:])}


def _priority(rest: str) -> Args:
    first, _, why = rest.partition(" ")
    number = first.lower().removeprefix("p")
    if number not in ("0", "1", "2", "3", "4"):
        raise Refused("A priority is P0 (most urgent) to P4.")
    return {"priority": int(number), "why": why.strip()}


def _answer(rest: str) -> Args:
    return {"text": "", "choice": int(rest)} if rest.isdecimal() else {"text": rest, "choice": None}


# What the command line calls it, where the line of the screen has a shorter word.
_ALSO = {"request-changes": "changes", "unsnooze": "wake"}
METHODS = {"priority": "set_priority", "request-changes": "request_changes", "wake": "unsnooze"}  # of `Inbox`
VERBS: dict[str, Verb] = {
    "decline": Verb("REASON [NOTE]", "Decline with a typed reason.", "decline", "decline", _decline),
    "snooze": Verb("WHEN", "Hide until 2d, monday, users>50, release:next.", "snooze", "snooze", _one("until")),
    "wake": Verb("", "End a snooze.", "snooze", "wake", _none),
    "priority": Verb("P WHY", "Raise or lower the priority.", "priority", "priority", _priority, True),
    "suppress": Verb("[WHY]", "Count further signals, never show it again.", "suppress", "suppress",
                     lambda rest: {"why": rest}),
    "unsuppress": Verb("", "End that.", "suppress", "unsuppress", _none),
    "claim": Verb("", "Mark it as yours.", "claim", "claim", _none),
    "release": Verb("", "Give it back.", "claim", "release", _none),
    "note": Verb("TEXT", "What later runs should know.", "note", "note", _one("text")),
    "answer": Verb("N | TEXT", "Answer the question; the work starts.", "answer", "answer", _answer, True),
    "changes": Verb("TEXT", "Ask for changes.", "request_changes", "request-changes", _one("text")),
    "join": Verb("ID", "Put it into another report.", "join", "join", lambda rest: {"into": numbers(rest)[0]}, True),
    "split": Verb("SIGNAL…", "Take signals out.", "split", "split", lambda rest: {"signals": numbers(rest)}, True),
    "retry": Verb("", "Start the work again.", "retry", "retry", _none),
    "stop": Verb("", "Stop the work that runs on it.", "stop", "stop", _none),
    "revert": Verb("", "Make a change that takes a merged one back.", "revert", "revert", _none),
}  # fmt: skip
