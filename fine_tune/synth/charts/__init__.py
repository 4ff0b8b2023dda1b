"""Charts drawn by chance, each on a page of its own, with exactly known truth, by programs that draw them in different ways.

`plan` settles what a chart says and how it should look; each producer draws the plan as its program does; `placing` puts some
of them on pages with text. Producers of `HELD_OUT` are for measuring, not for learning.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from docai import registry
from docai.document import Chart
from fine_tune.synth.charts.plan import KINDS, make_plan
from fine_tune.synth.words import LANGUAGES, Language

__all__ = ["HELD_OUT", "KINDS", "PRODUCERS", "DrawnChart", "draw_chart", "kinds_of"]

_MODULES: Final = {  # imported when asked for
    "matplotlib": "fine_tune.synth.charts.matplotlib_print",
    "vega": "fine_tune.synth.charts.vega_print",
    "gnuplot": "fine_tune.synth.charts.gnuplot_print",
    "ggplot": "fine_tune.synth.charts.ggplot_print",
    "libreoffice": "fine_tune.synth.charts.libreoffice_print",
    "reportlab": "fine_tune.synth.charts.reportlab_print",
    "pgfplots": "fine_tune.synth.charts.pgfplots_print",
}
PRODUCERS: Final = tuple(_MODULES)
HELD_OUT: Final = frozenset({"ggplot", "pgfplots", "reportlab"})


@dataclass(frozen=True, slots=True)
class DrawnChart:
    """A page with one chart: the PDF, and the chart that is on it, whose boxes are all the page."""

    pdf: bytes
    chart: Chart
    producer: str
    kind: str
    language: Language


def kinds_of(producer: str) -> tuple[str, ...]:
    """Return the kinds of charts that a producer draws, of `KINDS`.

    Raises:
        MissingDependency: What the producer needs is not installed.
    """
    kinds: tuple[str, ...] = registry.load(f"{_MODULES[producer]}:DRAWN")
    return kinds


def draw_chart(seed: int, producer: str, kind: str) -> DrawnChart:
    """Return a page with one chart; the same for the same seed, on a machine with the same fonts and programs.

    Args:
        seed: A number from 0; languages take turns, English every other time.
        producer: One of `PRODUCERS`.
        kind: One of those that the producer draws, as `kinds_of` tells.

    Raises:
        MissingDependency: A package or program is missing, or a font with the letters of the language.
    """
    random = Random(f"chart {seed} {producer} {kind}")
    language: Language = "en" if seed % 2 == 0 else LANGUAGES[1 + seed // 2 % 2]
    plan = make_plan(random, kind, language, held_out=producer in HELD_OUT)
    pdf: bytes = registry.load(f"{_MODULES[producer]}:draw")(plan, random)
    if plan.look.page:
        pdf = registry.load("fine_tune.synth.charts.placing:placed")(pdf, plan, random)
    return DrawnChart(pdf, plan.chart, producer, kind, language)
