"""The catalogue of edits, for any function of any program.

Families and their sources stand in the modules: GenProg (Le Goues et al., TSE 2012), PAR (Kim et al., ICSE 2013), TBar
(Liu et al., ISSTA 2019). Priors order them by how often such an edit is the repair in these studies: operators and
bounds first, then names, then whole statements.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from .calls import arguments, functions, sequences
from .conditions import conditions
from .constants import constants
from .edit import Edit, Mutant
from .operators import operators
from .site import FunctionNode, Site
from .statements import control, guards, insertions, moves
from .values import arithmetic, attributes, ingredients, off_by_one, variables

Template = Callable[[Site], Iterator[Mutant]]
CATALOGUE: tuple[Template, ...] = (
    operators, off_by_one, variables, constants, arguments, functions, sequences, attributes, conditions, control,
    ingredients, arithmetic, insertions, guards, moves,
)  # fmt: skip
__all__ = ["CATALOGUE", "Edit", "FunctionNode", "Mutant", "Site", "mutants"]


_ORPHANED = 0.4  # an edit after which a name that was read never is: an anti-pattern (Tan et al., FSE 2016)


def mutants(site: Site) -> list[Mutant]:
    """Every edit of the catalogue that gives another text, the likeliest template of each; some may not compile."""
    found: dict[str, Mutant] = {}
    start, end = site.reach
    for template in CATALOGUE:
        for mutant in template(site):
            text = mutant.shifted(site.text, start, end)
            if text == site.text[start:end] or (text in found and found[text].prior >= mutant.prior):
                continue
            found[text] = mutant
    return [_weighed(site, mutant, text) for text, mutant in found.items()]


def _weighed(site: Site, mutant: Mutant, text: str) -> Mutant:
    taken = {word for edit in mutant.edits for word in re.findall(r"\w+", site.text[edit.start : edit.end])}
    for name in taken & site.stores.keys():
        if len(re.findall(rf"\b{name}\b", text)) <= site.stores[name]:
            return replace(mutant, prior=mutant.prior * _ORPHANED)
    return mutant
