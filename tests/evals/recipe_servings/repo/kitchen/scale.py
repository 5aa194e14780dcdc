"""Amounts for more or fewer people."""

from __future__ import annotations


def factor(form: dict, recipe: dict) -> float:
    """By how much each amount grows."""
    return form["servings"] / recipe["servings"]


def scaled(form: dict, recipe: dict) -> list[dict]:
    """The ingredients for as many people as the form says."""
    times = factor(form, recipe)
    return [{"name": item["name"], "grams": round(item["grams"] * times)} for item in recipe["items"]]
