"""Where the details of trouble go: a person gets a sentence, the log gets the rest."""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime

from agents.inbox import Inbox


def log_trouble(inbox: Inbox) -> None:
    """Write the exception that is handled now into the project's log."""
    try:
        with (inbox.basics.state / "engine.log").open("a", encoding="utf-8") as log:
            log.write(f"{datetime.now(UTC).isoformat()} inbox\n{traceback.format_exc()}\n")
    except OSError:
        logging.getLogger(__name__).warning("cannot write engine.log")
