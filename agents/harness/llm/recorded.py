"""A model whose answers are counted, written down, and given again where a run was cut off."""

from __future__ import annotations

from pydantic_ai.exceptions import AgentRunError, UsageLimitExceeded, UserError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.models.wrapper import WrapperModel
from pydantic_ai.settings import ModelSettings

from agents.harness import Transcript
from agents.harness.llm.recording import Recording
from agents.text import one_line


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


class RecordedModel(WrapperModel):
    """Asks `wrapped` only what has not been answered yet.

    Args:
        wrapped: the model.
        recording: of this run.
        transcript: told of each answer.
        usd: what the run may cost.
    """

    def __init__(self, wrapped: Model, recording: Recording, transcript: Transcript, usd: float) -> None:
        super().__init__(wrapped)
        self._recording, self._transcript, self._limit = recording, transcript, usd
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
            if self.usd >= self._limit:
                raise UsageLimitExceeded(f"the cost limit of ${self._limit:g}")
            await self._transcript.progress(f"asking {self.wrapped.model_name} ({self.answers + 1})")
            response = await self._asked(messages, model_settings, model_request_parameters)
            await self._recording.keep([*messages, response])
        self._count(response)
        await self._tell(response)
        return response

    async def _asked(
        self, messages: list[ModelMessage], model_settings: ModelSettings | None, parameters: ModelRequestParameters
    ) -> ModelResponse:
        try:
            return _whole(await self.wrapped.request(messages, model_settings, parameters))
        except (AgentRunError, UserError):
            raise
        except Exception as error:  # clients fail in their own ways on what is no answer
            raise Garbled(f"{type(error).__name__}: {one_line(error, 200)}") from error

    def _count(self, response: ModelResponse) -> None:
        self.answers += 1
        self.tokens += response.usage.input_tokens + response.usage.output_tokens
        try:
            self.usd += float(response.cost().total_price)
        except (AssertionError, LookupError, ValueError):
            self.priced = False

    async def _tell(self, response: ModelResponse) -> None:
        said = "\n".join(part.content for part in response.parts if isinstance(part, TextPart))
        calls = ", ".join(part.tool_name for part in response.parts if isinstance(part, ToolCallPart))
        used = f"{response.usage.input_tokens} + {response.usage.output_tokens} tokens"
        await self._transcript.step("note", f"{self.wrapped.model_name} answered: {calls or 'text'} ({used})", said)
