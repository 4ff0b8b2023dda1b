"""What people put right: one JSON line a correction, kept beside what was read and never written into it.

A correction tells of one value: which document, where in its JSON, what stood there and what should. A file of them is only ever
added to, so that who changed what, and when, can be told; `apply` gives the document as it should be.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, ValidationError
from pydantic_core import to_jsonable_python

from docai.box import Box
from docai.document import Document, Page, PageNumber, Problem, Severity, replace
from docai.errors import Unreadable

_POINTER: Final = r"^(/([^~/]|~[01])*)*$"  # RFC 6901, section 3
_SHOWN: Final = 60  # characters of a value in a message

Tokens = tuple[str, ...]


class Correction(BaseModel):
    """A value that somebody put right.

    Attributes:
        document: The content hash of the document, as `Document.content_hash` tells it.
        within: What the pointer leads into: the JSON of the `Document`, or the data of an extraction by a schema.
        pointer: Where the value stands, as RFC 6901 writes it: `/pages/0/blocks/3/content/cells/7/text`. A field that the JSON
            leaves out because it is null counts as there.
        before: The JSON value that stood there.
        after: The JSON value that should. Of what is longer or shorter than it should be (cells, blocks), the whole is told.
        box: Where on its page it is to be seen; None where it has no place.
        page_number: On which page, from 1.
        who: Who says so.
        when: And when; any time zone is taken and told as UTC.
        note: What else there is to say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    document: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    within: Literal["document", "data"] = "document"
    pointer: Annotated[str, Field(pattern=_POINTER)]
    before: JsonValue
    after: JsonValue
    box: Box | None = None
    page_number: PageNumber | None = None
    who: Annotated[str, Field(min_length=1)]
    when: Annotated[AwareDatetime, AfterValidator(lambda when: when.astimezone(timezone.utc))]
    note: str = ""

    @property
    def tokens(self) -> Tokens:
        """The pointer's reference tokens, escapes undone: `("pages", "0", "blocks")`."""
        return tuple(token.replace("~1", "/").replace("~0", "~") for token in self.pointer.split("/")[1:])


def pointer_of(tokens: Iterable[str | int]) -> str:
    """Return reference tokens as an RFC 6901 pointer; none are the whole, ""."""
    return "".join("/" + str(token).replace("~", "~0").replace("/", "~1") for token in tokens)


# Files


def append(path: Path, corrections: Iterable[Correction]) -> None:
    """Add corrections to a file, as `append_lines` does.

    Raises:
        OSError: The file cannot be written, or the disk is full; a line that was begun is told as broken off by `read`.
    """
    append_lines(path, (correction.model_dump_json() for correction in corrections))


def append_lines(path: Path, lines: Iterable[str]) -> None:
    """Add lines to a file, which is made if need be, each by one write, and safe on the disk when this returns.

    Several programs may add to one file at the same time. Behind a last line that breaks off, a new line is begun.

    Raises:
        OSError: The file cannot be written, or the disk is full; then the last line breaks off.
    """
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        for line in lines:
            data = b"\n" * _breaks_off(handle) + line.encode() + b"\n"
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, "a line was written in part only; make room and add it again", str(path))
        os.fsync(handle)
    finally:
        os.close(handle)


def _breaks_off(handle: int) -> bool:
    if os.lseek(handle, 0, os.SEEK_END) == 0:
        return False
    os.lseek(handle, -1, os.SEEK_END)
    return os.read(handle, 1) != b"\n"


