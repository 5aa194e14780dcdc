"""The one server that an agent's requests go on to, with its key, as settings and the person allow."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from agents.config import LlmSettings, Settings
from agents.harness import Unavailable
from agents.harness.acp.guard import PATHS
from agents.harness.llm import provider
from agents.text import one_line

_USUAL = {
    "openai-chat": "https://api.openai.com/v1",
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}


@dataclass(frozen=True)
class Upstream:
    """Where requests go.

    Args:
        kind: anthropic, openai (responses) or openai-chat.
        name: of the model.
        url: what paths are put after.
        key: never leaves this process but to that server.
    """

    kind: str
    name: str
    url: str
    key: str

    @property
    def host(self) -> str:
        """The machine, for sentences."""
        return urlsplit(self.url).netloc

    @property
    def headers(self) -> dict[str, str]:
        """What lets a request in."""
        return {"x-api-key": self.key} if self.kind == "anthropic" else {"authorization": f"Bearer {self.key}"}


def asked(settings: Settings) -> LlmSettings:
    """Which model an agent gets: that of `[acp]`, else that of `[llm]`."""
    own, llm = settings.acp, settings.llm
    if not own.model:
        return llm
    return llm.model_copy(update={"model": own.model, "base_url": own.base_url, "key_env": own.key_env})


def upstream(settings: Settings) -> Upstream:
    """The server and its key; nothing is sent yet.

    Raises:
        Unavailable: no model is named, the server may not be asked, or its key is missing.
    """
    llm = asked(settings)
    kind, _, name = llm.model.partition(":")
    kind = {"openai-responses": "openai"}.get(kind, kind)
    section = "acp" if settings.acp.model else "llm"
    if kind not in PATHS or not name:
        raise Unavailable(
            f'An agent\'s model is "anthropic:NAME", "openai:NAME" or "openai-chat:NAME", not '
            f"{one_line(llm.model, 80)!r}; set [{section}] model in loop.toml."
        )
    try:
        provider.trusted(llm)
        key = provider.key(llm, kind)
    except Unavailable as error:
        raise Unavailable(str(error).replace("[llm]", f"[{section}]")) from error
    return Upstream(kind, name, (llm.base_url or _USUAL[kind]).rstrip("/"), key)
