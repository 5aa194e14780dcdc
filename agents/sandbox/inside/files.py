"""The tree, with no link followed on the way to a file."""

# pathlib would cost a third of the start of this program.
# ruff: noqa: PTH112, PTH115, PTH118
from __future__ import annotations

import contextlib
import errno
import os
import stat
import tarfile
from typing import Any

from .wire import CHUNK, Payload, Refused


class Tree:
    """The files of the sandbox; no link is ever followed on the way to one."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._top = os.open(root, os.O_RDONLY | os.O_DIRECTORY)

    def _parent(self, path: str, make: bool) -> tuple[int, str]:
        parts = path.split("/")
        if not path or any(part in ("", ".", "..") for part in parts) or "\0" in path:
            raise Refused(f"The path {path!r} leaves the tree.")
        here = os.dup(self._top)
        for part in parts[:-1]:
            try:
                try:
                    below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
                except FileNotFoundError:
                    if not make:
                        raise
                    os.mkdir(part, 0o755, dir_fd=here)
                    below = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=here)
            except OSError as error:
                if error.errno in (errno.ELOOP, errno.ENOTDIR):
                    raise Refused(f"The path {path!r} leaves the tree: {part!r} is no folder.") from None
                raise
            finally:
                os.close(here)
            here = below
        return here, parts[-1]

    def write(self, path: str, data: bytes | None, mode: int | None = None) -> None:
        """Replace a file (None: remove it); a file that is replaced keeps its mode."""
        try:
            parent, name = self._parent(path, make=data is not None)
        except FileNotFoundError:
            return
        try:
            with contextlib.suppress(FileNotFoundError):
                before = os.lstat(name, dir_fd=parent)
                if stat.S_ISREG(before.st_mode) and mode is None:
                    mode = stat.S_IMODE(before.st_mode)
                os.unlink(name, dir_fd=parent)
            if data is None:
                return
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
            with os.fdopen(os.open(name, flags, 0o600, dir_fd=parent), "wb") as file:
                file.write(data)
                os.fchmod(file.fileno(), 0o644 if mode is None else mode | 0o600)
        finally:
            os.close(parent)

    def read(self, path: str, limit: int) -> bytes:
        """At most `limit` bytes of a regular file."""
        try:
            parent, name = self._parent(path, make=False)
            try:
                handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=parent)
            finally:
                os.close(parent)
        except OSError:
            raise Refused(f"There is no regular file {path!r} in the sandbox.") from None
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Refused(f"There is no regular file {path!r} in the sandbox.")
        with os.fdopen(handle, "rb") as file:
            return file.read(limit)

    def folder(self, path: str) -> str:
        """The absolute path of a folder of the tree."""
        top = os.path.realpath(self.root)
        found = os.path.realpath(os.path.join(top, path))
        if os.path.commonpath([found, top]) != top:
            raise Refused(f"The folder {path!r} leaves the tree.")
        if not os.path.isdir(found):
            raise Refused(f"There is no folder {path!r} in the sandbox.")
        return found

    def used(self) -> int:
        """Bytes in use on the file system of the tree."""
        found = os.statvfs(self._top)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    def put(self, source: Payload) -> None:
        """Unpack a tar: folders, regular files and links; nothing else."""
        with tarfile.open(fileobj=source, mode="r|", errors="surrogateescape") as archive:  # type: ignore[call-overload]
            for member in archive:
                name = member.name
                if member.isreg():
                    data = archive.extractfile(member)
                    self.write(name, data.read() if data else b"", member.mode & 0o777)
                elif member.isdir() or member.issym():
                    parent, last = self._parent(name, make=True)
                    try:
                        if member.issym():
                            os.symlink(member.linkname, last, dir_fd=parent)
                        else:
                            with contextlib.suppress(FileExistsError):
                                os.mkdir(last, 0o755, dir_fd=parent)
                    finally:
                        os.close(parent)

    def pack(self, sink: Any) -> None:
        """Write the tree as a tar; sockets, pipes and devices stay behind."""
        with tarfile.open(fileobj=sink, mode="w|", format=tarfile.GNU_FORMAT, bufsize=CHUNK) as archive:
            for path, folders, files in os.walk(self.root):
                for name in sorted(folders) + sorted(files):
                    full = os.path.join(path, name)
                    with contextlib.suppress(FileNotFoundError, PermissionError):
                        self._add(archive, full, os.path.relpath(full, self.root))

    @staticmethod
    def _add(archive: tarfile.TarFile, full: str, name: str) -> None:
        info = tarfile.TarInfo(name)
        found = os.lstat(full)
        info.mode, info.mtime = stat.S_IMODE(found.st_mode), int(found.st_mtime)
        if stat.S_ISDIR(found.st_mode):
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        elif stat.S_ISLNK(found.st_mode):
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(full)
            archive.addfile(info)
        elif stat.S_ISREG(found.st_mode):
            with os.fdopen(os.open(full, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
                info.size = os.fstat(file.fileno()).st_size
                archive.addfile(info, file)
