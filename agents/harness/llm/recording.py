"""What a model answered in a run, kept so that a run that was cut off does not ask again."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError
from pydantic_ai.messages import ModelMessage, ModelMessagesTypeAdapter, ModelRequest, ModelResponse, ToolReturnPart

_KEPT = 7 * 86400.0  # seconds


class Recording:
    """The messages of one run in one file, written after every answer.

    Opened again, it gives the answers back in order, and the results of tools by their call.

    Args:
        path: the file.
        subject: what the run is about; a file about something else is not used.
        prompt: the first question, unless the file has one already.
        nonce: marks data in questions and results.
    """

    def __init__(self, path: Path, subject: str, prompt: str, nonce: str) -> None:
        self._path, self._subject = path, subject
        self.prompt, self.nonce = prompt, nonce
        self.answers: deque[ModelResponse] = deque()
        self._results: dict[str, deque[str]] = {}

    @classmethod
    def begin(cls, folder: Path, key: tuple[int, str, int], subject: str) -> Recording:
        """The recording of a run: what a cut-off one left, or an empty one without a prompt.

        Args:
            folder: where recordings are; those of older rounds of this report, and week-old ones, are removed.
            key: report, stage and round.
            subject: the model, and the commit or diff it looks at.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        report, stage, round = key
        path = folder / f"{report}-{round}-{stage}.json"
        for old in folder.iterdir():
            same = old.name.startswith(f"{report}-{round}-")
            if not same and (old.name.startswith(f"{report}-") or time.time() - old.stat().st_mtime > _KEPT):
                old.unlink(missing_ok=True)
        made = cls(path, subject, "", secrets.token_hex(4))
        made._read()
        return made

    def _read(self) -> None:
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            if kept["subject"] != self._subject:
                return
            messages = ModelMessagesTypeAdapter.validate_json(json.dumps(kept["messages"]))
            self.prompt, self.nonce = str(kept["prompt"]), str(kept["nonce"])
        except (OSError, ValueError, KeyError, TypeError, ValidationError):
            return  # there is none, or none that can be used: the run begins anew
        for message in messages:
            if isinstance(message, ModelResponse):
                self.answers.append(message)
            elif isinstance(message, ModelRequest):
                for part in message.parts:
                    if isinstance(part, ToolReturnPart):
                        self._results.setdefault(part.tool_call_id, deque()).append(part.model_response_str())

    def result(self, call: str | None) -> str | None:
        """What a tool call gave before the run was cut off, None when it is not known."""
        known = self._results.get(call or "")
        return known.popleft() if known else None

    async def keep(self, messages: Sequence[ModelMessage]) -> None:
        """Write the messages down, the newest answer last."""
        await asyncio.shield(asyncio.to_thread(self._write, list(messages)))

    def _write(self, messages: list[ModelMessage]) -> None:
        kept = {
            "subject": self._subject, "prompt": self.prompt, "nonce": self.nonce,
            "messages": ModelMessagesTypeAdapter.dump_python(messages, mode="json"),
        }  # fmt: skip
        draft = self._path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
