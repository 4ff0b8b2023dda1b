"""A model practises on drawn pages until there are pairs enough: where it was wrong in its own words, or, failing that, made so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from docai.backends.opening import open_local
from docai.backends.transformers.loading import words_of
from docai.corrections import read as read_corrections
from docai.document import Problem
from docai.errors import NothingToDo
from fine_tune.given import drawn_languages
from fine_tune.preferences.corrected import documents_in, pairs_from_corrections
from fine_tune.preferences.making import Options, Outcome, pairs_from_mistakes, pairs_from_model
from fine_tune.preferences.pairs import Pair, read_line
from fine_tune.synth.stream import synth_source
from fine_tune.train import spoken

GROUP: Final = 8  # samples that are asked about before it is counted how many pairs there are
PATIENCE: Final = 4  # times as many samples as pairs wanted are asked about; a model that is mostly right gives fewer


@dataclass(frozen=True, slots=True)
class Practice:
    """How a model practises.

    Attributes:
        model: Its folder.
        sources: Of drawn pages, by the names of mixtures; they take turns.
        count: Pairs that are wanted.
        quantization: In which weights are held meanwhile.
        most_tiles: That it is shown of a view; None for what the folder says.
        pairing: Which pairs are wanted; its seed and languages are those of the pages.
    """

    model: Path
    sources: Sequence[str]
    count: int
    quantization: str = "none"
    most_tiles: int | None = None
    pairing: Options = Options()  # noqa: RUF009  # frozen


def drawn_pairs(practice: Practice, path: Path, *, made: bool = False) -> Outcome:
    """Write pairs of `count` drawn pages to a file: of a model's mistakes, or `made` on purpose; return how many, why not more.

    Raises:
        BackendUnavailable: The model cannot be loaded.
        NothingToDo: There is no source of a name.
    """
    words = words_of(str(practice.model))
    languages, names, count = drawn_languages(practice.pairing.languages), practice.sources, practice.count
    try:
        sources = [synth_source(name, seed=practice.pairing.seed, dialect=spoken(words), languages=languages) for name in names]
    except ValueError as error:
        raise NothingToDo(f"{error}; give one by --source") from error
    pairing = replace(practice.pairing, languages=languages)
    path.parent.mkdir(parents=True, exist_ok=True)
    shares = [range(count * place // len(names), count * (place + 1) // len(names)) for place in range(len(names))]
    if made:
        parts = [
            pairs_from_mistakes(spoken(words), words.family.lens, source, own, path, pairing)
            for source, own in zip(sources, shares, strict=True)
        ]
    else:
        backend = open_local(str(practice.model), quantization=practice.quantization, most_tiles=practice.most_tiles)
        parts = [pairs_from_model(backend, source, own, path, pairing) for source, own in zip(sources, shares, strict=True)]
    return sum(parts, Outcome())


def corrected_pairs(model: Path, corrections: Path, documents: Path, path: Path) -> tuple[Outcome, tuple[Problem, ...]]:
    """Write pairs of what people put right to a file; return how many, why not more, and what could not be put right.

    Raises:
        NothingToDo: There are no documents beside the files that they were read from.
        Unreadable: The file of corrections cannot be read.
    """
    words = words_of(str(model))
    known, faults = read_corrections(corrections)
    found = list(documents_in(documents))
    if not found:
        raise NothingToDo(f"{documents}: no document's JSON lies beside the file that it was read from; give the folder of both")
    path.parent.mkdir(parents=True, exist_ok=True)
    outcome, problems = pairs_from_corrections(found, known, spoken(words), words.family.lens, path)
    return outcome, (*faults, *problems)


def practised(practice: Practice, path: Path, tell: Callable[[str], None] | None = None) -> Outcome:
    """Ask a model about drawn pages until a file has so many pairs, and return how many were made and why others were not.

    Where it gives too few, since it is right, says nothing or cannot speak yet, mistakes are made on purpose for the rest, and
    `tell` is told so. The file is gone on with: what was asked is not asked again.

    Raises:
        BackendUnavailable: The model cannot be loaded.
    """
    outcome = Outcome()
    if pairs_in(path) >= practice.count:
        return outcome
    backend = open_local(str(practice.model), quantization=practice.quantization, most_tiles=practice.most_tiles)
    languages = drawn_languages(practice.pairing.languages)
    sources = [
        synth_source(name, seed=practice.pairing.seed, dialect=backend.dialect, languages=languages) for name in practice.sources
    ]
    most, group = PATIENCE * practice.count, min(GROUP, practice.count)
    for start in range(0, most, group):
        if pairs_in(path) >= practice.count:
            return +outcome
        source = sources[start // group % len(sources)]
        outcome += pairs_from_model(backend, source, range(start, min(start + group, most)), path, practice.pairing)
    own = pairs_in(path)
    for start in range(0, most, group):
        if pairs_in(path) >= practice.count:
            break
        source = sources[start // group % len(sources)]
        numbers = range(start, min(start + group, most))
        outcome += pairs_from_mistakes(backend.dialect, backend.lens, source, numbers, path, practice.pairing)
    made = pairs_in(path) - own
    if made and tell is not None:
        tell(f"{path}: the model was wrong in {own} answers that can be used; {made} pairs are of mistakes made on purpose")
    return +outcome


def pairs_in(path: Path) -> int:
    """Return how many pairs a file has; lines that break off are none."""
    return sum(_is_pair(line) for line in path.read_bytes().splitlines()) if path.exists() else 0


def _is_pair(line: bytes) -> bool:
    try:
        return isinstance(read_line(line), Pair)
    except ValueError:
        return False
