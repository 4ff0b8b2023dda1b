"""All four stages in minutes on a CPU: a model from nothing learns a narrow task, and a table tells what each stage brought.

It shows that the pipeline works, not that the model reads documents: its pictures are those of `fine_tune.synth.strips`, of 24
different letters. The fonts and the seeds that the table is about were never learnt from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
import yaml
from rich.console import Console
from rich.table import Table as Printed

from docai.backends.opening import open_local
from docai.backends.speech import SpeakingBackend
from docai.backends.transformers import load
from docai.evaluation import interval_of, interval_of_difference
from docai.exchange import Reply, Request
from docai.tiling import GridLens, look
from fine_tune.arguments import Options
from fine_tune.glyph_trainer import GLYPH_HEAD, new_glyph_head
from fine_tune.glyphs import GlyphHead, Overheard, glyph_labels
from fine_tune.nano import PATCH, make_nano
from fine_tune.preferences.diagnosis import extent, kinds_of
from fine_tune.preferences.making import Options as PairOptions
from fine_tune.preferences.making import pairs_from_model
from fine_tune.preferences.mistakes import Kind
from fine_tune.preferences.pairs import PairSource
from fine_tune.samples import Sample, Source
from fine_tune.scoring import judge
from fine_tune.stage import Stage, read_stage, stage_files
from fine_tune.synth.strips import MOST_ROWS, Strips, strips_source
from fine_tune.train import folder_of, run_stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

RECIPE: Final = Path(__file__).parent / "demo.yaml"
HELD_OUT_SEED: Final = 1_000_000_000  # beyond all that is learnt from
PAIRS_SEED: Final = 500_000_000
BATCH: Final = 64  # questions at once: a model so small waits for each call longer than for its numbers
ROWS: Final = (3, 2 * MOST_ROWS)  # of columns
LOST: Final[frozenset[Kind]] = frozenset({"dropped_row", "dropped_line", "repeated"})  # what stage 4 is about
MOST_ERRORS: Final = 0.1  # characters read wrong in the end, of all, on fonts that were not learnt from
WORKERS: Final = 1  # that draws while the model learns: on two cores, one each; sums over two threads would take longer
SAVE_MINUTES: Final = 1.0  # between checkpoints, so that one who is interrupted loses little


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done: the stages, how many pictures each figure is of, and how many of which kind pairs are made of."""

    stages: tuple[Stage, ...]
    held_out: Mapping[str, int]
    asked: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Counts:
    """Of each picture, what is summed, and by what the sum is divided: (pictures, 2)."""

    sums: Numbers

    @classmethod
    def of(cls, pairs: Iterable[tuple[float, float]]) -> Counts:
        """Return both of pictures that tell them one by one."""
        return cls(np.array(list(pairs), float).reshape(-1, 2))

    def rate(self) -> float:
        """Return the figure of all pictures."""
        hits, total = self.sums.sum(axis=0)
        return float(hits / max(total, 1.0))


@dataclass(frozen=True, slots=True)
class Gain:
    """What a stage brought by a measure: the figures before and after, and the interval (95 %) of their difference."""

    stage: int
    measure: str
    before: float
    after: float
    low: float
    high: float
    higher_is_better: bool

    @property
    def improved(self) -> bool:
        """Whether it is better beyond the interval."""
        return self.low > 0 if self.higher_is_better else self.high < 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How much is read wrong in the end, with its interval (95 %)."""

    errors: float
    low: float
    high: float

    @property
    def good(self) -> bool:
        """Whether it is less than a tenth, the whole interval."""
        return self.high < MOST_ERRORS


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demonstration showed."""

    gains: tuple[Gain, ...]
    reading: Reading
    seconds: float

    @property
    def good(self) -> bool:
        """Whether each stage improved its own measures, and what came out reads well enough."""
        return self.reading.good and all(gain.improved for gain in self.gains)


