"""How urgent a report is: points from its numbers, and a sentence that names them.

Points: users 0–4 (1, 5, 25, 100), share of traffic 0–3 (0.1 %, 1 %, 5 %), growth 1, unhandled 1, a place where
customers pay or sign in 1; all handled −2. 7 and more is P0, 5 P1, 3 P2, 1 P3, else P4.
"""

from __future__ import annotations

from agents.harness import Brief
from agents.text import counted

_USERS = (1, 5, 25, 100)
_SHARES = (0.001, 0.01, 0.05)
_CRITICAL = ("checkout", "payment", "pay", "login", "signin", "sign_in", "auth", "signup", "register", "billing",
             "invoice", "order")  # fmt: skip
_NAMES = {0: "P0", 1: "P1", 2: "P2", 3: "P3", 4: "P4"}


def prioritise(brief: Brief) -> tuple[int, str]:
    """The priority (0 … 4) and its reason."""
    numbers = brief.numbers
    points = sum(1 for step in _USERS if numbers.users >= step)
    parts = [counted(numbers.users, "user"), counted(numbers.signals, "signal")]
    if numbers.exposure > 0:
        share = min(1.0, numbers.signals / numbers.exposure)
        points += sum(1 for step in _SHARES if share >= step)
        parts.append(f"{share:.1%} of {numbers.exposure_name.removeprefix('requests:') or 'requests'}")
    if _rises(numbers.trend):
        points += 1
        parts.append("rising")
    if numbers.handled_share >= 0.99:
        points -= 2
        parts.append("always handled")
    elif numbers.handled_share < 0.5 and brief.occurrences:
        points += 1
        parts.append("not handled")
    if (place := _critical(brief)) is not None:
        points += 1
        parts.append(f"in {place}")
    priority = next(level for level, least in enumerate((7, 5, 3, 1, -99)) if points >= least)
    return priority, f"{', '.join(parts)}: {counted(points, 'point')} for {_NAMES[priority]}."


def _rises(trend: tuple[int, ...]) -> bool:
    """Whether the last third of the buckets holds clearly more than the two thirds before it."""
    if sum(trend) < 6:
        return False
    third = len(trend) // 3
    late, early = sum(trend[-third:]), sum(trend[:-third])
    return early > 0 and late > early


def _critical(brief: Brief) -> str | None:
    for occurrence in brief.occurrences[:3]:
        names = [occurrence.transaction or "", *(frame.function for frame in occurrence.frames if frame.path)]
        for name in names:
            words = name.lower().replace("/", " ").replace("-", "_").split()
            if any(part.startswith(word) for word in _CRITICAL for item in words for part in item.split("_")):
                return name
    return None
