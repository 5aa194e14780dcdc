"""What a run has used of the model, and the limits at which it ends."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from genai_prices import Usage, calc_price

from agents.config import AcpSettings
from agents.text import one_line

Json = dict[str, Any]
_AWAY = (401, 402, 403, 404)  # key, credit, name: the next request would fare no better
_LINE = 1 << 20  # bytes of one event that are looked at
_BODY = 1 << 24  # bytes of an answer that is no stream


class Meter:
    """Counts requests, tokens and USD of one run.

    Args:
        limits: how much it may use.
        model: "KIND:NAME".
        at: the host that is asked, for sentences.
    """

    def __init__(self, limits: AcpSettings, model: str, at: str) -> None:
        self.model, self.at = model, at
        self.requests, self.answered, self.tokens, self.usd = 0, 0, 0, 0.0
        self.priced = True  # the price of every answer was known
        self.away = False  # `why` is about the server, so another harness may do better
        self.why = ""  # the sentence with which the run ends
        self.ended = asyncio.Event()
        self._limits = limits
        self._failed = 0  # in a row

    def admit(self) -> str:
        """Count a request that is about to be made: "" or, when it may not be, the sentence."""
        for spent, limit, name in (
            (self.requests, self._limits.requests, f"{self._limits.requests} requests"),
            (self.tokens, self._limits.tokens, f"{self._limits.tokens} tokens"),
            (self.usd, self._limits.usd, f"{self._limits.usd:g} USD"),
        ):
            if spent >= limit:
                self.end(f"The agent came to no result within {name}; raise that limit of [acp] in loop.toml.")
        self.requests += not self.why
        return self.why

    def end(self, why: str, *, away: bool = False) -> None:
        """End the run with a sentence; the first one counts."""
        if not self.why:
            self.why, self.away = why, away
            self.ended.set()

    def failed(self, status: int, said: str) -> None:
        """The server answered with an error, or (status 0) not at all."""
        self._failed += 1
        if status not in _AWAY and self._failed <= self._limits.retries:
            return
        name, at, text = one_line(self.model, 80), one_line(self.at, 120), one_line(said, 200).rstrip(".")
        if status == 0:
            why = f"{at} cannot be reached ({text}); check base_url and that the server runs."
        elif status in (401, 403):
            why = f"{at} does not take the key for {name} ({text}); check the one in the environment."
        else:
            why = f"{name} at {at} failed ({status}: {text}); try again later, or name another model in loop.toml."
        self.end(why, away=status in _AWAY or status in (0, 408, 429) or status >= 500)

    def count(self, usage: Json) -> tuple[float, int]:
        """Add what one answer used, as the server told ({} when it did not); gives its USD and tokens."""
        self._failed = 0
        self.priced = self.priced and bool(usage)
        self.answered += 1
        kind, _, name = self.model.partition(":")
        fresh = _number(usage, "prompt_tokens") or _number(usage, "input_tokens")
        out = _number(usage, "completion_tokens") or _number(usage, "output_tokens")
        details = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
        read = _number(details, "cached_tokens") or _number(usage, "cache_read_input_tokens")
        written = _number(usage, "cache_creation_input_tokens")
        whole = fresh + read + written if kind == "anthropic" else fresh
        self.tokens += whole + out
        used = Usage(input_tokens=whole, cache_read_tokens=read, cache_write_tokens=written, output_tokens=out)
        cost = 0.0
        try:
            cost = float(calc_price(used, name, provider_id=kind.partition("-")[0]).total_price)
        except (LookupError, ValueError):
            self.priced = False
        self.usd += cost
        return cost, whole + out


def _number(found: Any, key: str) -> int:
    value = found.get(key) if isinstance(found, dict) else None
    return value if isinstance(value, int) and value >= 0 else 0


class UsageReader:
    """Finds what an answer used in the answer itself, streamed as server-sent events or in one piece."""

    def __init__(self, streamed: bool) -> None:
        self.usage: Json = {}
        self._streamed = streamed
        self._kept = bytearray()
        self._size = 0

    def feed(self, data: bytes) -> None:
        """The next bytes."""
        self._size += len(data)
        if not self._streamed:
            if self._size <= _BODY:
                self._kept += data
            return
        *lines, rest = (bytes(self._kept) + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                self._read(line[5:])
        self._kept = bytearray(rest if len(rest) <= _LINE else b"")

    def end(self) -> Json:
        """All that was told of the usage."""
        if not self._streamed:
            self._read(bytes(self._kept))
        return self.usage

    def _read(self, data: bytes) -> None:
        if b'"usage"' not in data:
            return
        try:
            event = json.loads(data)
        except ValueError:
            return
        for holder in (event, *(event.get(key) for key in ("response", "message"))) if isinstance(event, dict) else ():
            usage = holder.get("usage") if isinstance(holder, dict) else None
            if isinstance(usage, dict):
                self.usage |= {key: value for key, value in usage.items() if value is not None}