def demo(output: Path, recipe: Path = RECIPE, console: Console | None = None) -> bool:
    """Train all four stages, print a table and write it as `demo.json`; return whether all is as it should be.

    What is there already is gone on with, as by `run_stage`; what was measured is measured again.

    Raises:
        As `run_stage`.
    """
    began = time.perf_counter()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        shown = _Demonstration(output, read_recipe(recipe), console or Console()).run(began)
    finally:
        torch.set_num_threads(threads)
    told = {**asdict(shown), "good": shown.good}
    (output / "demo.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return shown.good


def read_recipe(path: Path = RECIPE) -> Recipe:
    """Return what a file tells.

    Raises:
        Unreadable: A stage would be none.
    """
    told = yaml.safe_load(path.read_text(encoding="utf-8"))
    stages = (read_stage(file, "nano", told["stages"][number]) for number, file in stage_files().items())
    return Recipe(tuple(stages), told["held_out"], told["asked"])


@dataclass(frozen=True, slots=True)
class _Demonstration:
    output: Path
    recipe: Recipe
    console: Console

    def run(self, began: float) -> Shown:
        """Run the four stages, each between two looks at what it is about."""
        start = self.output / "0_nothing"
        if not (start / "model.safetensors").is_file():
            make_nano(start, "demo")
        first, second, third, fourth = self.recipe.stages
        gains = []
        before = self._letters(start, new_glyph_head(_width(start), first.seed))
        model = self._trained(first, start)
        kept = new_glyph_head(_width(model), first.seed, model.parent / GLYPH_HEAD)
        gains.append(self._told(1, "letters told by their places", before, self._letters(model, kept), higher=True))
        before = self._scored(model, "reading", "cer")
        model = self._trained(second, model)
        gains.append(self._told(2, "CER", before, self._scored(model, "reading", "cer"), higher=False))
        names = {"table": ("teds_struct", "TEDS-struct"), "grounding": ("iou", "IoU")}
        earlier = {kind: self._scored(model, kind, metric) for kind, (metric, _) in names.items()}
        model = self._trained(third, model)
        for kind, (metric, name) in names.items():
            gains.append(self._told(3, name, earlier[kind], self._scored(model, kind, metric), higher=True))
        before = self._lost(model)
        model = self._preferred(fourth, model)
        gains.append(self._told(4, "rows dropped or repeated", before, self._lost(model), higher=False))
        reading = interval(self._scored(model, "reading", "cer"))
        shown = Shown(tuple(gains), reading, round(time.perf_counter() - began, 1))
        self.console.print(printed(shown), lines(shown))
        return shown

    def _trained(self, stage: Stage, start: Path, sources: Mapping[str, Source] | None = None) -> Path:
        """Return the model folder that a stage makes, of what its mixture names where nothing else is given."""
        sources = sources or {name: strips_source(name) for name in stage.mixture}
        options = Options(device="cpu", save_minutes=SAVE_MINUTES, workers=WORKERS)
        done = run_stage(stage, start, self.output / folder_of(stage), sources, options=options)
        took = "done before" if done.seconds is None else f"{done.steps} steps in {done.seconds:.0f} s"
        self.console.print(f"stage {stage.number}, {stage.about}: {took}")
        return done.model

    def _preferred(self, stage: Stage, start: Path) -> Path:
        """Train the last stage by what the model before it lost on pictures of its own kind."""
        asked = {source.name: source for source in (_strips(kind, first=PAIRS_SEED) for kind in self.recipe.asked)}
        backend, path = backend_of(start), self.output / "pairs.jsonl"
        for source, count in zip(asked.values(), self.recipe.asked.values(), strict=True):
            # Of the answers that it gives, as they are measured; those of other pictures keep it from forgetting how to read
            kinds = LOST if source.kind == "columns" else None
            pairs_from_model(backend, source, range(count), path, PairOptions(kinds=kinds, attempts=(0,)))
        pairs = PairSource(path, lambda place: asked[place.source], backend.dialect.name)
        self.console.print(f"{pairs.count} pairs of {sum(self.recipe.asked.values())} pictures")
        return self._trained(stage, start, {"pairs": pairs})

    def _told(self, stage: int, measure: str, before: Counts, after: Counts, *, higher: bool) -> Gain:
        gain = gained(stage, measure, before, after, higher_is_better=higher)
        self.console.print(f"{measure}: {gain.before:.3f} before, {gain.after:.3f} after")
        return gain

    # What is measured

    def _letters(self, model: Path, head: GlyphHead) -> Counts:
        """Return of each picture how many places are told right, and how many a letter covers."""
        loaded, source = load(str(model), quantization="none", device="cpu"), _strips("reading", held_out=True)
        network, lens = loaded.model.model, loaded.family.lens
        assert isinstance(lens, GridLens)
        found = []
        with Overheard(network.multi_modal_projector) as heard, torch.no_grad():
            for number in range(self.recipe.held_out["letters"]):
                sample = source.sample(number)
                seen = look(sample.views[0], lens)
                labels = torch.from_numpy(glyph_labels(sample.glyphs, seen, lens, PATCH))
                network.get_image_features(pixel_values=loaded.family.inputs([[seen]])["pixel_values"])
                assert heard.features is not None
                found.append(head.hits(heard.features, labels))
        return Counts.of(found)

    def _scored(self, model: Path, kind: str, metric: str) -> Counts:
        """Return of each picture a score of `fine_tune.scoring` times its weight, and the weight."""
        found = []
        for sample, reply in self._replies(model, kind):
            turn = sample.turns[0]
            scores = judge(turn.task.name, turn.answer, reply).scores
            found += [(score.value * score.weight, score.weight) for score in scores if score.metric == metric]
        return Counts.of(found)

    def _lost(self, model: Path) -> Counts:
        """Return of each picture how many lines were dropped or said again, and how many there are."""
        found = []
        for sample, reply in self._replies(model, "columns"):
            kinds, truth = kinds_of(reply.answer, sample.turns[0].answer), sample.turns[0].answer
            unread = extent(truth) if kinds["unreadable"] else 0
            found.append((unread + sum(kinds[kind] for kind in LOST), extent(truth)))
        return Counts.of(found)

    def _replies(self, model: Path, kind: str) -> list[tuple[Sample, Reply]]:
        """Return the pictures of a kind that were held out, and what a model folder says of them."""
        source = _strips(kind, held_out=True)
        samples = [source.sample(number) for number in range(self.recipe.held_out[kind])]
        asked = [Request(sample.turns[0].task, sample.views, to="vlm") for sample in samples]
        return list(zip(samples, backend_of(model).answer(asked), strict=True))


def _strips(kind: str, *, held_out: bool = False, first: int = 0) -> Strips:
    known = next(one for one in ("reading", "table", "grounding", "columns") if one == kind)
    rows = ROWS if known == "columns" else (1, MOST_ROWS)
    return Strips(known, rows=rows, held_out=held_out, first=HELD_OUT_SEED if held_out else first)


def _width(model: Path) -> int:
    return int(json.loads((model / "config.json").read_text(encoding="utf-8"))["text_config"]["hidden_size"])


def backend_of(model: Path) -> SpeakingBackend:
    """Return a model folder as a backend that is asked many things at once."""
    return open_local(str(model), quantization="none", device="cpu", batch=BATCH)


def gained(stage: int, measure: str, before: Counts, after: Counts, *, higher_is_better: bool) -> Gain:
    """Return a difference with its interval, by the bootstrap over the same pictures of both."""
    low, high = interval_of_difference(before.sums, after.sums)
    assert low is not None
    assert high is not None  # of hundreds of pictures
    return Gain(stage, measure, before.rate(), after.rate(), low, high, higher_is_better)


def interval(counts: Counts) -> Reading:
    """Return a figure with its interval, by the same bootstrap."""
    low, high = interval_of(counts.sums)
    assert low is not None
    assert high is not None
    return Reading(counts.rate(), low, high)


def printed(shown: Shown) -> Printed:
    """Return what the stages brought as a table."""
    table = Printed("stage", "measure", "before", "after", "difference, 95 %", "better")
    for gain in shown.gains:
        difference = f"{gain.after - gain.before:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        better = "yes" if gain.improved else "no"
        table.add_row(str(gain.stage), gain.measure, f"{gain.before:.3f}", f"{gain.after:.3f}", difference, better)
    return table


def lines(shown: Shown) -> str:
    """Return what stands below the table."""
    reading, minutes = shown.reading, shown.seconds / 60
    errors = f"{reading.errors:.1%} [{reading.low:.1%}, {reading.high:.1%}]"
    verdict = "good" if reading.good else f"want less than {MOST_ERRORS:.0%}, all of the interval"
    return f"CER in the end, fonts that were not learnt from: {errors}: {verdict}\n{minutes:.1f} minutes"
