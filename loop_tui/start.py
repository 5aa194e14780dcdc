"""From the command to the first picture: what is done before it, and what waits until it is there.

Before it: the reports, read from the store in a thread while Textual is imported, and the widgets that show them. The
list, its cursor, the sections with their numbers and the footer are there at once, and they are true.

After it (`LoopApp._start`, `screens/furniture.py`): the checked settings (pydantic), the ORM, the report beside the
list, dialogs, prompt, palette, help, the feed and the engine. The cursor moves at once; any other key or click that
comes before all of it is there waits, and is not lost. `tests/unit/tui/test_first_paint.py` names what must not be
imported before.
"""

from __future__ import annotations

import gc
from concurrent.futures import Future
from pathlib import Path
from threading import Thread
from typing import Any

from agents.inbox import First, Inbox

FIRST = 100  # reports of the first picture; the others follow
Glance = Future[tuple[Inbox, First] | None]


def glance(repo: Path, **overrides: Any) -> Glance:
    """Begin to read what the list shows first; None where there is no store that can be read at once."""
    found: Glance = Future()

    def look() -> None:
        try:
            inbox = Inbox.glance(repo, **overrides)
            found.set_result(None if inbox is None else (inbox, inbox.first(limit=FIRST)))
        except Exception as error:
            found.set_exception(error)

    Thread(target=look, name="glance", daemon=True).start()
    return found


def inbox(repo: Path, **more: Any) -> None:
    """Open the inbox of the repository at or above `repo`, and stay until it is quit.

    Args:
        repo: a folder.
        more: what `LoopApp` takes.

    Raises:
        SystemExit: it could not be opened; the reason was printed.
    """
    gc.disable()  # nothing that is imported is garbage; `LoopApp` turns it on again behind the first picture
    own = ("engine", "on_ready", "preferences")
    looked = glance(repo, **{name: value for name, value in more.items() if name not in own})
    from loop_tui.app import run

    run(repo, looked=looked, **more)
