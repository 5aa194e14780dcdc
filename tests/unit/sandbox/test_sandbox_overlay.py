"""What comes out of a sandbox is data: hostile tars change nothing but plain files."""

from __future__ import annotations

import io
import tarfile
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.sandbox.overlay import Caps, HostileTar, is_git, overlay


class Builder:
    """Writes any tar, however wrong."""

    def __init__(self) -> None:
        self._sink = io.BytesIO()
        self._tar = tarfile.TarFile(fileobj=self._sink, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape")

    def file(self, name: str, data: bytes = b"x\n") -> Builder:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        self._tar.addfile(info, io.BytesIO(data))
        return self

    def special(self, name: str, kind: bytes, target: str = "") -> Builder:
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, target
        self._tar.addfile(info)
        return self

    def bytes(self) -> bytes:
        self._tar.close()
        return self._sink.getvalue()


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/cart.py").write_text("total = 1\n")
    (tmp_path / "README").write_text("hello\n")
    (tmp_path / "docs").symlink_to("README")
    return tmp_path


def kept(base: Path) -> Builder:
    """The base as it is."""
    return (
        Builder()
        .file("README", b"hello\n")
        .file("shop/cart.py", b"total = 1\n")
        .special("docs", tarfile.SYMTYPE, "README")
    )


def reasons(tar: bytes, base: Path) -> dict[str, str]:
    found = overlay(tar, base)
    assert found.files == {}
    return {entry.path: entry.why for entry in found.dropped}


def test_an_untouched_tree_gives_nothing(base: Path) -> None:
    assert reasons(kept(base).bytes(), base) == {}


def test_changed_new_and_removed_files_come_out(base: Path) -> None:
    tar = (
        Builder().file("./shop/cart.py", b"total = 2\n").file("shop/new.py").special("docs", tarfile.SYMTYPE, "README")
    )
    found = overlay(tar.bytes(), base)
    assert found.files == {"README": None, "shop/cart.py": b"total = 2\n", "shop/new.py": b"x\n"}
    assert found.dropped == []


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "shop/../../up", "a/..", "shop\\..\\up", "..", "/"])
def test_paths_that_leave_the_tree_are_dropped(base: Path, name: str) -> None:
    assert reasons(kept(base).file(name).bytes(), base) == {name: "a path that leaves the tree"}


@pytest.mark.parametrize(
    "name",
    [
        ".git/config", ".git", "shop/.git/hooks/pre-commit", ".GIT/config", "git~1/config", "GIT~1", ".git /x",
        ".git./x", ".git::$INDEX_ALLOCATION/config", ".g\u200cit/config", "\uff0egit/x",
    ],
)  # fmt: skip
def test_every_spelling_of_the_git_folder_is_dropped(base: Path, name: str) -> None:
    assert list(reasons(kept(base).file(name).bytes(), base).values()) == ["part of a git folder"]


@pytest.mark.parametrize("name", [".gitignore", ".github/x", "git", "agit", "legit~1", ".gitattributes", "git~x"])
def test_names_that_only_look_like_it_are_kept(base: Path, name: str) -> None:
    assert overlay(kept(base).file(name).bytes(), base).files == {name: b"x\n"}


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        (tarfile.CHRTYPE, "neither a file nor a folder"),
        (tarfile.BLKTYPE, "neither a file nor a folder"),
        (tarfile.FIFOTYPE, "neither a file nor a folder"),
        (tarfile.LNKTYPE, "a hard link"),
    ],
)
def test_devices_pipes_and_hard_links_are_dropped(base: Path, kind: bytes, why: str) -> None:
    assert reasons(kept(base).special("odd", kind, "README").bytes(), base) == {"odd": why}


@pytest.mark.parametrize("target", ["/etc/passwd", "../x", "shop/../../x", "", ".git/config", "..\\x"])
def test_links_that_leave_the_tree_are_dropped(base: Path, target: str) -> None:
    assert reasons(kept(base).special("shop2", tarfile.SYMTYPE, target).bytes(), base) == {
        "shop2": "a link that leaves the tree"
    }


def test_a_link_within_the_tree_is_dropped_too_and_said(base: Path) -> None:
    tar = kept(base).special("new", tarfile.SYMTYPE, "README").bytes()
    assert reasons(tar, base) == {"new": "a link that the base does not have"}


def test_a_file_through_a_link_of_the_same_tar_is_dropped(base: Path) -> None:
    tar = kept(base).special("lib", tarfile.SYMTYPE, "shop").file("lib/cart.py", b"evil")
    assert reasons(tar.bytes(), base)["lib/cart.py"] == "a path through a link"


def test_a_file_in_the_place_of_a_link_or_folder_is_dropped(base: Path) -> None:
    tar = Builder().file("README", b"hello\n").file("shop/cart.py", b"total = 1\n").file("docs", b"../../etc/passwd")
    assert reasons(tar.bytes(), base) == {"docs": "it replaces a link or a folder of the base"}
    over = kept(base).file("shop", b"x")
    assert reasons(over.bytes(), base) == {"shop": "it replaces a link or a folder of the base"}


