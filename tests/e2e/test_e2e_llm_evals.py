"""Recorded cases through `llm`: a model on the loopback that is good at its work takes them to their end.

What is seen is not how good a model is, but that nothing on the way keeps a good one from its end: on each wire,
streamed and whole, through investigate, propose with its proof and checks, and review.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.evaluate.cases import read_cases
from agents.evaluate.runner import evaluate
from tests.conftest import plain_python
from tests.unit.llm.competent import Competent
from tests.unit.llm.server import serve

pytestmark = pytest.mark.e2e

CASES = Path(__file__).parents[1] / "evals"
CHAT, RESPONSES, MESSAGES = "openai-chat:gpt-4o-mini", "openai:gpt-4o-mini", "anthropic:claude-3-5-haiku-latest"


@pytest.mark.parametrize(
    ("name", "model", "stream"),
    [
        ("coupon_spelling", CHAT, True),
        ("stock_window", CHAT, False),
        ("vat_decimal", RESPONSES, True),
        ("invoice_partner", RESPONSES, False),
        ("late_fees", MESSAGES, True),
        ("renamed_field", MESSAGES, False),
        ("card_declined", MESSAGES, True),
        ("courier_zone", RESPONSES, True),
        ("orphan_rows", CHAT, True),
        ("coupon_spelling", "google:gemini-2.0-flash", True),
    ],
)
async def test_a_case_comes_to_its_end(monkeypatch: pytest.MonkeyPatch, name: str, model: str, stream: bool) -> None:
    (case,) = read_cases(CASES, name)
    with serve() as server:
        server.thinking = Competent(case)
        monkeypatch.setenv("LOOP_LLM__MODEL", model)
        monkeypatch.setenv("LOOP_LLM__STREAM", str(stream))
        monkeypatch.setenv("LOOP_LLM__BASE_URL", f"{server.url}/v1" if model.startswith("openai") else server.url)
        monkeypatch.setenv("LOOP_SANDBOX__PYTHON", plain_python())
        (score,) = await evaluate([case], ["llm"], sandbox="none")
    assert (score.ended, score.false_fix) == (case.truth.outcome, False), score.why
    assert (score.cause, score.verdict, score.priority) == (True, True, True), score
    assert len(server.seen) >= 2
