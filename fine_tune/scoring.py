"""How well a model folder answers held-out samples: asked as `docai` asks it, scored by task, so that two models compare."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from docai.backends.opening import open_local
from docai.box import Box
from docai.document import Answer, Chart, Figure, Mention, Table, Text
from docai.evaluation import Evaluation, Outcome, estimates
from docai.exchange import Backend, Reply, Request
from docai.labelled import Judged, Score
from docai.tasks import chart as charts
from docai.tasks.asking import exact, likeness
from docai.tasks.grounding import matched
from docai.tasks.reading import character_errors, word_errors
from docai.tasks.table import teds
from fine_tune.samples import BadSample, Sample, Source

HIT: Final = 0.5  # of overlap, from which on a box is found (RefCOCO; Kazemzadeh et al. 2014)
MOST: Final = 64  # samples of a source: the interval of a mean of 64 is about a quarter of its scatter
LAYOUT: Final = "held out"


def evaluate_model(
    model: Path,
    sources: Mapping[str, Source],
    *,
    most: int = MOST,
    most_tiles: int | None = None,
    quantization: str = "none",
    on_answer: Callable[[int], None] | None = None,
) -> Evaluation:
    """Return how well a model folder answers samples that were kept back, with each answer.

    The same samples are asked of each model, in the same words, so that two results are compared by `docai.evaluation.compare`.

    Args:
        model: A folder that `docai` can open.
        sources: Of samples that were not learnt from; their names are the groups.
        most: How many samples of each are asked about, the first ones.
        most_tiles: That pictures are shown on; None for what the folder says.
        quantization: In which weights are held meanwhile: "none" tells most truly, "nf4" needs a quarter of the memory.
        on_answer: Told how many samples have been answered.

    Raises:
        BackendUnavailable: The folder cannot be loaded.
    """
    start = time.monotonic()
    backend = open_local(str(model), quantization=quantization, most_tiles=most_tiles)
    outcomes = tuple(answered(backend, sources, most, on_answer))
    return Evaluation(
        layout=LAYOUT,
        dataset=", ".join(sources),
        backend="vlm",
        model=model.name,
        limit=most,
        seconds=round(time.monotonic() - start, 1),
        estimates=estimates(outcomes),
        items=outcomes,
    )


def answered(
    backend: Backend, sources: Mapping[str, Source], most: int = MOST, on_answer: Callable[[int], None] | None = None
) -> Iterator[Outcome]:
    """Yield how the first question of each of the first samples was answered; bad samples and those of words alone are left out."""
    chosen = list(held_out(sources, most))
    for start in range(0, len(chosen), backend.batch):
        batch = chosen[start : start + backend.batch]
        replies = backend.answer([Request(sample.turns[0].task, sample.views, to="vlm") for _, sample in batch])
        for (name, sample), reply in zip(batch, replies, strict=True):
            yield outcome(name, sample, reply)
        if on_answer is not None:
            on_answer(start + len(batch))


def held_out(sources: Mapping[str, Source], most: int = MOST) -> Iterator[tuple[str, Sample]]:
    """Yield the first samples of each source that show something, with the source's name."""
    for name, source in sources.items():
        for number in range(most if source.count is None else min(most, source.count)):
            with suppress(BadSample):  # told with file and line where the data are surveyed
                sample = source.sample(number)
                if sample.views:
                    yield name, sample


def outcome(group: str, sample: Sample, reply: Reply) -> Outcome:
    """Return how good a reply to the first question of a sample is."""
    turn = sample.turns[0]
    judged = judge(turn.task.name, turn.answer, reply)
    errors = [problem.message for problem in reply.problems if problem.severity == "error"]
    return Outcome.of(
        judged,
        errors,
        name=f"{group}: {sample.origin}",
        group=group,
        picture=hashlib.sha256(repr(sample.views[0].page).encode()).hexdigest(),
    )


# Scores by what the truth is


