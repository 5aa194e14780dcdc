"""The database: sessions, migrations, transitions, journal, change feed, and the read model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.store.database import Store, StoreError

__all__ = ["Store", "StoreError"]


def __getattr__(name: str) -> Any:
    # The read model serves quick commands, which must not pay for importing SQLAlchemy.
    if name in __all__:
        from agents.store import database

        return getattr(database, name)
    raise AttributeError(name)
