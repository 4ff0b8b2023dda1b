"""hOCR is read back as XML: nested as the standard asks, boxes in pixels, and every word there."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docai.box import Box
from docai.document import Block, Cell, Document, Figure, Page, Table, Text, Word, replace
from docai.exporters import Memory, feed, to_text
from docai.exporters.hocr import Exporter, text_lines
from docai.sources import Origin
from docai.turning import turned_box

XHTML = "{http://www.w3.org/1999/xhtml}"
WIDTH, HEIGHT = 360.0, 720.0  # points: 1500 x 3000 pixels at 300 dpi
ROWS = ("Three short words", "then two", "한국어 낱말")


def words_of(rows=ROWS, left=0.1, top=0.1):
    """Return words of rows as a reader would: 0.05 of the page wide each, in lines 0.02 high."""
    return tuple(
        Word(
            text=text,
            box=Box(left + 0.06 * n, top + 0.03 * line, left + 0.06 * n + 0.05, top + 0.03 * line + 0.02),
            confidence=0.875,
        )
        for line, row in enumerate(rows)
        for n, text in enumerate(row.split())
    )


def text(words=(), said="", **more):
    return Text(page_number=1, box=Box(0.1, 0.1, 0.6, 0.3), words=words, text=said or " ".join(w.text for w in words), **more)


def table(words=()):
    cells = tuple(Cell(row=0, column=n, text=f"cell {n}", box=Box(0.2 * n, 0.5, 0.2 * n + 0.2, 0.6)) for n in range(2))
    return Table(page_number=1, box=Box(0, 0.5, 0.4, 0.6), words=words, row_count=1, column_count=2, cells=cells)


def page_of(*contents, number=1, **more):
    blocks = tuple(Block(id=f"p{number}/{n}", content=content) for n, content in enumerate(contents, 1))
    return Page(number=number, width_points=WIDTH, height_points=HEIGHT, blocks=blocks, **more)


def told(*pages, source=None):
    place = Memory(source)
    feed(Exporter(place), Document(name="a", pages=pages))
    return ElementTree.fromstring(place.stream.getvalue())


def of_class(root, name):
    return [element for element in root.iter() if element.get("class") == name]


def properties(element):
    return dict(part.split(" ", 1) for part in element.get("title").split("; "))


def box_of(element):
    return tuple(map(int, properties(element)["bbox"].split()))


def all_text(element):
    return " ".join("".join(element.itertext()).split())


# ---- the file


def test_a_page_has_areas_paragraphs_lines_and_words_inside_each_other():
    root = told(page_of(text(words_of())))
    for outer, inner in (
        ("ocr_page", "ocr_carea"),
        ("ocr_carea", "ocr_par"),
        ("ocr_par", "ocr_line"),
        ("ocr_line", "ocrx_word"),
    ):
        children = [child for element in of_class(root, outer) for child in element]
        assert children == of_class(root, inner) != []
        for element in of_class(root, outer):
            left, top, right, bottom = box_of(element)
            for x0, y0, x1, y1 in map(box_of, element):
                assert left <= x0 <= x1 <= right
                assert top <= y0 <= y1 <= bottom
    assert [all_text(line) for line in of_class(root, "ocr_line")] == list(ROWS)


def test_boxes_are_pixels_at_the_resolution_told():
    root = told(page_of(text((Word(text="a", box=Box(0.1, 0.2, 0.3, 0.4), confidence=0.875),)), number=1))
    (page,), (word,) = of_class(root, "ocr_page"), of_class(root, "ocrx_word")
    assert properties(page) == {"bbox": "0 0 1500 3000", "ppageno": "0", "scan_res": "300 300"}
    assert properties(word) == {"bbox": "150 600 450 1200", "x_wconf": "88"}


def test_the_source_is_named_and_a_quote_in_its_name_breaks_nothing():
    root = told(page_of(), source=Origin('in/a "b" <c>.pdf'))
    assert of_class(root, "ocr_page")[0].get("title").startswith("image \"a 'b' <c>.pdf\"; bbox 0 0 1500 3000")
    assert root.find(f"{XHTML}head/{XHTML}title").text == 'a "b" <c>.pdf'


def test_the_head_tells_who_made_it_and_what_it_holds():
    root = told(page_of(text(words_of()), Figure(page_number=1, box=Box(0, 0, 1, 1))))
    told_of = {meta.get("name"): meta.get("content") for meta in root.iter(f"{XHTML}meta")}
    assert told_of["ocr-system"].startswith("docai")
    classes = {element.get("class") for element in root.iter()} - {None}
    assert classes <= set(told_of["ocr-capabilities"].split())


def test_figures_are_photographs_with_the_words_in_them():
    root = told(page_of(Figure(page_number=1, box=Box(0.2, 0.2, 0.4, 0.4), words=words_of(["inside"], 0.25, 0.25))))
    (figure,) = of_class(root, "ocr_photo")
    assert box_of(figure) == (300, 600, 600, 1200)
    assert all_text(figure) == "inside"


def test_tables_are_areas_with_their_words():
    (area,) = of_class(told(page_of(table(words_of(["one two"], 0.05, 0.55)))), "ocr_carea")
    assert (area.get("id"), all_text(area)) == ("p1-1", "one two")


def test_what_has_no_words_of_its_own_stands_where_its_text_or_cell_is():
    root = told(page_of(text(said="Only said"), table()))
    assert [all_text(area) for area in of_class(root, "ocr_carea")] == ["Only said", "cell 0 cell 1"]
    assert {box_of(word) for word in of_class(root, "ocrx_word")[:2]} == {(150, 300, 900, 900)}


def test_ids_are_those_of_the_blocks_and_each_there_once():
    root = told(page_of(text(words_of()), text(words_of())), page_of(text(words_of()), number=12))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    assert {"p1", "p1-2", "p12-1"} <= set(ids)
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", name) for name in ids)


def test_chinese_and_japanese_have_no_spaces_between_words():
    (line,) = of_class(told(page_of(text(words_of(["吾輩は 猫である"])))), "ocr_line")
    assert all_text(line) == "吾輩は猫である"


@given(st.lists(st.text(min_size=1), max_size=5), st.text())
def test_it_is_well_formed_whatever_the_words(texts, name):
    words = tuple(Word(text=each, box=Box(0.1, 0.1, 0.2, 0.2)) for each in texts)
    page = told(page_of(text(words, "x")), source=Origin(f"a{name}") if "\0" not in name else None)
    assert len(of_class(page, "ocr_page")) == 1


def test_half_a_surrogate_pair_breaks_nothing():
    assert "\ufffd" in all_text(told(page_of(text((Word(text="a\ud800b", box=Box(0, 0, 1, 1)),)))))


def test_each_page_is_written_as_it_comes():
    place = Memory()
    exporter = Exporter(place)
    for number in (1, 2):
        exporter.add(page_of(text(words_of([f"page{number}"])), number=number))
        assert f"page{number}" in place.stream.getvalue().decode()


def test_of_no_pages_it_is_empty():
    assert of_class(ElementTree.fromstring(to_text(Document(name="a"), "hocr")), "ocr_page") == []


# ---- lines


def said(page, words):
    return [" ".join(each.word.text for each in line.words) for line in text_lines(words, page)]


@pytest.mark.parametrize("quarter", [0, 90, 180, 270])
def test_words_make_the_same_lines_on_a_page_that_was_scanned_sideways(quarter):
    words = tuple(replace(word, box=turned_box(word.box, (360 - quarter) % 360)) for word in words_of())
    page = page_of(text(words), quarter=quarter)
    assert said(page, words) == list(ROWS)
    angles = [properties(line).get("textangle") for line in of_class(told(page), "ocr_line")]
    assert angles == [None if quarter == 0 else str(360 - quarter)] * 3


def test_a_line_that_falls_to_where_the_next_begins_is_a_line_of_its_own():
    slope = 0.06  # so much lower that each line ends where the next begins
    words = [
        Word(text=f"{row}{n}", box=Box(0.1 * n, y := 0.1 + 0.03 * row + slope * 0.1 * n, 0.1 * n + 0.08, y + 0.02))
        for row in range(3)
        for n in range(9)
    ]
    skew = 6.84  # degrees, whose tangent is 0.12: the page is twice as high as wide
    assert said(page_of(skew=skew), words) == [" ".join(f"{row}{n}" for n in range(9)) for row in range(3)]
    assert text_lines(words, page_of(skew=skew))[0].counterclockwise == 353.16


def test_superscripts_and_low_letters_stay_on_their_line():
    boxes = [(0.1, 0.100, 0.120), (0.2, 0.097, 0.109), (0.3, 0.112, 0.123), (0.4, 0.108, 0.109)]
    words = [Word(text=str(n), box=Box(x, top, x + 0.05, bottom)) for n, (x, top, bottom) in enumerate(boxes)]
    assert said(page_of(), words) == ["0 1 2 3"]


@pytest.mark.parametrize(("upwards", "angle"), [(True, 90), (False, 270)])
def test_words_on_end_are_lines_along_an_axis(upwards, angle):
    places = [0.5, 0.4, 0.3] if upwards else [0.3, 0.4, 0.5]
    words = [Word(text=t, box=Box(0.1, y, 0.12, y + 0.08)) for t, y in zip(("Million", "of", "parcels"), places, strict=True)]
    (line,) = text_lines(words, page_of())
    assert line.counterclockwise == angle
    assert [each.word.text for each in line.words] == ["Million", "of", "parcels"]
