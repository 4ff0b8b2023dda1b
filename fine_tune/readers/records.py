"""What the formats of conversations share: JSON objects found again by their place in a file, and turns and pictures of one."""

from __future__ import annotations

import json
import os
import re
from array import array
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from docai.dialects import Said
from docai.dialects import Sight as Shown
from docai.dialects.internvl import Dialect as InternVL
from docai.dialects.questions import QUESTIONS
from docai.dialects.varco import Dialect as Varco
from docai.document import Answer
from docai.errors import InputError, Unreadable
from docai.sources import Origin, kind_of, opened
from docai.sources import Source as Opened
from docai.tasks.asking import Ask
from docai.tiling import View
from fine_tune.samples import BadSample, Chosen, Sample, Source, Turn

Kind = Literal["own", "text", "pairs"]  # as mixtures call them: with pictures, of nothing but words, and preferences

KINDS: Final[tuple[Kind, ...]] = ("own", "text", "pairs")
PLACEHOLDER: Final = "<image>"  # of LLaVA's, InternVL's and TRL's data
_SPEAKERS: Final = (("human", "user"), ("gpt", "assistant"))  # what LLaVA and InternVL call who speaks
ROLES: Final = {**dict(_SPEAKERS), **{role: role for role in ("system", "user", "assistant")}}
HEAD: Final = 2048  # bytes by which `docai.sources` tells what a file is
KEPT: Final = 2  # pictures kept open: few samples have more, and each may take 100 MB
_ALONE: Final = re.compile(rf"^[ \t]*(?:{PLACEHOLDER}[ \t]*)+(?:\n|$)", re.MULTILINE)  # a line of nothing but placeholders
_GROUNDED: Final = (  # tags by which answers with boxes are known, and whose they are
    (re.compile(r"<(?:ref|box)>"), InternVL()),
    (re.compile(r"<(?:obj|bbox)>"), Varco()),
)
# Keys, since quotes within texts have a backslash before them; with something behind them
_PICTURED: Final = re.compile(rb'"images?"\s*:(?!\s*(?:null|""|\[\s*\]))')
_PREFERRED: Final = re.compile(rb'"rejected"\s*:(?!\s*null)')
_TAGGED: Final = re.compile(r"</?(?:ref|box|quad|char|obj|bbox|delim|ocr|gro|img|IMG_CONTEXT|image)>")


class Part(Chosen):
    """Samples of one kind among those of a source.

    Attributes:
        kind: Which of a mixture's sources they belong to.
    """

    def __init__(self, source: Source, numbers: Sequence[int], kind: Kind) -> None:
        """Hold the numbers, in order."""
        super().__init__(source, numbers)
        self.kind = kind


class Records:
    """The JSON objects of a file; only where each stands is held, 25 bytes, and it is read when it is asked for.

    Attributes:
        path: Of the file: JSON Lines, or one list.
        kinds: Of each object, as a place in `KINDS`.
    """

    def __init__(self, path: Path) -> None:
        """Find the objects; those of JSON Lines are not looked at yet.

        Raises:
            Unreadable: The file cannot be read, or is one JSON value that is no list.
        """
        self.path = path
        self._starts, self._ends, self._lines = array("q"), array("q"), array("q")
        self.kinds = array("b")
        try:
            if _is_list(path):
                self._find_items()
            else:
                self._find_lines()
        except (OSError, UnicodeDecodeError) as error:
            raise Unreadable(f"{path}: cannot be read ({error}); it should be JSON Lines, or a JSON list, in UTF-8") from error

    def __len__(self) -> int:
        return len(self._starts)

    def origin(self, number: int) -> str:
        """Return where an object stands: the file and the line, from 1, that it begins in."""
        return f"{self.path}:{self._lines[number]}"

    def read(self, number: int) -> dict[str, Any]:
        """Return an object.

        Raises:
            BadSample: It is no JSON object.
            IndexError: There are not so many.
        """
        with self.path.open("rb") as file:
            file.seek(self._starts[number])
            data = file.read(self._ends[number] - self._starts[number])
        try:
            value = json.loads(data)
        except ValueError as error:
            raise BadSample(self.origin(number), f"no JSON ({error})") from error
        if not isinstance(value, dict):
            raise BadSample(self.origin(number), f"a JSON {type(value).__name__}, where an object is wanted")
        return value

    def _find_lines(self) -> None:
        start = 0
        with self.path.open("rb") as file:
            for line, data in enumerate(file, 1):
                if data.strip(b" \t\r\n\xef\xbb\xbf"):
                    self._add(start, data, line)
                start += len(data)

    def _find_items(self) -> None:
        whole = self.path.read_bytes()
        text = whole.decode("utf-8-sig")
        start = len(whole) - len(text.encode())  # bytes of a mark of byte order
        decoder, line, byte = json.JSONDecoder(), 1, start
        place = text.index("[") + 1
        told = 0  # how far lines and bytes are counted
        while True:
            place = _skipped(text, place)
            if text.startswith("]", place):
                return
            try:
                _, end = decoder.raw_decode(text, place)
            except ValueError as error:
                raise Unreadable(f"{self.path}: {error}; a list of samples must be whole, one sample a line need not be") from error
            before, item = text[told:place], text[place:end]
            line, byte = line + before.count("\n"), byte + len(before.encode())
            data = item.encode()
            self._add(byte, data, line)
            line, byte, told, place = line + item.count("\n"), byte + len(data), end, end

    def _add(self, start: int, data: bytes, line: int) -> None:
        self._starts.append(start)
        self._ends.append(start + len(data))
        self._lines.append(line)
        kind: Kind = "pairs" if _PREFERRED.search(data) else "own" if _PICTURED.search(data) else "text"
        self.kinds.append(KINDS.index(kind))


