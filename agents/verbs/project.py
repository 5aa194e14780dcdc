"""A project that is open: its settings, its store, and who sits before it."""

from __future__ import annotations

import asyncio
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from agents.basics import Outline, find_repo, outline, person
from agents.refusal import Refused
from agents.store.read import Reader, head_revision

if TYPE_CHECKING:
    from agents.config import Settings
    from agents.services import Services


class Project:
    """The store of one project, opened as far as it is needed, for one person.

    Args:
        settings: the project's settings, or an outline of them.
        who: the person; empty: the name git knows, else the login name.
    """

    def __init__(self, settings: Settings | Outline, who: str = "") -> None:
        self.basics: Settings | Outline = settings
        self.who = who
        self._services: Services | None = None
        self._opening = asyncio.Lock()
        self._reader: Reader | None = None

    @classmethod
    async def open(cls, repo: Path, *, who: str | None = None, **overrides: Any) -> Self:
        """Open the project of the repository at or above `repo`, making its store when there is none.

        Raises:
            ConfigError: no repository, or a `loop.toml` that cannot be read.
            Refused: the store cannot be opened.
        """
        project = await asyncio.to_thread(cls._outlined, repo, who, overrides)
        project.settings  # noqa: B018 - what is wrong with them is said before anything is done
        if not await asyncio.to_thread(project._readable):
            await project.services()
        return project

    @classmethod
    def glance(cls, repo: Path, *, who: str | None = None, **overrides: Any) -> Self | None:
        """The project where its store can be read at once; its settings are checked on first use. Blocking.

        None where there is no store of today's schema: `open` makes one, or says what is wrong.

        Raises:
            ConfigError: no repository, or a `loop.toml` whose plainest keys cannot be read.
        """
        project = cls._outlined(repo, who, overrides)
        return project if project._readable() else None

    @classmethod
    def _outlined(cls, repo: Path, who: str | None, overrides: dict[str, Any]) -> Self:
        root = find_repo(repo)
        return cls(outline(root, overrides) or Outline(root, overrides=overrides).settings(), who or person(root))

    @property
    def settings(self) -> Settings:
        """All settings of the project, checked on first use.

        Raises:
            ConfigError: the file or the environment cannot be used.
        """
        if isinstance(self.basics, Outline):
            self.basics = self.basics.settings()
        return self.basics

    def _readable(self) -> bool:
        """Whether there is a store of today's schema, which can be read before the ORM is there."""
        try:
            return self._store_exists() and self.reader.revision() == head_revision()
        except Exception:
            if self._reader is not None:
                self._reader.close()
                self._reader = None
            return False

    async def close(self) -> None:
        """Close the store."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None
        if self._services is not None:
            await self._services.store.close()
            self._services = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.close()

    @property
    def title(self) -> str:
        """What the project is called."""
        return self.basics.title

    async def services(self) -> Services:
        """Store, repository, sandboxes and forge, opened on first use.

        Raises:
            Refused: the store cannot be opened.
        """
        async with self._opening:
            if self._services is None:
                self._services = await self._open_services()
        return self._services

    async def _open_services(self) -> Services:
        # Importing the ORM takes longer than a key may wait.
        await asyncio.to_thread(import_module, "agents.services")
        from agents.repository import Repository
        from agents.services import Services
        from agents.store import Store, StoreError

        self.settings.ensure_state()
        try:
            store = await Store.open(self.settings.store_url)
        except StoreError as error:
            raise Refused(str(error)) from error
        return Services(self.settings, store, Repository(self.settings.repo))

    @property
    def reader(self) -> Reader:
        """The read model of the store.

        Raises:
            Refused: there is no store yet.
        """
        if self._reader is None:
            if not self._store_exists():
                raise Refused("Nothing has been collected here yet; run `loop import PATH`, `loop listen` or `loop`.")
            self._reader = Reader(self.basics.store_url)
        return self._reader

    def _store_exists(self) -> bool:
        url = self.basics.store_url
        return not url.startswith("sqlite") or Path(url.partition(":///")[2]).exists()
