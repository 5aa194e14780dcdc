"""What stands where."""

from __future__ import annotations

from loop_tui.widgets.diff.layout import Frame, Layout, Remark, folded_at_first
from loop_tui.widgets.diff.parse import parse
from loop_tui.widgets.diff.place import Kept, found, line_at, place_at
from loop_tui.widgets.diff.tree import branches

DIFF = """diff --git a/a.py b/a.py
--- a/a.py
+++ b/a.py
@@ -1,4 +1,5 @@ def f
 one
-two
-three
+2
+3
+3.5
 four
diff --git a/old.py b/new.py
similarity index 90%
rename from old.py
rename to new.py
--- a/old.py
+++ b/new.py
@@ -10,2 +10,2 @@
-x
+y
 z
"""


def remark(**fields: object) -> Remark:
    usual: dict[str, object] = {"id": 1, "path": "a.py", "side": "new", "line": 2, "start": None, "text": "why?",
                                "author": "you"}  # fmt: skip
    return Remark(**{**usual, **fields})  # type: ignore[arg-type]


def laid(*remarks: Remark, split: bool = False, **extra: object) -> Layout:
    files = parse(DIFF)
    return Layout(files, remarks, Frame.of(files, 100, split), **extra)  # type: ignore[arg-type]


def kinds(layout: Layout) -> str:
    return " ".join(item.kind for item in layout.items)


def test_unified_has_a_row_for_each_line_split_one_for_each_pair() -> None:
    assert kinds(laid()).count("line") == 10
    split = laid(split=True)
    assert [(item.left, item.right) for item in split.items if item.file == 0 and item.kind == "line"] == [
        (0, 0), (1, 3), (2, 4), (-1, 5), (6, 6),
    ]  # fmt: skip


def test_a_remark_stands_under_its_line_on_its_side() -> None:
    layout = laid(remark(), remark(id=2, side="old", line=3))
    places = [at for at, item in enumerate(layout.items) if item.kind == "remark"]
    assert [line_at(layout, layout.items[at - 1]).text for at in places] == ["three", "2"]  # type: ignore[union-attr]


def test_one_about_a_line_that_is_not_shown_stands_at_the_head_of_its_file() -> None:
    assert kinds(laid(remark(line=90))).startswith("file remark hunk")


def test_outdated_ones_are_folded_there_until_they_are_opened() -> None:
    old = remark(line=None, outdated=True, quote="gone()")
    assert kinds(laid(old)).startswith("file outdated hunk")
    layout = laid(old, opened={"a.py"})
    assert kinds(layout).startswith("file outdated remark hunk")
    assert any("gone()" in text for row in layout.said(layout.items[2]) for text, _ in row)


def test_one_about_the_whole_change_comes_first() -> None:
    assert kinds(laid(remark(path="", line=None))).startswith("remark file")


def test_a_remark_on_the_old_path_of_a_rename_is_found() -> None:
    assert "remark" in kinds(laid(remark(path="old.py", side="old", line=10)))


def test_a_folded_file_is_one_row() -> None:
    assert kinds(laid(folded={"a.py"})).startswith("file file")


def test_generated_and_huge_files_are_folded_where_there_are_others() -> None:
    lock = DIFF + DIFF.split("diff --git a/old")[0].replace("a.py", "yarn.lock")
    assert folded_at_first(parse(lock)) == {"yarn.lock"}
    assert folded_at_first(parse(DIFF.split("diff --git a/old")[0].replace("a.py", "yarn.lock"))) == set()


def test_rows_and_items_agree_when_lines_wrap() -> None:
    files = parse(DIFF.replace("+3.5", "+" + "w" * 500))
    layout = Layout(files, [], Frame.of(files, 40, False), wraps=True)
    assert layout.rows > len(layout.items)
    for place in range(len(layout.items)):
        for row in range(layout.starts[place], layout.starts[place + 1]):
            assert layout.at(row) == (place, row - layout.starts[place])


def test_a_range_names_its_lines_and_keeps_to_one_side() -> None:
    layout = laid()
    place = place_at(layout, 2, 7, 7, "new")
    assert place is not None
    assert (place.start, place.line, place.text) == (1, 4, "one\n2\n3\n3.5")
    old = place_at(layout, 3, 4, 4, "new")
    assert old is not None
    assert (old.side, old.start, old.line, old.text) == ("old", 2, 3, "two\nthree")


def test_the_cursor_is_on_its_line_again_after_another_layout() -> None:
    one, two = laid(), laid(split=True)
    item = one.items[6]
    again = found(two, Kept(item, line_at(one, item), "a.py", 0))
    assert line_at(two, two.items[again]).text == "3"  # type: ignore[union-attr]


def test_a_tree_joins_folders_with_one_way_on() -> None:
    rows = branches(["README", "src/app/main.py", "src/app/util/a.py", "src/app/util/b.py", "tests/x.py"])
    assert [(row.depth, row.name) for row in rows] == [
        (0, "README"), (0, "src/app/"), (1, "main.py"), (1, "util/"), (2, "a.py"), (2, "b.py"), (0, "tests/"),
        (1, "x.py"),
    ]  # fmt: skip
