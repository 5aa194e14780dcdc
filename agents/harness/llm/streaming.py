"""One answer, piece by piece: told while it comes, and asked for again where it stalls or breaks off."""

from __future__ import annotations

import asyncio
import json
import time

from httpx2 import TransportError
from pydantic_ai.exceptions import ModelAPIError, ModelHTTPError, UnexpectedModelBehavior
from pydantic_ai.messages import BaseToolCallPart, ModelMessage, ModelResponse, TextPart
from pydantic_ai.models import Model, ModelRequestParameters, StreamedResponse
from pydantic_ai.settings import ModelSettings

from agents.harness import Transcript
from agents.text import one_line

_EVERY = 0.5  # seconds between two looks at what has come
_PAUSE = 0.5  # seconds before an answer that broke off is asked for again; twice that before the next time


class BrokenOff(ModelAPIError):
    """An answer began and did not end."""


class Listener:
    """Asks for answers as streams.

    Args:
        model: who is asked.
        transcript: told what has come so far.
        silence: seconds without a word after which an answer counts as broken off.
        again: how often an answer that broke off is asked for again.
    """

    def __init__(self, model: Model, transcript: Transcript, silence: float, again: int) -> None:
        self._model, self._transcript = model, transcript
        self._silence, self._again = silence, again
        self._told = 0.0

    async def answer(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """The whole answer.

        Raises:
            BrokenOff: it began as often as it may and never ended.
            AgentRunError: the request was refused, or there is no connection.
        """
        for attempt in range(self._again + 1):
            try:
                return await self._once(messages, settings, parameters)
            except BrokenOff as error:
                if attempt == self._again:
                    raise
                await self._transcript.step(
                    "note", f"{self._model.model_name} broke off, and is asked again", str(error), ok=False
                )
                await asyncio.sleep(_PAUSE * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, messages: list[ModelMessage], settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        begun = False
        try:
            async with self._model.request_stream(messages, settings, parameters) as stream:
                begun = True
                await self._heard(stream)
                response = stream.get()
        except TimeoutError as error:
            raise self._broken(f"nothing came for {self._silence:g} s") from error
        except UnexpectedModelBehavior as error:  # an end without a beginning
            raise self._broken(str(error)) from error
        except (ModelAPIError, TransportError) as error:
            refused = isinstance(error, ModelHTTPError) and error.status_code < 500 and error.status_code != 429
            if refused or not begun:
                raise
            raise self._broken(str(error) or type(error).__name__) from error
        if response.state != "complete" or response.finish_reason is None:
            raise self._broken("the connection ended first")
        return response

    async def _heard(self, stream: StreamedResponse) -> None:
        """Take everything in.

        Raises:
            TimeoutError: nothing came for too long.
        """
        events = aiter(stream)
        while True:
            try:
                async with asyncio.timeout(self._silence):
                    await anext(events)
            except StopAsyncIteration:
                return
            if time.monotonic() - self._told >= _EVERY:
                self._told = time.monotonic()
                await self._transcript.saying(f"{self._model.model_name} answers", said(stream.get()))

    def _broken(self, why: str) -> BrokenOff:
        return BrokenOff(self._model.model_name, one_line(why, 200))


def said(response: ModelResponse) -> str:
    """What an answer says and calls, for people."""
    rows = []
    for part in response.parts:
        if isinstance(part, TextPart):
            rows.append(part.content)
        elif isinstance(part, BaseToolCallPart):
            given = part.args if isinstance(part.args, str) else json.dumps(part.args or {}, ensure_ascii=False)
            rows.append(f"{part.tool_name} {given}")
    return "\n".join(rows)
