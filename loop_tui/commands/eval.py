"""Scoring harnesses: `eval`."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loop_tui.commands.shared import JsonOption, SandboxOption, echo, failing, print_json, sandbox_override

if TYPE_CHECKING:
    from agents.evaluate.score import Score

_MARKS = {True: "✓", False: "✕"}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command(name="eval")(evaluate)


def evaluate(
    folder: Annotated[Path, typer.Argument(help="A folder of cases, or one case.", metavar="DIR")],
    harness: Annotated[
        list[str] | None,
        typer.Option(help="search; llm or acp with LOOP_LLM__MODEL set; may be repeated. Default: search."),
    ] = None,
    case: Annotated[str | None, typer.Option(help="Only the case of this name.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Cases under way at once.")] = 1,
    sandbox: SandboxOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the loop on recorded cases and score it; exit 1 when a wrong change was offered as right."""
    kind = sandbox_override(sandbox).get("sandbox_kind")
    with failing():
        from agents.evaluate.cases import read_cases
        from agents.evaluate.runner import evaluate as run
        from agents.evaluate.score import totals

        cases = read_cases(folder, case)
        names = list(dict.fromkeys(harness or ["search"]))
        scores = asyncio.run(run(cases, names, jobs=jobs, sandbox=kind))
    by_name = {name: [score for score in scores if score.harness == name] for name in names}
    if as_json:
        found = {name: totals(mine) for name, mine in by_name.items()}
        print_json({"cases": [score.as_json() for score in scores], "totals": found})
    else:
        for name, mine in by_name.items():
            _table(name, mine)
    if any(score.false_fix for score in scores):
        raise typer.Exit(1)


def _table(name: str, scores: list[Score]) -> None:
    from agents.evaluate.score import totals

    wide = max(len("case"), *(len(score.case) for score in scores))
    echo(f"{name}\n\n{'case':<{wide}}  cause  verdict  priority  wanted          ended           seconds     usd")
    for score in scores:
        marks = (_MARKS[score.cause], _MARKS[score.verdict], _MARKS[score.priority])
        echo(
            f"{score.case:<{wide}}  {marks[0]:<5}  {marks[1]:<7}  {marks[2]:<8}  {score.wanted:<14}  "
            f"{'FALSE FIX' if score.false_fix else score.ended:<14}  {score.seconds:>7.1f}  {score.usd:>6.2f}"
        )
    found = totals(scores)
    echo(
        f"\nOf {found['cases']}: cause {found['cause']}, verdict {found['verdict']}, priority within one "
        f"{found['priority']}, ended as it should {found['right']}. Fixed {found['fixed']} of {found['fixable']}. "
        f"FALSE FIXES {found['false_fix']}. {found['seconds']:.0f} s, {found['usd']:.2f} USD.\n"
    )
