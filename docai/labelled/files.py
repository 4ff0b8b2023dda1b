"""Rows of data sets: JSON, JSON lines and parquet, one file or the parts of a split; and where the pictures lie."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from docai.errors import NothingToDo, Unreadable
from docai.registry import load

_SHARD: Final = re.compile(r"^(?P<split>.+?)-\d+(-of-\d+)?(-[0-9a-f]+)?\.parquet$")  # as `datasets` names the parts of a split
_PLACES: Final = ("images", "image", "png")  # folders that published data sets keep their pictures in, beside their rows


class Row(NamedTuple):
    """A row: its fields, and where it stands, as messages tell it: `val.jsonl:17`."""

    fields: Mapping[str, Any]
    place: str

    def get(self, *names: str) -> Any:
        """Return the first of some fields that the row has.

        Raises:
            Unreadable: It has none of them: it is no row of this layout.
        """
        for name in names:
            if self.fields.get(name) is not None:
                return self.fields[name]
        has = ", ".join(sorted(self.fields)) or "nothing"
        raise Unreadable(f"{self.place}: no field {' or '.join(names)} (there are: {has}); is this the right --layout?")

    def text(self, *names: str) -> str:
        """Return such a field as text."""
        return str(self.get(*names))

    def texts(self, *names: str) -> tuple[str, ...]:
        """Return such a field, a text or several, as texts; at least one.

        Raises:
            Unreadable: It is empty, as in test splits whose answers are kept back.
        """
        value = self.get(*names)
        texts = tuple(map(str, value)) if isinstance(value, (list, tuple)) else (str(value),)
        if not texts:
            raise Unreadable(f"{self.place}: {names[0]} is empty, so nothing can be scored; take a split with its answers")
        return texts


def rows(path: Path, patterns: Sequence[str], splits: Sequence[str] = ()) -> Iterator[Row]:
    """Yield the rows of a data set.

    `path` is a file, or a folder in which the files are looked for: parquet in the parts of one split, of several the first of
    `splits` that is there; else the only file, however deep, whose name fits the first of `patterns` that any fits.

    Raises:
        NothingToDo: There is no such file.
        Unreadable: There are several, or it is not JSON.
        MissingDependency: It is parquet, and pyarrow is not installed.
    """
    for file in _files(path, patterns, splits):
        found = load("docai.labelled.parquet:read")(file) if file.suffix == ".parquet" else _json_rows(file)
        for number, fields in enumerate(found, 1):
            if not isinstance(fields, dict):
                raise Unreadable(f"{file}:{number}: a row is an object with fields; is this the right --layout?")
            yield Row(fields, f"{file.name}:{number}")


def _files(path: Path, patterns: Sequence[str], splits: Sequence[str]) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise NothingToDo(f"{path}: there is no such file or folder; name where the data set lies")
    shards = sorted(path.rglob("*.parquet"))
    if shards:
        return _split(path, shards, splits)
    for pattern in patterns:
        found = sorted(path.rglob(pattern))
        if len(found) > 1:
            raise Unreadable(f"{path}: several files could be meant ({_names(found, path)}); name one of them")
        if found:
            return found
    raise NothingToDo(f"{path}: no {' or '.join(patterns)} and no parquet in it; is this the right folder and --layout?")


def _split(path: Path, shards: Sequence[Path], splits: Sequence[str]) -> list[Path]:
    """Return the parts of one split."""
    by_split: dict[tuple[Path, str], list[Path]] = {}
    for shard in shards:
        match = _SHARD.match(shard.name)
        by_split.setdefault((shard.parent, match["split"] if match else shard.stem), []).append(shard)
    if len(by_split) == 1:
        return list(shards)
    for split in splits:
        found = [parts for (_, name), parts in by_split.items() if name == split]
        if len(found) == 1:
            return found[0]
        if found:
            break
    raise Unreadable(f"{path}: several splits could be meant ({_names(shards, path)}); name one of the files, or its folder")


def _names(files: Sequence[Path], folder: Path) -> str:
    shown = [str(file.relative_to(folder)) for file in files[:5]]
    return ", ".join(shown) + (f" and {len(files) - 5} more" if len(files) > 5 else "")


def _json_rows(file: Path) -> Iterator[Any]:
    """Yield the rows of a JSON array, of the array in the field `data`, or of JSON lines."""
    if file.suffix != ".jsonl":
        value = read_json(file)
        yield from value.get("data", [value]) if isinstance(value, dict) else value
        return
    with file.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, 1):
            if line.strip():
                try:
                    yield json.loads(line)
                except ValueError as error:
                    raise Unreadable(f"{file}:{number}: not JSON ({error}); was it copied completely?") from error


def read_json(file: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        Unreadable: It cannot be read, or is not JSON.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unreadable(f"{file}: not JSON that can be read ({error}); was it copied completely?") from error


def picture(value: Any, path: Path) -> Path | bytes:
    """Return the picture that a row names, or holds as parquet does: `{"bytes": …, "path": …}`.

    A path is looked for beside the rows and above, whole and then without its first folders, since data sets are published with
    paths of the machine that they were made on; where it is nowhere, the path beside the rows, which whoever reads it will miss.
    """
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, dict):
        return bytes(value["bytes"]) if value.get("bytes") else picture(str(value.get("path") or ""), path)
    parts = [part for part in PurePosixPath(str(value).replace("\\", "/")).parts if part not in ("/", "..")]
    folder = path if path.is_dir() else path.parent
    for start in range(len(parts)):
        tail = Path(*parts[start:])
        for root in (folder, *(folder / place for place in _PLACES), folder.parent, *(folder.parent / place for place in _PLACES)):
            if (root / tail).is_file():
                return root / tail
    return folder.joinpath(*parts)
