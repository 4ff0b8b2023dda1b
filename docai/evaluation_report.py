"""An evaluation as one HTML page, with nothing from elsewhere: its figures, and the items that went worst, with their pictures."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from docai.errors import InputError
from docai.evaluation import Estimate, Evaluation, Outcome, badness
from docai.labelled import METRICS, Item
from docai.presenting import FOOT, head
from docai.sources import opened, origin_of

if TYPE_CHECKING:
    from docai.box import Box
    from docai.sources import Pixels

SHOWN: Final = 12  # items; what goes wrong repeats itself soon, and each picture is some 100 KB
SIDE: Final = 900  # pixels of a picture's longer side: a page of text can just be read
QUALITY: Final = 80  # of JPEG, at which print has no fringes
LONGEST: Final = 4000  # characters of a text that are shown; a page of dense print
GREEN, RED = (26, 127, 55), (207, 34, 46)  # RGB of what is true and what was found
SIDES_STYLE: Final = """
.sides { display: flex; gap: 1rem; align-items: flex-start; margin-top: .8rem; }
.sides > div { flex: 1 1 0; min-width: 0; } .sides > div.picture { flex: 1.2 1 0; }
.sides img { max-width: 100%; border: 1px solid #d1d9e0; }
del { background: #ffcecb; text-decoration: none; } ins { background: #aceebb; text-decoration: none; }
.scores { color: #59636e; }
"""


def report(evaluation: Evaluation, items: Iterable[Item]) -> str:
    """Return an evaluation as HTML; `items` are those of its data set, of which the worst are drawn."""
    worst = worst_of(evaluation.items)
    names = {outcome.name for outcome in worst}
    sources = {item.name: item for item in items if item.name in names}
    title = f"{evaluation.layout}: {Path(evaluation.dataset).name}"
    parts = [
        *head(title, SIDES_STYLE),
        *_about(evaluation),
        *_figures(evaluation.estimates),
        f"<h2>{_heading(worst, evaluation.items)}</h2>" if worst else "<h2>All items are right</h2>",
        *(_section(outcome, sources.get(outcome.name)) for outcome in worst),
        FOOT,
    ]
    return "\n".join(parts) + "\n"


def worst_of(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the items that went worst, the worst first; none that is wholly right."""
    ranked = sorted(outcomes, key=badness, reverse=True)
    return [outcome for outcome in ranked if badness(outcome) > 0][:SHOWN]


def _heading(worst: Sequence[Outcome], outcomes: Sequence[Outcome]) -> str:
    return f"The {len(worst)} worst of {len(outcomes)} items" if len(worst) > 1 else f"The worst of {len(outcomes)} items"


def _about(evaluation: Evaluation) -> list[str]:
    engines = [
        ", ".join(filter(None, (engine.name, engine.revision, engine.quantization, engine.dialect)))
        for engine in evaluation.engines
    ]
    told = [
        f"data set {evaluation.dataset}",
        f"backend {evaluation.backend}" + (f" with {evaluation.model}" if evaluation.model else ""),
        *(f"read by {engine}" for engine in engines),
        f"{len(evaluation.items)} items" + (f", the first {evaluation.limit} at most" if evaluation.limit else ""),
        f"{evaluation.seconds:.0f} seconds",
    ]
    lines = [f'<p class="about">{escape(" · ".join(told))}</p>']
    if evaluation.failed:
        lines.append(f'<p class="problem">{len(evaluation.failed)} items with a problem; what failed is scored as wrong.</p>')
    return lines


def _figures(estimates: Sequence[Estimate]) -> list[str]:
    """Return the table of figures, each with its interval drawn on a line from 0 to 1."""
    rows = []
    for estimate in estimates:
        metric = METRICS[estimate.metric]
        name = escape(estimate.group) if estimate.group else f"<b>{escape(metric.title)}</b>"
        told = f"{estimate.low:.3f} – {estimate.high:.3f}" if estimate.low is not None else "–"
        way = "" if metric.higher_is_better else "less is better"
        rows.append(
            f'<tr class="{"group" if estimate.group else "all"}"><td>{name}</td>'
            f'<td class="number"><b>{estimate.value:.3f}</b></td><td class="number">{told}</td><td>{_drawn(estimate)}</td>'
            f'<td class="number">{estimate.count}</td><td>{way}</td></tr>'
        )
    head = '<tr><th>metric</th><th class="number">value</th><th class="number">95 % interval</th><th>0 to 1</th>'
    return [f'<h2>Figures</h2><table>{head}<th class="number">items</th><th></th></tr>', *rows, "</table>"]


def _drawn(estimate: Estimate) -> str:
    """Return a value and its interval on a line from 0 to 1, as SVG; what is above 1 stands at its end."""
    width = 160

    def place(value: float) -> float:
        return 4 + min(1.0, max(0.0, value)) * (width - 8)

    low = estimate.value if estimate.low is None else estimate.low
    high = estimate.value if estimate.high is None else estimate.high
    return (
        f'<svg width="{width}" height="14" role="img" aria-label="{estimate.value:.3f}">'
        f'<line x1="4" y1="7" x2="{width - 4}" y2="7" stroke="#d1d9e0"/>'
        f'<line x1="{place(low):.1f}" y1="7" x2="{place(high):.1f}" y2="7" stroke="#0969da" stroke-width="5" opacity=".4"/>'
        f'<circle cx="{place(estimate.value):.1f}" cy="7" r="4" fill="#0969da"/></svg>'
    )


def _section(outcome: Outcome, item: Item | None) -> str:
    """Return an item: its scores, its picture with the boxes of both sides, what was answered beside what is true."""
    scores = ", ".join(f"{METRICS[score.metric].title} {score.value:.3f}" for score in outcome.scores)
    group = f" · {escape(outcome.group)}" if outcome.group else ""
    problem = f'<p class="problem">{escape(outcome.problem)}</p>' if outcome.problem else ""
    prediction, truth = marked(outcome.prediction, outcome.truth)
    boxes = '<p class="note">green: true boxes; red: those of the answer</p>' if outcome.expected else ""
    question = getattr(item.task, "question", getattr(item.task, "phrase", "")) if item is not None else ""
    asked = f"<p>{escape(question)}</p>" if question else ""
    return (
        f'<section class="item"><h3>{escape(outcome.name)}{group}</h3><div class="scores">{escape(scores)}</div>{problem}{asked}'
        f'<div class="sides"><div class="picture">{_picture(outcome, item)}{boxes}</div>'
        f"<div><b>answered</b><pre>{prediction}</pre></div><div><b>true</b><pre>{truth}</pre></div></div></section>"
    )


def marked(prediction: str, truth: str) -> tuple[str, str]:
    """Return two texts as HTML: in the first what the second lacks as `del`, in the second what the first lacks as `ins`."""
    here, there = prediction[:LONGEST], truth[:LONGEST]
    steps = Levenshtein.opcodes(here, there)
    first = _marked(((here[step.src_start : step.src_end], step.tag != "equal") for step in steps), "del")
    second = _marked(((there[step.dest_start : step.dest_end], step.tag != "equal") for step in steps), "ins")
    return first + ("…" if len(prediction) > LONGEST else ""), second + ("…" if len(truth) > LONGEST else "")


def _marked(pieces: Iterable[tuple[str, bool]], tag: str) -> str:
    """Return pieces of text as HTML, those that differ in elements of `tag`, neighbours in one."""
    told = []
    for differs, group in groupby((piece for piece in pieces if piece[0]), lambda piece: piece[1]):
        text = escape("".join(piece for piece, _ in group))
        told.append(f"<{tag}>{text}</{tag}>" if differs else text)
    return "".join(told)


def _picture(outcome: Outcome, item: Item | None) -> str:
    """Return the picture of an item as an element that holds it; in words what keeps it from being drawn."""
    if item is None:
        return '<p class="note">it is no longer in the data set</p>'
    try:
        pixels = _page(item)
    except (InputError, ValueError) as error:
        return f'<p class="note">no picture: {escape(str(error))}</p>'
    for boxes, colour in ((outcome.expected, GREEN), (outcome.found, RED)):
        _draw(pixels, boxes, colour)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    data = base64.b64encode(jpeg.tobytes()).decode("ascii")
    return f'<img alt="{escape(outcome.name)}" src="data:image/jpeg;base64,{data}">'


def _page(item: Item) -> Pixels:
    with opened(origin_of(item.source)) as source:
        page = source.page(item.shown)
        scale = SIDE / max(page.width_points, page.height_points)
        width, height = max(1, round(page.width_points * scale)), max(1, round(page.height_points * scale))
        pixels, _ = source.render(item.shown, width, height)
    return np.ascontiguousarray(pixels)


def _draw(pixels: Pixels, boxes: Iterable[Box], colour: tuple[int, int, int]) -> None:
    """Draw the outlines of boxes into pixels."""
    height, width = pixels.shape[:2]
    for box in boxes:
        left, top, right, bottom = box.pixels(width, height)
        cv2.rectangle(pixels, (left, top), (max(left, right - 1), max(top, bottom - 1)), colour, 2)


def write_results(evaluation: Evaluation, items: Iterable[Item], folder: Path) -> None:
    """Write `results.json` and `report.html` to a folder; each appears whole or not at all."""
    write_texts(folder, {"results.json": evaluation.model_dump_json(indent=1) + "\n", "report.html": report(evaluation, items)})


def write_texts(folder: Path, texts: Mapping[str, str]) -> None:
    """Write texts to files of a folder, by their names; each appears whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        temporary = folder / f"{name}.part"
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(folder / name)
        finally:
            temporary.unlink(missing_ok=True)
