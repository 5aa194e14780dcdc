"""The `:` line: what the keys do, in words and with their arguments."""

from __future__ import annotations

import shlex
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agents.inbox import SORTS, Refused
from loop_tui.actions import ACTIONS, BY_ID
from loop_tui.controllers.decide import numbers

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen

Run = Callable[[str], Awaitable[str]]


@dataclass(frozen=True)
class Command:
    """One word of the `:` line.

    Args:
        usage: the arguments as people write them.
        help: one sentence.
        run: what it does with the rest of the line.
    """

    usage: str
    help: str
    run: Run


class CommandLine:
    """The `:` line of one main screen."""

    def __init__(self, screen: MainScreen) -> None:
        self._screen = screen
        verb = self._verb
        self._commands: dict[str, Command] = {
            "decline": Command("REASON [NOTE]", "Decline with a typed reason.", verb("decline", _decline)),
            "snooze": Command("WHEN", "Hide until 2d, monday, users>50, release:next.", verb("snooze", _one("until"))),
            "wake": Command("", "End a snooze.", verb("snooze", _none, "wake")),
            "priority": Command("P WHY", "Raise or lower the priority.", verb("priority", _priority)),
            "suppress": Command("[WHY]", "Count further signals, never show it again.", verb("suppress", _rest("why"))),
            "unsuppress": Command("", "End that.", verb("suppress", _none, "unsuppress")),
            "claim": Command("", "Mark it as yours.", verb("claim", _none)),
            "release": Command("", "Give it back.", verb("claim", _none, "release")),
            "note": Command("TEXT", "What later runs should know.", verb("note", _one("text"))),
            "answer": Command("N | TEXT", "Answer the question; the work starts.", verb("answer", _answer)),
            "changes": Command("TEXT", "Ask for changes.", verb("request_changes", _one("text"))),
            "join": Command("ID", "Put it into another report.", verb("join", _into)),
            "split": Command("SIGNAL…", "Take signals out.", verb("split", _signals)),
            "sort": Command("ORDER", f"One of {', '.join(SORTS)}.", self._sort),
            "section": Command("NAME", "Show a section.", self._section),
            "filter": Command("[LINE]", "Filter the list; nothing ends the filter.", self._filter),
            "go": Command("ID", "Put the cursor on a report; a number alone does too.", self._go),
        }

    def words(self) -> list[str]:
        """What can be typed first, for completion."""
        plain = [action.id for action in ACTIONS if "_" not in action.id]
        return sorted({*self._commands, *plain})

    def usage(self) -> list[tuple[str, str]]:
        """(command with its arguments, one sentence) of those that take arguments."""
        return [(f":{name} {one.usage}".rstrip(), one.help) for name, one in self._commands.items()]

    async def run(self, text: str) -> str:
        """Do what the line says.

        Raises:
            Refused: it says nothing that can be done.
        """
        name, _, rest = text.strip().lstrip(":").partition(" ")
        if not name:
            return ""
        if name.lstrip("#").isdigit():
            return await self._go(name)
        found = [word for word in self.words() if word == name] or [w for w in self.words() if w.startswith(name)]
        if len(found) != 1:
            said = f"could be {', '.join(found)}" if found else "is no command"
            raise Refused(f"“{name}” {said}; ? lists the keys, ctrl+p finds commands.")
        if found[0] in self._commands and (rest.strip() or found[0] not in BY_ID):
            return await self._commands[found[0]].run(rest.strip())
        if found[0] in self._commands and not self._commands[found[0]].usage:
            return await self._commands[found[0]].run("")
        self._screen.perform(found[0])
        return ""

    def _verb(self, name: str, read: Callable[[str], dict[str, Any]], verb: str = "") -> Run:
        async def run(rest: str) -> str:
            args = read(rest)
            decide = self._screen.decide
            return await decide.apply(await decide.taken(name, verb), **args)

        return run

    async def _sort(self, rest: str) -> str:
        if rest not in SORTS:
            raise Refused(f"There is no order {rest!r}; choose one of {', '.join(SORTS)}.")
        self._screen.browse.order_by(rest)
        return ""

    async def _section(self, rest: str) -> str:
        wanted = rest.lower().replace(" ", "_")
        for place, section in enumerate(self._screen.inbox.sections):
            if wanted in (section.key, section.label.lower().replace(" ", "_"), str(place + 1)):
                self._screen.browse.show(place)
                return ""
        names = ", ".join(section.label for section in self._screen.inbox.sections)
        raise Refused(f"There is no section {rest!r}; choose one of {names}.")

    async def _filter(self, rest: str) -> str:
        self._screen.browse.filter_by(rest)
        return ""

    async def _go(self, rest: str) -> str:
        await self._screen.browse.go_to(numbers(rest)[0])
        return ""


def _none(rest: str) -> dict[str, Any]:
    if rest:
        raise Refused(f"This takes no words; leave out {rest!r}.")
    return {}


def _one(name: str) -> Callable[[str], dict[str, Any]]:
    def read(rest: str) -> dict[str, Any]:
        if not rest:
            raise Refused("Say more: this needs words after it.")
        return {name: rest}

    return read


def _rest(name: str) -> Callable[[str], dict[str, Any]]:
    return lambda rest: {name: rest}


def _decline(rest: str) -> dict[str, Any]:
    try:
        parts = shlex.split(rest)
    except ValueError:
        parts = rest.split()
    return {"reason": parts[0] if parts else "", "note": " ".join(parts[1:])}


def _priority(rest: str) -> dict[str, Any]:
    first, _, why = rest.partition(" ")
    number = first.lower().removeprefix("p")
    if number not in ("0", "1", "2", "3", "4"):
        raise Refused("A priority is P0 (most urgent) to P4.")
    return {"priority": int(number), "why": why.strip()}


def _answer(rest: str) -> dict[str, Any]:
    return {"text": "", "choice": int(rest)} if rest.isdigit() else {"text": rest, "choice": None}


def _into(rest: str) -> dict[str, Any]:
    return {"into": numbers(rest)[0]}


def _signals(rest: str) -> dict[str, Any]:
    return {"signals": numbers(rest)}
