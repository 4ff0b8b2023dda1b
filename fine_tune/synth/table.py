"""Tables drawn by chance, each on a page of its own, with exactly known truth."""

from __future__ import annotations

from random import Random
from typing import Final

from docai import registry
from fine_tune.synth.drawn import DrawnTable
from fine_tune.synth.words import LANGUAGES

__all__ = ["HELD_OUT_STYLES", "STYLES", "DrawnTable", "draw_table"]

STYLES: Final = ("ruled", "row_rules", "booktabs", "zebra", "shaded_head", "borderless", "framed", "column_rules")
HELD_OUT_STYLES: Final = (
    "double_rule",
    "dotted_rows",
    "dark_band",
    "column_zebra",
    "card",
    "beside_prose",
    "rotated",
    "narrow_gaps",
    "separate_cells",
)
_DRAW: Final = {False: "fine_tune.synth.table_print:draw", True: "fine_tune.synth.table_html:draw"}  # imported when asked for


def draw_table(seed: int, held_out: bool = False) -> DrawnTable:  # noqa: FBT001, FBT002  # a door of two doors
    """Return a page with one table; the same for the same seed, on a machine with the same fonts.

    Styles and languages take turns, so that any 27 seeds in a row have nearly all pairs of them.

    Args:
        seed: A number from 0.
        held_out: Whether another program draws it, in looks that the others do not have: for measuring, not for learning.

    Raises:
        MissingDependency: A package is missing, or a font with the letters of the language.
    """
    styles = HELD_OUT_STYLES if held_out else STYLES
    language = LANGUAGES[seed // len(styles) % len(LANGUAGES)]
    drawn: DrawnTable = registry.load(_DRAW[held_out])(Random(f"table {seed} {held_out}"), language, styles[seed % len(styles)])
    return drawn
