"""The whole pipeline: stage after stage, with a look at the data before each, pairs where they are missing, and a report after.

All of it can be broken off anywhere, and goes on by the same call: what is there already is not made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Final

from accelerate import PartialState  # type: ignore[import-untyped]
from accelerate.utils import parse_flag_from_env  # type: ignore[import-untyped]

from docai.backends.transformers.loading import words_of
from docai.errors import NothingToDo
from docai.models_files import read_json
from fine_tune.arguments import Options
from fine_tune.checkpoints import write_whole
from fine_tune.encoding import Encoder
from fine_tune.given import Given, drawn, opened, opened_pairs
from fine_tune.model import SHARDED
from fine_tune.plan import DataFacts, plan
from fine_tune.plan.durations import Device, device_of
from fine_tune.plan.shapes import read_shapes
from fine_tune.preferences.making import Options as Pairing
from fine_tune.preferences.practice import Practice, practised
from fine_tune.reporting import Asked, release, report_stage
from fine_tune.samples import Chosen, Source
from fine_tune.stage import Family, Stage
from fine_tune.survey import survey
from fine_tune.synth.stream import PREFIX
from fine_tune.train import DONE, Finished, folder_of, run_stage, spoken

PAIRS: Final = "pairs"
PAIR_FILE: Final = "pairs.jsonl"
PAIR_SOURCES: Final = (f"{PREFIX}tables", f"{PREFIX}reading")  # where rows are dropped and words repeated, and the truth is exact
PAIR_SEED: Final = 4  # besides the stage's own, so that pairs are of other pages than those learnt from before
FEWEST_PAIRS: Final = 512  # of a stage that goes by epochs: eight steps of the 64 that stage 4 takes at once
FEW: Final = 256  # samples that one process looks at in seconds; starting more would take as long
PATIENCE: Final = 1.0  # seconds between looks at whether the process that leads is done


@dataclass(frozen=True, slots=True)
class Around:
    """What is done beside training, and how.

    Attributes:
        samples: Held-out samples of each source that models are asked before and after; 0 for none.
        pairs: How many pairs are made for a stage of preferences that is given none; None for as many as its steps take.
        planned: Whether what cannot fit the device is refused before any weight is loaded.
        tell: Told in a line what is being done.
        progress: Told how many of how many samples were looked at.
        options: Of training.
    """

    samples: int = 8
    pairs: int | None = None
    planned: bool = True
    tell: Callable[[str], None] | None = None
    progress: Callable[[int, int], None] | None = None
    options: Options = Options()  # noqa: RUF009  # frozen

    def say(self, line: str) -> None:
        """Tell a line, if somebody listens."""
        if self.tell is not None:
            self.tell(line)


def run_pipeline(
    stages: Sequence[Stage],
    family: Family,
    start: Path,
    output: Path,
    given: Given,
    around: Around = Around(),  # frozen
) -> list[Finished]:
    """Train stages one after the other, each from the model of the one before, and report on each.

    To a stage's folder, beside what `fine_tune.train.run_stage` writes, come `survey-….json` (which samples can be used),
    `pairs.jsonl` (preferences made by asking the model that the stage begins with), `asked.json`, `before.json`, `after.json`,
    `report.html` and `report.json`.

    Raises:
        DoesNotFit: A stage takes more memory than the device has; the message tells what would fit.
        NothingToDo: There are data, but none that can be used.
        As `run_stage`.
    """
    options = replace(around.options, data=given.fingerprint())
    state = PartialState(cpu=options.device == "cpu")
    if options.restart and state.is_main_process:
        for stage in stages:
            shutil.rmtree(output / folder_of(stage), ignore_errors=True)
    state.wait_for_everyone()
    options = replace(options, restart=False)
    if around.planned:
        check_fits([stage for stage in stages if not (output / folder_of(stage) / DONE).is_file()], family, start, options)
    finished = []
    for stage in stages:
        folder = output / folder_of(stage)
        folder.mkdir(parents=True, exist_ok=True)
        sources = _sources(stage, start, folder, given, (options, around))
        held_out = opened(given, given.held_out, stage, start)
        done = run_stage(stage, start, folder, sources, held_out, options)
        if state.is_main_process:
            asked = asked_of(stage, family, start, folder, given, around.samples)
            page = report_stage(folder, asked, tell=around.tell)
            around.say(f"{folder.name}: {page}")
        finished.append(done)
        start = done.model
    return finished


def check_fits(stages: Sequence[Stage], family: Family, start: Path, options: Options) -> None:
    """Return nothing where stages fit the device that they will run on.

    Raises:
        DoesNotFit: One does not; the message tells what would.
    """
    if not stages:
        return
    device = device_of("cpu" if options.device == "cpu" else None)
    if any(map(parse_flag_from_env, SHARDED)):
        device = Device(**{**device.model_dump(), "count": PartialState().num_processes})
    plan(stages, read_shapes(str(start)), family, device, facts=DataFacts()).check()


# Data


def _sources(stage: Stage, start: Path, folder: Path, given: Given, how: tuple[Options, Around]) -> dict[str, Source]:
    """Return all that a stage mixes: what can be used of the data given, what is drawn, and pairs, made if need be."""
    options, around = how
    words = words_of(str(start), most_tiles=stage.sight.tiles)
    encoder = Encoder(words, spoken(words), stage.sight)
    own = {name: source for name, source in opened(given, given.data, stage, start).items() if stage.mixture.get(name)}
    own = {name: _usable(name, source, folder, encoder, (options, around)) for name, source in own.items()}
    sources = {**own, **drawn(stage, encoder.dialect, given.drawn)}
    if stage.mixture.get(PAIRS) and PAIRS not in sources:
        made = _made_pairs(stage, start, folder, given, around)
        sources[PAIRS] = _usable(PAIRS, made, folder, encoder, (options, around))
    return sources


def _usable(name: str, source: Source, folder: Path, encoder: Encoder, how: tuple[Options, Around]) -> Source:
    """Return the samples of a source that can be learnt from; which they are, a file in the stage's folder tells.

    Raises:
        NothingToDo: None can.
    """
    options, around = how
    key = [options.data, name, encoder.sight.tiles, encoder.sight.tokens, encoder.dialect.name, source.count]
    path = folder / f"survey-{name}-{hashlib.sha256(json.dumps(key).encode()).hexdigest()[:8]}.json"
    encode = encoder.encode_pair if name == PAIRS else encoder.encode

    def look() -> None:
        processes = 0 if (source.count or 0) < FEW else min(8, os.cpu_count() or 1)
        found = survey(source, encode, processes=processes, on_progress=around.progress)
        around.say(f"{folder.name}: {name}: {found.report()}")
        write_whole(path, {"usable": _runs(found.usable), "faults": [str(fault) for fault in found.faults]})

    _alone(path, look)
    told = read_json(path)
    numbers = [number for first, count in told["usable"] for number in range(first, first + count)]
    if not numbers:
        raise NothingToDo(f"none of {source.count} samples of {name} can be used, such as {told['faults'][0]}; look at the data")
    return Chosen(source, numbers) if len(numbers) < (source.count or 0) else source


def _runs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """Return rising numbers as runs: the first of each, and how many there are."""
    groups = (list(group) for _, group in groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]))
    return [(group[0][1], len(group)) for group in groups]


# Pairs


def _made_pairs(stage: Stage, start: Path, folder: Path, given: Given, around: Around) -> Source:
    """Return pairs made by asking the model that a stage begins with about drawn pages; they are kept in the stage's folder."""
    path, mark = folder / PAIR_FILE, folder / "pairs_made.json"
    steps = stage.schedule.steps
    count = around.pairs or (steps * stage.schedule.batch if steps is not None else FEWEST_PAIRS)
    practice = Practice(
        model=start,
        sources=PAIR_SOURCES,
        count=count,
        quantization=quantization_of(stage),
        most_tiles=stage.sight.tiles,
        pairing=Pairing(seed=stage.seed + PAIR_SEED, languages=given.drawn),
    )

    def make() -> None:
        around.say(f"{folder.name}: no pairs are given; {count} are made by asking {start} about drawn pages")
        made = practised(practice, path, tell=around.tell)
        release()
        write_whole(mark, dict(made))

    _alone(mark, make)
    return opened_pairs(path, dialect=spoken(words_of(str(start), most_tiles=stage.sight.tiles)))