def read(path: Path) -> tuple[tuple[Correction, ...], tuple[Problem, ...]]:
    """Return the corrections of a file in the order in which they were added, and a problem for each line that is none.

    Raises:
        Unreadable: The file cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read: {error.strerror or error}; check the path and its permissions") from error
    corrections: list[Correction] = []
    faults: list[Problem] = []
    lines = data.split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            corrections.append(Correction.model_validate_json(line))
        except ValidationError as error:
            if number == len(lines):
                message = f"{path}:{number}: the last line breaks off; what it told is lost, correct it again"
                faults.append(_fault("correction_torn", message, severity="error"))
                continue
            reasons = "; ".join(f"{'.'.join(map(str, one['loc'])) or 'line'}: {one['msg']}" for one in error.errors())
            message = f"{path}:{number}: no correction: {reasons}; mend the line or take it out"
            faults.append(_fault("correction_unreadable", message, severity="error"))
    return tuple(corrections), tuple(faults)


# Applying


class _Astray(LookupError):
    """A pointer leads nowhere."""


def apply(document: Document, corrections: Iterable[Correction]) -> tuple[Document, tuple[Problem, ...]]:
    """Return a document with what was put right in it, and what could not be.

    Corrections are taken in the order of their times; of those of one place the last holds, and a note says so. One whose place
    is not there, whose value before is another, or that would make no valid document is a fault, and the others are applied. One
    that is there already changes nothing. Those of other documents are left alone, with a note of how many, and so are those
    that lead into an extraction's data (`apply_to_data`).
    """
    own = [one for one in corrections if one.within == "document"]
    mine = [one for one in own if one.document == document.content_hash]
    corrected, faults = _applied(document, mine)
    if len(mine) < len(own):
        message = f"{len(own) - len(mine)} corrections are of other documents than {document.content_hash or document.name}"
        faults.append(_fault("corrections_of_others", message, severity="note"))
    return corrected, tuple(faults)


def apply_to_data(data: JsonValue, corrections: Iterable[Correction]) -> tuple[JsonValue, tuple[Problem, ...]]:
    """Return an extraction's data with what was put right in them, and what could not be, as `apply` does it for documents.

    All corrections that lead into data are taken; give those of one document.
    """
    corrected, faults = _applied(data, [one for one in corrections if one.within == "data"])
    return corrected, tuple(faults)


def _applied(value: Any, corrections: Sequence[Correction]) -> tuple[Any, list[Problem]]:
    faults: list[Problem] = []
    first: dict[str, JsonValue] = {}  # by pointer, what stood there before anybody put it right
    for one in sorted(corrections, key=lambda one: one.when):
        try:
            current = to_jsonable_python(_at(value, one.tokens))
        except _Astray as error:
            message = f"{one.pointer} is not there ({error}); the document was read anew, or otherwise: correct it again"
            faults.append(_fault("correction_astray", message, one))
            continue
        known = one.pointer in first and _alike(first[one.pointer], one.before)
        if not _alike(current, one.before) and not known:
            if not _alike(current, one.after):
                message = f"{one.pointer} is {_shown(current)}, not {_shown(one.before)}; look at it and correct it again"
                faults.append(_fault("correction_outdated", message, one))
            continue
        try:
            value = _checked_with(value, one.tokens, one.after)
        except ValueError as error:
            reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
            message = f"{one.pointer} cannot be {_shown(one.after)} ({reason}); correct what belongs to it in one go"
            faults.append(_fault("correction_invalid", message, one))
            continue
        if one.pointer in first:
            message = f"{one.pointer} was corrected several times; that of {one.who} at {one.when.isoformat()} holds"
            faults.append(_fault("correction_repeated", message, one, severity="note"))
        first.setdefault(one.pointer, current)
    return value, faults


def _fault(code: str, message: str, one: Correction | None = None, *, severity: Severity = "warning") -> Problem:
    return Problem(code=code, message=message, severity=severity, page_number=one.page_number if one else None)


def _shown(value: JsonValue) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]} …"


def _child(value: Any, token: str) -> Any:
    """Return what stands at a token of a model, a sequence or a mapping.

    Raises:
        _Astray: Nothing does.
    """
    if isinstance(value, BaseModel) and token in type(value).model_fields:
        return getattr(value, token)
    if isinstance(value, Mapping) and token in value:
        return value[token]
    # RFC 6901, section 4: an index has no leading zeros; "-", which is behind the last, is never there
    if isinstance(value, (tuple, list)) and token.isascii() and token.isdecimal() and str(int(token)) == token:
        place = int(token)
        if place < len(value):
            return value[place]
    raise _Astray(f"nothing is called {token!r}")


def _at(value: Any, tokens: Tokens) -> Any:
    for token in tokens:
        value = _child(value, token)
    return value


def _checked_with(value: Any, tokens: Tokens, new: Any) -> Any:
    """Return a value with another one at a place of it, or in place of it; each model on the way is checked.

    Raises:
        ValueError: What would be made is not valid.
    """
    changed = _with(value, tokens, new)
    return type(value).model_validate(changed) if isinstance(value, BaseModel) else changed


def _with(value: Any, tokens: Tokens, new: Any) -> Any:
    """Return a value with another one at a place of it, which the models on the way check, if there are any."""
    if not tokens:
        return new
    token, *rest = tokens
    changed = _with(_child(value, token), tuple(rest), new)
    if isinstance(value, BaseModel):
        return replace(value, **{token: changed})
    if isinstance(value, Mapping):
        return {**value, token: changed}
    place = int(token)
    return [*value[:place], changed, *value[place + 1 :]]


def _alike(one: JsonValue, other: JsonValue) -> bool:
    """Return whether two JSON values are the same, 1 and 1.0 among them, as some programs write the one for the other."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(a, b) for a, b in zip(one, other, strict=True))
    return one == other


