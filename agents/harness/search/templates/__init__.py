"""The catalogue of fix templates, chosen by the exception.

Families follow the published catalogues: PAR (Kim et al., ICSE 2013), TBar (Liu et al., ISSTA 2019) and, for Python's
type errors, PyTER (Oh and Oh, FSE 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agents.harness.search.suspect import Candidate, Suspect
from agents.harness.search.templates import (
    absent,
    accessors,
    arithmetic,
    callers,
    kinds,
    lookup,
    loops,
    names,
    renamed,
    types,
    wrapping,
)

Template = Callable[[Suspect], Iterator[Candidate | None]]

CATALOGUE: dict[str, tuple[Template, ...]] = {
    "AttributeError": (absent.none_used, accessors.through_accessor, names.misspelt_attribute),
    "TypeError": (
        absent.none_used, accessors.through_accessor, types.mixed_types, types.missing_await, wrapping.mixed_offsets,
        kinds.joined_numbers, kinds.text_and_bytes, kinds.not_called, kinds.list_as_key, kinds.misspelt_keyword,
    ),
    "KeyError": (
        lookup.missing_key, accessors.through_accessor, names.misspelt_key, wrapping.keys_as_elsewhere,
        renamed.renamed_key,
    ),
    "IndexError": (lookup.empty_sequence, lookup.behind_the_end, lookup.off_by_one, loops.neighbours),
    "ZeroDivisionError": (arithmetic.zero_divisor,),
    "DivisionByZero": (arithmetic.zero_divisor,),
    "InvalidOperation": (arithmetic.zero_divisor, wrapping.own_conversion),
    "StatisticsError": (lookup.empty_aggregate,),
    "ValueError": (
        lookup.empty_aggregate, types.unreadable_number, wrapping.own_conversion, wrapping.stripped_elsewhere,
    ),
    "NameError": (names.misspelt_name,),
    "UnboundLocalError": (names.unbound_local,),
    "StopIteration": (lookup.exhausted,),
    "RuntimeError": (loops.changed_while_iterated,),
}  # fmt: skip
# At the other places that the failing value came through: what made it, and the callers.
ELSEWHERE: dict[str, tuple[Template, ...]] = {
    "AttributeError": (wrapping.keys_as_elsewhere, wrapping.argument_as_elsewhere, callers.guarded_as_elsewhere),
    "TypeError": (
        wrapping.keys_as_elsewhere, wrapping.argument_as_elsewhere, wrapping.mixed_offsets,
        callers.guarded_as_elsewhere,
    ),
    "KeyError": (wrapping.argument_as_elsewhere, callers.guarded_as_elsewhere),
    "IndexError": (callers.guarded_as_elsewhere,),
    "ZeroDivisionError": (callers.guarded_as_elsewhere,),
    "ValueError": (wrapping.argument_as_elsewhere, callers.guarded_as_elsewhere, callers.relative_to_none),
}  # fmt: skip


def candidates(suspect: Suspect, elsewhere: Sequence[Suspect] = ()) -> list[Candidate]:
    """Every candidate of the exception's templates, each text once, best evidence first.

    Args:
        suspect: the crash.
        elsewhere: the other places that the failing value came through.
    """
    found: dict[tuple[str, str], Candidate] = {}
    for place in (suspect, *elsewhere):
        catalogue = CATALOGUE if place is suspect else ELSEWHERE
        for template in catalogue.get(suspect.exception, ()):
            for made in template(place):
                key = (made.path, made.text) if made is not None else ("", "")
                if made is not None and (key not in found or _worth(found[key]) < _worth(made)):
                    found[key] = made
    return sorted(found.values(), key=lambda c: (-c.evidence, c.silencing, c.borrowed, c.size, c.label))


def _worth(made: Candidate) -> tuple[int, bool]:
    return made.evidence, not made.borrowed
