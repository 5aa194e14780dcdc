"""A model that is good at its work: it knows the truth of a recorded case, and gets there through its tools."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from unidiff import PatchSet

from agents.evaluate.cases import Case
from tests.unit.llm.server import Answer, Calls, call, final

TEST = "tests/test_reported.py"
_RUN = ("run", {"command": f"python -m pytest -q -p no:cacheprovider {TEST}"})
_STAGES = ("Investigate", "Propose", "Review")


@dataclass
class Competent:
    """Answers what a case's reports are about; noise is told from the case's own report by its title."""

    case: Case

    def __call__(self, body: dict[str, Any]) -> Answer:
        text = json.dumps(body, ensure_ascii=False)
        stage = next(name for name in _STAGES if f"# {name}\\n" in text)
        turn = len(set(re.findall(r'"c(\d+)-\d+"', text)))  # one number for each answer before
        steps = getattr(self, f"_{stage.lower()}")(self._own(text))
        return steps[min(turn, len(steps) - 1)]

    def _own(self, text: str) -> bool:
        return json.dumps(self.case.truth.report, ensure_ascii=False)[1:-1] in text

    def _investigate(self, own: bool) -> list[Answer]:
        truth = self.case.truth
        if not own:
            said = {"verdict": "not_actionable", "verdict_reason": "It is handled on purpose."}
            return [call("query", sql="SELECT count(*) FROM signal"), _found(priority=4, summary="Noise.", **said)]
        causes = [{"file": place.file, "function": place.function} for place in truth.cause]
        findings = [{"text": truth.why, "verified": True, "is_cause": True, **cause} for cause in causes]
        reads = [("read_file", {"path": cause["file"]}) for cause in causes]
        choices = {"text": "What should happen?", "choices": [{"label": "This"}, {"label": "That"}]}
        said = {
            "verdict": truth.verdict.value, "verdict_reason": truth.why, "priority": truth.priority,
            "summary": truth.why, "findings": findings,
            "question": choices if truth.verdict.value == "needs_input" else None,
        }  # fmt: skip
        looked = Calls([*reads, ("log", {}), ("query", {"sql": "SELECT release, count(*) FROM signal GROUP BY 1"})])
        if truth.outcome != "fixed":
            return [looked, _found(**said)]
        wrote = ("write_file", {"path": TEST, "text": self.case.hidden[0].read_text(encoding="utf-8")})
        return [looked, Calls([wrote, _RUN]), _found(**said, test_path=TEST)]

    def _propose(self, own: bool) -> list[Answer]:
        if self.case.truth.outcome != "fixed":
            return [final(why_none=self.case.truth.why)]
        patch = PatchSet((self.case.folder / "fix.patch").read_text(encoding="utf-8"))
        edits = [
            ("edit_file", {"path": file.path, "old": "".join(_lines(hunk, "-")), "new": "".join(_lines(hunk, "+"))})
            for file in patch
            for hunk in file
        ]
        reads = [("read_file", {"path": file.path}) for file in patch]
        why = self.case.truth.why
        return [
            Calls([*reads, _RUN]),
            Calls([*edits, _RUN, ("run", {"command": "python -m pytest -q -p no:cacheprovider"})]),
            final(title="Mend what was reported", cause=why, change=why, test_path=TEST),
        ]

    def _review(self, own: bool) -> list[Answer]:
        return [Calls([("list_files", {}), _RUN]), final(remarks=[])]


def _found(**said: Any) -> Calls:
    return final(**{"findings": [], "priority_reason": "As many as were seen.", **said})


def _lines(hunk: Any, kind: str) -> list[str]:
    return [line.value for line in hunk if line.line_type in (" ", kind)]
