"""Labels: what stands together in a chart's text, told by text operations or by distances."""

from __future__ import annotations

import pymupdf
import pytest

from docai.backends.classical.charts.scene import Extent, Label, Rectangle, Scene, Stroke
from docai.backends.classical.charts.vector import scene_of_paths
from docai.backends.classical.charts.vector.labels import labels_of_words
from docai.backends.classical.charts.vector.lettering import with_lines_joined
from docai.backends.classical.charts.vector.runs import advances_of
from docai.box import Box
from docai.sources import Font, Origin, PageReference, Recognised, SourceWord, TextRun, open_source, origin_of, text_runs
from docai.tiling import View
from tests.test_sources import one_page


def labels_of(content: str) -> list[Label]:
    """Return the labels of a page of 200 x 200 points in Helvetica (/F1)."""
    source = open_source(origin_of(one_page(content)))
    page = source.page(1)
    source.close()
    return list(scene_of_paths(View(page.reference, page.width_points, page.height_points, words=page.words)).labels)


def shown(text: str, x: float, y: float, size: float = 10) -> str:
    return f"BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET "


def test_neighbouring_labels_that_touch_are_two_and_words_of_one_are_one():
    content = shown("BetaBanking", 20, 50) + shown("South", 80, 50) + shown("Black Comedy", 110, 50)
    assert [label.text for label in labels_of(content)] == ["BetaBanking", "South", "Black Comedy"]


def test_a_number_drawn_sign_by_sign_is_one_label():
    content = "".join(shown(text, x, 50) for text, x in (("-", 20), ("1", 23.33), ("2", 28.89), ("%", 34.45)))
    assert [label.text for label in labels_of(content)] == ["-12%"]


def test_words_set_apart_without_spaces_are_one_label():
    content = "BT /F1 10 Tf 20 50 Td [(Black) -333 (Comedy) -333 (Film)] TJ ET "
    assert [label.text for label in labels_of(content)] == ["Black Comedy Film"]


def test_numbers_beside_each_other_are_labels_of_their_own():
    content = "BT /F1 10 Tf 20 50 Td [(10) -400 (20) -400 (30)] TJ ET "
    assert [label.text for label in labels_of(content)] == ["10", "20", "30"]


def test_an_exponent_is_told():
    (label,) = labels_of(shown("10", 20, 50) + shown("-3", 31.12, 54, 7))
    assert label.text == "10^-3"
    assert label.size == 10


def test_slanted_text_has_its_turn_and_the_ends_of_its_baseline():
    half = 0.70710678
    content = f"BT /F1 10 Tf {half} {half} {-half} {half} 50 60 Tm (North) Tj ET " + shown("0", 20, 20)
    slanted = labels_of(content)[0]
    assert (slanted.text, slanted.turn) == ("North", pytest.approx(-45, abs=0.1))
    (x0, y0), (x1, y1) = slanted.ends
    assert (x0, y0) == (pytest.approx(50, abs=0.1), pytest.approx(140, abs=0.1))
    assert x1 - x0 == pytest.approx(y0 - y1, abs=0.1)
    assert x1 > x0


def test_text_that_runs_up_is_turned_back_by_a_quarter():
    (label,) = labels_of("BT /F1 10 Tf 0 1 -1 0 50 60 Tm (Value in USD) Tj ET ")
    assert (label.text, label.turn, label.extent.height > label.extent.width) == ("Value in USD", -90, True)


def test_a_text_run_tells_where_its_characters_begin():
    source = open_source(origin_of(one_page(shown("ab", 20, 50))))
    (run,) = source.text_runs(1)
    source.close()
    assert run.text == ("a", "b")
    assert run.starts[1][0] * 200 == pytest.approx(20 + 5.56, abs=0.01)
    assert (run.starts[0][1] * 200, run.advances[0]) == (pytest.approx(150), pytest.approx(5.56, abs=0.01))


def test_pictures_have_no_text_runs(tmp_path):
    image = pytest.importorskip("PIL.Image")
    image.new("RGB", (20, 20), "white").save(tmp_path / "white.png")
    assert text_runs(PageReference(origin_of(str(tmp_path / "white.png")), 1)) == ()


def read_word(text: str, left: float, right: float) -> SourceWord:
    return SourceWord(text, Box(left, 0.5, right, 0.55), 10, Font("?"), 0.55, recognised=Recognised("test", 0.9))


def test_words_of_a_picture_are_parted_by_their_distance():
    words = tuple(
        read_word(text, left, left + 0.04) for text, left in (("10", 0.1), ("20", 0.3), ("Black", 0.5), ("Comedy", 0.555))
    )
    view = View(PageReference(Origin("missing.png"), 1), 200, 200, words=words)
    assert [label.text for label in labels_of_words(view, 800, 800)] == ["10", "20", "Black Comedy"]


def line(text: str, left: float, top: float, right: float, *, turn: float = 0.0) -> Label:
    extent = Extent(left, top, right, top + 8) if not turn else Extent(top, left, top + 8, right)
    return Label(text, extent, 10, turn)


def test_lines_of_a_wrapped_category_are_one_label_and_categories_below_each_other_are_not():
    wrapped = [line("North", 10, 100, 40), line("America", 5, 112, 45), line("Asia", 70, 100, 90)]
    assert [label.text for label in with_lines_joined(Scene(200, 200, tuple(wrapped)))] == ["North America", "Asia"]
    names = [line("North", 10, 100, 40), line("South", 10, 112, 40)]
    ticks = tuple(Stroke(((42, down), (46, down)), "#000000") for down in (104, 116))
    assert len(with_lines_joined(Scene(200, 200, tuple(names), strokes=ticks))) == 2
    bars = tuple(Rectangle(Extent(45, down - 4, 100, down + 4), "#ff0000") for down in (104, 116))
    assert len(with_lines_joined(Scene(200, 200, tuple(names), rectangles=bars))) == 2


