"""The one loop: a stage from the model it starts with to the model folder it writes, whatever happens in between."""

from __future__ import annotations

import copy
import gc
import math
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import PartialState  # type: ignore[import-untyped]
from datasets import Dataset
from safetensors.torch import load_file
from transformers import PrinterCallback

from docai.backends.opening import dialect_of
from docai.backends.transformers.checkpoints import hash_of, weights_files
from docai.backends.transformers.loading import Words
from docai.dialects import Dialect
from docai.errors import DocaiError, ExitCode
from docai.models_files import read_json
from fine_tune.arguments import CHECKPOINTS, Keeper, Options, arguments_of
from fine_tune.batching import Batch, Collator, PreferenceCollator, why_not_packed
from fine_tune.checkpoints import last_whole, remove_torn, write_whole
from fine_tune.encoding import Encoder
from fine_tune.glyph_trainer import GLYPH_HEAD, GlyphTrainer, add_glyph_head, keep_glyph_head
from fine_tune.mixture import Mixture
from fine_tune.model import Opened, Untrainable, among_libraries, learning, open_to_learn, write_model
from fine_tune.progress import Telling
from fine_tune.report.values import peak_memory
from fine_tune.samples import BadSample, Sample, Source
from fine_tune.stage import Stage
from fine_tune.trainers import LEARNED, PreferenceTrainer, SupervisedTrainer

BEGUN, DONE = "stage.json", "done.json"  # what a stage was begun with, written first; and that it is done, written last
MODEL, UNMERGED = "model", "model_unmerged"
OWN: Final = ("own", "pairs")  # sources whose samples epochs are counted in; all others are drawn without end
HELD_OUT: Final = 64  # samples of those held out that the loss is told of


class Changed(DocaiError):
    """An output was begun with other options; the message tells which."""

    exit_code = ExitCode.USAGE


class DeviceFull(DocaiError):
    """The memory of a device is too small; the message tells what to lower."""

    exit_code = ExitCode.OVER_LIMIT


@dataclass(frozen=True, slots=True)
class Finished:
    """A stage that is done.

    Attributes:
        stage: Its name.
        model: The folder of the model that it made.
        steps: Of the optimiser.
        seconds: Spent in training, over all attempts as far as they were saved; None where it was done before.
        again: Whether it was done before, and nothing had to be trained.
    """

    stage: str
    model: Path
    steps: int
    seconds: float | None
    again: bool


def run_stages(
    stages: Sequence[Stage],
    start: Path,
    output: Path,
    sources: Mapping[str, Source],
    held_out: Mapping[str, Source] | None = None,
    options: Options | None = None,
) -> list[Finished]:
    """Train stages one after the other, each from the model of the one before; those that are done are passed over.

    Each writes to `output`/<number>_<name>. The same call goes on where it was broken off.

    Raises:
        As `run_stage`.
    """
    finished = []
    for stage in stages:
        finished.append(run_stage(stage, start, output / folder_of(stage), sources, held_out, options))
        start = finished[-1].model
    return finished


def folder_of(stage: Stage) -> str:
    """Return the name of a stage's folder: "1_alignment"."""
    return f"{stage.number}_{stage.name}"


def run_stage(
    stage: Stage,
    start: Path,
    output: Path,
    sources: Mapping[str, Source],
    held_out: Mapping[str, Source] | None = None,
    options: Options | None = None,
) -> Finished:
    """Train a stage and write `model/`, a model folder, to its output; go on from the last whole checkpoint there.

    Where letters are learnt (loss.glyphs), it goes on with the head that lies beside the folder of the model that it starts with.

    Beside it lie `stage.json` (what it was begun with), `checkpoints/`, `tensorboard/`, `faults.jsonl` (samples that could not be
    used), `history.json` (what was told of each logged step) and, written last, `done.json`.

    Raises:
        Changed: The output was begun with other options or data, or from another model.
        Untrainable: The stage does not fit the model, or nothing tells how long it is.
        NothingToDo: The mixture has no samples.
        Diverged: The loss is no number any more.
        DeviceFull: The memory of the device is too small.
        BackendUnavailable: The model folder is damaged.
    """
    options = options or Options()
    state = PartialState(cpu=options.device == "cpu")
    if state.is_main_process:
        if options.restart and output.exists():
            shutil.rmtree(output)
        output.mkdir(parents=True, exist_ok=True)
    state.wait_for_everyone()
    begun = {**_begun(stage, start, sources, state.num_processes), "files": options.data}
    _check_unchanged(output, begun)
    if (output / DONE).is_file():
        told = read_json(output / DONE)
        return Finished(stage.name, output / MODEL, int(told["steps"]), None, again=True)
    state.wait_for_everyone()
    if state.is_main_process:
        _tidy(output)
        write_whole(output / BEGUN, begun)
    state.wait_for_everyone()
    try:
        steps, seconds = _trained(stage, start, output, (sources, held_out or {}), options)
    except torch.OutOfMemoryError as error:
        raise DeviceFull(_remedy(stage, error)) from error
    return Finished(stage.name, output / MODEL, steps, seconds, again=False)


