"""Tables of samples: parquet files, and Hugging Face datasets as `save_to_disk` leaves them.

Columns: `image` or `images`, and `messages`, `conversations`, `prompt` with `completion`, `question` with `answer` or `answers`, or
`chosen` with `rejected`. Of a dataset in several splits, `train` is learnt from; the others are kept to be judged by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from datasets import Dataset, DatasetDict, disable_progress_bars, enable_progress_bars, is_progress_bar_enabled, load_from_disk
from datasets.exceptions import DatasetGenerationError

from docai.errors import Unreadable
from docai.sources import Origin
from fine_tune.readers.conversations import PICTURES
from fine_tune.readers.records import Kind, Part, picture_at, sample_of
from fine_tune.samples import BadSample, Sample

SPLIT: Final = "train"


class Rows:
    """The rows of a table, read from the disc when they are asked for."""

    def __init__(self, table: Dataset, path: Path, folders: Sequence[Path] = ()) -> None:
        """Hold a table; pictures that it names only are looked for in some folders, and beside it."""
        self._table = table.with_format("arrow")  # as it is stored: pictures stay bytes
        self._path, self._folders = path, (*folders, path.parent)
        self.name, self.count = path.name, len(table)

    def sample(self, number: int) -> Sample:
        """Return a row as a sample, by its number from 0."""
        if not 0 <= number < self.count:
            raise IndexError(f"{self.name} has {self.count} rows, and none of number {number}")
        origin = f"{self._path}:{number + 1}"
        (row,) = self._table[number : number + 1].to_pylist()
        told: Any = next((row[column] for column in PICTURES if row.get(column)), [])
        pictures = told if isinstance(told, list) else [told]
        return sample_of(row, [self._picture(picture, origin) for picture in pictures], origin)

    def _picture(self, told: Any, origin: str) -> Origin:
        """Return a picture that is told as bytes, as a path, or as the package datasets does, by both."""
        data, path = (told.get("bytes"), told.get("path")) if isinstance(told, Mapping) else (told, told)
        if isinstance(data, bytes):
            return Origin(None, data)
        if isinstance(path, str):
            return picture_at(path, self._folders, origin)
        raise BadSample(origin, "its picture is neither bytes nor a path")


def saved(path: Path, folders: Sequence[Path]) -> list[Part]:
    """Return the rows of a folder that `save_to_disk` left.

    Raises:
        Unreadable: It cannot be read, or has several splits and no `train`.
    """
    try:
        table = load_from_disk(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise Unreadable(f"{path}: cannot be read as a dataset on disc ({error}); save it again by save_to_disk") from error
    if isinstance(table, DatasetDict):
        if SPLIT not in table:
            raise Unreadable(
                f"{path}: has the splits {', '.join(map(str, table))}, and no {SPLIT!r}; give the folder of one of them"
            )
        table = table[SPLIT]
    return _parts(Rows(table, path, folders), table.column_names)


def opened(path: Path, folders: Sequence[Path]) -> list[Part]:
    """Return the rows of a parquet file, which is laid out for access by number in the cache of the package datasets first.

    Raises:
        Unreadable: It cannot be read.
    """
    bars = is_progress_bar_enabled()
    disable_progress_bars()
    try:
        table = Dataset.from_parquet(str(path))
    except (OSError, ValueError, DatasetGenerationError) as error:
        raise Unreadable(f"{path}: cannot be read as parquet ({error}); write it again") from error
    finally:
        if bars:
            enable_progress_bars()
    assert isinstance(table, Dataset)
    return _parts(Rows(table, path, folders), table.column_names)


def _parts(rows: Rows, columns: Sequence[str]) -> list[Part]:
    kind: Kind = "pairs" if "rejected" in columns else "own" if set(PICTURES) & set(columns) else "text"
    return [Part(rows, range(rows.count), kind)] if rows.count else []
