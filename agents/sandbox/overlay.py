"""Untrusted tar bytes → plain files: what a sandbox changed, with everything left out that could act on the host.

Rule 2 of DESIGN.md. Nothing is ever extracted: the archive is read member by member into memory, and only regular
files under plain paths come out. Paths that git would take for its own folder are dropped in every spelling that some
file system takes for `.git` (git's fsck calls them dotgit: case, NTFS short names and streams, HFS ignorables).
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

CACHES = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"})
_NOTED = 1000  # drops that are kept with their path; beyond, they are counted


@dataclass(frozen=True)
class Caps:
    """How much is taken in at most.

    Args:
        total: bytes of the tar.
        file: bytes of one file.
        entries: members of the tar.
        changed: bytes of all changed files.
    """

    total: int = 1 << 30
    file: int = 5_000_000
    entries: int = 100_000
    changed: int = 50_000_000


@dataclass(frozen=True)
class Dropped:
    """A member that was left out, and why. The path is untrusted text."""

    path: str
    why: str


@dataclass
class Overlay:
    """What a sandbox changed.

    Args:
        files: path → new content, None where the base has a file and the sandbox has not.
        dropped: what was left out.
        more: how many more were left out than `dropped` lists.
    """

    files: dict[str, bytes | None] = field(default_factory=dict)
    dropped: list[Dropped] = field(default_factory=list)
    more: int = 0

    def drop(self, path: str, why: str) -> None:
        """Note a member that is left out."""
        if len(self.dropped) < _NOTED:
            self.dropped.append(Dropped(path.encode("utf-8", "replace").decode(), why))
        else:
            self.more += 1


class HostileTar(Exception):
    """The tar cannot be used at all; the message says why."""


def overlay(tar: bytes, base: Path, caps: Caps | None = None) -> Overlay:
    """The regular files of `tar` that differ from `base`, and those of `base` that it lacks.

    Args:
        tar: what `Sandbox.export` gave: untrusted.
        base: the tree that the sandbox started from, never written by a sandbox.
        caps: how much is taken in.

    Raises:
        HostileTar: it is no tar, or breaks a cap; nothing of it can be used then.
    """
    caps = caps or Caps()
    if len(tar) > caps.total:
        raise HostileTar(f"The sandbox gave back {len(tar) >> 20} MB, more than the {caps.total >> 20} MB allowed.")
    reader = _Reader(base, caps)
    with _members(tar, caps) as members:
        for archive, member in members:
            reader.take(archive, member)
    return reader.finish()


class _Reader:
    """Takes members one by one; keeps only what differs from the base."""

    def __init__(self, base: Path, caps: Caps) -> None:
        self._base, self._caps = base, caps
        self._result = Overlay()
        self._known = _base_files(base)
        self._folders = {"/".join(path.split("/")[:n]) for path in self._known for n in range(1, path.count("/") + 1)}
        self._seen: set[str] = set()  # every path that the tar has something for, taken or not
        self._taken: set[str] = set()
        self._links: dict[str, str] = {}
        self._changed: dict[str, bytes] = {}
        self._size = 0

    def take(self, archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Read one member."""
        path = "/".join(part for part in member.name.split("/") if part not in ("", "."))
        why = _refuse(path, member, self._links, self._caps)
        if why is None:
            return
        self._seen.add(path)
        if not why and path in self._taken:
            why = "a second entry of the same name"
        if why:
            self._result.drop(member.name, why)
        elif member.issym():
            self._links[path] = member.linkname
        else:
            self._taken.add(path)
            data = archive.extractfile(member)
            self._compare(path, data.read() if data is not None else b"")

    def _compare(self, path: str, data: bytes) -> None:
        regular = self._known.get(path)
        if regular and _same(self._base / path, data):
            return
        if regular is False or path in self._folders:
            # A commit keeps the mode of what it replaces: the new text would become a link's target.
            self._result.drop(path, "it replaces a link or a folder of the base")
            return
        self._size += len(data)
        if self._size > self._caps.changed:
            raise HostileTar(f"The sandbox changed more than {self._caps.changed >> 20} MB of files.")
        self._changed[path] = data

    def finish(self) -> Overlay:
        """What came out: removals first, as a file that gives way to a folder has to go before."""
        gone = sorted(path for path, regular in self._known.items() if regular and path not in self._seen)
        self._result.files = {**dict.fromkeys(gone), **self._changed}
        for path, target in sorted(self._links.items()):
            if self._known.get(path) is not False or str((self._base / path).readlink()) != target:
                self._result.drop(path, "a link that the base does not have")
        return self._result


