"""The model that `[llm]` in `loop.toml` names, with its key from the environment or the keyring."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.settings import ModelSettings

from agents import credentials
from agents.config import LlmSettings
from agents.harness import Unavailable
from agents.text import one_line

_KEYS = {
    "openai": "OPENAI_API_KEY",
    "openai-responses": "OPENAI_API_KEY",
    "openai-chat": "OPENAI_API_KEY",
    "anthropic": "ANTHROPIC_API_KEY",
    "google": "GOOGLE_API_KEY",
    "ollama": "",  # asks for none
}
_OLLAMA = "http://127.0.0.1:11434"  # where it listens unless it is told otherwise
# An answer without its reason to end broke off: most servers send one, and nothing else tells a lost connection.
_CHAT = OpenAIModelProfile(openai_chat_streaming_requires_finish_reason=True)
_KEYLESS = "no-key"  # the clients want one, servers of one's own mostly do not
_HOSTS = "LOOP_LLM_HOSTS"  # other machines that questions may go to, separated by commas


def model(settings: LlmSettings) -> Model:
    """The model to ask; nothing is sent yet.

    Raises:
        Unavailable: it is not named, is of no known provider, or its key is missing.
    """
    kind, _, name = settings.model.partition(":")
    if not kind or not name:
        raise Unavailable('No model is named; set [llm] model in loop.toml, as "anthropic:NAME" or "openai-chat:NAME".')
    if kind not in _KEYS:
        return _other(settings, kind)
    trusted(settings)
    secret = key(settings, kind)
    try:
        return _usual(settings, kind, name, secret)
    except ImportError as error:
        raise Unavailable(f"{kind} needs its client; install it with `pip install 'loop-inbox[{kind}]'`.") from error
    except Exception as error:  # the clients look at the address, and fail in their own ways on one that is none
        at, why = one_line(settings.base_url, 120), one_line(error, 200).rstrip(".")
        raise Unavailable(f"{at} cannot be used ({why}); check [llm] base_url in loop.toml.") from error


def _usual(settings: LlmSettings, kind: str, name: str, secret: str) -> Model:
    if kind == "anthropic":
        from pydantic_ai.models.anthropic import AnthropicModel
        from pydantic_ai.providers.anthropic import AnthropicProvider

        return AnthropicModel(name, provider=AnthropicProvider(api_key=secret, base_url=settings.base_url or None))
    if kind == "google":
        from pydantic_ai.models.google import GoogleModel
        from pydantic_ai.providers.google import GoogleProvider

        return GoogleModel(name, provider=GoogleProvider(api_key=secret, base_url=settings.base_url or None))
    if kind == "ollama":
        from pydantic_ai.models.ollama import OllamaModel
        from pydantic_ai.providers.ollama import OllamaProvider

        at = (settings.base_url or _OLLAMA).rstrip("/").removesuffix("/v1")
        return OllamaModel(name, provider=OllamaProvider(base_url=f"{at}/v1", api_key=secret))
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
    from pydantic_ai.providers.openai import OpenAIProvider

    provider = OpenAIProvider(api_key=secret, base_url=settings.base_url or None)
    if kind == "openai-chat":
        return OpenAIChatModel(name, provider=provider, profile=_CHAT)
    return OpenAIResponsesModel(name, provider=provider)


def model_settings(settings: LlmSettings) -> ModelSettings:
    """How each request is made."""
    most, timeout, retries = settings.answer_tokens, settings.timeout, settings.retries
    if settings.model.startswith("anthropic:"):
        from pydantic_ai.models.anthropic import AnthropicModelSettings

        return AnthropicModelSettings(max_tokens=most, timeout=timeout, max_retries=retries, anthropic_cache=True)
    return ModelSettings(max_tokens=most, timeout=timeout, max_retries=retries)


def trusted(settings: LlmSettings) -> None:
    """Look whether the person, and not only the repository, wants questions to go to `base_url`.

    Raises:
        Unavailable: it is another machine, and nothing in the environment names it.
    """
    if not settings.base_url or settings.base_url in (
        os.environ.get("LOOP_LLM__BASE_URL"),
        os.environ.get("LOOP_ACP__BASE_URL"),
    ):
        return
    try:
        host = urlsplit(settings.base_url).hostname or ""
    except ValueError:
        host = ""
    if not host:
        at = one_line(settings.base_url, 120)
        raise Unavailable(f"{at} cannot be used (it names no host); check [llm] base_url in loop.toml.")
    named = [name.strip().lower() for name in os.environ.get(_HOSTS, "").split(",")]
    if host in named or credentials.loopback(host):
        return
    told = one_line(host, 120)
    raise Unavailable(
        f"loop.toml sends your code and product data to {told}, which is not this machine; if that is what you want, "
        f"set {_HOSTS}={told} in the environment."
    )


def key(settings: LlmSettings, kind: str) -> str:
    """The key of a provider; a server of one's own gets one only where `key_env` says so.

    Raises:
        Unavailable: it is neither in the environment nor in the keyring.
    """
    variable = settings.key_env or ("" if settings.base_url else _KEYS[kind])
    if not variable:
        return _KEYLESS
    found = credentials.secret(variable)
    if not found:
        where = credentials.where_to_put(variable)
        raise Unavailable(f"The key of {one_line(settings.model, 80)} is missing; {where}.")
    return found


def _other(settings: LlmSettings, kind: str) -> Model:
    """A provider that pydantic-ai knows; it finds its key in the environment by itself."""
    if settings.base_url:
        raise Unavailable(f"base_url goes with {', '.join(sorted(_KEYS))}, not with {kind!r}.")
    try:
        return infer_model(settings.model)
    except (UserError, ImportError, ValueError) as error:
        raise Unavailable(f"{one_line(settings.model, 80)} cannot be used: {one_line(error, 200)}") from error
