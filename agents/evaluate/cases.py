"""Recorded cases: a small repository, the events it sent, and what is true of them.

A case is a folder: `repo/` with the product and its tests, `events.jsonl` or `events.json` as Sentry's SDK sent them,
`truth.toml`, `hidden/test_*.py` that decide whether a change is right, and `fix.patch`, a change that is.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.models import Verdict
from agents.refusal import Refused

Outcome = Literal["fixed", "needs_input", "not_actionable", "no_safe_fix"]
_EVENTS = ("events.jsonl", "events.json")


class Place(BaseModel):
    """A function, by its file in the repository."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    function: str


class Truth(BaseModel):
    """What is true of a case, as `truth.toml` says it.

    Attributes:
        report: what the title of the case's own report begins with; every other report is noise.
        outcome: how the report should end.
        verdict: `needs_input` where only a person can settle it.
        priority: 0 … 4.
        why: the truth in a sentence or two, for people.
        cause: the functions at fault, each of which is a right answer; none where no code is at fault.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    report: str
    outcome: Outcome
    verdict: Verdict
    priority: int = Field(ge=0, le=4)
    why: str
    cause: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Case:
    """One recorded case."""

    folder: Path
    truth: Truth

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def repo(self) -> Path:
        """The product, without git."""
        return self.folder / "repo"

    @property
    def events(self) -> Path:
        """What its SDK sent."""
        return next(self.folder / name for name in _EVENTS if (self.folder / name).is_file())

    @property
    def hidden(self) -> tuple[Path, ...]:
        """The tests that decide whether a change is right."""
        return tuple(sorted((self.folder / "hidden").glob("test_*.py")))


def read_cases(folder: Path, only: str | None = None) -> list[Case]:
    """The cases below a folder, by name; the folder may be a case itself.

    Raises:
        Refused: no such folder or case, or one that is not whole.
    """
    if not folder.is_dir():
        raise Refused(f"There is no folder {folder}; give one that holds cases.")
    found = [folder] if (folder / "truth.toml").is_file() else sorted(p.parent for p in folder.glob("*/truth.toml"))
    if not found:
        raise Refused(f"{folder} holds no case; a case is a folder with repo/, events.jsonl and truth.toml.")
    if only is not None:
        names = [path.name for path in found]
        found = [path for path in found if path.name == only]
        if not found:
            raise Refused(f"There is no case {only!r}; choose one of {', '.join(names)}.")
    return [_read(path) for path in found]


def _read(folder: Path) -> Case:
    path = folder / "truth.toml"
    try:
        truth = Truth.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path} is not valid TOML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Refused(f"{path}: {where}: {first['msg']}. Mend that key.") from error
    if not (folder / "repo").is_dir():
        raise Refused(f"{folder} has no repo/; put the product's files there.")
    if not any((folder / name).is_file() for name in _EVENTS):
        raise Refused(f"{folder} has no events; put what the SDK sent into events.jsonl.")
    case = Case(folder, truth)
    if truth.outcome == "fixed" and not case.hidden:
        raise Refused(f"{folder} has no hidden/test_*.py, so no change could be called right; write one.")
    return case
