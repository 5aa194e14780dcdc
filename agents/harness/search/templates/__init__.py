"""The catalogue of fix templates, chosen by the exception.

Families follow the published catalogues: PAR (Kim et al., ICSE 2013), TBar (Liu et al., ISSTA 2019) and, for Python's
type errors, PyTER (Oh and Oh, FSE 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from agents.harness.search.suspect import Candidate, Suspect
from agents.harness.search.templates import absent, arithmetic, lookup, names, types

Template = Callable[[Suspect], Iterator[Candidate | None]]

CATALOGUE: dict[str, tuple[Template, ...]] = {
    "AttributeError": (absent.none_used, names.misspelt_attribute),
    "TypeError": (absent.none_used, types.mixed_types, types.missing_await),
    "KeyError": (lookup.missing_key, names.misspelt_key),
    "IndexError": (lookup.empty_sequence, lookup.off_by_one),
    "ZeroDivisionError": (arithmetic.zero_divisor,),
    "DivisionByZero": (arithmetic.zero_divisor,),
    "InvalidOperation": (arithmetic.zero_divisor,),
    "StatisticsError": (lookup.empty_aggregate,),
    "ValueError": (lookup.empty_aggregate, types.unreadable_number),
    "NameError": (names.misspelt_name,),
    "UnboundLocalError": (names.unbound_local,),
    "StopIteration": (lookup.exhausted,),
}


def candidates(suspect: Suspect) -> list[Candidate]:
    """Every candidate of the exception's templates, each text once, best evidence first."""
    found: dict[str, Candidate] = {}
    for template in CATALOGUE.get(suspect.exception, ()):
        for made in template(suspect):
            if made is not None and (made.text not in found or _worth(found[made.text]) < _worth(made)):
                found[made.text] = made
    return sorted(found.values(), key=lambda c: (-c.evidence, c.silencing, c.borrowed, c.size, c.label))


def _worth(made: Candidate) -> tuple[int, bool]:
    return made.evidence, not made.borrowed