def _is_list(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(1024).lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"[")


def _skipped(text: str, place: int) -> int:
    """Return the place of the next item, behind spaces and commas."""
    while place < len(text) and text[place] in " \t\r\n,":
        place += 1
    return place


# Turns


@dataclass(frozen=True, slots=True)
class _Said:
    """What somebody said; of an answer, what would have been worse."""

    role: str
    text: str
    rejected: str | None = None


def sample_of(record: Mapping[str, Any], pictures: Sequence[Origin], origin: str) -> Sample:
    """Return a record as a sample: `conversations`, `messages`, or a question with its answer, or with one chosen and one rejected.

    Pictures stand before the first question, where their placeholders are taken out; where a conversation has none, they all do.

    Raises:
        BadSample: It is of no form that is known, turns do not alternate, an answer is missing, placeholders are not as many as
            pictures, or a picture cannot be used.
    """
    if record.get("video") or record.get("videos"):
        raise BadSample(origin, "films are not learnt from; leave it out")
    told = _told(record, origin)
    system = told[0].text if told and told[0].role == "system" else None
    said = told if system is None else told[1:]
    _check_turns(said, origin)
    questions = [one.text for one in said[::2]]
    _check_placeholders(questions, len(pictures), placed="conversations" in record, origin=origin)
    turns = tuple(
        Turn(
            Ask(_ALONE.sub("", question).replace(PLACEHOLDER, "").strip()),
            answer_of(answer.text),
            None if answer.rejected is None else answer_of(answer.rejected),
        )
        for question, answer in zip(questions, said[1::2], strict=True)
    )
    return Sample(tuple(view_of(picture, origin) for picture in pictures), turns, origin, system)


def _check_turns(said: Sequence[_Said], origin: str) -> None:
    """Check that questions and answers take turns, and that no answer is empty."""
    for place, one in enumerate(said):
        expected = "assistant" if place % 2 else "user"
        if one.role != expected:
            raise BadSample(origin, f"turn {place + 1} is of the {one.role}, where one of the {expected} is wanted")
        if expected == "assistant" and not (one.text.strip() and (one.rejected is None or one.rejected.strip())):
            raise BadSample(origin, "an answer is empty")
    if not said or len(said) % 2:
        raise BadSample(origin, "the last question has no answer" if said else "nothing is said")


def _check_placeholders(questions: Sequence[str], pictures: int, *, placed: bool, origin: str) -> None:
    """Check that pictures have their placeholders in the first question, or none at all.

    Loaders of InternVL's data show a single picture first that has no placeholder, TRL's all of them; so where placeholders are
    the rule (`placed`), none will do for one picture only.
    """
    first, *later = (question.count(PLACEHOLDER) for question in questions)
    if any(later):
        raise BadSample(origin, f"{PLACEHOLDER} in a later question; pictures can be shown before the first one only")
    if first != pictures and (first or (placed and pictures > 1)):
        raise BadSample(origin, f"{first} times {PLACEHOLDER}, but {pictures} pictures")


def _told(record: Mapping[str, Any], origin: str) -> list[_Said]:
    """Return who said what in a record."""
    for name in ("conversations", "messages"):
        if record.get(name) is not None:
            return _messages(record[name], origin)
    question = _first(record, ("prompt", "question", "query", "instruction"))
    if record.get("chosen") is not None and record.get("rejected") is not None:
        return _preference(question, record, origin)
    answer = _first(record, ("completion", "answer", "answers", "response"))
    if question is None or answer is None:
        known = "conversations, messages, prompt and completion, question and answer, or chosen and rejected"
        raise BadSample(origin, f"it has {', '.join(sorted(record)) or 'nothing'}; want {known}")
    if isinstance(answer, list) and answer and isinstance(answer[0], str):  # several right ones, the first the commonest
        answer = answer[0]
    return [*_messages(question, origin), *_messages(answer, origin, "assistant")]


