"""Words, numbers and marks, the same everywhere on the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from agents.text import one_line, visible

Json = dict[str, Any]
Span = tuple[str, str]

_STATUS: dict[str, tuple[str, str, str]] = {
    "review": ("●", "ready", "accent"),
    "needs_input": ("?", "question", "warn"),
    "failed": ("✕", "failed", "bad"),
    "queued": ("·", "queued", "dim"),
    "investigating": ("⟳", "looking", "plain"),
    "proposing": ("⟳", "building", "plain"),
    "gathering": ("·", "gathering", "dim"),
    "shipped": ("↑", "shipped", "plain"),
    "measured": ("✓", "measured", "good"),
    "declined": ("–", "declined", "dim"),
    "not_actionable": ("○", "no action", "dim"),
    "merged_into": ("→", "joined", "dim"),
}
OUTCOMES: dict[str, tuple[str, str, str]] = {
    "improved": ("✓", "improved", "good"),
    "no_change": ("=", "no change", "plain"),
    "worse": ("✕", "worse", "bad"),
    "cannot_tell": ("?", "can't tell", "warn"),
}
_BARS = "▁▂▃▄▅▆▇"  # never a full cell: bars of neighbouring rows would grow together

# Pictures and tests put a fixed clock here.
clock: Callable[[], datetime] = lambda: datetime.now(UTC)  # noqa: E731


def width(text: str) -> int:
    """How many cells the renderer gives the text; columns drift by whatever another measure disagrees on."""
    return cell_len(text)


def status(card: Json) -> tuple[str, str, str]:
    """Glyph, word and style of where a report stands."""
    outcome = card.get("outcome")
    verdict = outcome.get("verdict", "") if isinstance(outcome, dict) else outcome
    if card["status"] == "measured" and verdict in OUTCOMES:
        return OUTCOMES[verdict]
    return _STATUS.get(card["status"], ("·", one_line(card["status"], 10), "plain"))


def sparkline(values: Sequence[float], cells: int = 6) -> str:
    """The newest values as bars; nothing at all where there is nothing to show."""
    newest = list(values)[-cells:]
    top = max(newest, default=0)
    if top <= 0:
        return " " * cells
    return "".join(_BARS[min(6, int(value / top * 6.999))] for value in newest).rjust(cells)


def moment(text: str | None) -> datetime | None:
    """A time as the store gives it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def age(text: str | None) -> str:
    """How long ago, in at most four characters."""
    at = moment(text)
    return "" if at is None else span((clock() - at).total_seconds())


def span(seconds: float) -> str:
    """A length of time in one number and one letter."""
    seconds = max(0.0, seconds)
    for size, letter in ((86400 * 365, "y"), (86400 * 7, "w"), (86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size * (2 if letter == "w" else 1):
            return f"{int(seconds // size)}{letter}"
    return f"{int(seconds)}s"


def when(text: str | None) -> str:
    """A moment for reading, in UTC."""
    at = moment(text)
    return at.strftime("%a %d %b %H:%M") if at else ""


def number(value: Any) -> str:
    """A number with separators, without noise."""
    if not isinstance(value, int | float):
        return one_line(value, 40)
    if isinstance(value, int) or float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.4g}"


def plural(count: int, word: str) -> str:
    """`1 user`, `2 users`."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def short(value: int) -> str:
    """A count in at most four characters."""
    for size, letter in ((1_000_000, "M"), (10_000, "k")):
        if value >= size:
            return f"{value // (1_000_000 if letter == 'M' else 1000)}{letter}"
    return str(value)


def flat(text: str) -> str:
    """Outside text as one safe piece of a line, as long as it came: its blanks stay."""
    return visible(text).replace("\n", " ").replace("\t", " ")


def fit(text: object, cells: int, *, right: bool = False) -> str:
    """One safe line of exactly `cells` cells: cut with an ellipsis or padded."""
    if cells <= 0:
        return ""
    line = one_line(str(text)[: cells * 8 + 64])
    if width(line) > cells:
        line = set_cell_size(line, cells - 1) + "…"
    pad = " " * (cells - width(line))
    return pad + line if right else line + pad


def state_spans(card: Json) -> list[Span]:
    """What CI, review and proof say, for the list."""
    if card.get("running") and card["status"] in ("queued", "investigating", "proposing", "review"):
        return [(one_line(card["running"], 60), "dim")]
    if card["status"] == "needs_input":
        count = int(card.get("choices") or 0)
        return [(plural(count, "choice") if count else "asks in words", "dim")]
    spans: list[Span] = []
    if card.get("checks"):
        spans.append(("CI ✓", "dim") if card["checks"] == "passed" else ("CI ✕", "bad"))
    if card["change_state"] and card["status"] in ("review", "shipped", "measured"):
        if card.get("proved") is not None:
            spans.append(("proof ✓", "dim") if card["proved"] else ("no proof", "warn"))
        review = card.get("review")
        if review:
            style = "bad" if review == "must-fix" else "warn" if review == "should-fix" else "dim"
            spans.append((f"review {card['review_count']}", style))
    if not spans and card["status"] in ("failed", "declined", "not_actionable"):
        spans.append((one_line(card["status_reason"], 60), "dim"))
    joined: list[Span] = []
    for part in spans:
        joined += [(" ", "dim"), part] if joined else [part]
    return joined


def fill(spans: list[Span], cells: int) -> list[Span]:
    """The spans cut or padded to exactly `cells` cells."""
    result: list[Span] = []
    for text, style in spans:
        room = cells - sum(width(part) for part, _ in result)
        if room <= 0:
            return result
        if width(text) > room:
            lead = min(room, len(text) - len(text.lstrip(" ")))
            result.append((" " * lead + fit(text.strip(), room - lead), style))
            return result
        result.append((text, style))
    left = cells - sum(width(part) for part, _ in result)
    return [*result, (" " * left, "")]
