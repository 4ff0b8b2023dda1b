"""Formats of the data that users bring: one file a format, each giving samples by their numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from docai.errors import NothingToDo, Unreadable
from docai.registry import load
from fine_tune.readers.conversations import named_in, opened_conversations
from fine_tune.readers.documents import opened_document
from fine_tune.readers.records import KINDS, Part
from fine_tune.samples import Joined, Source

EXPECTED: Final = (
    "want conversations as JSON or JSON Lines, parquet, a dataset left by save_to_disk, or a document's JSON beside its file"
)
SAVED: Final = ("state.json", "dataset_dict.json")  # what a folder of save_to_disk has, with one split and with several
PARQUET: Final = "fine_tune.readers.parquet"
SUFFIXES: Final = (".json", ".jsonl", ".parquet")
PAIRS: Final = (b'{"line":"pair"', b'{"line":"passed"')  # what files of `fine_tune.preferences.pairs` begin with


OpenPairs = Callable[[Path], Source]  # gives the pairs of a file, for the model that learns from them


def sources_in(
    paths: Iterable[Path],
    folders: Sequence[Path] = (),
    languages: tuple[str, ...] = ("en",),
    open_pairs: OpenPairs | None = None,
) -> dict[str, Source]:
    """Return the data in files and folders as the sources of a mixture: "own", "text" and "pairs", those that there are.

    Raises:
        As `open_data`.
    """
    return by_kind(part for path in paths for part in open_data(path, folders, languages, open_pairs))


def open_data(
    path: Path, folders: Sequence[Path] = (), languages: tuple[str, ...] = ("en",), open_pairs: OpenPairs | None = None
) -> list[Part]:
    """Return the samples of a file, or of all files of a folder and the folders in it, in the order of their names.

    What a file holds is told by what is in it. Pictures are looked for in `folders` first, then beside the file. Pages of documents
    are asked for with `languages`, ISO 639-1 codes, most likely first: models are asked in the first that they speak. Files of
    pairs that were made here are opened by `open_pairs`, and passed over without it.

    Raises:
        NothingToDo: There is nothing of the kind.
        Unreadable: A file cannot be read, or is of no format that is known.
    """
    if not path.exists():
        raise NothingToDo(f"{path}: there is no such file or folder; {EXPECTED}")
    if path.is_file():
        return _opened(path, folders, languages, open_pairs)
    files = list(_files(path))
    named = {file for one in files if one.suffix == ".json" for file in named_in(one)}  # learnt from as the list says
    parts = [part for one in files if one.resolve() not in named for part in _opened(one, folders, languages, open_pairs)]
    if not parts:
        raise NothingToDo(f"{path}: there is nothing to learn from in this folder; {EXPECTED}")
    return parts


def by_kind(parts: Iterable[Part]) -> dict[str, Source]:
    """Return samples as the sources of a mixture, those that there are: "own", with pictures; "text", without; "pairs"."""
    held = list(parts)
    kinds = {kind: [part for part in held if part.kind == kind] for kind in KINDS}
    return {kind: Joined(kind, own) for kind, own in kinds.items() if own}


def _opened(path: Path, folders: Sequence[Path], languages: tuple[str, ...], open_pairs: OpenPairs | None) -> list[Part]:
    head = b"" if path.is_dir() else _head(path)
    if not head or head.startswith(b"PAR1"):
        parts: list[Part] = load(f"{PARQUET}:opened" if head else f"{PARQUET}:saved")(path, folders)
        return parts
    if not head.lstrip(b" \t\r\n\xef\xbb\xbf").startswith((b"{", b"[")):
        raise Unreadable(f"{path}: begins with {head[:16]!r}; {EXPECTED}")
    if head.startswith(PAIRS):
        pairs = open_pairs(path) if open_pairs is not None else None
        return [Part(pairs, range(pairs.count), "pairs")] if pairs is not None and pairs.count else []
    # The JSON of a document begins with its pages as `docai extract` writes it, and with its version as `Document.to_json` does
    document = path.suffix == ".json" and (head.startswith(b'{"pages":[') or b'"schema_version"' in head)
    return opened_document(path, folders, languages) if document else opened_conversations(path, folders)


def _head(path: Path) -> bytes:
    """Return the first bytes of a file.

    Raises:
        Unreadable: It cannot be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as error:
        raise Unreadable(f"{path}: cannot be read ({error}); check its permissions") from error
    if not head:
        raise Unreadable(f"{path}: the file is empty (0 bytes); {EXPECTED}")
    return head


def _files(folder: Path) -> Iterable[Path]:
    """Yield what samples may be in, folders of datasets as one."""
    if any((folder / name).is_file() for name in SAVED):
        yield folder
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in SUFFIXES:
            yield path
