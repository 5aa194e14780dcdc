"""What one person likes: theme, keys, how to be told. One TOML file of their own, never the team's."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Literal, Self

from platformdirs import user_config_path
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from agents.inbox import Refused

THEMES = ("dark", "light", "contrast", "ansi")


class PreferencesError(Refused):
    """The file cannot be read; the message names the place."""


class Preferences(BaseModel):
    """The file's keys, all with defaults.

    Args:
        theme: which colours.
        mouse: whether the mouse is asked for; `auto`: not over SSH.
        notify: what happens when something needs you: nothing, the terminal's bell, OSC 9, or the command.
        notify_command: run with the sentence as its last argument.
        keys: action id → its keys, in place of the usual ones.
    """

    model_config = ConfigDict(extra="forbid")

    theme: Literal["dark", "light", "contrast", "ansi"] = "dark"
    mouse: Literal["auto", "on", "off"] = "auto"
    notify: Literal["off", "bell", "osc9", "command"] = "bell"
    notify_command: list[str] = Field(default_factory=list)
    keys: dict[str, str | list[str]] = Field(default_factory=dict)
    _file: Path | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _a_command_to_run(self) -> Self:
        if self.notify == "command" and not self.notify_command:
            raise ValueError('notify = "command" needs notify_command = ["program", "its", "arguments"]')
        return self

    def remember(self, key: str, value: str) -> None:
        """Write one value into the file these were read from, without losing what else stands there.

        Raises:
            PreferencesError: the file cannot be written.
        """
        if self._file is None:
            return
        import tomlkit
        from tomlkit.exceptions import TOMLKitError

        try:
            text = self._file.read_text(encoding="utf-8") if self._file.exists() else ""
            document = tomlkit.parse(text)
            document[key] = value
            self._file.parent.mkdir(parents=True, exist_ok=True)
            # A link stays one: a person's dotfiles are often kept elsewhere.
            target = self._file.resolve()
            fresh = target.with_name(f".{target.name}.new")
            fresh.write_text(tomlkit.dumps(document), encoding="utf-8")
            fresh.replace(target)
        except (OSError, UnicodeDecodeError, TOMLKitError) as error:
            raise PreferencesError(f"{self._file} cannot be written: {error}.") from error


def path() -> Path:
    """Where the file is: `LOOP_PREFERENCES`, else the user's configuration folder."""
    named = os.environ.get("LOOP_PREFERENCES")
    return Path(named) if named else user_config_path("loop") / "preferences.toml"


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
    try:
        found = Preferences.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f"{file}: {place}" if place else f"{file}"
        raise PreferencesError(f"{where}: {first['msg'].removeprefix('Value error, ')}.") from error
    found._file = file
    return found