def judge(task: str, truth: Any, reply: Reply) -> Judged:
    """Return how good a reply is by the metrics of what is true.

    Tables: TEDS of their structure and of all; charts: F1 of relative mapping similarity; places: whether the boxes overlap the
    true ones by half, and by how much; questions: likeness (ANLS) and equality; what was read: edits by characters and words. A
    truth that is a string is in the words of the model, and held against its words.
    """
    if isinstance(truth, str):
        return _read(reply.text, truth)
    if isinstance(truth, Table):
        return _table(reply.answer, truth)
    if isinstance(truth, Chart):
        read = reply.answer if isinstance(reply.answer, Chart) else None
        return Judged((Score(metric="rms_f1", value=charts.score(read, truth).f1),), text_of(read), text_of(truth))
    if isinstance(truth, Mention):
        return _referred(reply.answer, truth) if task == "referring" else _placed(reply.answer, truth)
    if isinstance(truth, Answer):
        said = reply.answer.text if isinstance(reply.answer, Answer) else ""
        return Judged(_asked(said, truth.text), said, truth.text)
    return _read(text_of(reply.answer), text_of(truth), tuple(_tables(reply.answer, truth)))


def _read(said: str, truth: str, more: tuple[Score, ...] = ()) -> Judged:
    characters, words = character_errors(said, truth), word_errors(said, truth)
    scores = (
        Score(metric="cer", value=characters.rate, weight=max(1, characters.length)),
        Score(metric="wer", value=words.rate, weight=max(1, words.length)),
    )
    return Judged((*scores, *more), said, truth)


def _table(answer: Any, truth: Table) -> Judged:
    read = answer if isinstance(answer, Table) else None
    struct, whole = (teds(read, truth, structure_only=only) if read is not None else 0.0 for only in (True, False))
    scores = (Score(metric="teds_struct", value=struct), Score(metric="teds", value=whole))
    return Judged(scores, text_of(read), text_of(truth))


def _tables(answer: Any, truth: Any) -> Iterator[Score]:
    """Yield how well the tables of a page were read, paired in order; what has no partner counts 0."""
    read, true = ([one for one in (side or ()) if isinstance(one, Table)] for side in (answer, truth))
    if true:
        pairs = list(zip(read, true, strict=False))
        total = sum(teds(one, other, structure_only=True) for one, other in pairs)
        count = max(len(read), len(true))
        yield Score(metric="teds_struct", value=total / count, weight=count)


def _asked(said: str, truth: str) -> tuple[Score, ...]:
    return Score(metric="anls", value=likeness(said, [truth])), Score(metric="exact", value=float(exact(said, [truth])))


def _referred(answer: Any, truth: Mention) -> Judged:
    said = answer.phrase if isinstance(answer, Mention) else ""
    return Judged(_asked(said, truth.phrase), said, truth.phrase, (), truth.boxes)


def _placed(answer: Any, truth: Mention) -> Judged:
    """Return how the boxes found lie on the true ones; where there are none to be found, whether none was made up."""
    found = answer.boxes if isinstance(answer, Mention) else ()
    shares = [share for _, _, share in matched(found, truth.boxes)]
    count = max(len(found), len(truth.boxes), 1)
    none = float(isinstance(answer, Mention) and not found and not truth.boxes)
    hits = sum(share >= HIT for share in shares) / count if truth.boxes else none
    scores = (Score(metric="iou_50", value=hits), Score(metric="iou", value=sum(shares) / count if truth.boxes else none))
    return Judged(scores, _told(found), _told(truth.boxes), tuple(found), truth.boxes)


def _told(boxes: tuple[Box, ...]) -> str:
    return "\n".join(" ".join(f"{side:.3f}" for side in box) for box in boxes) or "nowhere"


def text_of(answer: Any) -> str:
    """Return an answer as text to look at and to compare: tables and charts in lines, their cells and values between bars."""
    if isinstance(answer, tuple):
        return "\n".join(filter(None, map(text_of, answer)))
    if isinstance(answer, Text):
        return answer.text
    if isinstance(answer, Table):
        rows: dict[int, list[tuple[int, str]]] = {}
        for cell in answer.cells:
            rows.setdefault(cell.row, []).append((cell.column, cell.text))
        return "\n".join(" | ".join(text for _, text in sorted(cells)) for _, cells in sorted(rows.items()))
    if isinstance(answer, Chart):
        points = (f"{series.name} | {point.x} | {point.y}" for series in answer.series for point in series.points)
        return "\n".join([f"{answer.chart_type} | {answer.title}", *points])
    return "" if isinstance(answer, Figure) else str(getattr(answer, "text", getattr(answer, "phrase", "")))
