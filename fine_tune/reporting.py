"""The report of a stage that is done: its model is asked what the one before it is asked, and all that is known is put together.

Everything comes from the stage's folder, so that a report can be written again at any time.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import torch
from pydantic import BaseModel, ConfigDict, Field

from docai.backends.transformers.loading import words_of
from docai.errors import DocaiError, NothingToDo
from docai.evaluation import Evaluation
from docai.models_files import read_json
from fine_tune.checkpoints import write_whole
from fine_tune.given import drawn_languages
from fine_tune.mixture import Mixture, read_faults
from fine_tune.readers import sources_in
from fine_tune.report import write_report
from fine_tune.report.values import Cost, StageResult, numbers_of, versions
from fine_tune.samples import Sample, Source
from fine_tune.scoring import evaluate_model, held_out
from fine_tune.stage import Family, Stage
from fine_tune.synth.stream import synth_source
from fine_tune.synth.words import LANGUAGES
from fine_tune.train import BEGUN, DONE, MODEL, spoken

ASKED, BEFORE, AFTER = "asked.json", "before.json", "after.json"
PAGE: Final = "report.html"
FAULTS: Final = 1000  # of bad samples that a report holds


class Asked(BaseModel):
    """What the models before and after a stage are asked, so that it can be asked again: `asked.json`.

    Attributes:
        family: Of the model.
        model: The folder that the stage began with.
        data, pictures, languages: Samples held out, as for `fine_tune.readers.sources_in`.
        drawn: Sources of drawn pages, of those kept for measuring.
        samples: Of each source, at most.
        quantization: In which weights are held meanwhile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: Family
    model: str
    data: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    languages: tuple[str, ...] = LANGUAGES
    drawn: tuple[str, ...] = ()
    samples: int = Field(default=0, ge=0)
    quantization: str = "none"


def report_stage(folder: Path, asked: Asked | None = None, *, tell: Callable[[str], None] | None = None) -> Path:
    """Write the report of a stage that is done, and return where; models are asked only what they were not asked before.

    A report that is there is written again only where something else is to be asked, or where `asked` is None: then all is asked as
    the stage's `asked.json` tells. Where models cannot be asked, the report tells what else is known, and `tell` is told why.

    Raises:
        NothingToDo: The folder is not that of a stage that is done.
    """
    if not (folder / DONE).is_file() or (asked is None and not (folder / ASKED).is_file()):
        raise NothingToDo(f"{folder}: no stage that is done (there is no {DONE}); run it first")
    known = Asked.model_validate(read_json(folder / ASKED)) if (folder / ASKED).is_file() else None
    if asked is not None and (asked == known or not asked.samples) and (folder / PAGE).is_file():
        return folder / PAGE
    asked = asked or known or Asked(family="nano", model="")
    if asked != known:
        for name in (BEFORE, AFTER, PAGE):
            (folder / name).unlink(missing_ok=True)
        write_whole(folder / ASKED, asked.model_dump(mode="json"))
    stage = Stage.model_validate(read_json(folder / BEGUN)["stage"])
    sources = _sources(asked, stage, folder / MODEL) if asked.samples else {}
    try:
        before, after = _evaluations(folder, asked, stage, sources, tell)
    except (DocaiError, torch.OutOfMemoryError) as error:
        before = after = None
        if tell is not None:
            told = str(error).splitlines()[0]
            tell(f"{folder.name}: models could not be asked ({told}); to try again: python -m fine_tune report {folder}")
    samples = {f"{name}: {sample.origin}": sample for name, sample in held_out(sources, asked.samples)}
    return write_report(folder, result_of(folder, asked, stage, before, after), samples)


def result_of(folder: Path, asked: Asked, stage: Stage, before: Evaluation | None, after: Evaluation | None) -> StageResult:
    """Return what the folder of a stage that is done tells of it."""
    done = read_json(folder / DONE)
    counts = read_json(folder / BEGUN)["data"]
    faults = list(dict.fromkeys(f"{fault.origin}: {fault.reason}" for fault in read_faults(folder / "faults.jsonl")))
    faults = [fault for path in sorted(folder.glob("survey-*.json")) for fault in read_json(path)["faults"]] + faults
    learnt = int(done["steps"]) * stage.schedule.batch
    history: list[Any] = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    return StageResult(
        stage=stage,
        family=asked.family,
        model="/".join(Path(asked.model).parts[-2 if Path(asked.model).name == MODEL else -1 :]),
        cost=Cost(
            seconds=float(done["seconds"]),
            steps=int(done["steps"]),
            samples=learnt,
            tokens=done.get("tokens"),
            peak_memory=done.get("peak_memory"),
            device=torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU",
        ),
        history=numbers_of(history),
        mixture=Mixture({name: _Counted(name, count) for name, count in counts.items()}, stage.mixture, stage.seed).counts(learnt),
        faults=tuple(faults[:FAULTS]),
        fault_count=len(faults),
        versions=versions(),
        before=before,
        after=after,
    )


class _Counted:
    """A source of which only the count is known."""

    def __init__(self, name: str, count: int | None) -> None:
        self.name, self.count = name, count

    def sample(self, number: int) -> Sample:
        raise IndexError(f"{self.name}: only the count of the samples is known, and none is of number {number}")


def _sources(asked: Asked, stage: Stage, model: Path) -> dict[str, Source]:
    """Return the sources that models are asked about: samples held out with pictures, and drawn pages kept for measuring."""
    given = sources_in(map(Path, asked.data), tuple(map(Path, asked.pictures)), asked.languages)
    dialect = spoken(words_of(str(model), most_tiles=stage.sight.tiles))
    told = {"seed": stage.seed, "dialect": dialect, "languages": drawn_languages(asked.languages), "held_out": True}
    sources: dict[str, Source] = {"own": given["own"]} if "own" in given else {}
    return {**sources, **{name: synth_source(name, **cast("Any", told)) for name in asked.drawn}}


def _evaluations(
    folder: Path, asked: Asked, stage: Stage, sources: Mapping[str, Source], tell: Callable[[str], None] | None
) -> tuple[Evaluation, Evaluation] | tuple[None, None]:
    if not sources:
        return None, None
    found = []
    for name, model in ((BEFORE, Path(asked.model)), (AFTER, folder / MODEL)):
        path = folder / name
        if not path.is_file():
            if tell is not None:
                tell(
                    f"{folder.name}: asking the model {path.stem} about up to {asked.samples} samples each of {', '.join(sources)}"
                )
            asking = {"most": asked.samples, "most_tiles": stage.sight.tiles, "quantization": asked.quantization}
            evaluation = evaluate_model(model, sources, **cast("Any", asking))
            release()
            write_whole(path, evaluation.model_dump(mode="json"))
        found.append(Evaluation.model_validate(read_json(path)))
    return found[0], found[1]


def release() -> None:
    """Give back the memory of models that nobody holds any more."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
