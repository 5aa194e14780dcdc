"""The `:` line: what the keys do, in words and with their arguments."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.inbox import SORTS
from loop_tui.actions import ACTIONS, BY_ID
from loop_tui.grammar import VERBS, Verb, find, numbers, order, place_of_section

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
        self._commands: dict[str, Command] = {
            **{name: Command(verb.usage, verb.help, self._verb(verb)) for name, verb in VERBS.items()},
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
        word = find(name, self.words())
        command = self._commands.get(word)
        # A word alone does what its key does, which asks for the rest; what takes no words is done at once.
        if command is not None and (rest.strip() or word not in BY_ID or not command.usage):
            return await command.run(rest.strip())
        self._screen.perform(word)
        return ""

    def _verb(self, verb: Verb) -> Run:
        async def run(rest: str) -> str:
            args = verb.read(rest)
            decide = self._screen.decide
            return await decide.apply(await decide.taken(verb.action, verb.verb), **args)

        return run

    async def _sort(self, rest: str) -> str:
        self._screen.browse.order_by(order(rest))
        return ""

    async def _section(self, rest: str) -> str:
        self._screen.browse.show(place_of_section(self._screen.inbox.sections, rest))
        return ""

    async def _filter(self, rest: str) -> str:
        self._screen.browse.filter_by(rest)
        return ""

    async def _go(self, rest: str) -> str:
        await self._screen.browse.go_to(numbers(rest)[0])
        return ""
