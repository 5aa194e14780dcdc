"""The database: sessions, migrations, transitions, journal, change feed, and the read model."""

from __future__ import annotations

from agents.store.database import Store, StoreError

__all__ = ["Store", "StoreError"]
