"""What a stage did, as `report.html` that needs nothing from elsewhere, and as `report.json`.

Curves, scores before and after, samples side by side, what it cost, and with which settings and data.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import cv2
import numpy as np

from docai.box import Box
from docai.errors import InputError
from docai.evaluation import Comparison, Difference, Evaluation, Outcome, badness, compare
from docai.evaluation_report import GREEN, QUALITY, RED, SIDE, SIDES_STYLE, marked, write_texts
from docai.labelled import METRICS
from docai.presenting import FOOT, duration, facts, head
from docai.tiling import Lens
from fine_tune.report.plots import Curve, plot
from fine_tune.report.values import StageResult
from fine_tune.samples import Sample

if TYPE_CHECKING:
    from docai.sources import Pixels

SHOWN: Final = 8  # samples side by side: half of those that gained most, a quarter that lost most, and what is still worst
FAULTS: Final = 20  # bad samples that are named
AMBER: Final = (191, 135, 0)  # RGB of boxes found before
CURVES: Final = (  # of each plot: its title, and the names of logged values with what they are called
    ("Loss", (("loss", "training"), ("eval_loss", "held out"))),
    ("Learning rate", (("learning_rate", "highest"),)),
    ("Norm of the gradients", (("grad_norm", "norm"),)),
    ("Share of answers' tokens told first", (("token_accuracy", "training"), ("mean_token_accuracy", "training"))),
    ("Margin of reward, better over worse", (("rewards/margins", "training"), ("eval_rewards/margins", "held out"))),
    ("Share of pairs told right", (("rewards/accuracies", "training"), ("eval_rewards/accuracies", "held out"))),
    ("Reward", (("rewards/chosen", "better answers"), ("rewards/rejected", "worse answers"))),
)
NOTHING: Final = '<span class="note">nothing that can be read</span>'
MORE_STYLE: Final = """
.plots { display: flex; flex-wrap: wrap; gap: 1rem; } svg.plot { max-width: 100%; height: auto; }
.better { color: #1a7f37; font-weight: 600; } .worse { color: #cf222e; font-weight: 600; } .same { color: #59636e; }
.three { display: grid; grid-template-columns: 1.3fr 1fr 1fr 1fr; gap: .8rem; margin-top: .8rem; align-items: start; }
.three img { max-width: 100%; border: 1px solid #d1d9e0; } .three > div { min-width: 0; }
.three pre { max-height: 32rem; overflow: auto; } details { margin: .6rem 0; } summary { cursor: pointer; font-weight: 600; }
.columns { display: grid; grid-template-columns: 1fr 1fr; gap: 2rem; align-items: start; }
@media print { .three pre { max-height: none; } details > * { display: block; } }
"""


def write_report(folder: Path, result: StageResult, samples: Mapping[str, Sample] | None = None) -> Path:
    """Write `report.html` and `report.json` to a folder and return the former; each appears whole or not at all.

    Args:
        folder: Of the stage.
        result: What it did.
        samples: The held-out samples, by the names of outcomes ("source: origin"), whose pictures are shown.
    """
    told = result.model_dump(mode="json") | {"differences": [one.model_dump(mode="json") for one in result.differences]}
    page = html_of(result, samples or {})
    write_texts(folder, {"report.json": json.dumps(told, ensure_ascii=False, indent=1) + "\n", "report.html": page})
    return folder / "report.html"


def html_of(result: StageResult, samples: Mapping[str, Sample]) -> str:
    """Return a result as HTML; `samples` as for `write_report`."""
    stage = result.stage
    title = f"Stage {stage.number}: {stage.name.replace('_', ' ')}"
    parts = [
        *head(title, SIDES_STYLE + MORE_STYLE),
        f'<p class="about">{escape(stage.about)} · {escape(result.model)} ({result.family})</p>',
        _facts(result),
        *_scores(result),
        *_plots(result.history),
        *_side_by_side(result, samples),
        *_data(result),
        *_settings(result),
        FOOT,
    ]
    return "\n".join(parts) + "\n"


# What it cost


def _facts(result: StageResult) -> str:
    cost = result.cost
    speed = f"{cost.tokens / cost.seconds:,.0f} tokens/s" if cost.tokens and cost.seconds else ""
    told = [
        (duration(cost.seconds), f"by the clock{f' on {cost.device}' if cost.device else ''}"),
        (f"{cost.steps:,}", "steps"),
        (f"{cost.samples:,}", "samples learnt from"),
        (f"{cost.tokens / 1e6:,.2f} M" if cost.tokens is not None else "", f"tokens{f', {speed}' if speed else ''}"),
        (f"{cost.peak_memory / 1e9:,.2f} GB" if cost.peak_memory is not None else "", "memory at most"),
        (f"{cost.flops / 1e15:,.3g} PFLOP" if cost.flops is not None else "", "of products, worked out"),
    ]
    return facts(told)


# Scores


def _scores(result: StageResult) -> list[str]:
    """Return the table of scores: of both models side by side, or of the one that was asked."""
    compared = result.differences
    if compared:
        head = "<th>metric</th><th>before</th><th>after</th><th>change, 95 % interval</th><th></th><th>samples</th><th>verdict</th>"
        note = (
            "Both models answered the same samples, in the same words. The interval is that of the paired bootstrap; a change "
            "counts where it does not hold 0."
        )
        whole = {one.metric: one.count for one in compared if not one.group}
        rows = "".join(_difference(one) for one in compared if not one.group or one.count < whole[one.metric])
        return [f'<h2>Before and after</h2><p class="note">{note}</p><table><tr>{head}</tr>{rows}</table>']
    asked = result.after or result.before
    if asked is None:
        return ['<p class="note">No held-out samples were asked about.</p>']
    rows = "".join(
        f"<tr{_group(one.group)}><td>{_metric(one.metric, one.group)}</td><td class=number><b>{one.value:.3f}</b></td>"
        f"<td class=number>{'–' if one.low is None else f'{one.low:.3f} – {one.high:.3f}'}</td>"
        f"<td class=number>{one.count}</td></tr>"
        for one in asked.estimates
    )
    head = "<th>metric</th><th>value</th><th>95 % interval</th><th>samples</th>"
    return [f"<h2>{'After' if result.after else 'Before'}</h2><table><tr>{head}</tr>{rows}</table>"]


def _group(group: str) -> str:
    return ' class="group"' if group else ""


def _metric(metric: str, group: str) -> str:
    known = METRICS[metric]
    way = "more is better" if known.higher_is_better else "less is better"
    return escape(group) if group else f'<b>{escape(known.title)}</b> <span class="note">{way}</span>'


def _difference(one: Difference) -> str:
    kind = one.verdict if one.verdict in ("better", "worse") else "same"
    interval = "" if one.low is None or one.high is None else f" ({one.low:+.3f} to {one.high:+.3f})"
    return (
        f"<tr{_group(one.group)}><td>{_metric(one.metric, one.group)}</td>"
        f'<td class="number">{one.first:.3f}</td><td class="number"><b>{one.second:.3f}</b></td>'
        f'<td class="number">{one.difference:+.3f}{interval}</td><td>{_moved(one, kind)}</td>'
        f'<td class="number">{one.count}</td><td class="{kind}">{escape(one.verdict)}</td></tr>'
    )


def _moved(one: Difference, kind: str) -> str:
    """Return two values on a line from 0 to 1 as SVG: before as a ring, after as a disc; what is above 1 stands at its end."""
    colour = {"better": "#1a7f37", "worse": "#cf222e", "same": "#59636e"}[kind]
    first, second = (4 + min(1.0, max(0.0, value)) * 132 for value in (one.first, one.second))
    return (
        f'<svg width="140" height="14" role="img" aria-label="from {one.first:.3f} to {one.second:.3f}">'
        '<line x1="4" y1="7" x2="136" y2="7" stroke="#d1d9e0"/>'
        f'<line x1="{first:.1f}" y1="7" x2="{second:.1f}" y2="7" stroke="{colour}" stroke-width="3"/>'
        f'<circle cx="{first:.1f}" cy="7" r="3.5" fill="#fff" stroke="{colour}" stroke-width="1.5"/>'
        f'<circle cx="{second:.1f}" cy="7" r="4.5" fill="{colour}"/></svg>'
    )


# Curves


def _plots(history: Sequence[Mapping[str, float]]) -> list[str]:
    drawn = [plot(title, [_curve(history, name, called) for name, called in names]) for title, names in CURVES]
    drawn = [one for one in drawn if one]
    return ["<h2>While it learnt</h2>", f'<div class="plots">{"".join(drawn)}</div>'] if drawn else []


def _curve(history: Sequence[Mapping[str, float]], name: str, called: str) -> Curve:
    return Curve(called, [(entry["step"], entry[name]) for entry in history if name in entry], scatters=name != "learning_rate")


# Samples


def _side_by_side(result: StageResult, samples: Mapping[str, Sample]) -> list[str]:
    if result.before is None or result.after is None:
        return []
    compared = compare(result.before, result.after)
    chosen = shown_samples(compared, result.after)
    if not chosen:
        return []
    earlier = {item.name: item for item in result.before.items}
    note = (
        "Those that gained most, those that lost most, and what is still worst. Marked red: what is not there in truth; green: "
        "what the answer after lacks. Boxes: green true, amber before, red after."
    )
    sections = (_sample(earlier[item.name], item, samples.get(item.name)) for item in chosen)
    return [f'<h2>Samples side by side</h2><p class="note">{note}</p>', *sections]


def shown_samples(compared: Comparison, after: Evaluation) -> list[Outcome]:
    """Return the answers to show: half of those that gained most, a quarter that lost most, the rest those that are worst now."""
    both = {item.name for item in after.items} - set(compared.alone)
    gained = [change.second for change in compared.changes if change.gain > 0][: SHOWN // 2]
    lost = [change.second for change in compared.changes if change.gain < 0][: SHOWN // 4]
    taken = {item.name for item in (*gained, *lost)}
    worst = sorted((item for item in after.items if item.name in both - taken), key=badness, reverse=True)
    return [*gained, *lost, *worst[: SHOWN - len(taken)]]


def _sample(before: Outcome, after: Outcome, sample: Sample | None) -> str:
    earlier, _ = marked(before.prediction, before.truth)
    later, truth = marked(after.prediction, after.truth)
    earlier, later = earlier or NOTHING, later or NOTHING
    task = sample.turns[0].task if sample is not None else None
    question = getattr(task, "question", getattr(task, "phrase", "")) if task is not None else ""
    asked = f"<p>{escape(question)}</p>" if question else ""
    problem = f'<p class="problem">{escape(after.problem)}</p>' if after.problem else ""
    scores = ", ".join(
        f"{METRICS[score.metric].title}: {f'{old.value:.3f} → ' if (old := before.score(score.metric)) else ''}{score.value:.3f}"
        for score in after.scores
    )
    return (
        f'<section class="item"><h3>{escape(after.name)}</h3><div class="scores">{escape(scores)}</div>{problem}{asked}'
        f'<div class="three"><div>{_picture(before, after, sample)}</div><div><b>true</b><pre>{truth}</pre></div>'
        f"<div><b>before</b><pre>{earlier}</pre></div><div><b>after</b><pre>{later}</pre></div></div></section>"
    )


def _picture(before: Outcome, after: Outcome, sample: Sample | None) -> str:
    """Return the first view of a sample as an element that holds it; in words what keeps it from being drawn."""
    if sample is None:
        return '<p class="note">the sample is not at hand</p>'
    view = sample.views[0]
    try:
        pixels = np.ascontiguousarray(view.pixels(Lens(dpi=72 * SIDE / max(view.size_points))))
    except (InputError, ValueError) as error:
        return f'<p class="note">no picture: {escape(str(error))}</p>'
    for boxes, colour in ((after.expected, GREEN), (before.found, AMBER), (after.found, RED)):
        _draw(pixels, map(view.from_page, boxes), colour)
    _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    data = base64.b64encode(jpeg.tobytes()).decode("ascii")
    return f'<img alt="{escape(after.name)}" src="data:image/jpeg;base64,{data}">'


def _draw(pixels: Pixels, boxes: Iterable[Box], colour: tuple[int, int, int]) -> None:
    height, width = pixels.shape[:2]
    for box in boxes:
        left, top, right, bottom = box.pixels(width, height)
        cv2.rectangle(pixels, (left, top), (max(left, right - 1), max(top, bottom - 1)), colour, 2)


# Data and settings


def _data(result: StageResult) -> list[str]:
    mixture, counts = result.stage.mixture, result.mixture
    whole, seen = sum(mixture.values()) or 1.0, sum(counts.values())
    rows = []
    for name in dict.fromkeys((*mixture, *counts)):
        count = counts.get(name, 0)
        share = f"{count / seen:.1%}" if seen else "–"
        rows.append(
            f'<tr><td>{escape(name)}</td><td class="number">{mixture.get(name, 0) / whole:.1%}</td>'
            f'<td class="number">{count:,}</td><td class="number">{share}</td></tr>'
        )
    head = '<tr><th>source</th><th class="number">weight</th><th class="number">samples</th><th class="number">share</th></tr>'
    parts = [f"<h2>Data</h2><table>{head}{''.join(rows)}</table>"]
    if result.fault_count:
        named = "\n".join(map(escape, result.faults[:FAULTS]))
        more = result.fault_count - min(len(result.faults), FAULTS)
        rest = f"\n… and {more:,} more" if more > 0 else ""
        parts.append(
            f"<details open><summary>{result.fault_count:,} bad samples, left out</summary><pre>{named}{rest}</pre></details>"
        )
    return parts


def _settings(result: StageResult) -> list[str]:
    told = result.stage.model_dump(mode="json", exclude={"mixture", "about", "name", "number"})
    rows = "".join(f'<tr><td>{escape(name)}</td><td class="number">{escape(value)}</td></tr>' for name, value in _flat(told))
    made = "".join(
        f'<tr><td>{escape(name)}</td><td class="number">{escape(value)}</td></tr>' for name, value in result.versions.items()
    )
    columns = f"<div><h2>Settings</h2><table>{rows}</table></div><div><h2>Made with</h2><table>{made}</table></div>"
    return [f'<div class="columns">{columns}</div>']


def _flat(told: Any, path: str = "") -> list[tuple[str, str]]:
    """Return settings as lines: "schedule.batch" and its value."""
    if not isinstance(told, dict):
        return [(path, "no" if told is False else "yes" if told is True else "–" if told is None else f"{told}")]
    return [line for name, value in told.items() for line in _flat(value, f"{path}.{name}" if path else name)]