def _preference(question: Any, record: Mapping[str, Any], origin: str) -> list[_Said]:
    """Return a conversation whose last answer has a worse one beside it; without a question, both tell it before theirs."""
    before = [] if question is None else _messages(question, origin)
    chosen, rejected = (_messages(record[name], origin, "assistant") for name in ("chosen", "rejected"))
    if not chosen or not rejected or chosen[:-1] != rejected[:-1]:
        raise BadSample(
            origin, "what is chosen and what is rejected do not follow the same; they may differ in the last answer only"
        )
    if chosen[-1].role != "assistant" or rejected[-1].role != "assistant":
        raise BadSample(origin, "what is chosen or rejected does not end with an answer")
    if before == chosen[: len(before)]:  # the question is told twice
        before = []
    return [*before, *chosen[:-1], _Said("assistant", chosen[-1].text, rejected[-1].text)]


def _first(record: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((record[name] for name in names if record.get(name) is not None), None)


def _messages(told: Any, origin: str, role: str = "user") -> list[_Said]:
    """Return messages of any form; a text alone is what `role` says."""
    if isinstance(told, str):
        return [_Said(role, told)]
    if not isinstance(told, Sequence):
        raise BadSample(origin, f"a {type(told).__name__}, where a text or a list of messages is wanted")
    return [_message(one, origin) for one in told]


def _message(told: Any, origin: str) -> _Said:
    if not isinstance(told, Mapping):
        raise BadSample(origin, f"a message that is a {type(told).__name__}, and no object")
    name = told.get("from", told.get("role"))
    role = ROLES.get(name) if isinstance(name, str) else None
    if role is None:
        raise BadSample(origin, f"a message of {name!r}; want one of {', '.join(ROLES)}")
    content = told.get("value", told.get("content"))
    if isinstance(content, Sequence) and not isinstance(content, str):
        content = "".join(_part(part, origin) for part in content)
    if not isinstance(content, str):
        raise BadSample(origin, f"a message of {name!r} without a text")
    return _Said(role, content)


def _part(part: Any, origin: str) -> str:
    if isinstance(part, Mapping):
        if part.get("type") in ("image", "image_url"):
            return f"{PLACEHOLDER}\n"
        if part.get("type") == "text" and isinstance(part.get("text"), str):
            return str(part["text"])
    raise BadSample(origin, "a part of a message that is neither a text nor a picture")


def answer_of(text: str) -> Answer | str:
    """Return an answer as a value, so that any dialect can say it in its own words, boxes in InternVL's or VARCO's words included.

    What has other tags of these families stays as it stands.
    """
    text = text.strip()
    if text == QUESTIONS["en"]["unanswered"]:
        return Answer(text="")
    for pattern, dialect in _GROUNDED:
        if pattern.search(text):
            decoded = dialect.decode(Ask(""), Said(text), Shown())
            told = decoded.answer
            return told if isinstance(told, Answer) and not decoded.problems and not _TAGGED.search(told.text) else text
    return text if _TAGGED.search(text) else Answer(text=text)


# Pictures


def view_of(picture: Origin, origin: str) -> View:
    """Return a picture as one is shown whom a question about it is asked.

    Raises:
        BadSample: It is not there, no picture, damaged, or has several pages.
    """
    with ExitStack() as stack:
        try:
            drawn = kind_of(picture.read(HEAD)) == "pdf"
            source = stack.enter_context(opened(picture)) if drawn else _kept_open(picture)
            if source.page_count != 1:
                raise BadSample(origin, f"{picture.name} has {source.page_count} pages; give pictures of single ones")
            page = source.page(1)
        except (InputError, OSError) as error:
            raise BadSample(origin, str(error)) from error
    broken = next(
        (problem for problem in page.problems if problem.severity == "error" or problem.code == "picture_truncated"), None
    )
    if broken is not None:
        raise BadSample(origin, f"{picture.name}: {broken.message}")
    return View(page.reference, page.width_points, page.height_points, words=page.words)


_kept: OrderedDict[Origin, tuple[Opened, ExitStack]] = OrderedDict()


def _kept_open(picture: Origin) -> Opened:
    """Return a picture, opened, and keep it so until others were: it is drawn next, and need not be decoded twice for that.

    Nothing but pixels is kept. An open PDF could not be: processes that share its file would read from each other's places.
    """
    if picture not in _kept:
        stack = ExitStack()
        _kept[picture] = stack.enter_context(opened(picture)), stack
        if len(_kept) > KEPT:
            _, (_, oldest) = _kept.popitem(last=False)
            oldest.close()
    return _kept[picture][0]


def picture_at(name: str, folders: Sequence[Path], origin: str) -> Origin:
    """Return a picture by the name that a record gives, which is looked for in some folders, in order.

    Raises:
        BadSample: It is in none of them.
    """
    for folder in folders:
        path = folder / name
        if path.is_file():
            return Origin(os.fspath(path))
    raise BadSample(origin, f"no such picture: {name} (looked for in {', '.join(map(str, folders))})")
