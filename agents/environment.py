"""What `LOOP_…` variables say, as pydantic-settings reads them.

Apart from `agents.config`, which imports it only when such a variable is set: most commands need none of it, and it
takes as long to import as all the rest they do.
"""

from __future__ import annotations

from typing import Any

from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict, SettingsError

from agents.basics import ConfigError
from agents.config import Settings


class _Environment(Settings, BaseSettings):
    model_config = SettingsConfigDict(env_prefix="LOOP_", env_nested_delimiter="__", extra="forbid")


def read() -> dict[str, Any]:
    """The keys that are set, nested.

    Raises:
        ConfigError: a value cannot be read.
    """
    source = EnvSettingsSource(_Environment)
    # LOOP_SANDBOX names a kind, while LOOP_SANDBOX__… are keys of the section of that name.
    source.env_vars = {name: value for name, value in source.env_vars.items() if name.lower() != "loop_sandbox"}
    try:
        return source()
    except SettingsError as error:
        raise ConfigError(f"A LOOP_… variable cannot be read: {error}.") from error