def _begun(stage: Stage, start: Path, sources: Mapping[str, Source], processes: int) -> dict[str, Any]:
    """Return what decides a stage's weights: going on with anything else would give what no run from the beginning gives."""
    per_step = stage.schedule.micro_batch * processes
    return {
        "stage": stage.model_dump(mode="json"),
        "model": hash_of(weights_files(start)),
        "data": {name: sources[name].count for name in sorted(stage.mixture) if name in sources},
        "batch": per_step * math.ceil(stage.schedule.batch / per_step),
    }


def _check_unchanged(output: Path, begun: Mapping[str, Any]) -> None:
    if not (output / BEGUN).is_file():
        return
    before, now = _flat(read_json(output / BEGUN)), _flat(begun)
    changed = [f"{name}: {before.get(name)} before, {now.get(name)} now" for name in sorted({*before, *now})]
    changed = [line for line, name in zip(changed, sorted({*before, *now}), strict=True) if before.get(name) != now.get(name)]
    if changed:
        raise Changed(
            f"{output} was begun with something else ({'; '.join(changed[:5])}); give the same again, another output, or --restart"
        )


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, Mapping):
        return {path: value}
    return {name: told for key, inner in value.items() for name, told in _flat(inner, f"{path}.{key}" if path else key).items()}


def _tidy(output: Path) -> None:
    """Remove what a kill left in part."""
    remove_torn(output / CHECKPOINTS)
    for path in [*output.glob(f".{MODEL}.*"), *output.glob(f".{UNMERGED}.*")]:
        shutil.rmtree(path, ignore_errors=True)


def _trained(
    stage: Stage,
    start: Path,
    output: Path,
    data: tuple[Mapping[str, Source], Mapping[str, Source]],
    options: Options,
) -> tuple[int, float]:
    """Train what is left of a stage and write its model; return its steps, and the seconds that they took."""
    began = time.perf_counter()
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    learned, unseen = data if "language" in learning(stage) else tuple(_shown(sources) for sources in data)
    mixture = Mixture(learned, stage.mixture, stage.seed, faults=output / "faults.jsonl")
    state = PartialState()
    per_step = stage.schedule.micro_batch * state.num_processes
    sums = math.ceil(stage.schedule.batch / per_step)
    steps = steps_of(stage, mixture, per_step * sums)
    held_out = Mixture(unseen, stage.mixture, stage.seed) if any(stage.mixture.get(name) for name in unseen) else None
    arguments = arguments_of(stage, output, steps, sums, options, evaluated=held_out is not None)
    opened = open_to_learn(start, stage, arguments.device)
    collators = [collator_of(stage, opened.words, each) if each is not None else None for each in (mixture, held_out)]
    counts = [source.count for source in held_out.sources.values() if source.count is not None] if held_out is not None else []
    telling = Telling(folder_of(stage), options.shown, output / "tensorboard", per_step * sums)
    more = {
        "train_dataset": positions_of(steps * per_step * sums, held_out=False),
        "eval_dataset": None if held_out is None else positions_of(min(HELD_OUT, sum(counts) or HELD_OUT), held_out=True),
        "callbacks": [Keeper(options.save_steps, options.save_minutes * 60), telling],
    }
    checkpoint = last_whole(output / CHECKPOINTS)
    if stage.loss.glyphs:
        add_glyph_head(opened, stage.seed, start.parent / GLYPH_HEAD)
    with among_libraries():
        trainer = trainer_of(stage, opened, arguments, _Either(collators[0], collators[1]), more)
        trainer.remove_callback(PrinterCallback)  # `Telling` tells in its place
        telling.counted = trainer.counted
        try:
            trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        finally:
            telling.close()
    if state.is_main_process:
        told: dict[str, Any] = {"seconds": round(time.perf_counter() - began, 1), "peak_memory": peak_memory()}
        if checkpoint is None:  # else those before were not counted here
            told["tokens"] = int(trainer.counted.tokens) * state.num_processes
        _write(opened, output, trainer.state, options, told)
    state.wait_for_everyone()
    _forget(trainer)
    return steps, time.perf_counter() - began


@dataclass(frozen=True, slots=True)
class _Shown:
    """The samples of a source that show something: from others nothing is learnt where the language model stays as it is."""

    source: Source

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def count(self) -> int | None:
        return self.source.count

    def sample(self, number: int) -> Sample:
        sample = self.source.sample(number)
        if not sample.views:
            raise BadSample(sample.origin, "shows no picture, and in this stage nothing learns that words alone could teach")
        return sample


def _shown(sources: Mapping[str, Source]) -> dict[str, Source]:
    return {name: _Shown(source) for name, source in sources.items()}


