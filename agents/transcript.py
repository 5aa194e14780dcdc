"""A run's transcript, written to the store step by step, so that a screen sees it while it happens."""

from __future__ import annotations

import time

from sqlmodel import col, delete, select

from agents.models import Run, Step, now
from agents.store import Store
from agents.text import visible

_OUTPUT = 60_000  # characters of one step's output
_EVERY = 0.25  # seconds between writes of the progress line


class StoreTranscript:
    """Writes one run of one stage.

    Use `open`; a run of the same report, stage and round that was cut off is begun again in the same row.
    """

    def __init__(self, store: Store, run_id: int) -> None:
        self._store = store
        self.run_id = run_id
        self._told = 0.0
        self._unfinished: int | None = None  # the step that is still being written

    @classmethod
    async def open(
        cls, store: Store, report_id: int, stage: str, round: int, harness: str, sandbox: str
    ) -> StoreTranscript:
        """Begin a run, or begin again the one that was cut off."""
        async with store.write() as session:
            mine = select(Run).where(Run.report_id == report_id, Run.stage == stage, Run.round == round)
            run = (await session.exec(mine.order_by(col(Run.id).desc()))).first()
            if run is None or run.status in ("done", "failed"):
                run = Run(report_id=report_id, stage=stage, round=round)
            else:
                await session.exec(delete(Step).where(col(Step.run_id) == run.id))
            run.harness, run.sandbox, run.status, run.error = harness, sandbox, "running", ""
            run.started_at, run.ended_at, run.progress = now(), None, stage
            run.usd, run.tokens = 0.0, 0
            session.add(run)
        assert run.id is not None
        return cls(store, run.id)

    async def step(
        self, kind: str, title: str, output: str = "", *, ok: bool | None = None, seconds: float = 0.0
    ) -> None:
        """Add a finished step."""
        before, self._unfinished = self._unfinished, None
        await self._write(before, kind, title, output, ok=ok, seconds=seconds)

    async def saying(self, title: str, output: str) -> None:
        """Show a step that is still being written; the next `step` takes its place."""
        self._unfinished = await self._write(self._unfinished, "note", title, output)

    async def _write(
        self, id: int | None, kind: str, title: str, output: str, *, ok: bool | None = None, seconds: float = 0.0
    ) -> int | None:
        text = visible(output)
        if len(text) > _OUTPUT:
            half = _OUTPUT // 2
            text = f"{text[:half]}\n… {len(text) - _OUTPUT} characters left out …\n{text[-half:]}"
        async with self._store.write() as session:
            step = await session.get(Step, id) if id is not None else None
            step = step or Step(run_id=self.run_id)
            step.kind, step.title, step.output, step.ok, step.seconds = kind, visible(title)[:500], text, ok, seconds
            session.add(step)
        return step.id

    async def spent(self, usd: float, tokens: int) -> None:
        """Add to what the run has cost so far, so that it counts also where the run is killed."""
        async with self._store.write() as session:
            run = await session.get(Run, self.run_id)
            if run is not None:
                run.usd, run.tokens = run.usd + usd, run.tokens + tokens
                session.add(run)

    async def progress(self, line: str) -> None:
        """Replace the one line shown while the run goes on; lines that come too fast are dropped."""
        if time.monotonic() - self._told < _EVERY:
            return
        self._told = time.monotonic()
        async with self._store.write() as session:
            run = await session.get(Run, self.run_id)
            if run is not None:
                run.progress = visible(line)[:200]
                session.add(run)

    async def finish(self, status: str, error: str = "", *, usd: float = 0.0, tokens: int = 0) -> None:
        """End the run: done, failed or stopped; `usd` and `tokens` are those of the whole run, where they are known."""
        async with self._store.write() as session:
            run = await session.get(Run, self.run_id)
            if run is not None:
                run.status, run.error, run.ended_at, run.progress = status, error, now(), ""
                run.usd, run.tokens = max(run.usd, usd), max(run.tokens, tokens)
                session.add(run)
