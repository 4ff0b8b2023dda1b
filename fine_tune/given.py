"""What the user brings and what is drawn, as the sources of mixtures for the model that learns from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from docai.backends.transformers.loading import words_of
from docai.dialects import Dialect
from docai.errors import NothingToDo
from fine_tune.encoding import Encoder
from fine_tune.plan import DataFacts, facts_of
from fine_tune.preferences.pairs import Drawn, PairSource
from fine_tune.readers import sources_in
from fine_tune.samples import BadSample, Sample, Source
from fine_tune.stage import Stage
from fine_tune.synth.stream import PREFIX, synth_source
from fine_tune.synth.words import LANGUAGES, Language
from fine_tune.train import spoken


def drawn_languages(languages: Sequence[str]) -> tuple[Language, ...]:
    """Return the languages of drawn pages: those given, of the three that can be drawn; all three where none of them is."""
    return tuple(one for one in LANGUAGES if one in languages) or LANGUAGES


@dataclass(frozen=True, slots=True)
class Given:
    """What the user brings.

    Attributes:
        data, held_out: Files and folders to learn from, and those of which only the answers are looked at.
        pictures: Folders that pictures are looked for in.
        languages: Of all of it, ISO 639-1 codes, most likely first; drawn pages are of those that can be drawn.
    """

    data: tuple[Path, ...] = ()
    held_out: tuple[Path, ...] = ()
    pictures: tuple[Path, ...] = ()
    languages: tuple[str, ...] = LANGUAGES

    @property
    def drawn(self) -> tuple[Language, ...]:
        """The languages of drawn pages."""
        return drawn_languages(self.languages)

    def fingerprint(self) -> str:
        """Return what tells these data from others: a hash of the names and sizes of the files to learn from."""
        return fingerprint(self.data)


def fingerprint(paths: Sequence[Path]) -> str:
    """Return what tells data from other data: a hash of the names and sizes of its files, which stays when they are copied."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"{file.relative_to(path) if file != path else file.name}\0{file.stat().st_size}\0".encode())
    return digest.hexdigest()


def opened(given: Given, paths: Sequence[Path], stage: Stage, start: Path) -> dict[str, Source]:
    """Return data in files as the sources of a mixture, pairs such as the model that a stage begins with learns from."""
    if not paths:
        return {}
    dialect = spoken(words_of(str(start), most_tiles=stage.sight.tiles))
    return sources_in(paths, given.pictures, given.languages, partial(opened_pairs, dialect=dialect))


def drawn(stage: Stage, dialect: Dialect, languages: tuple[Language, ...], *, held_out: bool = False) -> dict[str, Source]:
    """Return the sources of drawn pages that a stage mixes.

    Raises:
        NothingToDo: There is none of a name in the mixture; the message lists those that there are.
    """
    names = sorted(name for name, weight in stage.mixture.items() if weight > 0 and name.startswith(PREFIX))
    told = {"seed": stage.seed, "dialect": dialect, "languages": languages, "held_out": held_out}
    try:
        return {name: synth_source(name, **cast("Any", told)) for name in names}
    except ValueError as error:
        raise NothingToDo(f"stage {stage.number}: {error}; change it by --set mixture={{…}}") from error


def opened_pairs(path: Path, *, dialect: Dialect) -> PairSource:
    """Return the pairs of a file, for models that speak a dialect."""
    return PairSource(path, partial(source_of, dialect=dialect), dialect.name)


def source_of(place: Drawn, *, dialect: Dialect) -> Source:
    """Return the source that a pair was drawn from.

    Raises:
        ValueError: There is none of that name.
    """
    languages = cast("tuple[Language, ...]", place.languages or LANGUAGES)
    return synth_source(place.source, seed=place.seed, dialect=dialect, languages=languages)


def facts_given(stages: Sequence[Stage], model: str, given: Given) -> DataFacts:
    """Return what is known of data, by encoding some of its samples as the last stage sees them.

    Of a model of which nothing is on this machine but its name, the counts alone.
    """
    if not given.data:
        return DataFacts()
    if not (Path(model) / "tokenizer.json").is_file():
        return facts_of(sources_in(given.data, given.pictures, given.languages), _unmeasured)
    words = words_of(model, most_tiles=stages[-1].sight.tiles)
    encoder = Encoder(words, spoken(words), stages[-1].sight)
    sources = opened(given, given.data, stages[-1], Path(model))
    return facts_of({name: sources[name] for name in ("own", "text", "pairs") if name in sources}, partial(_measured, encoder))


def _measured(encoder: Encoder, sample: Sample) -> tuple[int, int, int]:
    one = encoder.encode(sample)
    return sum(len(seen.tiles) for seen in one.seen), len(one.ids), one.answer_tokens


def _unmeasured(sample: Sample) -> tuple[int, int, int]:
    raise BadSample(sample.origin, "cannot be measured without a tokenizer")
