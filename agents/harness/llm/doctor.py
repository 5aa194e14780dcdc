"""Whether the model answers."""

from __future__ import annotations

import asyncio

from pydantic_ai import Agent
from pydantic_ai.exceptions import AgentRunError, UserError
from pydantic_ai.settings import ModelSettings

from agents.config import LlmSettings
from agents.harness import Unavailable
from agents.harness.llm import provider
from agents.harness.llm.think import sentence

_WAIT = 20.0  # seconds


async def answers(settings: LlmSettings) -> tuple[bool, str]:
    """Ask the model for one word: whether it answered, and a sentence."""
    try:
        model = provider.model(settings)
        asked = ModelSettings(max_tokens=16, timeout=_WAIT, max_retries=0)
        agent = Agent(model, model_settings=asked)
        async with asyncio.timeout(_WAIT), agent:
            await agent.run("Answer with the word ok.")
    except Unavailable as error:
        return False, str(error)
    except (AgentRunError, UserError, TimeoutError) as error:
        return False, sentence(error, settings)
    return True, f"{settings.model} answers"