class _members:
    """The members of a tar as an iterator that turns every way of being broken into `HostileTar`."""

    def __init__(self, tar: bytes, caps: Caps) -> None:
        self._caps = caps
        try:
            # Not "r:*": the bytes are uncompressed by contract, and a compressed bomb must not unfold here.
            self._archive = tarfile.open(fileobj=io.BytesIO(tar), mode="r:", errors="surrogateescape")  # noqa: SIM115
        except (tarfile.TarError, ValueError, OverflowError) as error:
            raise HostileTar(f"The sandbox did not give back a tar: {error}.") from error

    def __enter__(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        return self._walk()

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._archive.close()
        if isinstance(error, (tarfile.TarError, ValueError, OverflowError, EOFError, MemoryError, OSError)):
            raise HostileTar(f"The tar that the sandbox gave back is broken: {error}.") from error

    def _walk(self) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
        count = 0
        while (member := self._archive.next()) is not None:
            count += 1
            if count > self._caps.entries:
                raise HostileTar(f"The sandbox gave back more than {self._caps.entries} files.")
            members: list[tarfile.TarInfo] = self._archive.members  # type: ignore[attr-defined]
            members.clear()  # tarfile keeps them all otherwise
            yield self._archive, member


def _refuse(path: str, member: tarfile.TarInfo, links: Mapping[str, str], caps: Caps) -> str | None:
    """Why a member is left out; "" when it is taken; None when it is a folder, which says nothing."""
    why = _refuse_path(path, member.name, links, folder=member.isdir())
    if why:
        return why
    if member.isdir():
        return None
    if member.issym():
        return "a link that leaves the tree" if _escapes(path, member.linkname) else ""
    if member.islnk():
        return "a hard link"
    if member.type == tarfile.GNUTYPE_SPARSE or member.sparse is not None:
        return "a sparse file"
    if not member.isreg():
        return "neither a file nor a folder"
    if member.size > caps.file:
        return f"larger than {caps.file} bytes"
    return ""


def _refuse_path(path: str, name: str, links: Mapping[str, str], *, folder: bool) -> str:
    parts = path.split("/")
    if not path and folder and ".." not in name and not name.startswith("/"):
        return ""  # the top itself
    if not path or name.startswith("/") or ".." in parts or "\\" in path:
        return "a path that leaves the tree"
    if any(ord(char) < 32 or ord(char) == 127 for char in path):
        return "control characters in the path"
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return "a path that is not UTF-8"
    if any(is_git(part) for part in parts):
        return "part of a git folder"
    if any(part in CACHES for part in parts) or path.endswith(".pyc"):
        return "a cache"
    if any("/".join(parts[:n]) in links for n in range(1, len(parts))):
        return "a path through a link"
    return ""


def is_git(part: str) -> bool:
    """Whether some file system takes a path component for `.git`.

    Source of the spellings: is_ntfs_dotgit and is_hfs_dotgit in git's path.c and utf8.c.
    """
    plain = "".join(char for char in unicodedata.normalize("NFKC", part) if unicodedata.category(char) != "Cf")
    plain = plain.casefold().split(":", 1)[0].rstrip(". ")
    return plain == ".git" or (plain.startswith("git~") and plain[4:].isdigit())


def _escapes(path: str, target: str) -> bool:
    if not target or target.startswith("/") or "\\" in target or "\0" in target:
        return True
    depth = path.count("/")
    for part in target.split("/"):
        if part == "..":
            depth -= 1
        elif part not in ("", "."):
            depth += 1
        if depth < 0 or is_git(part):
            return True
    return False


def _base_files(base: Path) -> dict[str, bool]:
    """Path → whether it is a regular file (else a link), of everything in the base but git's and caches."""
    found: dict[str, bool] = {}
    for here, folders, files in os.walk(base):
        folders[:] = [name for name in folders if not is_git(name) and name not in CACHES]
        for name in [*files, *folders]:
            path = Path(here, name)
            mode = path.lstat().st_mode
            if not stat.S_ISDIR(mode) and not is_git(name) and not name.endswith(".pyc"):
                found[path.relative_to(base).as_posix()] = stat.S_ISREG(mode)
    return found


def _same(path: Path, data: bytes) -> bool:
    return path.stat().st_size == len(data) and path.read_bytes() == data
