"""Colours of code."""

from __future__ import annotations

from loop_tui.widgets.diff.parse import parse
from loop_tui.widgets.diff.syntax import Syntax, lexer_for

DIFF = """diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -2,2 +2,2 @@
 if this is code
-old = 1
+new = 2
"""


def test_a_hunk_is_read_by_itself_until_the_file_is_known() -> None:
    syntax, (file,) = Syntax(), parse(DIFF)
    assert syntax.marks(file, file.hunks[0], 0)[0] == (0, 2, "keyword")
    syntax.know(file, "new", '"""A text:\nif this is code\nnew = 2\n"""\n')
    while not syntax.advance(file, "new", 3, 0.01):
        pass
    assert syntax.marks(file, file.hunks[0], 0) == [(0, 15, "string")]
    assert ("number") in {style for _, _, style in syntax.marks(file, file.hunks[0], 1)}  # the old side is not known


def test_reading_goes_only_as_far_as_asked() -> None:
    syntax, (file,) = Syntax(), parse(DIFF)
    syntax.know(file, "new", "x = 1\n" * 100_000)
    assert not syntax.advance(file, "new", 90_000, 0.0)
    assert syntax.advance(file, "new", 10, 1.0)


def test_a_file_with_a_giant_line_has_no_colours_from_the_whole_file() -> None:
    syntax, (file,) = Syntax(), parse(DIFF)
    syntax.know(file, "new", "x" * 1_000_000)
    assert not syntax.has(file, "new")


def test_languages_are_known_by_their_names() -> None:
    names = {
        path: getattr(lexer_for(path), "name", "")
        for path in ("a/b.py", "Makefile", "x.tsx", "x.h", "notes.txt", "x.qq")
    }
    assert names == {
        "a/b.py": "Python",
        "Makefile": "Makefile",
        "x.tsx": "TSX",
        "x.h": "C",
        "notes.txt": "",
        "x.qq": "",
    }