# Differences


def between(before: Document, after: Document, *, who: str, when: datetime | None = None, note: str = "") -> list[Correction]:
    """Return what was put right from one reading of a document to the other, in the smallest values that are valid alone.

    Each has the box that is nearest to it: of the cell, the word, the value of a chart, or the content. A table of another
    shape is told as a whole.

    Law: `apply(before, between(before, after, who=…)) == (after, ())`.

    Args:
        who: Who put it right.
        when: And when, with a time zone; None for now.
        note: What each correction is to say besides.

    Raises:
        ValueError: They are of different documents, or tell no content hash.
    """
    if before.content_hash != after.content_hash:
        raise ValueError(f"readings of two documents, {before.content_hash} and {after.content_hash}; give those of one")
    told = {"document": before.content_hash, "who": who, "when": when or datetime.now(timezone.utc), "note": note}
    corrections = []
    for tokens in _differences(before, after):
        old, new = (to_jsonable_python(_at(one, tokens)) for one in (before, after))
        number, box = _place(after, tokens)
        place = {"pointer": pointer_of(tokens), "page_number": number, "box": box}
        corrections.append(Correction.model_validate({**told, **place, "before": old, "after": new}))
    return corrections


def _differences(before: Any, after: Any) -> list[Tokens]:
    """Return the places at which two values differ so that each can be changed alone, one after the other."""
    if type(before) is not type(after) or isinstance(before, Box):
        return [()] if before != after else []
    if isinstance(before, BaseModel):
        names: Sequence[str] = tuple(type(before).model_fields)
    elif isinstance(before, tuple) and len(before) == len(after):
        names = tuple(map(str, range(len(before))))
    else:
        return [()] if before != after else []
    places = [
        (name, *inner)
        for name in names
        if _child(before, name) != _child(after, name)
        for inner in _differences(_child(before, name), _child(after, name))
    ]
    return places if not isinstance(before, BaseModel) or _holds(before, after, places) else [()]


def _holds(before: BaseModel, after: BaseModel, places: Sequence[Tokens]) -> bool:
    """Return whether changes made one after the other make one value of the other, each valid."""
    value: Any = before
    try:
        for tokens in places:
            value = _with(value, tokens, to_jsonable_python(_at(after, tokens)))
    except ValueError:
        return False
    return bool(value == after)


def _place(document: Document, tokens: Tokens) -> tuple[int | None, Box | None]:
    """Return the number of the page and the box that are nearest round a place, None where there is none."""
    number, box = None, None
    for value in _along(document, tokens):
        if isinstance(value, Box):
            box = value
        elif isinstance(value, BaseModel):
            number = value.number if isinstance(value, Page) else getattr(value, "page_number", None) or number
            box = getattr(value, "box", None) or box
    return number, box


def _along(value: Any, tokens: Tokens) -> Iterator[Any]:
    yield value
    for token in tokens:
        value = _child(value, token)
        yield value
