"""A model whose answers are counted, written down, and given again where a run was cut off."""

from __future__ import annotations

from dataclasses import replace

from pydantic_ai.exceptions import AgentRunError, UsageLimitExceeded, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings
from pydantic_ai.usage import RequestUsage

from agents.config import LlmSettings
from agents.harness import Transcript
from agents.harness.llm.compact import PER_TOKEN, compacted, overflows, room, size
from agents.harness.llm.purse import Purse
from agents.harness.llm.recording import Recording
from agents.harness.llm.streaming import Listener
from agents.text import one_line

_LESS = 0.6  # of what was too much
_WORTH = 0.95  # of it: what is not smaller than that is not worth another request


class Garbled(AgentRunError):
    """What came back from the server is no answer."""


def _whole(response: ModelResponse) -> ModelResponse:
    """The answer as it will be read back, every part of its type: clients do not check what servers send.

    Raises:
        ValueError: it cannot be written down.
    """
    (kept,) = ModelMessagesTypeAdapter.validate_json(ModelMessagesTypeAdapter.dump_json([response], warnings="error"))
    if not isinstance(kept, ModelResponse):
        raise ValueError("it is no answer")
    return kept


def _measured(response: ModelResponse, sent: list[ModelMessage]) -> ModelResponse:
    """The answer with what it used; reckoned where a server does not say, so that limits hold with it too."""
    if response.usage.input_tokens or response.usage.output_tokens:
        return response
    reckoned = RequestUsage(input_tokens=size(sent) // PER_TOKEN, output_tokens=size([response]) // PER_TOKEN)
    return replace(response, usage=reckoned)


class RecordedModel(WrapperModel):
    """Asks `wrapped` only what has not been answered yet.

    Args:
        wrapped: the model.
        recording: of this run.
        transcript: told of each answer, and while it comes.
        purse: asked before each request.
        settings: `[llm]`.
    """

    def __init__(
        self, wrapped: Model, recording: Recording, transcript: Transcript, purse: Purse, settings: LlmSettings
    ) -> None:
        super().__init__(wrapped)
        self._recording, self._transcript, self._purse, self._llm = recording, transcript, purse, settings
        self._room = room(settings, wrapped.context_window)
        self._listener = Listener(wrapped, transcript, settings.timeout, settings.retries)
        self.usd, self.tokens, self.answers = 0.0, 0, 0
        self.priced = True  # the price of every answer was known

    async def request(
        self,
        messages: list[ModelMessage],
        model_settings: ModelSettings | None,
        model_request_parameters: ModelRequestParameters,
    ) -> ModelResponse:
        """The next answer.

        Raises:
            AgentRunError: there is none, or the run has cost what it may.
        """
        if self._recording.answers:
            response = self._recording.answers.popleft()
        else:
            if self.usd >= self._llm.usd:
                raise UsageLimitExceeded(f"the cost limit of ${self._llm.usd:g}")
            await self._purse.ensure()
            await self._transcript.progress(f"asking {self.wrapped.model_name} ({self.answers + 1})")
            response = await self._fitting(messages, model_settings, model_request_parameters)
            await self._recording.keep([*messages, response])
        await self._count(response)
        await self._tell(response)
        return response

    async def _fitting(
        self, messages: list[ModelMessage], model_settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        """The answer to as much as the model can read; where the server says it is too much, to less."""
        sent = compacted(messages, self._room, self._recording.nonce)
        while True:
            try:
                return _measured(await self._asked(sent, model_settings, parameters), sent)
            except AgentRunError as error:
                if not overflows(error):
                    raise
                self._room = int(size(sent) * _LESS)
                less = compacted(messages, self._room, self._recording.nonce)
                if size(less) > size(sent) * _WORTH:
                    raise
                sent = less
            title = f"{self.wrapped.model_name} cannot read that much at once; older results are left out"
            await self._transcript.step("note", title, ok=False)

    async def _asked(
        self, messages: list[ModelMessage], model_settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        try:
            ask = self._listener.answer if self._llm.stream else self.wrapped.request
            return _whole(await ask(messages, model_settings, parameters))
        except (AgentRunError, UserError):
            raise
        except Exception as error:  # clients fail in their own ways on what is no answer
            raise Garbled(f"{type(error).__name__}: {one_line(error, 200)}") from error

    async def _count(self, response: ModelResponse) -> None:
        tokens, usd = response.usage.input_tokens + response.usage.output_tokens, 0.0
        try:
            usd = float(response.cost().total_price)
        except (AssertionError, LookupError, ValueError):
            self.priced = False
        self.answers, self.tokens, self.usd = self.answers + 1, self.tokens + tokens, self.usd + usd
        await self._transcript.spent(usd, tokens)

    async def _tell(self, response: ModelResponse) -> None:
        text = "\n".join(part.content for part in response.parts if isinstance(part, TextPart))
        calls = ", ".join(part.tool_name for part in response.parts if isinstance(part, ToolCallPart))
        used = f"{response.usage.input_tokens} + {response.usage.output_tokens} tokens"
        await self._transcript.step("note", f"{self.wrapped.model_name} answered: {calls or 'text'} ({used})", text)