def quantization_of(stage: Stage) -> str:
    """Return in which weights a stage's model is held while it is asked: as while it learns, since no more memory is there."""
    return stage.adapter.base if stage.adapter is not None else "none"


def _alone(path: Path, make: Callable[[], None]) -> None:
    """Have the process that leads make a file where it is not there; the others wait for as long as that takes.

    By looking and not by a barrier, since those give up after minutes; output folders are shared by all devices in any case.
    """
    state = PartialState()
    if state.is_main_process:
        if not path.exists():
            make()
        return
    while not path.exists():
        time.sleep(PATIENCE)


# Reports


def asked_of(stage: Stage, family: Family, start: Path, folder: Path, given: Given, samples: int) -> Asked:
    """Return what a stage's models are asked before and after: samples held out, and drawn pages kept for measuring.

    A stage of pairs that were made here is asked about pages of the kinds that they were made from.
    """
    names = [name for name, weight in stage.mixture.items() if weight > 0 and name.startswith(PREFIX)]
    return Asked(
        family=family,
        model=str(start),
        data=tuple(map(str, given.held_out)),
        pictures=tuple(map(str, given.pictures)),
        languages=given.languages,
        drawn=tuple(names or (PAIR_SOURCES if (folder / PAIR_FILE).is_file() else ())),
        samples=samples,
        quantization=quantization_of(stage),
    )
