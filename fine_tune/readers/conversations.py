"""Conversations in JSON or JSON Lines: about pictures as LLaVA and InternVL write them, chat without any, and preferences.

LLaVA and InternVL: `image`, a path or several, and `conversations`, whose members tell `from` (human, gpt or system) and `value`,
with `<image>` where a picture is shown. Chat: `messages` of `role` and `content`. Preferences: `chosen` and `rejected` beside a
`prompt` or `question`. InternVL's lists name such files: `{name: {"root": …, "annotation": …, "repeat_time": …}}`.

Source: haotian-liu/LLaVA, docs/Finetune_Custom_Data.md; InternVL's documentation, "Chat Data Format"; TRL's, "Dataset formats".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from docai.errors import Unreadable
from fine_tune.readers.records import KINDS, Part, Records, picture_at, sample_of
from fine_tune.samples import BadSample, Sample

PICTURES: Final = ("image", "images")  # the keys that name them
KEYS: Final = ("conversations", "messages", "prompt", "question", "chosen")  # of which a record has one


class Conversations:
    """The conversations of a file."""

    def __init__(self, path: Path, folders: Sequence[Path] = (), name: str = "") -> None:
        """Read a file; pictures are looked for in some folders first, then beside the file and in `images` there.

        Raises:
            Unreadable: It cannot be read.
        """
        self.records = Records(path)
        self._folders = (*folders, path.parent, path.parent / "images")
        self.name, self.count = name or path.name, len(self.records)

    def sample(self, number: int) -> Sample:
        """Return a conversation, by its number from 0."""
        record, origin = self.records.read(number), self.records.origin(number)
        pictures = [picture_at(name, self._folders, origin) for name in _names(record, origin)]
        return sample_of(record, pictures, origin)

    def parts(self, repeats: float = 1) -> list[Part]:
        """Return the conversations by kind; each `repeats` times, or that share of them, from the first."""
        numbers: list[list[int]] = [[] for _ in KINDS]
        for number, kind in enumerate(self.records.kinds[: int(self.count * min(1, repeats))]):
            numbers[kind].append(number)
        times = max(1, int(repeats))
        return [Part(self, own * times, kind) for own, kind in zip(numbers, KINDS, strict=True) if own]


def opened_conversations(path: Path, folders: Sequence[Path]) -> list[Part]:
    """Return the conversations of a file, or of those that InternVL's list names.

    Raises:
        Unreadable: It cannot be read, or is neither.
    """
    listed = _list_of_files(path)
    if listed is not None:
        return _listed(path, listed)
    conversations = Conversations(path, folders)
    if not conversations.count:
        raise Unreadable(f"{path}: holds no samples; leave it out")
    return conversations.parts()


def named_in(path: Path) -> set[Path]:
    """Return the files that InternVL's list names, if a file is one; none else."""
    return {annotation.resolve() for _, annotation, _, _ in _annotations(path, _list_of_files(path) or {})}


def _list_of_files(path: Path) -> dict[str, Any] | None:
    """Return InternVL's list of files, if a JSON file is one."""
    with path.open("rb") as file:
        first = file.readline()
    if path.suffix != ".json" or not first.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"{"):
        return None
    try:
        told = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError:  # JSON Lines by another name
        return None
    if any(key in told for key in (*KEYS, "schema_version")):  # a single conversation, or a document
        return None
    if not all(isinstance(one, dict) and "annotation" in one for one in told.values()):
        raise Unreadable(
            f"{path}: is no list of conversations, none of files with 'annotation', and no document of docai beside its picture"
        )
    return dict(told)


def _listed(path: Path, listed: Mapping[str, Any]) -> list[Part]:
    """Return the conversations of the files of InternVL's list; one with a `repeat_time` of 2 twice, of 0.5 its first half.

    How many tiles a picture has is up to the stage, not to the list.

    Raises:
        Unreadable: A file is not there, or is repeated no positive number of times.
    """
    return [
        part
        for name, annotation, root, repeats in _annotations(path, listed)
        for part in Conversations(annotation, (root,), name).parts(repeats)
    ]


def _annotations(path: Path, listed: Mapping[str, Any]) -> Iterator[tuple[str, Path, Path, float]]:
    """Yield the files of InternVL's list: name, file, folder of the pictures, and how often its samples are learnt from.

    Paths are looked for beside the list, then where the program runs, as InternVL does.
    """
    for name, told in listed.items():
        repeats = told.get("repeat_time", 1)
        if not isinstance(repeats, (int, float)) or repeats <= 0:
            raise Unreadable(f"{path}: {name}: repeat_time is {repeats!r}; give a number above 0, or leave the file out")
        annotations = told["annotation"] if isinstance(told["annotation"], list) else [told["annotation"]]
        for annotation in annotations:
            yield name, _found(path, annotation), _found(path, told.get("root", ".")), repeats


def _found(path: Path, name: str) -> Path:
    for there in (path.parent / name, Path(name)):
        if there.exists():
            return there
    raise Unreadable(f"{path}: {name} is neither beside it nor in {Path.cwd()}; correct the path in the list")


def _names(record: Mapping[str, Any], origin: str) -> list[str]:
    """Return the names of a record's pictures."""
    told: Any = next((record[key] for key in PICTURES if record.get(key)), [])
    names = [told] if isinstance(told, str) else told
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadSample(origin, "its picture is neither a path nor a list of paths")
    return names