def test_a_link_in_the_place_of_a_file_neither_changes_nor_removes_it(base: Path) -> None:
    tar = Builder().special("README", tarfile.SYMTYPE, "docs").file("shop/cart.py", b"total = 1\n")
    tar.special("docs", tarfile.SYMTYPE, "README")
    assert reasons(tar.bytes(), base) == {"README": "a link that the base does not have"}


def test_the_first_of_two_entries_with_one_name_counts(base: Path) -> None:
    found = overlay(kept(base).file("a", b"1").file("./a", b"2").bytes(), base)
    assert found.files == {"a": b"1"}
    assert [entry.why for entry in found.dropped] == ["a second entry of the same name"]


def test_names_that_are_not_text_are_dropped(base: Path) -> None:
    tar = kept(base).file("caf\udce9").file("line\nbreak").file("\x1b[2Jx").bytes()
    assert sorted(reasons(tar, base).values()) == [
        "a path that is not UTF-8", "control characters in the path", "control characters in the path",
    ]  # fmt: skip


def test_caches_are_left_out(base: Path) -> None:
    tar = kept(base).file("shop/__pycache__/cart.cpython-311.pyc").file(".pytest_cache/v/x").bytes()
    assert set(reasons(tar, base).values()) == {"a cache"}


def test_a_file_over_the_limit_is_dropped_and_not_taken_for_removed(base: Path) -> None:
    tar = Builder().file("README", b"y" * 200).file("shop/cart.py", b"total = 1\n")
    tar.special("docs", tarfile.SYMTYPE, "README")
    found = overlay(tar.bytes(), base, Caps(file=100))
    assert found.files == {}
    assert found.dropped[0].why == "larger than 100 bytes"


def test_a_header_that_promises_more_than_there_is_is_refused(base: Path) -> None:
    info = tarfile.TarInfo("big")
    info.size = 1 << 40
    with pytest.raises(HostileTar, match="broken"):
        overlay(info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096, base)


def test_a_sparse_file_is_not_unfolded(base: Path) -> None:
    info = tarfile.TarInfo("sparse")
    info.size = 512
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,1,1099511627775,1",
                        "GNU.sparse.size": str(1 << 40), "GNU.sparse.name": "sparse"}  # fmt: skip
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"x" * 512))
    started = time.monotonic()
    found = overlay(sink.getvalue(), base)
    assert time.monotonic() - started < 1
    assert "sparse" not in found.files
    assert [(entry.path, entry.why) for entry in found.dropped] == [("sparse", "a sparse file")]


def test_a_million_entries_are_refused_quickly(base: Path) -> None:
    block = tarfile.TarInfo("a").tobuf(tarfile.GNU_FORMAT)
    started = time.monotonic()
    with pytest.raises(HostileTar, match="more than 20000 files"):
        overlay(block * 1_000_000, base, Caps(entries=20_000))
    assert time.monotonic() - started < 5


def test_totals_are_capped(base: Path) -> None:
    tar = kept(base).file("a", b"x" * 600).file("b", b"x" * 600).bytes()
    with pytest.raises(HostileTar, match="changed more than"):
        overlay(tar, base, Caps(changed=1000))
    with pytest.raises(HostileTar, match="gave back"):
        overlay(tar, base, Caps(total=1000))


def test_a_compressed_bomb_is_not_opened(base: Path) -> None:
    with pytest.raises(HostileTar):
        overlay(zlib.compress(b"\0" * 10_000_000), base)


def test_drops_are_counted_beyond_those_that_are_listed(base: Path) -> None:
    tar = kept(base)
    for number in range(1100):
        tar.special(f"pipe{number}", tarfile.FIFOTYPE)
    found = overlay(tar.bytes(), base)
    assert (len(found.dropped), found.more) == (1000, 100)


@given(data=st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_any_bytes_give_plain_files_or_one_error(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    try:
        found = overlay(data, tmp_path_factory.getbasetemp() / "none")
    except HostileTar:
        return
    assert all(isinstance(path, str) for path in found.files)


@given(
    names=st.lists(st.text(alphabet="ab./\\~1gitGIT\u200c\n\0 :", min_size=1, max_size=12), max_size=8),
    kinds=st.lists(st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE]), max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_no_mix_of_entries_yields_an_unsafe_path(
    names: list[str], kinds: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    tar = Builder()
    for name, kind in zip(names, kinds, strict=False):
        tar.special(name, kind, names[0])
    found = overlay(tar.bytes(), tmp_path_factory.getbasetemp() / "none")
    for path in found.files:
        parts = path.split("/")
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(parts)
        assert not any(is_git(part) for part in parts)
