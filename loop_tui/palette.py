"""The command palette: the registry by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import Input

from loop_tui.actions import ACTIONS, Action
from loop_tui.widgets.field import Harmless

if TYPE_CHECKING:
    from loop_tui.app import LoopApp


class ActionProvider(Provider):
    """The actions of the screen below the palette."""

    @property
    def _loop(self) -> LoopApp:
        return cast("LoopApp", self.app)

    def _named(self, action: Action) -> str:
        key = self._loop.keymap.key(action)
        return f"{action.label}  ({key})" if key else action.label

    def _run(self, action: Action) -> Callable[[], Any]:
        return partial(self._loop.perform, action.id)

    def _offered(self) -> list[Action]:
        return [a for a in ACTIONS if a.group != "Move" and a.id != "palette" and self._loop.offers(a)]

    async def discover(self) -> Hits:
        """All actions."""
        for action in self._offered():
            yield DiscoveryHit(self._named(action), self._run(action), help=action.help)

    async def search(self, query: str) -> Hits:
        """Actions whose words match."""
        matcher = self.matcher(query)
        for action in self._offered():
            name = self._named(action)
            score = matcher.match(f"{name} {action.help}")
            if score > 0:
                yield Hit(score, matcher.highlight(name), self._run(action), help=action.help)


class Palette(CommandPalette):
    """The command palette with a cursor that stays still."""

    def on_mount(self) -> None:
        """No blinking."""
        field = self.query_one(Input)
        field.cursor_blink, field.highlighter = False, Harmless()
