"""What the running Python lacks. Imports nothing that has to be installed first."""

import sqlite3
import sys


def trouble() -> str:
    """Why the engine cannot keep its queue in SQLite here, as a sentence; "" when it can.

    On Python 3.12 and newer DBOS writes times in a way that SQLite learned in 3.42.
    """
    if sys.version_info < (3, 12) or sqlite3.sqlite_version_info >= (3, 42):
        return ""
    return (
        f"Python {sys.version.split()[0]} was built here with SQLite {sqlite3.sqlite_version}, and the engine needs "
        "3.42 with it: use Python 3.11, one that brings its own SQLite (uv's or conda's), or a store on Postgres."
    )
