"""Parquet, the form in which the Hugging Face hub keeps data sets: rows with their pictures as bytes, a few at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pyarrow import ArrowInvalid
from pyarrow.parquet import ParquetFile

from docai.errors import Unreadable

AT_ONCE: Final = 16  # rows in memory, each with a picture of up to some megabytes


def read(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file.

    Raises:
        Unreadable: It is not parquet.
    """
    try:
        with ParquetFile(file) as opened:
            for batch in opened.iter_batches(batch_size=AT_ONCE):
                yield from batch.to_pylist()
    except (ArrowInvalid, OSError) as error:
        raise Unreadable(f"{file}: not parquet that can be read ({error}); was it copied completely?") from error
