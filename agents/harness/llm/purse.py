"""What a report and a day may still cost, by the runs that are in the store."""

from __future__ import annotations

import asyncio
from pathlib import Path

from pydantic_ai.exceptions import AgentRunError
from sqlalchemy import make_url

from agents.config import Settings
from agents.store import spending
from agents.store.read import Reader


class Spent(AgentRunError):
    """A report or a day has cost what it may; the message is a sentence that names the setting."""


class Purse:
    """Looks before each request whether it may still be paid.

    Args:
        settings: the project; `[llm]` has the limits.
        report_id: the report.
    """

    def __init__(self, settings: Settings, report_id: int) -> None:
        self._settings, self._report_id = settings, report_id

    async def ensure(self) -> None:
        """Look in the store.

        Raises:
            Spent: a limit is reached.
        """
        if why := await asyncio.to_thread(self._reached):
            raise Spent(why)

    def _reached(self) -> str:
        url, llm = self._settings.store_url, self._settings.llm
        if url.startswith("sqlite") and not Path(make_url(url).database or "").exists():
            return ""  # nothing has ever run
        reader = Reader(url)
        try:
            today, report = spending.of_today(reader), spending.of_report(reader, self._report_id)
        finally:
            reader.close()
        for whose, spent, name, limit, form, then in (
            ("Today's runs", today["usd"], "day_usd", llm.day_usd, "${:.2f}", "wait until tomorrow"),
            ("Today's runs", today["tokens"], "day_tokens", llm.day_tokens, "{:,} tokens", "wait until tomorrow"),
            ("The runs of this report", report["usd"], "report_usd", llm.report_usd, "${:.2f}", "take it by hand"),
            ("The runs of this report", report["tokens"], "report_tokens", llm.report_tokens, "{:,} tokens",
             "take it by hand"),
        ):  # fmt: skip
            if spent >= limit:
                cost, most = form.format(spent), form.format(limit)
                return f"{whose} took {cost} of {most}; raise [llm] {name} in loop.toml, or {then}."
        return ""