def steps_of(stage: Stage, mixture: Mixture, batch: int) -> int:
    """Return how many steps a stage has: as told, or as many as its epochs take at `batch` samples a step.

    Raises:
        Untrainable: Nothing tells: no steps are given, and all samples are drawn without end.
    """
    if stage.schedule.steps is not None:
        return stage.schedule.steps
    positions = mixture.positions(stage.schedule.epochs, OWN)
    if not positions:
        raise Untrainable(
            f"stage {stage.number} has no samples of its own to count epochs in ({', '.join(mixture.shares)} never end); "
            "tell how long it is, such as --set schedule.steps=1000"
        )
    return math.ceil(positions / batch)


def collator_of(stage: Stage, words: Words, mixture: Mixture) -> Callable[[Any], Batch]:
    """Return who makes a batch of positions of a mixture, for the loss of a stage."""
    encoder = Encoder(words, spoken(words), stage.sight)
    if stage.loss.kind != "sft":
        return PreferenceCollator(mixture, encoder)
    pack = stage.sight.pack and not why_not_packed(words.config)
    return Collator(mixture, encoder, stage.loss.weighting, pack=pack, normalised=False, glyphs=stage.loss.glyphs > 0)


def spoken(words: Words) -> Dialect:
    """Return the dialect that a checkpoint speaks."""
    return dialect_of(
        words.family.dialect,
        has_system=words.prompter.has_system,
        model_type=words.config.model_type,
        special=words.special,
    )


def trainer_of(stage: Stage, opened: Opened, arguments: Any, collator: Callable[[Any], Batch], more: Mapping[str, Any]) -> Any:
    """Return the trainer of a stage's loss.

    For preferences, the model that it began with stays as it was: by leaving the small matrices out where all learns by them, or
    else as a second, frozen copy.
    """
    given = {"args": arguments, "data_collator": collator, "processing_class": copy.deepcopy(opened.words.tokenizer), **more}
    if stage.loss.glyphs:
        return GlyphTrainer(stage, opened.network, **given)
    if stage.loss.kind == "sft":
        return SupervisedTrainer(stage, opened.network, **given)
    whole = any(part.how == "full" for part in learning(stage).values())
    reference = None
    if whole:
        reference = copy.deepcopy(opened.network)
        for parameter in reference.parameters():
            parameter.requires_grad_(requires_grad=False)
    return PreferenceTrainer(stage, opened.network, ref_model=reference, **given)


def positions_of(count: int, *, held_out: bool) -> Dataset:
    """Return the positions of a mixture, in order; which sample is at each, the collator tells."""
    return Dataset.from_dict({"position": list(range(count)), "held_out": [held_out] * count})


@dataclass(frozen=True, slots=True)
class _Either:
    """Makes batches of the samples to learn from, or of those held out."""

    learned: Any
    held_out: Any

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        collator = self.held_out if rows[0]["held_out"] else self.learned
        batch: Batch = collator([{"position": row["position"]} for row in rows])
        return batch


def _write(opened: Opened, output: Path, state: Any, options: Options, told: Mapping[str, Any]) -> None:
    """Write the model folder, what was told, and last that all is done."""
    checkpoint = last_whole(output / CHECKPOINTS)
    if checkpoint is None or not (checkpoint / LEARNED).is_file():
        raise Untrainable(
            f"{output / CHECKPOINTS}: the last checkpoint holds the weights in pieces; have the launcher gather them "
            "(fsdp_state_dict_type: FULL_STATE_DICT, zero3_save_16bit_model: true)"
        )
    learned = keep_glyph_head(load_file(checkpoint / LEARNED), output / GLYPH_HEAD)
    write_whole(output / "history.json", state.log_history)
    seen = {"trained": output.name}
    if options.unmerged and opened.adapter is not None:
        write_model(opened, learned, output / UNMERGED, merged=False, seen=seen)
    write_model(opened, learned, output / MODEL, seen=seen)
    write_whole(output / DONE, {"steps": state.global_step, **told, "model": MODEL})


def _forget(trainer: Any) -> None:
    """Let go of a model, so that the next stage has the memory."""
    trainer.accelerator.free_memory()
    trainer.model = trainer.model_wrapped = trainer.optimizer = trainer.lr_scheduler = None
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _remedy(stage: Stage, error: Exception) -> str:
    """Return what would save memory in a stage, the cheapest first."""
    ways = []
    if stage.schedule.micro_batch > 1:
        ways.append("schedule.micro_batch=1")
    if not stage.saving.checkpointing:
        ways.append("saving.checkpointing=true")
    if stage.sight.tiles > 1:
        ways.append(f"sight.tiles={max(1, stage.sight.tiles // 2)}")
    if stage.sight.tokens > 1024:
        ways.append(f"sight.tokens={stage.sight.tokens // 2}")
    if stage.schedule.optimizer == "adamw":
        ways.append("schedule.optimizer=adamw_8bit")
    told = ", ".join(f"--set {way}" for way in ways) or "a smaller model, or more devices by accelerate launch"
    qlora = "" if stage.adapter is not None and stage.adapter.base == "nf4" else ", or train by --qlora"
    return f"the device's memory is too small for stage {stage.number} ({str(error).splitlines()[0]}); try {told}{qlora}"
