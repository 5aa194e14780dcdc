"""The key that SDKs present: made once for each store."""

from __future__ import annotations

import secrets

from agents.models import Meta
from agents.store import Store


async def ingest_key(store: Store) -> str:
    """The store's ingest key (32 hex digits), made on first use."""
    async with store.write() as session:
        found = await session.get(Meta, "ingest_key")
        if found is None:
            found = Meta(key="ingest_key", value=secrets.token_hex(16))
            session.add(found)
        return found.value
