"""What the main screen has beyond its first picture: the report, the prompt, and what decides.

Imported only once that picture is drawn, because all this takes longer to import than the list takes to be shown; see
`loop_tui.start`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from loop_tui.controllers.command import CommandLine
from loop_tui.controllers.decide import Decide
from loop_tui.controllers.read import Read
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.lines import LineView
from loop_tui.widgets.prompt import Prompt
from loop_tui.widgets.report_pane import ReportPane

if TYPE_CHECKING:
    from loop_tui.screens.main import MainScreen


async def furnish(screen: MainScreen) -> None:
    """Put it all in its place."""
    screen.read, screen.decide, screen.commands = Read(screen), Decide(screen), CommandLine(screen)
    screen.empty, screen.text, screen.prompt = LineView(id="empty"), ReportPane(id="text"), Prompt(id="prompt")
    report = screen.query_one("#report")
    with screen.app.batch_update():
        await screen.mount(screen.empty, before=report)
        await report.mount(Bar(id="title"), Bar(id="facts"), Bar(id="tabs"), screen.text)
        await screen.mount(screen.prompt, before="#footer")
