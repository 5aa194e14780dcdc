"""The inbox as a Textual application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from rich.console import Console
from textual import events
from textual.app import SystemCommand
from textual.screen import Screen
from textual.widgets import Input

from agents.inbox import ConfigError, First, Inbox, Refused
from agents.text import one_line, visible
from loop_tui.actions import Action
from loop_tui.keymap import Keymap
from loop_tui.keys_in_turn import KeysInTurnApp
from loop_tui.pasting import guard_pastes
from loop_tui.preferences import Preferences, PreferencesError, load
from loop_tui.screens.main import MainScreen
from loop_tui.start import FIRST, Glance, glance
from loop_tui.themes import THEMES
from loop_tui.trouble import log_trouble

if TYPE_CHECKING:
    from loop_tui.notify import News

_EMPTY = 0.25  # seconds the first reports are waited for at most before an empty frame is drawn
_DRAWN = 1.0  # seconds they have to be drawn before the rest is begun
Ready = Callable[[Inbox], Awaitable[None]]


def _actions() -> type[Any]:
    """What the palette offers."""
    from loop_tui.palette import ActionProvider

    return ActionProvider


class LoopApp(KeysInTurnApp):
    """The inbox of one project.

    Args:
        repo: the repository.
        engine: whether to run the loop in the background.
        on_ready: runs beside it once the inbox is open.
        preferences: what the person likes; none: the usual.
        looked: the first reports, when somebody reads them already.
        overrides: settings that win over `loop.toml`, and `who`.
    """

    CSS_PATH: ClassVar[Any] = ["app.tcss", "screens/main.tcss"]
    TITLE = "Loop"
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {_actions}

    def __init__(
        self, repo: Path, *, engine: bool = True, on_ready: Ready | None = None, preferences: Preferences | None = None,
        looked: Glance | None = None, **overrides: Any,
    ) -> None:  # fmt: skip
        self._looked = looked or glance(repo, **overrides)
        guard_pastes()
        self.preferences = preferences or Preferences()
        # Textual makes its filter of NO_COLOR here, before a theme can be asked whether it is one of the terminal's.
        super().__init__(ansi_color=True if _colourless() else None)
        self.keymap = Keymap(self.preferences.keys)
        self._repo, self._with_engine, self._on_ready, self._overrides = repo, engine, on_ready, overrides
        self._inbox: Inbox | None = None
        self._main: MainScreen  # these come with the terminal
        self._reading: asyncio.Future[tuple[Inbox, First] | None]
        self._painted = asyncio.Event()
        self.news: News | None = None
        self.failure = ""
        self.animation_level = "none"
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES["ansi" if _colourless() else self.preferences.theme or "dark"].name

    @property
    def inbox(self) -> Inbox:
        """The project; open once the first screen is filled."""
        if self._inbox is None:
            raise Refused("The inbox is still opening.")
        return self._inbox

    @property
    def is_open(self) -> bool:
        """Whether the project is open."""
        return self._inbox is not None

    @property
    def main(self) -> MainScreen | None:
        """The main screen, when it is there."""
        return next((screen for screen in self.screen_stack if isinstance(screen, MainScreen)), None)

    def get_system_commands(self, screen: Screen[Any]) -> Any:
        """None of Textual's own: the registry has all there is."""
        nothing: list[SystemCommand] = []
        return iter(nothing)

    def get_default_screen(self) -> MainScreen:
        """The list."""
        self._main = MainScreen()
        return self._main

    # Starting ------------------------------------------------------------------------------------------------

    async def on_load(self) -> None:
        """Have the first reports before anything is drawn, unless that takes long."""
        self._reading = asyncio.wrap_future(self._looked)
        await asyncio.wait([self._reading], timeout=_EMPTY)

    def first(self) -> First | None:
        """The first reports, where they were there before the screen was."""
        if not self._reading.done() or self._reading.exception() is not None:
            return None
        found = self._reading.result()
        if found is None:
            return None
        self._inbox, first = found
        return first

    async def on_mount(self) -> None:
        """Get what the first picture does without; see `loop_tui.start`."""
        self.do(self._start(), group="start")

    async def _start(self) -> None:
        try:
            self._inbox, first = await self._opened()
            await self._main.composed.wait()
            if not self._main.listed:
                self._main.list_first(first)
            if first.ids:  # why there are none is told by what is not imported yet
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._painted.wait(), _DRAWN)
            # What is wrong with the settings ends it; their library is imported while the store is read.
            await asyncio.gather(self._main.furnish(), asyncio.to_thread(lambda: self.inbox.settings))
        except (ConfigError, Refused) as error:
            self.failure = str(error)
            self.exit(return_code=1)
            return
        finally:
            if not gc.isenabled():  # see `loop_tui.start`
                gc.freeze()
                gc.enable()
            self.all_there()
        await self._run_beside(first.seq)

    async def _opened(self) -> tuple[Inbox, First]:
        """The project and the first reports; a store that is not there, or not of today, is made first."""
        try:
            found = await self._reading
        except (ConfigError, Refused):
            raise
        except Exception:
            found = None  # what is wrong with the store is told where it is opened
        if found is not None:
            return found
        self._inbox = await Inbox.open(self._repo, **self._overrides)
        return self._inbox, await asyncio.to_thread(self._inbox.first, limit=FIRST)

    def may_begin(self, event: events.Event) -> bool:
        """To move the cursor to the next report, the first picture is enough."""
        known = self.keymap.at("list").get(event.key) if isinstance(event, events.Key) else None
        return known in ("down", "up") and self._painted.is_set()

    def post_display_hook(self) -> None:
        """Something was drawn."""
        if not self._batch_count and self._running and self._main.listed:
            self._painted.set()

    async def _run_beside(self, seq: int) -> None:
        from loop_tui.notify import News, Notifier

        self.news = News(self.inbox, Notifier(self.preferences, self._to_terminal, self._warn), self.set_timer)
        self.do(self._follow(seq), group="watch")
        await self._main.status.refresh()
        await self.news.begin()
        for problem in self.keymap.problems:
            self.tell(problem, warn=True)
        if self._with_engine:
            self.do(self._engine(), group="engine")
        if self._on_ready is not None:
            self.do(self._beside(self._on_ready), group="ready")

    async def _engine(self) -> None:
        await self.inbox.start_engine()
        if self.main is not None:
            await self.main.status.refresh()

    async def _beside(self, ready: Ready) -> None:
        await ready(self.inbox)

    async def _follow(self, seq: int | None) -> None:
        wait = 1.0
        while True:
            try:
                async for ids in self.inbox.watch(seq):
                    if self.main is not None:
                        self.main.status.find()
                        await self.main.changed(ids)
                    front: Any = self.screen
                    if front is not self.main and hasattr(front, "changed"):
                        await front.changed(ids)
                    self._notice(ids)
                    wait = 1.0
            except Exception:
                if self._inbox is None:
                    return  # closing
                # A feed that ends in silence would leave a screen that looks alive and is not.
                log_trouble(self._inbox)
                self.tell("The screen lost touch with the store and tries again; .loop/engine.log says why.", warn=True)
                if self.main is not None:
                    self.main.status.lose()
            seq = None
            self.set_timer(wait * 2, self._catch_up)
            await asyncio.sleep(wait)
            wait = min(wait * 2, 30.0)

    def _catch_up(self) -> None:
        """Read again what changed while no feed was followed."""
        if self._inbox is not None and self.main is not None:
            self.do(self._touch(self.main), group="list")

    async def _touch(self, main: MainScreen) -> None:
        await main.browse.reload()
        main.status.find()
        main.status.soon()

    async def on_unmount(self) -> None:
        """Stop the workers, then close the store."""
        self.workers.cancel_all()
        inbox, self._inbox = self._inbox, None
        if inbox is not None:
            await asyncio.sleep(0)
            try:
                await inbox.close()
            except Exception:
                log_trouble(inbox)

    def _notice(self, ids: set[int]) -> None:
        """Tell a person who looks elsewhere; the feed does not wait for it."""
        if self.news is not None:
            self.do(self.news.changed(ids, lambda: self._notice(set())), group="news")

    def _to_terminal(self, sequence: str) -> None:
        # Textual has a way of its own for the bell alone; a notification is written as `copy_to_clipboard` writes.
        if self._driver is not None:
            self._driver.write(sequence)

    def _warn(self, sentence: str) -> None:
        self.tell(sentence, warn=True)

    # Trouble -------------------------------------------------------------------------------------------------

    def do(self, work: Coroutine[Any, Any, Any], *, group: str = "do", exclusive: bool | None = None) -> None:
        """Run something beside the screen; what it answers is told, what it refuses too."""
        alone = group in ("report", "list", "tab") if exclusive is None else exclusive
        self.run_worker(self._guarded(work), group=group, exclusive=alone, exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            answer = await work
        except (Refused, ConfigError) as error:
            if self._inbox is not None or not isinstance(error, Refused):
                self.tell(str(error), warn=True)
        except asyncio.CancelledError:
            raise
        except Exception:
            if self._inbox is None:
                return  # closing
            log_trouble(self._inbox)
            self.tell("Something went wrong here; .loop/engine.log says what.", warn=True)
        else:
            if isinstance(answer, str) and answer:
                self.tell(answer)

    def _handle_exception(self, error: Exception) -> None:
        """Never a traceback over the screen: the log has it, and the program ends with a sentence."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        if self._inbox is not None:
            log_trouble(self._inbox)
        self.failure = self.failure or f"The inbox stopped: {type(error).__name__}. .loop/engine.log says more."
        self.exit(return_code=1)

    def tell(self, sentence: str, *, warn: bool = False) -> None:
        """Say a sentence in the corner."""
        # On a small screen a long sentence would stand over all of it.
        text = one_line(sentence, max(80, min(600, self.size.width * self.size.height // 4)))
        self.clear_notifications()  # one at a time: the newest is what the last key led to
        self.notify(text, severity="warning" if warn else "information", timeout=6, markup=False)

    # For the screens -----------------------------------------------------------------------------------------

    def perform(self, action: str) -> None:
        """Do an action of the registry on the screen in front."""
        screen: Any = self.screen
        if hasattr(screen, "perform"):
            screen.perform(action)

    def offers(self, action: Action) -> bool:
        """Whether an action belongs to the screen in front."""
        here = "diff" if getattr(self.screen, "place", "") == "diff" else "inbox"
        return action.scope == "any" or (action.scope == "diff") == (here == "diff")

    def do_help(self) -> None:
        """All keys."""
        from loop_tui.screens.help import Help

        self.push_screen(Help())

    def do_palette(self) -> None:
        """Commands by name."""
        from loop_tui.palette import Palette

        if not isinstance(self.screen, Palette):
            self.push_screen(Palette(id="--command-palette"))

    def action_command_palette(self) -> None:
        """The same, by Textual's own key."""
        self.do_palette()

    def do_theme(self) -> None:
        """The next theme, remembered."""
        if _colourless():
            self.tell("NO_COLOR is set, so there are no colours; start without it to choose a theme.", warn=True)
            return
        keys = list(THEMES)
        now = next(key for key, theme in THEMES.items() if theme.name == self.theme)
        wanted = keys[(keys.index(now) + 1) % len(keys)]
        self.theme = THEMES[wanted].name
        try:
            self.preferences.remember("theme", wanted)
        except PreferencesError as error:
            self.tell(f"The theme is not remembered: {error}", warn=True)

    def do_redraw(self) -> None:
        """Draw the whole screen again."""
        self._forget()
        self.refresh(layout=True, repaint=True)

    def do_suspend(self) -> None:
        """Into the background, where the terminal can do that."""
        self.action_suspend_process()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """No cursor blinks: an idle screen sends nothing."""
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False


def _colourless() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def run(repo: Path, *, looked: Glance, preferences: Preferences | None = None, **more: Any) -> None:
    """Open the inbox of a repository and stay until it is quit; see `loop_tui.start.inbox`.

    Raises:
        SystemExit: it could not be opened; the reason was printed.
    """
    try:
        likes = preferences or load()
        if looked.done():
            looked.result()
    except (ConfigError, Refused) as error:
        raise _told(str(error)) from error
    if not likes.theme and Console(force_terminal=True).color_system == "standard":
        likes.theme = "ansi"  # sixteen colours are all there is, and rounding to them leaves little to tell apart
    app = LoopApp(repo, preferences=likes, looked=looked, **more)
    app.run(mouse=likes.mouse == "on" or (likes.mouse == "auto" and "SSH_CONNECTION" not in os.environ))
    if app.failure:
        raise _told(app.failure)


def _told(reason: str) -> SystemExit:
    sys.stderr.write(visible(f"loop: {reason}\n"))
    return SystemExit(1)
