"""The forms a model answers in. Their descriptions are what it reads; what they cannot say is checked by each stage."""

from __future__ import annotations

import posixpath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Said = Annotated[Text, StringConstraints(min_length=1)]


def _plain(path: str) -> str:
    return posixpath.normpath(path.strip()) if path.strip() else ""


Place = Annotated[str, AfterValidator(_plain)]  # a path in one spelling: `./app.py` is `app.py`
MaybePlace = Annotated[Place | None, BeforeValidator(lambda value: value or None)]


class Option(BaseModel):
    """One answer that a person can pick."""

    label: Said
    detail: Text = ""
    example: Text = ""


class Question(BaseModel):
    """What only a person can settle."""

    text: Said
    choices: list[Option] = Field(default_factory=list, max_length=6)


class Fact(BaseModel):
    """A fact that was found."""

    text: Said
    file: MaybePlace = None
    line: int | None = Field(default=None, ge=1)
    function: str | None = None
    verified: bool = False
    is_cause: bool = False


class Investigated(BaseModel):
    """The result of the investigation."""

    summary: Said
    findings: list[Fact] = Field(default_factory=list, max_length=20)
    verdict: Literal["actionable", "needs_input", "not_actionable", "already_addressed"]
    verdict_reason: Said
    priority: int = Field(ge=0, le=4)
    priority_reason: Said
    question: Question | None = None
    test_path: Place = Field(default="", description="the test file you wrote that fails as the report does")
    remaining: float = Field(default=0.5, ge=0, le=1)


class Reply(BaseModel):
    """The answer to a comment."""

    comment: int = Field(description="its number, as the task gives it")
    text: Said


class Proposed(BaseModel):
    """The result: the change as it is in the sandbox, or a question, or why there is neither."""

    title: Text = ""
    cause: Text = ""
    change: Text = ""
    test_path: Place = Field(default="", description="the regression test's file")
    question: Question | None = None
    why_none: Text = ""
    replies: list[Reply] = Field(default_factory=list, max_length=100)


class Note(BaseModel):
    """One remark on a change."""

    severity: Literal["must-fix", "should-fix", "consider"]
    text: Said
    path: MaybePlace = None
    line: int | None = Field(default=None, ge=1)


class Reviewed(BaseModel):
    """The result of the review."""

    remarks: list[Note] = Field(default_factory=list, max_length=30)
