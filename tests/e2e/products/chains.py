"""Exceptions with causes, groups of them, and the time of day."""

from __future__ import annotations

from tests.e2e.products.making import one

CHAINS = {
    "cause": one(
        """
class PriceError(Exception):
    pass


def rate(rates, name):
    return 1 / rates[name]


def price(rates, name):
    try:
        return rate(rates, name)
    except ZeroDivisionError as error:
        raise PriceError(f'no price for {name}') from error


def show(rates):
    return price(rates, 'a')
""",
        "show({'a': 0})",
        "1 / rates[name]",
        "1 / (rates[name] or 1)",
    ),
    "fault in a handler": one(
        """
def read(rows, key):
    try:
        return rows[key]
    except KeyError as error:
        return error.key
""",
        "read({}, 'a')",
        "error.key",
        "None",
    ),
    "translated lookup": one(
        """
def read(rows, key):
    try:
        return rows[key]
    except KeyError as error:
        raise LookupError(f'no {key}') from error


def show(rows):
    return read(rows, 'a')
""",
        "show({})",
        "return read(rows, 'a')",
        "return read({'a': 1, **rows}, 'a')",
    ),
    "task group": one(
        """
import asyncio


async def weigh(row):
    return row['weight']


async def report(rows):
    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(weigh(row))
""",
        "asyncio.run(report([{'weight': 1}, {}]))",
        "row['weight']",
        "row.get('weight')",
    ),
    "exception group": one(
        """
def check(values):
    errors = []
    for value in values:
        try:
            parse(value)
        except ValueError as error:
            errors.append(error)
    if errors:
        raise ExceptionGroup('bad values', errors)


def parse(value):
    return int(value)
""",
        "check(['1', ''])",
        "int(value)",
        "int(value or 0)",
    ),
    "cause within a group": one(
        """
import asyncio


def rate(row):
    return 1 / row['n']


async def weigh(row):
    try:
        return rate(row)
    except ZeroDivisionError as error:
        raise RuntimeError('no weight') from error


async def report(rows):
    async with asyncio.TaskGroup() as group:
        for row in rows:
            group.create_task(weigh(row))
""",
        "asyncio.run(report([{'n': 0}]))",
        "1 / row['n']",
        "1 / (row['n'] or 1)",
    ),
}

CLOCK = {
    "a day": one(
        """
from datetime import date


def renewal():
    today = date.today()
    return today.replace(year=today.year - 1)
""",
        """
import sentry_sdk, time_machine
with time_machine.travel('2024-02-29 12:00Z', tick=False):
    try:
        renewal()
    except ValueError as error:
        sentry_sdk.capture_exception(error)""",
        "today.replace(year=today.year - 1)",
        "today",
        needs=("time_machine",),
    ),
}
