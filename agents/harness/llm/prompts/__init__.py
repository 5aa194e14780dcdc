"""What models are told: a page for each stage, which a team may replace, and the rules, which it may not."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from agents.harness import Unavailable


def instructions(state: Path, stage: str, nonce: str) -> str:
    """The rules and the page of a stage.

    Args:
        state: the `.loop` folder; `prompts/STAGE.md` in it replaces ours.
        stage: investigate, propose or review.
        nonce: the mark of data.

    Raises:
        Unavailable: the team's page cannot be read.
    """
    own = state / "prompts" / f"{stage}.md"
    rules = (files(__name__) / "rules.md").read_text(encoding="utf-8").replace("{nonce}", nonce)
    try:
        page = (own if own.is_file() else files(__name__) / f"{stage}.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{own} cannot be read as UTF-8 text; mend or remove it.") from error
    return f"{rules}\n{page}"
