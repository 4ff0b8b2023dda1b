"""Print how well docai reads charts drawn by chance, by producer and by kind: RMS F1, values met, and what confidences are worth.

`PYTHONPATH=. .venv/bin/python scripts/score_drawn_charts.py --seeds 4`, from the project's root, draws that many charts of each
kind by each producer that is not held out. The best of the charts found on a page counts. With `--picture 150` pages are read from
pictures of 150 dpi, as PNG, with `--picture 150:60` as JPEG of that quality. A producer whose program is missing is told.
"""

from __future__ import annotations

import argparse
import io
import logging
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pymupdf
from PIL import Image

import docai
from docai.backends.classical import Backend
from docai.document import Chart
from docai.errors import MissingDependency
from docai.exchange import Reply, Request
from docai.tasks.chart import TOLERANCES, ChartScore, ReadChart, score
from fine_tune.synth.charts import HELD_OUT, KINDS, PRODUCERS, DrawnChart, draw_chart, kinds_of

HEAD = (  # values within tolerances; type, and type with orientation and stacking, right; values sure of, and of those right;
    # pages without a chart found and with several; milliseconds of the processor for the reading of charts, of those in all
    f"{'':34s} charts   RMS F1 "
    + " ".join(f"{100 * tolerance:4.1f} %" for tolerance in TOLERANCES)
    + "  type  form  sure right  none several   CPU-ms"
)


@dataclass(frozen=True, slots=True)
class Scored:
    """How well one chart was read, how many were found, and the processor's time for the reading of charts and for all."""

    producer: str
    kind: str
    seed: int
    found: int
    score: ChartScore
    milliseconds: float
    milliseconds_in_all: float


class Timed(Backend):
    """The classical backend, with the processor's time that it takes for charts."""

    seconds = 0.0

    def answer(self, requests: Sequence[Request]) -> list[Reply]:
        """Return its answers."""
        replies = []
        for request in requests:
            started = time.process_time()
            replies += super().answer([request])
            self.seconds += (time.process_time() - started) * isinstance(request.task, ReadChart)
        return replies


def pictured(pdf: bytes, how: str) -> bytes:
    """Return the page as PNG, or as JPEG: `dpi` or `dpi:quality`."""
    dpi, _, quality = how.partition(":")
    with pymupdf.open(stream=pdf, filetype="pdf") as file:
        png: bytes = file[0].get_pixmap(dpi=int(dpi), alpha=False).tobytes("png")
    if not quality:
        return png
    out = io.BytesIO()
    Image.open(io.BytesIO(png)).save(out, "JPEG", quality=int(quality), dpi=(int(dpi), int(dpi)))
    return out.getvalue()


def read(drawn: DrawnChart, seed: int, how: str | None) -> tuple[Scored, Chart | None]:
    """Read a drawn chart and return how well that went, and the best chart found."""
    data = pictured(drawn.pdf, how) if how else drawn.pdf
    timed = Timed()
    started = time.process_time()
    charts = docai.extract(data, languages=(drawn.language,), backend=timed).charts
    spent = time.process_time() - started
    best = max(charts, key=lambda chart: score(chart, drawn.chart).f1, default=None)
    whole = score(best, drawn.chart)
    return Scored(drawn.producer, drawn.kind, seed, len(charts), whole, 1000 * timed.seconds, 1000 * spent), best


def line(name: str, some: Iterable[Scored]) -> str:
    """Return what a line of the report says of some charts."""
    all_of = list(some)
    scores, count = [one.score for one in all_of], len(all_of)
    expected = sum(one.expected for one in scores) or 1
    met = " ".join(f"{sum(one.met[place] for one in scores) / expected:6.3f}" for place in range(len(TOLERANCES)))
    sure = sum(one.sure for one in scores)
    right = f"{sum(one.sure_right for one in scores) / sure:5.3f}" if sure else "    -"
    types, forms = (sum(getattr(one, name) for one in scores) / count for name in ("type_right", "form_right"))
    none, several = sum(one.found == 0 for one in all_of), sum(one.found > 1 for one in all_of)
    spent, in_all = (sum(getattr(one, name) for one in all_of) / count for name in ("milliseconds", "milliseconds_in_all"))
    return (
        f"{name:34s} {count:6d} {sum(one.f1 for one in scores) / count:8.3f} {met} {types:5.2f} {forms:5.2f} "
        f"{min(1.0, sure / expected):5.2f} {right} {none:5d} {several:7d} {spent:6.0f} of {in_all:.0f}"
    )


def keep(folder: Path, drawn: DrawnChart, seed: int, how: str | None, best: Chart | None) -> None:
    """Write a chart, its truth and what was read of it."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{drawn.producer}_{drawn.kind}_{seed}"
    (folder / f"{name}.pdf").write_bytes(drawn.pdf)
    if how:
        (folder / f"{name}.{'jpg' if ':' in how else 'png'}").write_bytes(pictured(drawn.pdf, how))
    (folder / f"{name}.true.json").write_text(drawn.chart.model_dump_json(indent=1))
    if best is not None:
        (folder / f"{name}.read.json").write_text(best.model_dump_json(indent=1))


def report(scores: Sequence[Scored]) -> None:
    """Print the table: by producer and kind, by kind, by producer, and all."""
    print(HEAD)
    groups: dict[str, list[Scored]] = defaultdict(list)
    for one in scores:
        groups[f"{one.producer} {one.kind}"].append(one)
    producers = sorted({one.producer for one in scores})
    for name in sorted(groups):
        print(line(name, groups[name]))
    if len(producers) > 1:
        for kind in sorted({one.kind for one in scores}):
            print(line(f"all {kind}", [one for one in scores if one.kind == kind]))
    for producer in producers:
        print(line(producer, [one for one in scores if one.producer == producer]))
    print(line("all", scores))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    development = ",".join(name for name in PRODUCERS if name not in HELD_OUT)
    parser.add_argument("--producers", default=development, help=f"of {', '.join(PRODUCERS)}, or all; default: {development}")
    parser.add_argument("--kinds", default="", help=f"of {', '.join(KINDS)}; default: all")
    parser.add_argument("--seeds", type=int, default=3, help="how many charts of each kind by each producer")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this seed alone")
    parser.add_argument("--picture", metavar="DPI[:QUALITY]", help="read pictures of the pages, as PNG or as JPEG")
    parser.add_argument("--each", action="store_true", help="print a line for each chart that is not held out")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="write the charts that are not held out, truth, and what was read")
    arguments = parser.parse_args()
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of tables that it leaves out
    producers = PRODUCERS if arguments.producers == "all" else arguments.producers.split(",")
    wanted = arguments.kinds.split(",") if arguments.kinds else KINDS
    seeds = [arguments.seed] if arguments.seed is not None else range(arguments.first, arguments.first + arguments.seeds)
    scores: list[Scored] = []
    for producer in producers:
        try:
            for kind in (kind for kind in kinds_of(producer) if kind in wanted):
                for seed in seeds:
                    drawn = draw_chart(seed, producer, kind)
                    one, best = read(drawn, seed, arguments.picture)
                    scores.append(one)
                    if producer in HELD_OUT:  # they are for measuring, not for looking at
                        continue
                    if arguments.each:
                        print(line(f"{producer} {kind} {seed}", [one]), flush=True)
                    if arguments.keep:
                        keep(arguments.keep, drawn, seed, arguments.picture, best)
        except MissingDependency as missing:
            print(f"left out: {producer}: {missing}")
    if not scores:
        raise SystemExit("nothing could be drawn")
    report(scores)


if __name__ == "__main__":
    main()