def test_numbers_below_each_other_stay_apart_and_a_year_joins_its_month():
    numbers = [line("10", 10, 100, 20), line("20", 10, 112, 20)]
    assert len(with_lines_joined(Scene(200, 200, tuple(numbers)))) == 2
    dates = [line("Jan", 10, 100, 28), line("2020", 8, 112, 30)]
    assert [label.text for label in with_lines_joined(Scene(200, 200, tuple(dates)))] == ["Jan 2020"]


def test_lines_of_a_title_that_runs_up_are_one_label():
    title = [line("Annual sales", 50, 10, 110, turn=-90), line("in thousands", 50, 22, 110, turn=-90)]
    assert [label.text for label in with_lines_joined(Scene(200, 200, tuple(title)))] == ["Annual sales in thousands"]


def set_singly(text: str, x: float, widths: dict[str, float]) -> str:
    """Return operations that show each letter by itself, exactly behind the one before."""
    parts = []
    for letter in text:
        parts.append(shown(letter, x, 50))
        x = round(x + widths[letter], 2)
    return "".join(parts)


def test_labels_that_touch_are_two_where_letters_are_set_singly_and_exactly():
    widths = {"n": 5.56, "o": 5.56, "u": 5.56, "S": 6.67, "N": 7.22}
    content = set_singly("nuon", 20, widths)
    assert [label.text for label in labels_of(content + set_singly("Soun", 42.24 + 0.5, widths))] == ["nuon", "Soun"]
    assert [label.text for label in labels_of(content + set_singly("ouno", 42.24, widths))] == ["nuonouno"]
    assert [label.text for label in labels_of(content + set_singly("ouno", 42.24 - 0.8, widths))] == ["nuonouno"]  # kerned


def test_a_label_that_begins_over_the_end_of_another_is_its_own():
    assert [label.text for label in labels_of(shown("Museums", 20, 50) + shown("Salaries", 58, 50))] == ["Museums", "Salaries"]


def test_the_letters_of_a_ligature_stay_in_their_word():
    with pymupdf.open(stream=one_page(shown("Ofces", 20, 50)), filetype="pdf") as file:
        stream = file.get_new_xref()
        file.update_object(stream, "<<>>")
        ranges = "1 begincodespacerange <00> <ff> endcodespacerange 1 beginbfchar <66> <006600660069> endbfchar"
        file.update_stream(stream, f"begincmap {ranges} endcmap".encode())
        file.xref_set_key(file[0].get_fonts()[0][0], "ToUnicode", f"{stream} 0 R")
        source = open_source(origin_of(file.tobytes()))
    page = source.page(1)
    source.close()
    (label,) = scene_of_paths(View(page.reference, page.width_points, page.height_points, words=page.words)).labels
    assert label.text == "Offices"


def test_letters_of_a_font_without_widths_reach_as_far_as_the_next_one():
    run = TextRun(("운", "송", "비"), ((0.1, 0.5), (0.14, 0.5), (0.18, 0.5)), (0.0, 0.0, 0.0), 8.0, 0.0, Font("?"))
    view = View(PageReference(Origin("missing.pdf"), 1), 200, 200)
    assert advances_of(run, view) == [pytest.approx(8.0), pytest.approx(8.0), pytest.approx(7.2)]
    assert advances_of(run._replace(advances=(1.0, 2.0, 3.0)), view) == (1.0, 2.0, 3.0)


def test_labels_that_touch_within_one_operation_are_two():
    content = "BT /F1 10 Tf 20 50 Td [(Sun) -60 (Mon) -90 (Tue)] TJ ET "
    assert [label.text for label in labels_of(content)] == ["Sun", "Mon", "Tue"]


def test_a_space_is_kerned_and_parts_no_labels():
    widths = {"o": 5.56, "f": 2.78, " ": 2.4, "A": 6.67, "r": 3.33, "t": 2.78}
    assert [label.text for label in labels_of(set_singly("of Art", 20, widths))] == ["of Art"]


def test_names_that_run_up_from_ticks_side_by_side_are_no_lines_of_one_title():
    labels = (line("Cairo", 100, 50, 140, turn=-90), line("Delhi", 100, 61, 140, turn=-90))
    ticks = tuple(Stroke(((label.extent.middle[0], 93), (label.extent.middle[0], 97)), "#888888") for label in labels)
    assert len(with_lines_joined(Scene(200, 200, labels))) == 1
    assert len(with_lines_joined(Scene(200, 200, labels, strokes=ticks))) == 2


def test_words_set_letter_by_letter_without_spaces_are_parted_by_their_gap_and_figures_join_words_at_the_same():
    widths = {"n": 5.56, "o": 5.56, "u": 5.56, "2": 5.56, "0": 5.56, "1": 5.56, "Q": 7.78}
    content = (
        set_singly("nun", 20, widths)
        + set_singly("uno", 20 + 16.68 + 2.78, widths)
        + set_singly("oun", 20 + 2 * (16.68 + 2.78), widths)
    )
    year = set_singly("Q2", 100, widths) + set_singly("2010", 100 + 13.34 + 2.78, widths)
    assert [label.text for label in labels_of(content + year)] == ["nun uno oun", "Q2 2010"]


def test_names_before_swatches_of_a_column_are_labels_of_their_own():
    swatches = tuple(Rectangle(Extent(100, 10 + 11 * n, 130, 21 + 11 * n), "#336699") for n in range(2))
    labels = (line("Alpha", 60, 11, 84), line("Beta", 60, 22, 80))
    assert [label.text for label in with_lines_joined(Scene(200, 100, labels, swatches))] == ["Alpha", "Beta"]
