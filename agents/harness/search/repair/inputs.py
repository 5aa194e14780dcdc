"""Inputs like those of the tests: calls recorded while tests run, and changed within what all of them have in common.

What they have in common is guessed as Daikon (Ernst et al., 2007) does: an order, a sign, an alphabet, an index that
lies within a sequence. An input outside of that would tell candidates apart where the code makes no promise.
"""

from __future__ import annotations

import copy
import itertools
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Args = tuple[Any, ...]
_PER_CALL = 25


@dataclass(frozen=True)
class Shape:
    """What all values of one parameter have in common."""

    ordered: bool
    positive: bool
    natural: bool
    filled: bool
    distinct: bool
    alphabet: tuple[Any, ...]
    highest: Any


def _flat(values: list[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list | tuple | set):
            yield from _flat(list(value))
        else:
            yield value


def shape(values: list[Any]) -> Shape:
    """What values have in common."""
    sequences = [v for v in values if isinstance(v, list | tuple)]
    flat = list(_flat(values))
    numbers = [v for v in flat if isinstance(v, int | float) and not isinstance(v, bool)]
    texts = [v for v in flat if isinstance(v, str)]
    letters = sorted(set("".join(texts))) if all(len(t) < 200 for t in texts) else []
    simple = [v for v in flat if isinstance(v, str) and not isinstance(values[0], str)]
    alphabet = tuple(dict.fromkeys(simple)) if simple else tuple(letters)
    longer = [s for s in sequences if len(s) > 1]
    return Shape(
        ordered=bool(longer) and all(_sorted(s) for s in longer),
        positive=bool(numbers) and min(numbers) > 0,
        natural=bool(numbers) and min(numbers) >= 0,
        filled=all(len(v) > 0 for v in values if isinstance(v, list | tuple | str | dict | set)),
        distinct=bool(longer) and all(_distinct(s) for s in longer),
        alphabet=alphabet,
        highest=max(numbers, default=10),
    )


def _sorted(values: Any) -> bool:
    try:
        return all(a <= b for a, b in itertools.pairwise(values))
    except TypeError:
        return False


def _distinct(values: Any) -> bool:
    return len({repr(v) for v in values}) == len(values)


def varied(value: Any, known: Shape, pick: random.Random, depth: int = 0) -> Any:
    """A value like this one."""
    if isinstance(value, bool):
        return pick.choice((True, False))
    if isinstance(value, int):
        return _number(value, known, pick)
    if isinstance(value, float):
        made = value * pick.uniform(0.3, 2) + (0 if known.natural else pick.uniform(-1, 1))
        return round(made, 4) if made or not known.positive else value
    if isinstance(value, str):
        return _text(value, known, pick, depth)
    if isinstance(value, list | tuple):
        return _sequence(value, known, pick, depth)
    if isinstance(value, dict) and depth < 3:
        changed = {k: (varied(v, shape([v]), pick, depth + 1) if pick.random() < 0.4 else v) for k, v in value.items()}
        if changed and pick.random() < 0.3 and not known.filled:
            changed.pop(pick.choice(list(changed)))
        return changed
    if isinstance(value, set) and all(isinstance(v, int | str | float) for v in value):
        return set(varied(sorted(value, key=repr), known, pick, depth + 1))
    return value


def _number(value: int, known: Shape, pick: random.Random) -> int:
    low = 1 if known.positive else 0 if known.natural else -abs(int(known.highest)) - 2
    high = max(low, int(min(known.highest, 10**6)) + 2)
    options: tuple[Callable[[], int], ...] = (
        lambda: value + pick.choice((-1, 1, 2, -2)), lambda: pick.randint(low, high),
        lambda: pick.randint(low, min(high, 12)),
    )  # fmt: skip
    return max(low, pick.choice(options)())


def _text(value: str, known: Shape, pick: random.Random, depth: int) -> str:
    if depth and known.alphabet and value in known.alphabet:
        return str(pick.choice([a for a in known.alphabet if isinstance(a, str)]))
    letters = [a for a in known.alphabet if isinstance(a, str) and len(a) == 1] or list(string.ascii_lowercase[:5])
    characters = list(value)
    for _ in range(pick.randint(1, 3)):
        way, at = pick.randrange(4), pick.randint(0, len(characters))
        if way == 0 and len(characters) > (1 if known.filled else 0):
            characters.pop(min(at, len(characters) - 1))
        elif way == 1 and characters:
            characters[min(at, len(characters) - 1)] = pick.choice(letters)
        elif way == 2:
            pick.shuffle(characters)
        else:
            characters.insert(at, pick.choice(letters))
    return "".join(characters)


def _sequence(value: list[Any] | tuple[Any, ...], known: Shape, pick: random.Random, depth: int) -> Any:
    made = list(value)
    rectangular = made and all(isinstance(v, list | tuple) for v in made)
    if isinstance(value, tuple) and depth:
        made = [varied(v, known, pick, depth + 1) if pick.random() < 0.5 else v for v in made]
        return _alike(value, made)
    for _ in range(pick.randint(1, 3)):
        way = pick.randrange(5)
        if way == 0 and len(made) > (1 if known.filled else 0):
            made.pop(pick.randrange(len(made)))
        elif way == 1 and made and depth < 3:
            at = pick.randrange(len(made))
            made[at] = varied(made[at], known, pick, depth + 1)
        elif way == 2:
            pick.shuffle(made)
        elif way == 3 and made:
            extra = copy.copy(pick.choice(made))
            made.insert(pick.randint(0, len(made)), extra if rectangular else varied(extra, known, pick, depth + 1))
        elif made and not known.distinct:
            made.insert(pick.randint(0, len(made)), pick.choice(made))
    if known.distinct:
        made = [v for i, v in enumerate(made) if repr(v) not in {repr(w) for w in made[:i]}]
    if known.ordered and not rectangular:
        made.sort()
    return _alike(value, made)


def _alike(value: Any, made: list[Any]) -> Any:
    if isinstance(value, tuple):
        return type(value)(*made) if hasattr(value, "_fields") else tuple(made)
    return made


def like(calls: list[Args], seed: int = 7) -> list[Args]:
    """Calls like the recorded ones: these first, unchanged, then variations of the shorter ones."""
    pick = random.Random(seed)
    width = len(calls[0])
    shapes = [shape([call[i] for call in calls]) for i in range(width)]
    within = [
        (i, j) for i in range(width) for j in range(width)
        if all(_indexes(call[i], call[j]) for call in calls)
    ]  # fmt: skip
    equal = [(i, j) for i in range(width) for j in range(i) if all(_as_long(call[i], call[j]) for call in calls)]
    short = sorted(calls, key=lambda call: len(repr(call)))[:12]
    made = list(calls)
    for call in short:
        objects = bool(_reachable(call, {}))
        for _ in range(_PER_CALL):
            if objects:
                made.append(rewired(call, pick))
                continue
            one = pick.randrange(width) if width > 1 and pick.random() < 0.6 else -1
            new = tuple(
                varied(value, shapes[i], pick) if one in (i, -1) else value
                for i, value in enumerate(copy.deepcopy(call))
            )
            if all(_indexes(new[i], new[j]) for i, j in within) and all(_as_long(new[i], new[j]) for i, j in equal):
                made.append(new)
    return made


def _reachable(value: Any, found: dict[int, Any], depth: int = 0) -> dict[int, Any]:
    """Objects of the program's own classes that are reached from a value."""
    if depth > 30 or id(value) in found:
        return found
    if isinstance(value, list | tuple | set):
        for part in value:
            _reachable(part, found, depth + 1)
    elif isinstance(value, dict):
        _reachable([*value.keys(), *value.values()], found, depth + 1)
    elif hasattr(value, "__dict__") and not isinstance(value, type) and not callable(value):
        found[id(value)] = value
        _reachable(list(vars(value).values()), found, depth + 1)
    return found


def rewired(call: Args, pick: random.Random) -> Args:
    """The same objects tied in another way: another one passed, or one more or less in an attribute that is a list."""
    made = list(copy.deepcopy(call))
    objects = list(_reachable(made, {}).values())
    for at, value in enumerate(made):
        alike = [o for o in objects if type(o) is type(value)]
        if alike and pick.random() < 0.4:
            made[at] = pick.choice(alike)
    for _ in range(pick.randint(0, 2)):
        owner = pick.choice(objects)
        name = pick.choice(list(vars(owner)) or [""])
        held = getattr(owner, name, None)
        if isinstance(held, list) and held and pick.random() < 0.5:
            held.pop(pick.randrange(len(held)))
        elif isinstance(held, list) and all(type(o) is type(owner) for o in held):
            held.append(pick.choice([o for o in objects if type(o) is type(owner)]))
        elif held is not None and type(held) is type(owner):
            setattr(owner, name, pick.choice([o for o in objects if type(o) is type(owner)]))
    return tuple(made)


def _indexes(value: Any, sequence: Any) -> bool:
    number = isinstance(value, int) and not isinstance(value, bool)
    return number and isinstance(sequence, list | tuple | str) and 0 <= value <= len(sequence)


def _as_long(one: Any, other: Any) -> bool:
    return isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other)
