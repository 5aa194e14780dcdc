"""What is asked before a merge: what goes in and how, what speaks for it, what is missing, what stays."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.binding import BindingType

from loop_tui.screens.dialog import Dialog
from loop_tui.widgets.canvas import Bar
from loop_tui.widgets.lines import Line, line
from loop_tui.widgets.report import checks

Json = dict[str, Any]
_METHODS = {
    "merge": "a merge commit; the branch's commits stay",
    "squash": "one commit of all of it",
    "rebase": "the branch's commits on top of the base",
}
_SIDE = 9  # cells of the labels


class Merge(Dialog[str]):
    """Comes back with the method, "" when nothing is to be merged.

    Args:
        report: the report, with its change.
        plan: what `Inbox.merge_plan` gave.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,n,q", "dismiss('')", "Back"),
        ("enter,y", "merge", "Merge"),
        ("tab,m,right,l", "method(1)", "Next method"),
        ("shift+tab,left,h", "method(-1)", "Method before"),
        ("j,down", "move(1)", "Down"),
        ("k,up", "move(-1)", "Up"),
    ]

    def __init__(self, report: Json, plan: Json) -> None:
        super().__init__()
        self.report, self.plan = report, plan
        self._method = 0

    @property
    def method(self) -> str:
        """How it is merged."""
        return str(self.plan["methods"][self._method])

    def on_mount(self) -> None:
        """Show the facts."""
        self.query_one("#title", Bar).say([(f"Merge into {self.plan['base']}?", "bold")])
        word = "merge anyway" if self.plan["missing"] else "merge"
        self.query_one("#keys", Bar).say([("enter", "accent"), (f" {word}  ", "dim"), ("tab", "accent"),
                                          (" method  ", "dim"), ("esc", "accent"), (" back", "dim")])  # fmt: skip
        self._draw()
        self.view.focus()

    def _draw(self) -> None:
        self.view.show(facts(self.report["change"], self.plan, self.method), keep=True)

    def action_method(self, by: int) -> None:
        """Another way to merge."""
        self._method = (self._method + by) % len(self.plan["methods"])
        self._draw()

    def action_move(self, by: int) -> None:
        """Scroll."""
        self.view.move(by)

    def action_merge(self) -> None:
        """Yes."""
        self.dismiss(self.method)


def facts(change: Json, plan: Json, method: str) -> list[Line]:
    """What is decided on, the missing first."""
    proof = plan["proof"] or {}
    told = "proved: red before, green after" if proof.get("proved") else "not proved"
    lines = [line((change["title"], "bold")), Line()]
    lines += [line(("!  ", "warn"), (sentence, "warn"), hang=3) for sentence in plan["missing"]]
    lines += [Line()] if plan["missing"] else []
    lines += [
        _fact("head", plan["head"][:12], plan["branch"]),
        _fact("base", plan["base_sha"][:12], plan["base"]),
        _fact("proof", told, proof.get("test", "")),
        line((f"{'checks':<{_SIDE}}", "dim"), *checks(change), hang=_SIDE),
        _fact("review", _remarks(change), ""),
    ]
    lines += [_fact("", f"{review['who']}: {review['kind'].replace('-', ' ')}", "" if review["current"] else
                    f"at {review['head'][:9]}") for review in plan["reviews"]]  # fmt: skip
    lines.append(_fact("method", method, _METHODS.get(method, "")))
    return [*lines, Line(), *(line((sentence, "dim")) for sentence in plan["cannot_undo"])]


def _fact(label: str, value: str, more: str) -> Line:
    return line((f"{label:<{_SIDE}}", "dim"), value, (f"  {more}" if more else "", "dim"), hang=_SIDE)


def _remarks(change: Json) -> str:
    levels = [remark["severity"] for remark in change["review"]]
    return ", ".join(f"{levels.count(level)} {level}" for level in dict.fromkeys(levels)) or "nothing to say"
