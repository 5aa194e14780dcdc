"""What of the settings a list of reports needs: where the project and its store are, and the team's own sections.

Apart from `agents.config`, whose checked models take longer to import than the list takes to be read: the inbox shows
its reports first. Nothing is judged here. What does not have its plain form is left to `agents.config`, which says why.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from agents.config import Settings

_READ = ("name", "store", "section")  # the keys of `loop.toml` that an outline holds


class ConfigError(Exception):
    """The configuration cannot be used; the message names the next step."""


class SavedQuery(Protocol):
    """A section of the team's own, as `[[section]]` gives it."""

    @property
    def name(self) -> str:
        """Its label."""

    @property
    def filter(self) -> str:
        """The filter line that always holds in it."""

    @property
    def sort(self) -> str:
        """The order it opens in."""


class Basics:
    """Where a project is, and what it is called."""

    repo: Path
    name: str
    store: str

    @property
    def state(self) -> Path:
        """The `.loop` folder."""
        return self.repo / ".loop"

    @property
    def store_url(self) -> str:
        """The database, as an SQLAlchemy URL with an async driver."""
        if not self.store:
            return f"sqlite+aiosqlite:///{self.state / 'loop.db'}"
        scheme, _, rest = self.store.partition("://")
        drivers = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg", "sqlite": "sqlite+aiosqlite"}
        return f"{drivers.get(scheme, scheme)}://{rest}"

    @property
    def title(self) -> str:
        """What to call this project on a screen."""
        return self.name or self.repo.name


@dataclass(frozen=True)
class _Query:
    name: str
    filter: str
    sort: str = "priority"


@dataclass(frozen=True)
class Outline(Basics):
    """The settings before they are checked.

    Args:
        repo: the repository's root.
        name: what the file calls the project.
        store: the database it names; empty: SQLite under `.loop/`.
        section: the team's own sections.
        overrides: what wins over the file.
    """

    repo: Path
    name: str = ""
    store: str = ""
    section: Sequence[SavedQuery] = ()
    overrides: dict[str, Any] = field(default_factory=dict)

    def settings(self) -> Settings:
        """All settings, checked.

        Raises:
            ConfigError: the file or the environment cannot be used.
        """
        from agents.config import load

        return load(self.repo, **self.overrides)


def outline(repo: Path, overrides: dict[str, Any]) -> Outline | None:
    """The outline of a repository's settings; None where only `agents.config` can tell what they say."""
    if any(name.upper().startswith(tuple(f"LOOP_{key}".upper() for key in _READ)) for name in os.environ):
        return None
    path = repo / "loop.toml"
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        values = {key: value for key, value in (given | overrides).items() if key in _READ}
        sections = tuple(_Query(**one) for one in values.pop("section", ()))
    except (OSError, ValueError, TypeError):
        return None
    texts = [*values.values(), *(text for one in sections for text in (one.name, one.filter, one.sort))]
    if not all(isinstance(text, str) for text in texts):
        return None
    return Outline(repo, section=sections, overrides=overrides, **values)


def find_repo(start: Path | None = None) -> Path:
    """The git root at or above `start` (default: the current folder).

    Raises:
        ConfigError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    if not here.is_dir():
        raise ConfigError(f"{here} is not a folder; give the path of a git repository with --repo.")
    found = subprocess.run(
        ["git", "-C", str(here), "rev-parse", "--show-toplevel"], capture_output=True, text=True, check=False
    )
    if found.returncode:
        raise ConfigError(f"{here} is not inside a git repository; run `git init` there or give --repo PATH.")
    return Path(found.stdout.strip())


def person(repo: Path) -> str:
    """Who works here: the name the user's git configuration gives, else the login name."""
    command = ["git", "-C", str(repo), "config", "user.name"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() or getpass.getuser()
