"""A folder of the host as a tar to copy in."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from pathlib import Path

from agents.sandbox import SandboxError


def pack(tree: Path, limit: int) -> bytes:
    """The files, folders and links below `tree`, without its `.git`, as an uncompressed tar.

    Args:
        tree: a folder.
        limit: bytes the tar may have.

    Raises:
        SandboxError: it is no folder, or larger than `limit`.
    """
    if not tree.is_dir():
        raise SandboxError(f"{tree} is not a folder; a sandbox starts from an exported tree.")
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path, folders, files in os.walk(tree):
            folders[:] = sorted(name for name in folders if name != ".git")
            for name in [*folders, *sorted(name for name in files if name != ".git")]:
                _add(archive, Path(path, name), tree)
            if sink.tell() > limit:
                raise SandboxError(
                    f"{tree} has more than {limit >> 20} MB of files; raise `disk_mb` under [sandbox] in loop.toml."
                )
    return sink.getvalue()


def _add(archive: tarfile.TarFile, path: Path, tree: Path) -> None:
    found = path.lstat()
    info = tarfile.TarInfo(str(path.relative_to(tree)))
    info.mode, info.mtime = stat.S_IMODE(found.st_mode), int(found.st_mtime)
    if stat.S_ISDIR(found.st_mode):
        info.type = tarfile.DIRTYPE
        archive.addfile(info)
    elif stat.S_ISLNK(found.st_mode):
        info.type, info.linkname = tarfile.SYMTYPE, str(path.readlink())
        archive.addfile(info)
    elif stat.S_ISREG(found.st_mode):
        info.size = found.st_size
        with path.open("rb") as file:
            archive.addfile(info, file)
