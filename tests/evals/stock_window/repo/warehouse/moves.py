"""What left and what came, told from the levels."""

from __future__ import annotations

from warehouse.levels import levels


def daily_moves(item: dict) -> list[int]:
    """The change from each day to the next: one number less than there are days."""
    found = levels(item)
    moves = []
    for day in range(len(found)):
        if found[day] == 0 and day + 1 == len(found):
            break
        moves.append(found[day + 1] - found[day])
    return moves


def sold(item: dict) -> int:
    """How many pieces left."""
    return -sum(move for move in daily_moves(item) if move < 0)
