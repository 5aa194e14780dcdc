"""What one person likes: theme, keys, how to be told. One TOML file of their own, never the team's.

Five keys, checked by hand: the first picture of the inbox waits for them, and a library of models takes longer to
import than all that picture needs.
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agents.refusal import Refused

THEMES = ("dark", "light", "contrast", "ansi")
_CHOICES = {"theme": THEMES, "mouse": ("auto", "on", "off"), "notify": ("off", "bell", "osc9", "command")}


class PreferencesError(Refused):
    """The file cannot be read; the message names the place."""


@dataclass
class Preferences:
    """The file's keys, all with defaults.

    Args:
        theme: which colours: dark, light, contrast or ansi; empty: dark, or ansi where a terminal has no more.
        mouse: whether the mouse is asked for: auto (not over SSH), on or off.
        notify: what happens when something needs you: off, bell, osc9, or command.
        notify_command: run with the sentence as its last argument.
        keys: action id → its keys, in place of the usual ones.
        file: where these were read from.
    """

    theme: str = ""
    mouse: str = "auto"
    notify: str = "bell"
    notify_command: list[str] = field(default_factory=list)
    keys: dict[str, str | list[str]] = field(default_factory=dict)
    file: Path | None = None

    def remember(self, key: str, value: str) -> None:
        """Write one value into the file these were read from, without losing what else stands there.

        Raises:
            PreferencesError: the file cannot be written.
        """
        if self.file is None:
            return
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            text = self.file.read_text(encoding="utf-8") if self.file.exists() else ""
            document = tomlkit.parse(text)
            document[key] = value
            self.file.parent.mkdir(parents=True, exist_ok=True)
            # A link stays one: a person's dotfiles are often kept elsewhere.
            target = self.file.resolve()
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
            fresh.replace(target)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise PreferencesError(f"{self.file} cannot be written: {error}.") from error


def path() -> Path:
    """Where the file is: `LOOP_PREFERENCES`, else the user's configuration folder."""
    named = os.environ.get("LOOP_PREFERENCES")
    if named:
        return Path(named)
    from platformdirs import user_config_path

    return user_config_path("loop") / "preferences.toml"


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _problem(raw: dict[str, Any]) -> str:
    """What is wrong with the first key that means nothing, "" when all do."""
    for key, value in raw.items():
        if key in _CHOICES:
            if value not in _CHOICES[key]:
                return f"{key}: choose one of {', '.join(_CHOICES[key])}"
        elif key == "notify_command":
            if not _texts(value):
                return f'{key}: write ["program", "its", "arguments"]'
        elif key == "keys":
            if not isinstance(value, dict):
                return f"{key}: write it as a table, [keys]"
            wrong = next((name for name, own in value.items() if not (isinstance(own, str) or _texts(own))), None)
            if wrong is not None:
                return f'{key}.{wrong}: write "a key" or ["one", "or another"]'
        else:
            return f"{key}: there is no such key; the keys are {', '.join([*_CHOICES, 'notify_command', 'keys'])}"
    if raw.get("notify") == "command" and not raw.get("notify_command"):
        return 'notify = "command" needs notify_command = ["program", "its", "arguments"]'
    return ""


def load(file: Path | None = None) -> Preferences:
    """Read the file; where there is none, the defaults.

    Raises:
        PreferencesError: it is not TOML, or has a key or value that means nothing.
    """
    file = file or path()
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise PreferencesError(f"{file} cannot be read: {error}.") from error
    if problem := _problem(raw):
        raise PreferencesError(f"{file}: {problem}.")
    return Preferences(**raw, file=file)
