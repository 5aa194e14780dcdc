"""What the catalogue of edits can mend: small programs with one fault each, and the edit that a person would make."""

from __future__ import annotations

import ast

import pytest

from agents.harness.search.repair.mutate import Mutant, Site, mutants

BOUND = "def adult(age):\n    return age > 18\n"
RANGE = "def triangle(n):\n    total = 0\n    for i in range(1, n):\n        total += i\n    return total\n"
ORDER = "def power(base, times):\n    if times == 0:\n        return 1\n    return base * power(times - 1, base)\n"
NAME = "def span(low, high):\n    width = high - low\n    middle = low + width / 2\n    return low, width\n"
EVERY = "def valid(rows):\n    return any(len(row) == 2 for row in rows)\n"
GUARD = "def mean(values):\n    return sum(values) / len(values)\n"
UPDATE = """def unique(values):
    seen = set()
    kept = []
    for value in values:
        if value not in seen:
            kept.append(value)
    return kept
"""
NULL = """def last(node):
    while node.next is not None:
        node = node.next
    return node
"""
EXTREME = "def peak(values):\n    best = 0\n    for value in values:\n        best = value + best\n    return best\n"
LEVEL = """def sums(rows):
    found = []
    for row in rows:
        total = 0
        for value in row:
            total += value
            found.append(total)
    return found
"""
YIELD = """def leaves(tree):
    for part in tree:
        if isinstance(part, list):
            yield leaves(part)
        else:
            yield part
"""
WRAP = "def names(people):\n    return {p.lower() for p in people}\n"
KEY = "def count(words):\n    seen = {}\n    for word in words:\n        seen[word] = seen[word] + 1\n    return seen\n"
CASES = [
    (BOUND, "age >= 18", "comparison operator"),
    (RANGE, "range(1, n + 1)", "off by one"),
    (ORDER, "power(base, times - 1)", "swap arguments"),
    (NAME, "return low, middle", "other variable"),
    (EVERY, "return all(", "other function"),
    (GUARD, "if not values:\n        return 0\n    return sum", "guard"),
    (UPDATE, "        if value not in seen:\n            seen.add(value)\n", "insert statement"),
    (NULL, "while node is not None and node.next is not None", "further conjunct"),
    (EXTREME, "best = max(best, value + best)", "running extreme"),
    (LEVEL, "            total += value\n        found.append(total)\n", "move out of the block"),
    (YIELD, "yield from leaves(part)", "delegate"),
    (WRAP, "return sorted({p.lower() for p in people})", "wrap returned value"),
    (KEY, "seen.get(word, 0) + 1", "missing key"),
]


def of(source: str) -> tuple[Site, list[Mutant]]:
    tree = ast.parse(source)
    node = tree.body[0]
    assert isinstance(node, ast.FunctionDef)
    site = Site(source, tree, node)
    return site, mutants(site)


@pytest.mark.parametrize(("source", "wanted", "template"), CASES)
def test_the_edit_a_person_would_make_is_in_the_catalogue(source: str, wanted: str, template: str) -> None:
    _, found = of(source)
    assert template in {mutant.template for mutant in found if wanted in mutant.applied(source)}


def test_edits_leave_comments_and_layout_alone() -> None:
    source = "def f(a,b):  # both\n    é = 'ü'; x = a  <b  # narrow\n\n    return x\n"
    site, found = of(source)
    (wider,) = [m for m in found if "a  <=b" in m.applied(source)]
    assert wider.applied(source) == source.replace("<b", "<=b")
    assert site.alone(wider) == wider.applied(source)


def test_a_function_alone_stands_at_its_own_lines_in_its_classes() -> None:
    source = (
        "import os\n\n\nclass Box:\n    size = 1\n\n    def __grow(self):\n        return self.__by + 1\n\n\nx = 2\n"
    )
    tree = ast.parse(source)
    node = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))
    alone = Site(source, tree, node).alone()
    assert alone.splitlines()[3] == "class Box:"
    assert ast.parse(alone).body[0].body[0].lineno == node.lineno  # type: ignore[attr-defined]


def test_an_edit_after_which_a_name_is_never_read_is_unlikely() -> None:
    source = "def walk(nodes, goal):\n    for node in nodes:\n        visit(node)\n    return goal\n"
    _, found = of(source)
    by_text = {mutant.applied(source): mutant for mutant in found}
    orphaned = by_text[source.replace("visit(node)", "visit(goal)")]
    other = by_text[source.replace("return goal", "return node")]
    assert orphaned.prior < 0.5
    assert other.prior < 0.5  # goal is never read then
