"""Whole pages drawn by chance, fast, with exactly known truth: each word with the box of its ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Final, get_args

from fine_tune.synth.drawn import DrawnPage, PageKind
from fine_tune.synth.ink import painted
from fine_tune.synth.pages import bill, form, letter, report
from fine_tune.synth.pages.content import Author
from fine_tune.synth.pages.layout import Sheet
from fine_tune.synth.pages.scene import A4, LETTER, Look, Scene, look_of
from fine_tune.synth.words import LANGUAGES, Language

__all__ = ["PAGE_KINDS", "DrawnPage", "draw_page"]

PAGE_KINDS: Final[tuple[PageKind, ...]] = get_args(PageKind)
_DRAW: Final[dict[PageKind, Callable[[Scene], None]]] = {
    "letter": letter.draw,
    "invoice": bill.draw_invoice,
    "receipt": bill.draw_receipt,
    "form": form.draw,
    "report": report.draw,
    "table": report.draw_table,
    "chart": report.draw_chart_page,
    "mixed": report.draw_mixed,
}
_ROLLS: Final = (2.28 * 72, 3.15 * 72)  # points: paper of 58 and 80 mm
_ROLL_LENGTH: Final = 20 * 72.0  # points, longer than any receipt


def draw_page(
    seed: int, *, kind: PageKind | None = None, language: Language | None = None, held_out: bool = False, dpi: int = 100
) -> DrawnPage:
    """Return a picture of a page and what is on it; the same for the same seed, on a machine with the same fonts.

    Args:
        seed: A number from 0.
        kind: What sort of page; any, without.
        language: That of the page; any, without.
        held_out: Whether it is set in fonts, words and ways that the others do not have: for measuring, not for learning.
        dpi: Pixels per inch.

    Raises:
        MissingDependency: No font on this machine has the letters of the language.
    """
    key = f"page {seed} {held_out}"
    choice = Random(key)
    chosen, spoken = choice.choice(PAGE_KINDS), choice.choice(LANGUAGES)
    scene = compose(key, kind or chosen, language or spoken, held_out=held_out, dpi=dpi)
    sheet = scene.sheet
    return DrawnPage(
        pixels=painted(sheet.strokes, sheet.width, sheet.height, sheet.paper),
        dpi=dpi,
        document=sheet.document(f"page {seed}"),
        language=language or spoken,
        kind=kind or chosen,
        seed=seed,
        paper=sheet.paper,
        fields=tuple(sheet.fields),
        marks=tuple(sheet.marks),
    )


def compose(key: str, kind: PageKind, language: Language, *, held_out: bool, dpi: int) -> Scene:
    """Return a page as strokes that are not painted yet, and what they say."""
    key = f"{key} {kind} {language}"
    random = Random(key)
    size = random.choice((A4, A4, LETTER))
    look = look_of(random, language, held_out=held_out)
    if kind != "receipt":
        return _drawn(f"{key} content", kind, language, look, (size, held_out, dpi))
    look = replace(look, margin=random.uniform(8, 18), size=random.choice((7.0, 8.0, 8.0, 9.0)), align="left")
    width = random.choice(_ROLLS)
    scene = _drawn(f"{key} content", kind, language, look, ((width, _ROLL_LENGTH), held_out, dpi))
    bottom = max(content.box.bottom for content in scene.sheet.contents) * _ROLL_LENGTH
    return _drawn(f"{key} content", kind, language, look, ((width, bottom + 2 * look.margin), held_out, dpi))  # cut off there


def _drawn(key: str, kind: PageKind, language: Language, look: Look, how: tuple[tuple[float, float], bool, int]) -> Scene:
    (width, height), held_out, dpi = how
    sheet = Sheet(round(width * dpi / 72), round(height * dpi / 72), dpi, look.paper)
    scene = Scene(sheet, Author(Random(key), language, held_out=held_out), look)
    _DRAW[kind](scene)
    return scene
