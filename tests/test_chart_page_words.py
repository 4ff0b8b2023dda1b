"""Print of a chart's picture is looked at no more often than it tells: words of the page, repeated print, icons."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from docai.backends.classical.charts.raster.page_words import seen
from docai.backends.classical.charts.raster.words import _agree, _as_seen, _firsts
from docai.backends.classical.charts.scene import Extent
from docai.backends.classical.engines import OfLabels, Once, ReadLine, ReadWord
from docai.box import Box
from docai.sources import Font, Recognised, SourceWord
from tests.test_chart_prints import WORDS, reading


class Reader:
    """Reads the same on every strip, surely or not as a label, and remembers the pictures that it was shown."""

    name = "rapidocr"

    def __init__(self, as_label: float = 1.0) -> None:
        self.lines, self.labels, self._as_label = [], [], as_label

    def read(self, strip):
        self.lines.append(strip.picture)
        return ReadLine(self.name, (ReadWord("line", 0.0, 20.0, 0.8),))

    def read_label(self, strip):
        self.labels.append(strip.picture)
        return ReadLine(self.name, (ReadWord("label", 0.0, 20.0, self._as_label),))


def word(text, *sides, sure=0.97, line=0):
    """Return a word that was read on the page, with where it stands in the chart's picture."""
    read = SourceWord(
        text, Box(0.1, 0.1, 0.2, 0.2), 8.0, Font("print"), 0.2, line, recognised=Recognised("tesseract:eng", sure, ())
    )
    return read, Extent(*sides)


ROW = reading("Hume Appiiauce", 50.0, 100.0, 10.0, wide=98.0).row
HOME = [word("Home", 50.0, 100.0, 78.0, 110.0), word("Appliance", 84.0, 100.0, 148.0, 110.0)]


def test_what_was_surely_read_on_the_page_is_another_look_at_a_row():
    found = seen(ROW, [*HOME, word("Total", 50.0, 140.0, 85.0, 150.0)])
    assert found is not None
    assert [(one.text, one.left, one.right) for one in found.words] == [("Home", 2.0, 30.0), ("Appliance", 36.0, 100.0)]


@pytest.mark.parametrize(
    "words",
    [
        [],
        HOME[:1],
        [HOME[0], word("Appliance", 84.0, 100.0, 148.0, 110.0, sure=0.9)],
        [HOME[0], word("Appliance", 84.0, 100.0, 148.0, 110.0, line=1)],
        [word("4", 50.0, 100.0, 60.0, 110.0), word("Appliances", 62.0, 100.0, 148.0, 110.0)],
        [word("ab", 50.0, 100.0, 148.0, 110.0)],
    ],
    ids=["none", "half of it", "unsure", "of two lines", "with figures", "short"],
)
def test_words_of_the_page_that_may_be_something_else_are_none(words):
    assert seen(ROW, words) is None


def unsure(text):
    line = ReadLine("tesseract:eng", (ReadWord(text, 0.0, 98.0, 0.5),))
    return replace(reading(text, 50.0, 100.0, 10.0, wide=98.0), line=line)


def test_a_surer_reading_of_the_page_takes_the_place_of_an_unsure_one():
    assert _as_seen(unsure("Hume Appiiauce"), HOME).text == "Home Appliance"


def test_two_looks_that_see_the_same_agree():
    assert _as_seen(unsure("Home Appliance"), HOME).agreed is True


def test_a_sure_reading_and_a_number_are_left_as_they_are():
    sure, number = reading("Hume Appiiauce", 50.0, 100.0, 10.0, wide=98.0), unsure("4.69")
    assert _as_seen(sure, HOME) is sure
    assert _as_seen(number, [word("Age", 50.0, 100.0, 148.0, 110.0)]) is number


def test_print_that_looks_the_same_is_read_once():
    engine = Reader()
    once = Once(engine)
    strip = WORDS[0].row.strip
    again = replace(strip, picture=strip.picture.copy())
    other = replace(strip, picture=np.zeros_like(strip.picture))
    assert once.read(strip) == once.read(again) == once.read(other)
    assert len(engine.lines) == 2


@pytest.mark.parametrize(("as_label", "said"), [(0.95, "label"), (0.7, "line")])
def test_a_label_is_looked_at_as_a_line_where_that_is_unsure(as_label, said):
    assert OfLabels(Reader(as_label), 0.9).read(WORDS[0].row.strip).text == said


def test_single_marks_of_no_size_of_letters_are_not_read():
    rows = [one.row for one in WORDS]
    letter, icon = reading("7", 5.0, 200.0, 8.0, marks=1).row, reading("x", 300.0, 50.0, 30.0, marks=1).row
    found = _firsts([icon, *rows, letter], {"eng": Reader()})
    assert [one.row for one in found] == [*rows, letter]


def test_rows_agree_with_the_page_whatever_their_spaces():
    assert _agree(unsure("HomeAppliance").line, ReadLine("page", tuple(ReadWord(t, 0.0, 9.0, 0.97) for t in ("Home", "Appliance"))))
